"""The plan of the features: which scenarios, rows and tables there must be.

Rows that are deleted are missed by nobody: the run has fewer, and is green. So `features/plan.json`
has what the feature files had when they were last agreed on: for each QA-WS id its scenarios, for
each of their tables the rows, by the cell that tells them apart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from behave.model import Feature, Scenario, ScenarioOutline, Table

from qaws.gherkin.tags import TEST_ID
from qaws.verdict import Broken

NAME = "plan.json"
REPLACE = "qaws plan --replace"
BARE = re.compile(r"[\d,. ]*")


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table.

    Attributes:
        rows: what tells each from the others: a cell, or all of them.
        by: the heading of that cell; "" where it takes all.
        tags: tags of the table itself, for a table of Examples.
    """

    rows: list[str]
    by: str = ""
    tags: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Planned:
    """One scenario or outline of the plan.

    Attributes:
        title: its title.
        file: its feature file, from the features folder on.
        tags: its tags, the feature's among them.
        examples: the tables of an outline; None for a plain scenario.
        tables: the tables below its steps, in order.
    """

    title: str
    file: str
    tags: list[str]
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
            f"{shown(file)}: is missing: nobody could say what is gone; get it back from version "
            f'control, or write it from the features with "{REPLACE}"'
        ) from None
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as problem:
        raise Broken(f"{shown(file)}: cannot be read as a plan: {problem}") from None


def _planned(entry: dict[str, Any]) -> Planned:
    examples = entry.get("examples")
    return Planned(
        entry["title"],
        entry["file"],
        _tags(entry["tags"]),
        None if examples is None else [*map(_rows, examples)],
        [*map(_rows, entry.get("tables", []))],
    )


def _rows(table: dict[str, Any]) -> Rows:
    return Rows(list(table["rows"]), table.get("by", ""), _tags(table.get("tags", "")))


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
                    Rows(_names(table.table, by), by, sorted(map(str, table.tags)))
                    for table in item.examples
                ]
            tables = [step.table for step in item.steps if step.table is not None]
            planned = Planned(
                item.name,
                name,
                sorted(map(str, item.effective_tags)),
                examples,
                [Rows(_names(table, by), by) for table in tables for by in [_telling([table])]],
            )
            for sid in ids_of(item)[:1]:
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


def _names(table: Table | None, by: str) -> list[str]:
    return [row[by] if by else whole_text(row) for row in table or ()]


def whole_text(row: Any) -> str:
    """Return all cells of a row in one line."""
    return " | ".join(row.cells)


def ids_of(item: Scenario) -> list[str]:
    """Return the QA-WS ids that a scenario bears itself."""
    return [str(tag) for tag in item.tags if TEST_ID.match(tag)]


def write_plan(folder: Path, plan: Plan) -> None:
    """Write a plan; what is empty is left out."""
    data = {sid: [_written(entry) for entry in entries] for sid, entries in plan.items()}
    text = json.dumps(data, indent=1, ensure_ascii=False)
    (folder / NAME).write_text(f"{text}\n", encoding="utf-8")


def _written(planned: Planned) -> dict[str, Any]:
    entry: dict[str, Any] = {"title": planned.title, "file": planned.file}
    entry["tags"] = " ".join(f"@{tag}" for tag in planned.tags)
    if planned.examples is not None:
        entry["examples"] = [*map(_written_rows, planned.examples)]
    if planned.tables:
        entry["tables"] = [*map(_written_rows, planned.tables)]
    return entry


def _written_rows(table: Rows) -> dict[str, Any]:
    tags = " ".join(f"@{tag}" for tag in table.tags)
    head = {key: text for key, text in (("by", table.by), ("tags", tags)) if text}
    return {**head, "rows": table.rows}


def shown(path: Path) -> str:
    """Return a path as a reader here would write it."""
    path = path.resolve()
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
