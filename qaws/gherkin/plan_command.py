"""The command that compares the feature files with their plan, or updates it: `qaws plan`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from behave.model import Feature, Scenario, ScenarioOutline
from behave.parser import ParserError

from qaws import places
from qaws.gherkin.comparison import ADD, compare
from qaws.gherkin.edits import told
from qaws.gherkin.feature_files import parse_file
from qaws.gherkin.hollow import without_rows
from qaws.gherkin.matching import Row, match_rows, paired, places_of
from qaws.gherkin.plan import (
    NAME,
    REPLACE,
    Plan,
    Planned,
    Rows,
    plan_of,
    read_plan,
    shown,
    write_plan,
)
from qaws.gherkin.row_comparison import compare_rows, with_all_rows
from qaws.gherkin.row_plan import RowPlan, read_row_plan, row_plan_of, write_row_plan
from qaws.gherkin.selection import Selection
from qaws.protocol import rows
from qaws.verdict import Broken

EXIT_USAGE = 2


def parsed(folder: Path, unreadable: list[Path] | None = None) -> list[Feature]:
    """Return the features of a folder; what cannot be parsed is a matter of the lint.

    Args:
        folder: of the feature files.
        unreadable: takes the files that cannot be parsed.
    """
    features = []
    for file in sorted(folder.rglob("*.feature")):
        try:
            features.append(parse_file(str(file)))
        except ParserError:
            if unreadable is not None:
                unreadable.append(file)
    return [feature for feature in features if feature]


def differences(folder: Path) -> Iterator[str]:
    """Yield in what the features of a folder differ from their plan, both ways, one line each."""
    unreadable: list[Path] = []
    features = parsed(folder, unreadable)
    try:
        plan, rows_planned = read_plan(folder), read_row_plan()
    except Broken as problem:
        yield str(problem)
        return
    found = compare(plan, features, folder)
    found.add(compare_rows(rows_planned, found.runs, every=True))
    untold = tuple(f"{shown(file)}: " for file in unreadable)  # what is in them nobody knows
    yield from (line for line in found.problems if not line.startswith(untold))
    if unreadable:
        return
    known = tuple(line.partition(": ")[0] + ": " for line in found.problems)
    yield from (line for line in without_rows(features, Selection()) if not line.startswith(known))
    yield from found.additions
    deviating = [edit for edit in found.edits if edit.deviates]
    yield from (f'{line}; put it back, or plan it so with "{REPLACE}"' for line in told(deviating))
    if not found.problems and not found.additions and not deviating:
        there = plan_of(features, folder)
        stale = [sid for sid in plan if plan[sid] != there[sid]]
        if stale:
            yield (
                f"{shown(folder / NAME)}: titles, tags, files or words of {', '.join(stale)} are "
                f'others now; "{ADD}" takes them over'
            )
    yield from _below_requirements(plan)


def _below_requirements(plan: Plan) -> Iterator[str]:
    """Yield where a plan has less than the sign-off demands."""
    file = places.SIGNOFF / "requirements.json"
    for test in json.loads(file.read_text("utf-8"))["requirements"]:
        entries = plan.get(test["id"], [])
        number = sum(
            sum(len(table.rows) for table in entry.examples) if entry.examples is not None else 1
            for entry in entries
        )
        needed = test.get("scenarios", 1)
        if number < needed:
            yield (
                f"features/{NAME}: {test['id']} has {number} scenarios and rows in the plan; "
                f"signoff/requirements.json demands at least {needed}"
            )


def with_all_of(plan: Plan, features: Sequence[Feature], folder: Path) -> Plan:
    """Return the plan of the features together with what the former plan has and they lack.

    What a scenario says otherwise than planned is not taken over, unless it is stricter.
    """
    new = plan_of(features, folder)
    places = places_of(features)
    edits = compare(plan, features, folder).edits
    deviating = {(edit.id, edit.title) for edit in edits if edit.deviates}
    for sid, entries in plan.items():
        pairs, gone, _ = paired(entries, places.get(sid, []))
        for planned, place in pairs:
            number = places[sid].index(place)
            stays = (sid, place.item.name) in deviating
            new[sid][number] = _kept(planned, new[sid][number], place.item, stays=stays)
        if gone:
            new[sid] = [*new.get(sid, []), *gone]
    return dict(sorted(new.items()))


def _kept(former: Planned, now: Planned, item: Scenario, *, stays: bool) -> Planned:
    """Return a scenario as it is now, with the rows that only the former plan has.

    Args:
        former: as it was planned.
        now: as the features have it.
        item: the scenario of the features.
        stays: whether steps and cells stay as planned.
    """
    tables = item.examples if isinstance(item, ScenarioOutline) else []
    rows = [Row(table, row) for table in tables for row in table.table or ()]
    examples = now.examples
    if former.examples is not None:
        kept, lost = _merged(former.examples, now.examples or [], rows, stays=stays)
        examples = [*(kept if now.examples is not None else []), *lost] or now.examples
    steps = [step.table for step in item.steps if step.table is not None]
    below = []
    for number, table in enumerate(former.tables):
        if number >= len(steps) or table.headings != list(steps[number].headings):
            below.append(table)
            continue
        there = [Row(None, row) for row in steps[number]]
        [merged], lost = _merged([table], [now.tables[number]], there, stays=stays)
        cells = [*merged.cells, *(row for each in lost for row in each.cells)]
        below.append(replace(merged, cells=cells))
    return replace(
        now,
        steps=former.steps if stays else now.steps,
        examples=examples,
        tables=below + now.tables[len(former.tables) :],
    )


def _merged(
    former: Sequence[Rows], now: Sequence[Rows], rows: Sequence[Row], *, stays: bool
) -> tuple[list[Rows], list[Rows]]:
    """Return the tables of the features, with their cells as planned if so they stay, and the rest.

    Args:
        former: the tables of the plan.
        now: those of the features, as a plan.
        rows: all rows of `now`, in order.
        stays: whether cells stay as planned.
    """
    wanted = [
        (table, name, cells)
        for table in former
        for name, cells in zip(table.rows, table.cells, strict=True)
    ]
    matched, _ = match_rows([(table, name) for table, name, _ in wanted], rows)
    planned = {
        id(row): cells
        for (table, _, cells), row in zip(wanted, matched, strict=True)
        if row and stays and table.headings == list(row.row.headings)
    }
    numbered = iter(rows)
    kept = [
        replace(table, cells=[planned.get(id(next(numbered)), cells) for cells in table.cells])
        for table in now
    ]
    lost = []
    for table in former:
        both = zip(wanted, matched, strict=True)
        cells = [c for (of, _, c), row in both if of is table and row is None]
        if cells:
            lost.append(replace(table, cells=cells))
    return kept, lost


def main(arguments: list[str] | None = None) -> int:
    """Compare the features with the plan, or write it; return 1 where they differ afterwards."""
    parser = argparse.ArgumentParser(prog="qaws plan", description=__doc__, allow_abbrev=False)
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--add", action="store_true", help="put into the plan what is new")
    way.add_argument(
        "--replace",
        action="store_true",
        help="make the plan what the features are, looser bounds and removals too",
    )
    options = parser.parse_args(arguments)
    if places.own_features() and (options.add or options.replace):
        print("the plan is the suite's, of its own features; scenarios of yours need none")
        return EXIT_USAGE
    folder = places.FEATURES
    features = parsed(folder)
    try:
        if options.replace:
            _replace(folder, features)
        elif options.add:
            write_plan(folder, with_all_of(read_plan(folder), features, folder))
            write_row_plan(with_all_rows(read_row_plan(), _rows_there()))
    except Broken as problem:
        print(problem)
        return 1
    differing = list(differences(folder))
    for line in differing:
        print(line)
    print(f"plan: {len(differing)} differences")
    return 1 if differing else 0


def _replace(folder: Path, features: Sequence[Feature]) -> None:
    """Make the plan what features and data are, and say what that takes out of it, or changes."""
    rows_there = _rows_there()
    try:
        found = compare(read_plan(folder), features, folder)
        found.add(compare_rows(read_row_plan(), found.runs, every=True))
        for line in found.problems:
            print(f"taken out of the plan: {line.partition('; put back')[0]}")
        for line in told(found.edits):
            print(f"changed in the plan: {line}")
    except Broken as problem:
        print(problem)
    write_plan(folder, plan_of(features, folder))
    write_row_plan(rows_there)


def _rows_there() -> RowPlan:
    return {each.stem: row_plan_of(each) for each in rows.lists()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
