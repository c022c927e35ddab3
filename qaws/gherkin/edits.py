"""Finds what was edited in scenarios since they were planned: steps, and the cells of tables.

Neither stops a run. What demands less than the plan, or something else, keeps a criterion of the
sign-off from being met as planned; what demands more is only told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from qaws.gherkin.matching import Place, Row
from qaws.gherkin.plan import Planned, Rows, steps_of
from qaws.gherkin.strictness import Change, Reader

Kind = Literal["stricter", "looser", "differs", "gone", "moved"]
BLANK = re.compile(r"<[^<>]+>")
WORDS: dict[Kind, str] = {
    "stricter": "is stricter than planned",
    "looser": "is looser than planned",
    "differs": "differs from the plan",
    "gone": "lacks a step of the plan",
    "moved": "has a step elsewhere",
}
SHOWN = 3
"""Rows that one line names; of more it gives the number."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that a scenario says and the plan says otherwise.

    Attributes:
        id: the scenario's.
        title: its title.
        kind: whether it is stricter or looser than planned, gone, elsewhere, or merely differs.
        planned: as planned.
        now: as run; "" for what is gone.
        at: file and line.
        rows: names of the rows of an outline that it is about; none where it is about all.
    """

    id: str
    title: str
    kind: Kind
    planned: str
    now: str
    at: str
    rows: tuple[str, ...] = ()

    @property
    def deviates(self) -> bool:
        """Tell whether what was planned is no longer shown."""
        return self.kind != "stricter"

    def __str__(self) -> str:
        more = f" and {len(self.rows) - SHOWN} more" if len(self.rows) > SHOWN else ""
        rows = ", ".join(f'"{row}"' for row in self.rows[:SHOWN]) + more
        of = f", row{'s' if len(self.rows) > 1 else ''} {rows}," if rows else ""
        now = f"; as run: {self.now}" if self.now else ""
        return f"{self.at}: {self.id}{of} {WORDS[self.kind]}: as planned: {self.planned}{now}"


def told(edits: Iterable[Edit]) -> list[str]:
    """Return edits in lines; one that several scenarios have alike stands there once."""
    alike: dict[Edit, list[str]] = {}
    for edit in edits:
        alike.setdefault(replace(edit, id="", title=""), []).append(edit.id)
    lines = []
    for edit, ids in alike.items():
        more = f" and {len(ids) - SHOWN} more" if ids[SHOWN:] else ""
        lines.append(str(replace(edit, id=", ".join(ids[:SHOWN]) + more)))
    return lines


def edited_steps(
    sid: str,
    planned: Planned,
    place: Place,
    rows: Sequence[tuple[Mapping[str, str], str, Row | None]],
    reader: Reader,
) -> list[Edit]:
    """Return in what the steps of a scenario differ from the plan, as its rows fill them in.

    Args:
        sid: the id.
        planned: the scenario of the plan.
        place: the scenario of the features.
        rows: of those that are to run: the planned cells, the name, and the row of the features;
            one without a row for a plain scenario.
        reader: knows the phrases.
    """
    now = steps_of(place.item)
    if planned.steps == [text for text, _ in now] and all(
        row is None or _is_as_planned(cells, row) for cells, _, row in rows
    ):
        return []
    found: dict[Edit, list[str]] = {}
    for cells, name, row in rows:
        for edit in _of_row(sid, planned, place, now, cells, row, reader):
            found.setdefault(edit, []).append(name)
    return [
        replace(edit, rows=() if len(names) == len(rows) > 1 or names == [""] else tuple(names))
        for edit, names in found.items()
    ]


def _is_as_planned(cells: Mapping[str, str], row: Row) -> bool:
    return {**cells} == cells_of(row)


def cells_of(row: Row | None) -> dict[str, str]:
    """Return heading → cell of a row; nothing for none."""
    return dict(zip(row.row.headings, row.row.cells, strict=True)) if row else {}


def _of_row(
    sid: str,
    planned: Planned,
    place: Place,
    now: Sequence[tuple[str, int]],
    cells: Mapping[str, str],
    row: Row | None,
    reader: Reader,
) -> Iterator[Edit]:
    """Yield the edits of a scenario with the cells of one row in its blanks.

    What is the same for all rows is told as the outline has it, and a cell once, whatever number
    of steps it stands in.
    """
    title, there = place.item.name, cells_of(row)
    old = [filled(text, cells) for text in planned.steps]
    new = [filled(text, there) for text, _ in now]
    changed: dict[str, str] = {}
    kinds: list[Kind] = []
    of_one_template = {
        (i, j)
        for i, template in enumerate(planned.steps)
        for j, (other, _) in enumerate(now)
        if template == other
    }
    for i, j, kind in _compared(old, new, reader, of_one_template):
        template = planned.steps[i]
        if j is None:
            yield Edit(sid, title, kind, template, "", place.at())
        elif kind != "moved" and template == now[j][0]:
            kinds.append(kind)
            blanks = (
                {blank[1:-1] for blank in BLANK.findall(template)} & cells.keys() & there.keys()
            )
            changed |= {name: there[name] for name in sorted(blanks) if cells[name] != there[name]}
        elif kind != "moved" and _bare(template) == _bare(now[j][0]) and row:
            yield Edit(sid, title, kind, old[i], new[j], place.at(row.line))
        else:
            yield Edit(sid, title, kind, template, now[j][0], place.at(now[j][1]))
    if row and kinds:
        worst = min(kinds, key=list(reversed(WORDS)).index)
        planned_so = {name: cells[name] for name in changed}
        at = place.at(row.line)
        yield Edit(sid, title, worst, _in_words(planned_so), _in_words(changed), at)


def _in_words(cells: Mapping[str, str]) -> str:
    return ", ".join(f"{heading} = {cell}" for heading, cell in cells.items())


def filled(text: str, cells: Mapping[str, str]) -> str:
    """Return a step of an outline with the cells of a row in its blanks."""
    return BLANK.sub(lambda blank: cells.get(blank[0][1:-1], blank[0]), text)


def _bare(text: str) -> str:
    return BLANK.sub("<>", text)


def _compared(
    old: list[str], new: list[str], reader: Reader, of_one_template: set[tuple[int, int]]
) -> Iterator[tuple[int, int | None, Kind]]:
    """Yield in what steps differ: of the plan's its number, the other's, and how.

    Args:
        old: the steps of the plan.
        new: those of the features.
        reader: knows the phrases.
        of_one_template: pairs of numbers of steps that differ in cells only, whatever these say.
    """
    if old == new:
        return
    same = _in_common(tuple(old), tuple(new))
    gone = [i for i in range(len(old)) if i not in same]
    left = [j for j in range(len(new)) if j not in same.values()]
    changes: list[tuple[int, int, int, Change]] = []
    for i in gone:
        for j in left:
            found = reader.change(old[i], new[j])
            if not found and (i, j) in of_one_template:
                found = Change("differs", 1)
            if found:
                changes.append((found.number, i, j, found))
    for _, i, j, what in sorted(changes, key=lambda each: each[:3]):
        if i in gone and j in left:
            gone.remove(i)
            left.remove(j)
            kind: Kind | Literal[""] = "moved" if old[i] == new[j] else what.kind
            if kind:
                yield i, j, kind
    for i in gone:
        yield i, None, "gone"


@lru_cache
def _in_common(old: tuple[str, ...], new: tuple[str, ...]) -> dict[int, int]:
    """Return which steps are in both, in their order; that of Thens in a row is free."""
    as_is = _longest([*enumerate(old)], [*enumerate(new)])
    sorted_ = _longest(_with_thens_sorted(old), _with_thens_sorted(new))
    return max(as_is, sorted_, key=len)


def _with_thens_sorted(steps: Sequence[str]) -> list[tuple[int, str]]:
    ordered: list[tuple[int, str]] = []
    thens: list[tuple[int, str]] = []
    for numbered in enumerate(steps):
        if numbered[1].startswith("Then "):
            thens.append(numbered)
        else:
            ordered += [*sorted(thens, key=lambda each: each[1]), numbered]
            thens = []
    return ordered + sorted(thens, key=lambda each: each[1])


def _longest(old: list[tuple[int, str]], new: list[tuple[int, str]]) -> dict[int, int]:
    """Return the longest common subsequence: number of the one → number of the other."""
    best: list[list[dict[int, int]]] = [[{} for _ in range(len(new) + 1)]]
    for i, text in old:
        line: list[dict[int, int]] = [{}]
        for column, (j, other) in enumerate(new):
            if text == other:
                line.append({**best[-1][column], i: j})
            else:
                line.append(max(best[-1][column + 1], line[column], key=len))
        best.append(line)
    return best[-1][-1]


def edited_cells(
    sid: str, place: Place, table: Rows, rows: Iterable[tuple[str, list[str], Any]]
) -> Iterator[Edit]:
    """Yield in what rows of a table below a step differ from the plan.

    Args:
        sid: the id.
        place: the scenario of the features.
        table: the table of the plan.
        rows: of each that is in both: its name, the cells of the plan, and the row.
    """
    for name, cells, row in rows:
        there = cells_of(row)
        pairs = [
            (heading, cell, there.get(heading))
            for heading, cell in zip(table.headings, cells, strict=True)
            if there.get(heading) != cell
        ]
        if pairs:
            planned = _in_words({heading: cell for heading, cell, _ in pairs})
            now = ", ".join(f"{h} = {n}" if n is not None else f"no {h}" for h, _, n in pairs)
            at = place.at(row.line)
            yield Edit(sid, place.item.name, "differs", planned, now, at, (name,))
