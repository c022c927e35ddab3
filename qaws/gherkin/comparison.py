"""Compares features with their plan, as far as a run is about them.

What is gone stops the run. Steps and cells may be edited: the run goes on, and the sign-off sheet
says what was planned.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from behave.model import Examples, Feature, Scenario, ScenarioOutline
from behave.step_registry import StepRegistry

from qaws.gherkin.edits import Edit, cells_of, edited_cells, edited_steps
from qaws.gherkin.matching import Place, Row, is_selected, match_rows, paired, places_of
from qaws.gherkin.plan import REPLACE, Plan, Planned, Rows, shown, steps_of
from qaws.gherkin.selection import Selection
from qaws.gherkin.strictness import Reader
from qaws.gherkin.tags import EXTRAS, KINDS, PRIORITIES

ADD = "qaws plan --add"
SHOWN = 12
"""Rows that one line names; of more it gives the number."""
NO_ROWS = Rows([], [])


@dataclass(frozen=True, slots=True)
class ToRun:
    """A scenario of the plan that is to run, or one row of an outline.

    Attributes:
        id: the scenario's.
        title: its title.
        tags: those of the plan, the table's among them.
        planned: its steps as planned.
        cells: what the plan has for their blanks.
        now: its steps as they are.
        there: what the row of the features has for their blanks.
    """

    id: str
    title: str
    tags: frozenset[str]
    planned: Sequence[str]
    cells: Mapping[str, str]
    now: Sequence[str]
    there: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a comparison found.

    Attributes:
        problems: what is wrong, or gone, one line each.
        additions: what the plan does not have yet, one line each.
        edits: what was planned otherwise.
        runs: what of the plan is to run.
    """

    problems: list[str] = field(default_factory=list)
    additions: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    runs: list[ToRun] = field(default_factory=list)

    def add(self, other: Findings) -> None:
        """Take over what another comparison found."""
        self.problems.extend(other.problems)
        self.additions.extend(other.additions)
        self.edits.extend(other.edits)


def compare(
    plan: Plan,
    features: Sequence[Feature],
    folder: Path,
    selection: Selection | None = None,
    registry: StepRegistry | None = None,
) -> Findings:
    """Compare features with the plan, as far as a selection is about them.

    Args:
        plan: what there must be.
        features: what there is.
        folder: the features folder, which the plan's files are relative to.
        selection: what the run is about; None for everything.
        registry: the phrases of the run; None: see `Reader`.
    """
    chosen = selection or Selection()
    reader = Reader(registry)
    found = Findings()
    there = places_of(features)
    for sid, entries in plan.items():
        pairs, gone, new = paired(entries, there.pop(sid, []))
        for planned in gone:
            _report_gone(found, sid, planned, folder, chosen)
        for planned, place in pairs:
            _compare_examples(found, sid, planned, place, chosen, reader)
            _compare_tables(found, sid, planned, place, chosen)
        there[sid] = new
    for sid, places in there.items():
        for place in places:
            if is_selected(place, chosen):
                what = f'{place.at()}: {sid} "{_bare(place.item.name)}"'
                found.additions.append(f'{what} is not in the plan yet; "{ADD}" puts it in')
    return found


def _report_gone(
    found: Findings, sid: str, planned: Planned, folder: Path, chosen: Selection
) -> None:
    file = (folder / planned.file).resolve()
    tables = planned.examples or [NO_ROWS]
    tagged = any(chosen.by_tags([*planned.tags, *table.tags]) for table in tables)
    if chosen.has_file(file) and tagged and chosen.by_name(planned.title):
        what = f'{shown(file)}: {sid} "{_bare(planned.title)}" is in the plan and not in the file'
        found.problems.append(f"{what}; {way_out()}")


def _compare_examples(
    found: Findings,
    sid: str,
    planned: Planned,
    place: Place,
    chosen: Selection,
    reader: Reader,
) -> None:
    """Compare the rows of an outline, over all of its tables, and what selects them."""
    item = place.item
    tables = item.examples if isinstance(item, ScenarioOutline) else []
    rows = [Row(table, row) for table in tables for row in table.table or ()]
    whole = chosen.is_whole(item, place.feature) and chosen.by_name(planned.title, item.name)
    wanted = [
        (number, table, name, cells)
        for number, table in enumerate(planned.examples or ())
        for name, cells in zip(table.rows, table.cells, strict=True)
    ]
    matched, left = match_rows([(table, name) for _, table, name, _ in wanted], rows)
    pairs = [(NO_ROWS, None)] if planned.examples is None else []
    lacking: dict[int, list[str]] = {}
    both: list[tuple[Rows, dict[str, str], str, Row | None]] = []
    if planned.examples is None:
        both = [(NO_ROWS, {}, row.name(""), row) for row in rows] or [(NO_ROWS, {}, "", None)]
    for (number, table, name, cells), row in zip(wanted, matched, strict=True):
        if row is not None:
            pairs.append((table, row.table))
            both.append((table, dict(zip(table.headings, cells, strict=True)), name, row))
        elif whole and chosen.by_tags([*planned.tags, *table.tags]):
            lacking.setdefault(_line_for(item, number, table), []).append(name)
    for line, names in lacking.items():
        found.problems.append(
            f"{place.at(line)}: {sid} lacks {_count(names)} of the plan: {_listed(names)}; "
            f"{way_out()}"
        )
    runs = [each for each in both if _is_to_run(place, each[3], chosen)]
    found.edits.extend(edited_steps(sid, planned, place, [each[1:] for each in runs], reader))
    now = [text for text, _ in steps_of(item)]
    for table, planned_cells, _, row in runs:
        tags = frozenset([*planned.tags, *table.tags])
        there = cells_of(row)
        title = item.name
        found.runs.append(ToRun(sid, title, tags, planned.steps, planned_cells, now, there))
    if whole:
        _report_tags(found, sid, planned, place, pairs, chosen)
    new = [row for row in left if chosen.by_tags([*item.effective_tags, *row.table.tags])]
    if whole and new and planned.examples is not None:
        by = planned.examples[0].by if planned.examples else ""
        names = [row.name(by) for row in new]
        what = f"{place.at(new[0].line)}: {sid} has {_count(names, 'new')}: {_listed(names)}"
        found.additions.append(f'{what}; "{ADD}" puts what is new into the plan')


def _is_to_run(place: Place, row: Row | None, chosen: Selection) -> bool:
    """Tell whether a selection has a row of an outline, or a plain scenario."""
    tags = [*place.item.effective_tags, *(row.table.tags if row else ())]
    line = row.line if row else place.item.line
    return (
        chosen.by_tags(tags)
        and chosen.by_name(place.item.name)
        and chosen.has_line(place.item, place.feature, line)
    )


def _line_for(item: Scenario, number: int, planned: Rows) -> int:
    """Return the line of the Examples that a row of the plan belongs to, else of the outline."""
    tables: list[Examples] = item.examples if isinstance(item, ScenarioOutline) else []
    alike = [table for table in tables if sorted(table.tags) == planned.tags]
    if number < len(tables) and tables[number] in alike:
        return int(tables[number].line)
    return int((alike or tables)[0].line if tables else item.line)


def _report_tags(
    found: Findings,
    sid: str,
    planned: Planned,
    place: Place,
    pairs: Sequence[tuple[Rows, Any]],
    chosen: Selection,
) -> None:
    """Report once what new tags keep out of a selection that has it by the plan.

    Priority, kind and the extras are what a sign-off selects by; further tags are free.

    Args:
        found: gets the problem.
        sid: the id.
        planned: the scenario of the plan.
        place: the scenario of the features.
        pairs: tables of the plan, with those of the features in which their rows are.
        chosen: the selection.
    """
    for table, actual in pairs:
        then = {*planned.tags, *table.tags}
        now = {*map(str, place.item.effective_tags), *map(str, actual.tags if actual else ())}
        deciding = {*PRIORITIES, *KINDS, *EXTRAS}
        differ = then & deciding != now & deciding
        if differ and chosen.by_tags(then) and not chosen.by_tags(now):
            had, has = (_tagged(tags & deciding) for tags in (then, now))
            line = actual.line if actual and actual.tags else None
            found.problems.append(
                f"{place.at(line)}: {sid} bears {has}, and {had} in the plan, so that it drops "
                f"out of this run; {way_out()}"
            )
            return


def _compare_tables(
    found: Findings, sid: str, planned: Planned, place: Place, chosen: Selection
) -> None:
    """Compare the tables below steps, one by one; a row that is new is a matter of the lint."""
    if not is_selected(place, chosen):
        return
    steps = [step for step in place.item.steps if step.table is not None]
    for number, table in enumerate(planned.tables):
        if number >= len(steps):
            names = table.rows
            line = place.item.line
        else:
            rows = [Row(None, row) for row in steps[number].table]
            matched, left = match_rows([(table, name) for name in table.rows], rows)
            both = [*zip(table.rows, table.cells, matched, strict=True)]
            names = [name for name, _, row in both if row is None]
            found.edits.extend(edited_cells(sid, place, table, [b for b in both if b[2]]))
            line = steps[number].line
            if left:
                new = [row.name(table.by) for row in left]
                what = f"{place.at(left[0].line)}: {sid} has {_count(new, 'new')}: {_listed(new)}"
                found.additions.append(f'{what}; "{ADD}" puts what is new into the plan')
        if names:
            found.problems.append(
                f"{place.at(line)}: a table of {sid} lacks {_count(names)} of the plan: "
                f"{_listed(names)}; {way_out()}"
            )


def way_out() -> str:
    """Say what is to be done about what is gone."""
    return f'put back what is gone, or take it out of the plan on purpose with "{REPLACE}"'


def _count(names: Sequence[str], kind: str = "") -> str:
    words = f"{kind} row" if kind else "row"
    return f"{len(names)} {words}{'' if len(names) == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(f'"{name}"' for name in names[:SHOWN]) + more


def _tagged(tags: Iterable[str]) -> str:
    return " ".join(f"@{tag}" for tag in sorted(tags)) or "no priority"


def _bare(title: str) -> str:
    return re.sub(r"^QA-WS-\d+ ", "", title)
