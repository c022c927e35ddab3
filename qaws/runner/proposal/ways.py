"""The well-known ways of saying things: `qa-ws`, and the public protocols that come with it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from qaws.protocol.dialect_table import DialectTable
from qaws.protocol.paths import Pattern
from qaws.sut.spoken import built_in

FIRST = ("ticker-service", "openalgo")
"""Those that are nearest to what the suite's own services speak; the others follow by name, and at
the end those that say lists: a service of objects may close at one."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way: its dialect, the table as its file has it, and messages that it understands."""

    name: str
    dialect: DialectTable
    written: dict[str, Any]
    samples: list[dict[str, Any]]

    def welcomes(self, document: dict[str, Any]) -> bool:
        """Return whether a message is its welcome."""
        return fits(self.dialect.recognise.welcome, document)

    def answers(self, document: dict[str, Any]) -> bool:
        """Return whether a message is its answer to a ping."""
        return fits(self.dialect.ping.answer, document)


def fits(patterns: list[dict[str, Any]], document: dict[str, Any]) -> bool:
    """Return whether one of some patterns fits a message."""
    return any(Pattern(each).fits(document) for each in patterns)


@cache
def ways() -> tuple[Way, ...]:
    """Return all ways, `qa-ws` first."""
    return (Way("qa-ws", built_in("qa-ws"), {}, []), *sorted(_known(), key=_turn))


def _known() -> Iterator[Way]:
    folder = resources.files("qaws.protocol.dialects") / "known"
    for file in folder.iterdir():
        if file.name.endswith(".toml"):
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            written = data["dialect"]
            dialect = DialectTable.model_validate(written)
            yield Way(written["name"], dialect, written, data["sample"])


def _turn(way: Way) -> tuple[bool, int, str]:
    says_lists = isinstance(way.dialect.ping.say, list)
    return says_lists, FIRST.index(way.name) if way.name in FIRST else len(FIRST), way.name
