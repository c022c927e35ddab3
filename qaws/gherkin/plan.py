"""The plan of the features: which scenarios, steps, rows and tables there must be.

Rows that are deleted are missed by nobody: the run has fewer, and is green. Nor does anybody miss
the bound that stood in a sentence before it was edited. So `features/plan.json` has what the
feature files had when they were last agreed on: for each QA-WS id its scenarios, with their steps
and the rows of their tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from behave.model import Feature, Scenario, ScenarioOutline, Table

from qaws.ids import test_id
from qaws.verdict import Broken

NAME = "plan.json"
REPLACE = "qaws plan --replace"
_WAY_OUT = f'get it back from version control, or write it from the features with "{REPLACE}"'
BARE = re.compile(r"[\d,. ]*")
BETWEEN = " | "
"""What stands between the cells of a row; a "|" in a cell is written "\\|", as in a feature."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table.

    Attributes:
        headings: of its columns; none for a table without rows.
        cells: those of each row.
        by: the heading of the cell that tells a row from the others; "" where it takes all cells.
        tags: tags of the table itself, for a table of Examples.
    """

    headings: list[str]
    cells: list[list[str]]
    by: str = ""
    tags: list[str] = field(default_factory=list)

    @property
    def rows(self) -> list[str]:
        """Return what tells each row from the others: a cell, or all of them."""
        if not self.by:
            return [*map(BETWEEN.join, self.cells)]
        column = self.headings.index(self.by)
        return [row[column] for row in self.cells]


@dataclass(frozen=True, slots=True)
class Planned:
    """One scenario or outline of the plan.

    Attributes:
        title: its title.
        file: its feature file, from the features folder on.
        tags: its tags, the feature's among them.
        steps: its steps, those of the background first, each behind its kind: "Then it answers".
        examples: the tables of an outline; None for a plain scenario.
        tables: the tables below its steps, in order.
    """

    title: str
    file: str
    tags: list[str]
    steps: list[str]
    examples: list[Rows] | None
    tables: list[Rows]


Plan = dict[str, list[Planned]]


def read_plan(features: Path) -> Plan:
    """Return the plan of a features folder: id → scenarios.

    Raises:
        Broken: it is missing, or cannot be read.
    """
    file = features / NAME
    try:
        data = json.loads(file.read_text("utf-8"))
        return {name: [_planned(each) for each in entries] for name, entries in data.items()}
    except FileNotFoundError:
        raise Broken(
            f"{shown(file)}: is missing: nobody could say what is gone; {_WAY_OUT}"
        ) from None
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as problem:
        raise Broken(f"{shown(file)}: cannot be read as a plan: {problem}; {_WAY_OUT}") from None


def _planned(entry: dict[str, Any]) -> Planned:
    examples = entry.get("examples")
    return Planned(
        entry["title"],
        entry["file"],
        _tags(entry["tags"]),
        list(entry["steps"]),
        None if examples is None else [*map(_rows, examples)],
        [*map(_rows, entry.get("tables", []))],
    )


def _rows(table: dict[str, Any]) -> Rows:
    by = table.get("by", "")
    columns = table.get("columns", by)
    headings = _cells(columns) if columns else []
    rows = [*map(_cells, table["rows"])]
    if (by and by not in headings) or any(len(row) != len(headings) for row in rows):
        raise ValueError(f'the rows below "{columns}" have other columns')
    return Rows(headings, rows, by, _tags(table.get("tags", "")))


def _cells(text: str) -> list[str]:
    return [cell.replace("\\|", "|") for cell in text.split(BETWEEN)]


def _in_one_line(cells: Iterable[str]) -> str:
    return BETWEEN.join(cell.replace("|", "\\|") for cell in cells)


def _tags(text: str) -> list[str]:
    return [tag.removeprefix("@") for tag in text.split()]


def plan_of(features: Iterable[Feature], folder: Path) -> Plan:
    """Return the plan that the features themselves are: what `qaws plan --replace` writes."""
    plan: Plan = {}
    for feature in features:
        file = Path(feature.filename).resolve()
        name = str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)
        for item in feature.scenarios:
            examples = None
            if isinstance(item, ScenarioOutline):
                by = _telling([table.table for table in item.examples if table.table])
                examples = [
                    _rows_of(table.table, by, sorted(map(str, table.tags)))
                    for table in item.examples
                ]
            tables = [step.table for step in item.steps if step.table is not None]
            planned = Planned(
                item.name,
                name,
                sorted(map(str, item.effective_tags)),
                [text for text, _ in steps_of(item)],
                examples,
                [_rows_of(table, _telling([table]), []) for table in tables],
            )
            if sid := test_id(item):
                plan.setdefault(sid, []).append(planned)
    return dict(sorted(plan.items()))


def _telling(tables: Sequence[Table]) -> str:
    """Return the heading of the first column that tells all rows apart in words; "" for none."""
    for heading in tables[0].headings if tables else []:
        if all(heading in table.headings for table in tables):
            cells = [row[heading] for table in tables for row in table]
            if len(set(cells)) == len(cells) and not any(BARE.fullmatch(cell) for cell in cells):
                return str(heading)
    return ""


def _rows_of(table: Table | None, by: str, tags: list[str]) -> Rows:
    if not table or not table.rows:
        return Rows([], [], "", tags)
    return Rows(list(table.headings), [list(row.cells) for row in table], by, tags)


def steps_of(item: Scenario) -> list[tuple[str, int]]:
    """Return the steps of a scenario, those of the background first, each with its line."""
    steps = [*(item.background.steps if item.background else ()), *item.steps]
    return [(f"{step.step_type.title()} {step.name}", step.line) for step in steps]


def whole_text(row: Any) -> str:
    """Return all cells of a row in one line."""
    return BETWEEN.join(row.cells)


def write_plan(folder: Path, plan: Plan) -> None:
    """Write a plan; what is empty is left out."""
    data = {sid: [_written(entry) for entry in entries] for sid, entries in plan.items()}
    text = json.dumps(data, indent=1, ensure_ascii=False)
    (folder / NAME).write_text(f"{text}\n", encoding="utf-8")


def _written(planned: Planned) -> dict[str, Any]:
    entry: dict[str, Any] = {"title": planned.title, "file": planned.file}
    entry["tags"] = " ".join(f"@{tag}" for tag in planned.tags)
    entry["steps"] = planned.steps
    if planned.examples is not None:
        entry["examples"] = [*map(_written_rows, planned.examples)]
    if planned.tables:
        entry["tables"] = [*map(_written_rows, planned.tables)]
    return entry


def _written_rows(table: Rows) -> dict[str, Any]:
    tags = " ".join(f"@{tag}" for tag in table.tags)
    columns = "" if table.headings == [table.by] else _in_one_line(table.headings)
    named = (("by", table.by), ("tags", tags), ("columns", columns))
    head = {key: text for key, text in named if text}
    return {**head, "rows": [*map(_in_one_line, table.cells)]}


def shown(path: Path) -> str:
    """Return a path as a reader here would write it."""
    path = path.resolve()
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
