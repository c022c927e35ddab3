"""The plan of the rows: what the data files beside the features must have.

A row of data can be weakened where no feature shows it: its name stays, and what it sends is
another thing. So `features/data/plan.json` has each list as it was agreed on, without the words
about a row (`what`, `source`), which may change freely.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from qaws import places
from qaws.gherkin.plan import NAME, REPLACE, shown
from qaws.protocol import rows
from qaws.protocol.rows import RowList
from qaws.verdict import Broken

WORDS = {"name", "what", "source"}
"""Members of a row that say nothing of what is sent."""

Members = dict[str, Any]
RowPlan = dict[str, dict[str, dict[str, Members]]]
"""List → table → row → its members: "origins", "row", "another site", {"sends": […]}."""

_WAY_OUT = f'get it back from version control, or write it from the data with "{REPLACE}"'


def file_of_rows() -> Path:
    """Return where the plan of the rows is: beside the suite's own data files."""
    return places.DATA / NAME


def read_row_plan() -> RowPlan:
    """Return the plan of the rows.

    Raises:
        Broken: it is missing, or cannot be read.
    """
    file = file_of_rows()
    try:
        plan: RowPlan = json.loads(file.read_text("utf-8"))
        return {
            stem: {
                table: {key: dict(members.items()) for key, members in planned.items()}
                for table, planned in tables.items()
            }
            for stem, tables in plan.items()
        }
    except FileNotFoundError:
        raise Broken(
            f"{shown(file)}: is missing: nobody could say which rows are gone; {_WAY_OUT}"
        ) from None
    except (OSError, ValueError, TypeError, AttributeError) as problem:
        raise Broken(f"{shown(file)}: cannot be read as a plan: {problem}; {_WAY_OUT}") from None


def row_plan_of(each: RowList[Any]) -> dict[str, dict[str, Members]]:
    """Return the plan that a list itself is: table → row → members.

    Raises:
        Broken: one of its files is not as it should be.
    """
    return {
        table: {key: planned_members(each, table, row.members) for key, row in found.items()}
        for table, found in each.written.items()
        if found
    }


def planned_members(each: RowList[Any], table: str, members: Mapping[str, Any]) -> Members:
    """Return what the plan has of a row: no words about it, nor what goes without saying."""
    words, defaults = WORDS & each.defaults(table).keys(), each.defaults(table)
    return {
        name: _plain(value)
        for name, value in members.items()
        if name not in words and text_of(defaults.get(name)) != text_of(value)
    }


def _plain(value: Any) -> Any:
    """Return a value of TOML as JSON can have it."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value}, for which JSON has no number"
    return value


def write_row_plan(plan: RowPlan) -> None:
    """Write a plan of rows, one row a line, as a review reads it."""
    lists = []
    for stem, tables in sorted(plan.items()):
        written = ",\n".join(
            f"  {text_of(table)}: {{\n{_lines(planned)}\n  }}"
            for table, planned in tables.items()
            if planned
        )
        lists.append(f" {text_of(stem)}: {{\n{written}\n }}")
    file = file_of_rows()
    file.write_text("{\n" + ",\n".join(lists) + "\n}\n", encoding="utf-8")


def _lines(planned: Mapping[str, Members]) -> str:
    return ",\n".join(f"   {text_of(key)}: {text_of(row)}" for key, row in planned.items())


def lists_of(plan: RowPlan) -> Iterator[tuple[str, RowList[Any] | None]]:
    """Yield the lists of a plan and those that there are; None for one that nobody declares."""
    there = {each.stem: each for each in rows.lists()}
    for stem in [*plan, *(stem for stem in there if stem not in plan)]:
        yield stem, there.get(stem)


def text_of(value: Any) -> str:
    """Return a value as text: 0, 0.0, -0.0 and false are four things."""
    return json.dumps(value, ensure_ascii=False, default=str)


def leaves(members: Mapping[str, Any]) -> dict[str, str]:
    """Return the values in a row, each by where it stands: "frames[2].sends.times" → "12"."""
    return dict(_leaves("", members))


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from _leaves(f"{place}.{name}" if place else name, part)
    elif isinstance(value, list) and value:
        for number, part in enumerate(value, 1):
            yield from _leaves(f"{place}[{number}]", part)
    elif place:
        yield place, text_of(value)
