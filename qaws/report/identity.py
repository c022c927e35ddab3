"""What tells a scenario from all others: its QA-WS id and its row, and where it stands."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from behave.exception import ConstraintError
from behave.model import Rule, ScenarioOutline
from behave.model_type import FileLocation

from qaws.ids import ids_of, test_id

LONGEST_ROW = 90


def row_cells(scenario: Any) -> dict[str, str]:
    """Return the headings and cells of an outline's row; empty for a plain scenario."""
    row = getattr(scenario, "_row", None)
    return dict(zip(row.headings, row.cells, strict=True)) if row is not None else {}


def row_text(scenario: Any) -> str:
    """Return an outline's row in one line that fits a table, e.g. `broken JSON, {"action":`.

    One that is cut has its line in the feature file behind it: others may begin alike.
    """
    text = ", ".join(" ".join(cell.split()) for cell in row_cells(scenario).values() if cell)
    if len(text) <= LONGEST_ROW:
        return text
    mark = f"… (line {scenario._row.line})"
    return text[: LONGEST_ROW - len(mark)] + mark


def place_of(scenario: Any) -> str:
    """Return the file and line of a scenario, or of its row: what run, checks and results share.

    A title may come again in another feature, and a scenario of a team's own has no id.
    """
    return f"{os.path.relpath(scenario.filename)}:{scenario.line}"


def full_name(scenario: Any) -> str:
    """Return the title of a scenario with its id in front, where the title does not name it."""
    sid, title = test_id(scenario), str(scenario.name)
    return f"{sid} {title}" if sid and sid not in title else title


def identity(scenario: Any) -> str:
    """Return what tells a scenario from all others: its id (or title) and its row."""
    name = test_id(scenario) or f"{scenario.feature.name}: {scenario.name}"
    return _identity(name, row_cells(scenario))


def _identity(name: str, cells: Mapping[str, str]) -> str:
    return "; ".join([name, *(f"{heading}={cell}" for heading, cell in sorted(cells.items()))])


def check_identities(features: Iterable[Any]) -> None:
    """Raise ConstraintError, with one line that names both places, where identities collide.

    Two results of one identity become one "retry" in Allure, and the failed one disappears: it
    knows them by id and row alone. So an id belongs to one feature file, and scenarios that share
    it there differ in titles and rows. A Rule is refused for the same reason: allure-behave does
    not see the scenarios in it.
    """
    owners: dict[str, Any] = {}
    titles: dict[tuple[str, str], Any] = {}
    rows: dict[str, Any] = {}
    for feature in features:
        for item in feature.run_items:
            if isinstance(item, Rule):
                raise ConstraintError(f"{item.location}: Rule is not supported, use a feature each")
            ids = list(ids_of(item))
            if len(ids) > 1:
                raise ConstraintError(f"{item.location}: one QA-WS tag, not {' and '.join(ids)}")
            name = ids[0] if ids else f"{feature.name}: {item.name}"
            owner = owners.setdefault(name, item.location)
            same = titles.setdefault((name, item.name), item.location)
            if same != item.location or owner.filename != item.location.filename:
                first = same if same != item.location else owner
                raise ConstraintError(
                    f"duplicate {name}: {first} and {item.location}; {_differ(ids)}"
                )
            for key, location in _identities(item):
                if key in rows:
                    what = f"row of {name}" if isinstance(item, ScenarioOutline) else name
                    raise ConstraintError(
                        f"duplicate {what}: {rows[key]} and {location}; {_differ(ids)}"
                    )
                rows[key] = location


def _identities(item: Any) -> Iterator[tuple[str, Any]]:
    """Yield identity and place of a scenario, or of each row of an outline.

    Where an outline has an id, that and the cells say it all: its rows need not be filled in, which
    takes as long as a short scenario.
    """
    if not isinstance(item, ScenarioOutline):
        yield identity(item), item.location
    elif (name := test_id(item)) in item.effective_tags:
        for row in (row for table in item.examples for row in table.table or ()):
            cells = dict(zip(row.headings, row.cells, strict=True))
            yield _identity(name, cells), FileLocation(item.location.filename, row.line)
    else:
        for scenario in item:
            yield identity(scenario), scenario.location


def _differ(ids: Collection[str]) -> str:
    if ids:
        return "an id belongs to one file, and there titles and rows of it differ"
    return "give one of them another title, or other cells"
