"""A lint for the rows of data beside the features, and docs/rows.md, which shows them.

What it holds them to: each file can be read; each row names a source that there is; each row is
named by a feature, and where its source is an agreement, by one that a target may decline.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, get_args

from behave.model import Scenario, ScenarioOutline
from behave.parser import ParserError
from behave.step_registry import registry

from qaws.clients import attack_inputs
from qaws.gherkin.feature_files import parse_file
from qaws.gherkin.tags import NEED
from qaws.gherkin.types import NAMED
from qaws.gherkin.wording import FIELD
from qaws.protocol import content, market, rows
from qaws.protocol.rows import Row, RowList
from qaws.sut.target import Agreement
from qaws.verdict import Broken

AGREEMENT = "Agreement: "

SOURCES = re.compile(
    r"RFC \d+, section \d+(?:\.\d+)*|Plan|Specification, section \d|Practice: \S.*|Team: \S.*"
)
WRITTEN = (
    '"RFC 7519, section 4.1.4", "Plan", "Specification, section 3", "Practice: …", "Team: …", '
    '"Agreement: …"'
)
UNNAMED = {market.EDGES.stem}
"""Lists that no feature names: all of their rows are played in every flow of ticks."""

ABOUT: dict[str, tuple[str, str]] = {
    "malformed-messages": ("Malformed messages", "QA-WS-010"),
    "malformed-payloads": ("Malformed payloads of the feed", "QA-WS-102"),
    "forged-tokens": ("Forged tokens", "QA-WS-021"),
    "near-misses": ("Near misses", "QA-WS-021"),
    "origins": ("Origins", "QA-WS-023"),
    "hostile-inputs": ("Hostile inputs", "QA-WS-024"),
    "attempts-to-publish": ("Attempts to publish", "QA-WS-025"),
    "half-valid-selections": ("Half-valid selections", "QA-WS-119"),
    "edge-ticks": ("Ticks at the edges", "all flows of ticks"),
}
"""List → its heading in docs/rows.md, and the test that plays it."""


def problems(*folders: Path) -> Iterator[str]:
    """Yield what is wrong with the rows, one line each.

    Args:
        folders: those of the feature files, the suite's and then a team's; their steps have been
            loaded.
    """
    try:
        for each in rows.lists():
            each.forget()
            yield from _source_problems(each)
        attacks = attack_inputs.attacks()
    except Broken as problem:
        yield str(problem)
        return
    used = _used(folders)
    for kind, each in NAMED.items():
        known = attacks if each is attack_inputs.INPUTS else each.rows
        is_own = len(folders) > 1  # the suite's rows are named by the suite's features
        where = "name it in a scenario of yours"
        where = where if is_own else f"add it to the table of {ABOUT[each.stem][1]}"
        for name in known:
            if name not in used[kind]:
                yield f'{each.place}: "{name}": no feature names it; {where}, or take it out'
    yield from _never_played(folders, attacks)
    for name, row in _agreed():
        for kind, each in NAMED.items():
            if each.rows.get(name) is row:
                yield from _undeclinable(each, row, used[kind].get(name, []))


def _source_problems(each: RowList[Any]) -> Iterator[str]:
    agreements = get_args(Agreement)
    for row in each.rows.values():
        for source in row.source.split("; "):
            if source.startswith(AGREEMENT):
                if source.removeprefix(AGREEMENT) not in agreements:
                    known = ", ".join(agreements)
                    yield f'{each.place}: "{row.name}": no "{source}"; agreements are {known}'
            elif not SOURCES.fullmatch(source):
                yield f'{each.place}: "{row.name}": no source "{source}"; write one of {WRITTEN}'


def _agreed() -> Iterator[tuple[str, Row]]:
    """Yield the rows that rest on an agreement which a target may decline."""
    for each in rows.lists():
        for row in each.rows.values():
            if row.source.removeprefix(AGREEMENT) in get_args(Agreement):
                yield row.key, row


def _undeclinable(each: RowList[Any], row: Row, tags: list[set[str]]) -> Iterator[str]:
    need = NEED + row.source.removeprefix(AGREEMENT).replace(" ", "-")
    if any(need not in found for found in tags):
        yield (
            f'{each.place}: "{row.name}": rests on an agreement, so the table that names it bears '
            f"@{need}, or who declines that is judged all the same"
        )


def _scenarios(folders: Sequence[Path]) -> Iterator[Scenario]:
    for file in (file for folder in folders for file in sorted(folder.rglob("*.feature"))):
        try:
            feature = parse_file(str(file))
        except ParserError:  # which the lint of features tells
            continue
        for scenario in feature.scenarios if feature else []:
            yield from scenario.scenarios if isinstance(scenario, ScenarioOutline) else [scenario]


def _arguments(scenario: Scenario) -> Iterator[dict[str, tuple[str, Any]]]:
    """Yield what each step of a scenario fills in: name of a blank → its type, and the words."""
    for step in scenario.all_steps:
        definition = registry.find_step_definition(step)
        if definition is None:
            continue
        kinds = {found[1]: found[2] or "" for found in FIELD.finditer(definition.pattern)}
        found = definition.match(step.name).arguments or []
        yield {each.name: (kinds.get(each.name, ""), each.original) for each in found}


def _used(folders: Sequence[Path]) -> dict[str, dict[str, list[set[str]]]]:
    """Return what features name: type of the blank → name → tags of each row that names it."""
    used: dict[str, dict[str, list[set[str]]]] = {kind: {} for kind in NAMED}
    for scenario in _scenarios(folders):
        tags = set(scenario.effective_tags)
        for arguments in _arguments(scenario):
            for kind, words in arguments.values():
                if kind not in NAMED:
                    continue
                name = words
                if NAMED[kind] is attack_inputs.INPUTS:
                    try:
                        name = attack_inputs.number_in(words)[0]
                    except Broken:
                        continue
                used[kind].setdefault(name, []).append(tags)
    return used


def _never_played(folders: Sequence[Path], attacks: dict[str, Any]) -> Iterator[str]:
    """Find hostile inputs behind those that the features play."""
    played = dict.fromkeys(attacks, 0)
    for scenario in _scenarios(folders):
        for arguments in _arguments(scenario):
            kind, attack = arguments.get("attack", ("", ""))
            if kind == "Attack" and "count" in arguments:
                try:
                    with_number = attack_inputs.number_in(attack)[0]
                except Broken:  # which the lint of features tells
                    continue
                count = int(arguments["count"][1].replace(",", ""))
                played[with_number] = max(played[with_number], count)
    for name, inputs in attacks.items():
        if 0 < played[name] < len(inputs):
            late = inputs[played[name]].name
            yield (
                f'{attack_inputs.INPUTS.place}: "{late}": features play {played[name]} inputs of '
                f'"{name}", and this is one more; count it there'
            )


# --- docs/rows.md -------------------------------------------------------------------------------


def page() -> str:
    """Return docs/rows.md: every row of data, with what is sent and by whose authority.

    Raises:
        Broken: a data file is not as it should be.
    """
    lines = [
        "# Rows",
        "",
        "What features name from a list, from the files in `features/data`.",
        "[Editing scenarios](editing.md) says how to add a row. This page is made by `make steps`, "
        "and",
        "`make check` compares it with the files.",
        "",
    ]
    for stem, (title, test) in ABOUT.items():
        lines += [f"## {title}", "", f"{test}; `features/data/{stem}.toml`", ""]
        each = next(each for each in rows.lists() if each.stem == stem)
        if each is attack_inputs.INPUTS:
            lines += _attack_tables()
            continue
        sent = "`Origin` that is sent" if stem == "origins" else "what is sent"
        lines += _table(["name", sent, "source"], each.rows.values())
    return "\n".join(lines)


def _table(headings: list[str], listed: Iterable[Row]) -> list[str]:
    lines = [f"| {' | '.join(headings)} |", f"|{' --- |' * len(headings)}"]
    lines += [f"| {row.name} | {_told(row)} | {row.source} |" for row in listed]
    return [*lines, ""]


def _attack_tables() -> list[str]:
    told = {each.name: each for each in attack_inputs.INPUTS.tables["attack"]}
    lines = ["| attack | its inputs |", "| --- | --- |"]
    lines += [f"| {name} | {each.what} |" for name, each in told.items()]
    lines.append("")
    for name, inputs in attack_inputs.attacks().items():
        if not told[name].of:
            listed = ", ".join(row.name for row in inputs)
            sources = ", ".join(dict.fromkeys(row.source for row in inputs))
            lines += [f"**{name}**: {listed}. *{sources}*", ""]
    return lines


def _told(row: Row) -> str:
    """Return what a table says that a row sends."""
    if row.what:
        return row.what
    sends = getattr(row, "sends", None)
    if isinstance(sends, content.Content):
        return f"`{sends.made().decode()}`"
    if isinstance(sends, list):  # of headers
        return " and ".join(f"`{text}`" if text else "(empty)" for text in sends)
    members = sends or {
        **getattr(row, "claims", {}),
        **getattr(row, "header", {}),
        **{name: f"{s:+,} s" for name, s in getattr(row, "seconds", {}).items()},
        **dict.fromkeys(getattr(row, "without", []), "left out"),
        **dict.fromkeys(getattr(row, "header_without", []), "left out"),
    }
    return ", ".join(f"`{name}`: {_value(value)}" for name, value in members.items())


def _value(value: Any) -> str:
    return f"`{value!r}`".replace("'", '"') if not _is_plain(value) else str(value)


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and (value == "left out" or value.endswith(" s"))
