"""Which dialect a target speaks, ready to use."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path

from qaws.protocol.declared import Declared
from qaws.protocol.dialect import Dialect, QaWs
from qaws.protocol.dialect_table import (
    DialectTable,
    check_channels,
    check_payloads,
    further_keys,
)
from qaws.protocol.listing import Listing
from qaws.protocol.openings import check_messages
from qaws.protocol.spelling import Spelling
from qaws.sut.before_connect_section import read_secrets
from qaws.sut.target import Target
from qaws.verdict import Broken, NotVerified


def spelling_of(target: Target) -> Spelling:
    """Return the dialect of a target as data, for processes that speak it too."""
    if target.is_plain:
        return Spelling(target.spoken)
    table = target.dialect if isinstance(target.dialect, DialectTable) else built_in("qa-ws")
    return Spelling(
        target.spoken,
        table.model_dump(exclude_unset=True),
        {symbol: listed.model_dump(exclude_unset=True) for symbol, listed in target.market.items()},
        target.feed_payloads,
        _secrets_of(target, table),
        code_of(target),
    )


def _secrets_of(target: Target, table: DialectTable) -> dict[str, str]:
    return read_secrets(target.file, "[dialect] ", table.secrets, table.secret_files)


def code_of(target: Target) -> dict[str, str]:
    """Return what the files say that encode or decode messages of a target, by their names.

    Raises:
        Broken: one cannot be read; one line says why.
    """
    dialect = target.dialect
    files = dialect.encoding.files if isinstance(dialect, DialectTable) else {}
    found = {}
    for key, name in files.items():
        try:
            found[name] = Path(name).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as problem:
            why = problem.strerror if isinstance(problem, OSError) else "is no text"
            place = f"{target.file}: [dialect.encoding] {key} = {name!r}"
            raise Broken(
                f"{place}: {why}; it is looked for from where the suite is started"
            ) from None
    return found


def dialect_of(target: Target, *, is_known: bool = True) -> Dialect:
    """Return the dialect of a target.

    Args:
        target: the target.
        is_known: whether the service speaks it; not so where that is still looked for.

    Raises:
        Broken: its parts do not fit together, or a variable with one of its secrets is not set; one
            line says which.
    """
    if target.is_plain:
        try:
            if target.feed:
                target.feed.check_channels(())
        except ValueError as problem:
            raise Broken(f"{target.file}: [feed] {problem}") from None
        return QaWs(target.endpoint.heartbeats)
    table = target.dialect if isinstance(target.dialect, DialectTable) else built_in("qa-ws")
    place = "[market]"
    try:
        listing = Listing(target.market)
        place = "[dialect]"
        check_messages(table, target.market)
        check_channels(table)
        place = "[feed]"
        if target.feed:
            target.feed.check_channels(further_keys(target.market))
            if is_known:
                check_payloads(table, target.feed_payloads)
        place = "[dialect.encoding]"
        encoding = table.encoding.made(code_of(target))
        place = "[dialect]"
        secrets = _secrets_of(target, table)
        dialect = Declared(table, listing, target.feed_payloads, secrets, encoding)
        place = "[dialect.encoding] sent:"
        _require_sayable(dialect, table)
        return dialect
    except ValueError as problem:
        raise Broken(f"{target.file}: {place} {problem}") from None


def _require_sayable(dialect: Dialect, table: DialectTable) -> None:
    """Make sure that what clients say by themselves can be said in what they send.

    Raises:
        ValueError: it cannot, and nobody would hear of it: a client that answers no heartbeat is
            closed by a good service.
    """
    if dialect.encoding.sends_json:
        return
    said: dict[str, str] = {"ping.say": dialect.ping()}  # knows what of it is not to be shown
    for number, answer in enumerate(table.answers):
        text = answer.say if isinstance(answer.say, str) else json.dumps(answer.say)
        if "{" not in text.removeprefix("{"):  # else it takes something from what it answers
            said[f"answers[{number}].say"] = text
    for place, text in said.items():
        try:
            dialect.encoding.wire(text)
        except NotVerified as problem:
            raise ValueError(f"{place}: {problem}") from None


@cache
def built_in(name: str) -> DialectTable:
    """Return a dialect that comes with the suite."""
    source = resources.files("qaws.protocol.dialects") / f"{name}.toml"
    return DialectTable.model_validate(tomllib.loads(source.read_text(encoding="utf-8")))
