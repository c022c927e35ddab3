"""Finds what the plan names in the features: scenarios, and rows of their tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from behave.model import Feature, Scenario, ScenarioOutline

from qaws.gherkin.plan import Planned, Rows, shown, whole_text
from qaws.gherkin.selection import Selection
from qaws.ids import test_id

NUMBER = re.compile(r"\d[\d,.]*(?: ?(?:ms|seconds?|minutes?|hours?|kB|KiB|MB|%))?")


@dataclass(frozen=True, slots=True)
class Place:
    """A scenario or outline, and the feature that it is in."""

    item: Scenario
    feature: Feature

    def at(self, line: int | None = None) -> str:
        """Return file and line, by default of the scenario's title."""
        return f"{shown(Path(self.item.filename))}:{line or self.item.line}"


def places_of(features: Iterable[Feature]) -> dict[str, list[Place]]:
    """Return the scenarios of each QA-WS id."""
    found: dict[str, list[Place]] = {}
    for feature in features:
        for item in feature.scenarios:
            if sid := test_id(item):
                found.setdefault(sid, []).append(Place(item, feature))
    return found


def is_selected(place: Place, chosen: Selection) -> bool:
    """Tell whether a selection has a scenario, or at least a row of it."""
    item = place.item
    tables = item.examples if isinstance(item, ScenarioOutline) else []
    tags = [[*item.effective_tags, *table.tags] for table in tables] or [list(item.effective_tags)]
    return (
        chosen.touches(item, place.feature)
        and any(map(chosen.by_tags, tags))
        and chosen.by_name(item.name)
    )


def paired(
    entries: Sequence[Planned], places: Sequence[Place]
) -> tuple[list[tuple[Planned, Place]], list[Planned], list[Place]]:
    """Pair the scenarios of one id by title, then the rest in order: titles may be reworded."""
    left = list(places)
    pairs: list[tuple[Planned, Place]] = []
    open_entries = []
    for planned in entries:
        same = next((place for place in left if place.item.name == planned.title), None)
        if same:
            left.remove(same)
            pairs.append((planned, same))
        else:
            open_entries.append(planned)
    number = min(len(open_entries), len(left))
    pairs += zip(open_entries[:number], left[:number], strict=True)
    return pairs, open_entries[number:], left[number:]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `table` has the tags, and is empty for the table of a step."""

    table: Any
    row: Any

    @property
    def line(self) -> int:
        """Return where it stands in its file."""
        return int(self.row.line)

    def name(self, by: str) -> str:
        """Return what the plan calls it."""
        return str(self.row[by]) if by in self.row.headings else whole_text(self.row)

    def texts(self, by: str) -> list[str]:
        """Return what may be the name of this row; all cells where the heading is another now."""
        if by in self.row.headings:
            return [self.row[by]]
        return [whole_text(self.row), *(self.row.cells if by else ())]


def match_rows(
    wanted: Sequence[tuple[Rows, str]], rows: Sequence[Row]
) -> tuple[list[Row | None], list[Row]]:
    """Find the row of each name: of the same words first, then of the same but for numbers.

    Returns:
        For each name its row, and the rows that are left.
    """
    left = list(rows)
    matched: list[Row | None] = [None] * len(wanted)
    for form in (str, _without_numbers):
        for index, (table, name) in enumerate(wanted):
            if matched[index] is None:
                alike = (row for row in left if form(name) in map(form, row.texts(table.by)))
                if row := next(alike, None):
                    matched[index] = row
                    left.remove(row)
    return matched, left


def _without_numbers(text: str) -> str:
    return NUMBER.sub("#", text)
