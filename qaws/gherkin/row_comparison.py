"""Compares the rows of data with their plan, as far as a run plays them.

Which rows those are is said by the steps, as planned and as they are now. A row that is gone stops
the run, as one of a feature does. One that says something else runs, and the sign-off sheet has
both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from behave.step_registry import StepRegistry

from qaws import places
from qaws.clients import attack_inputs
from qaws.gherkin.comparison import ADD, SHOWN, Findings, ToRun, way_out
from qaws.gherkin.edits import Edit, filled
from qaws.gherkin.row_plan import Members, RowPlan, leaves, lists_of, planned_members
from qaws.gherkin.strictness import Reader
from qaws.gherkin.tags import NEED
from qaws.gherkin.types import NAMED
from qaws.gherkin.wording import FIELD
from qaws.protocol import market
from qaws.protocol.rows import ROW, RowList, Written, shown
from qaws.verdict import Broken

ATTACK = "attack"
EDGES = market.EDGES.stem
PUBLISHES = f"{NEED}inject"
"""The tag of those that publish: flows of ticks have all edges, and no step names them."""
COUNT = "count"
"""The blank that says how many inputs of an attack are played."""
WHOLE = 2
"""Rows that are gone of which one line has what the plan has; of more it has the names."""
MOST_VALUES, MOST_LETTERS = 4, 90
"""What one line has of a row: so many values, and so much of each."""


class Ref(NamedTuple):
    """A row of the plan: the list, its table ("row", "attack", "tick"), and its name there."""

    stem: str
    table: str
    key: str


@dataclass(slots=True)
class Uses:
    """What the scenarios of a run play.

    Attributes:
        of: row → id → title of the first scenario of that id that plays it.
        counts: attack as the data has it → how many of its inputs are played.
    """

    of: dict[Ref, dict[str, str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def note(self, ref: Ref, run: ToRun) -> None:
        """Note that a scenario plays a row."""
        self.of.setdefault(ref, {}).setdefault(run.id, run.title)


class _Phrases:
    """The phrases that name a row of data."""

    def __init__(self, registry: StepRegistry) -> None:
        self._known: list[tuple[re.Pattern[str], list[tuple[str, str]]]] = []
        for definition in (each for kind in registry.steps.values() for each in kind):
            blanks = [(each[1], each[2] or "") for each in FIELD.finditer(definition.pattern)]
            if any(kind in NAMED for _, kind in blanks):
                fixed = FIELD.split(definition.pattern)[:: FIELD.groups + 1]
                self._known.append((re.compile("(.+?)".join(map(re.escape, fixed))), blanks))
        self._read: dict[str, list[tuple[RowList[Any], str, str]]] = {}

    def named_in(self, step: str) -> list[tuple[RowList[Any], str, str]]:
        """Return what a step names, blanks of an outline in it or not: list, name, and count."""
        if step not in self._read:
            self._read[step] = [*self._named_in(step.partition(" ")[2])]
        return self._read[step]

    def _named_in(self, text: str) -> Iterator[tuple[RowList[Any], str, str]]:
        for phrase, blanks in self._known:
            if found := phrase.fullmatch(text):
                words = {name: word for (name, _), word in zip(blanks, found.groups(), strict=True)}
                for name, kind in blanks:
                    if kind in NAMED:
                        yield NAMED[kind], words[name], words.get(COUNT, "")
                return


def uses(plan: RowPlan, runs: Iterable[ToRun], registry: StepRegistry | None) -> Uses:
    """Return which rows of the plan scenarios play, as planned or as they are now.

    Args:
        plan: the rows.
        runs: what is to run.
        registry: the phrases of the run; None: see `Reader`.
    """
    phrases = _Phrases(Reader(registry).phrases())
    found = Uses()
    for run in runs:
        if PUBLISHES in run.tags:
            for key in plan.get(EDGES, {}).get(ROW, {}):
                found.note(Ref(EDGES, ROW, key), run)
        for steps, cells in ((run.planned, run.cells), (run.now, run.there)):
            for step in steps:
                for each, name, count in phrases.named_in(step):
                    words, number = filled(name, cells), filled(count, cells)
                    if each is attack_inputs.INPUTS:
                        _note_attack(found, plan, run, words, number)
                    else:
                        _note_row(found, plan, run, each.stem, words)
    return found


def _note_row(found: Uses, plan: RowPlan, run: ToRun, stem: str, name: str) -> None:
    for table, planned in plan.get(stem, {}).items():
        for key in planned:
            if table != ROW or key == name:  # what rows are made of is of all of them
                found.note(Ref(stem, table, key), run)


def _note_attack(found: Uses, plan: RowPlan, run: ToRun, words: str, number: str) -> None:
    stem = attack_inputs.INPUTS.stem
    planned = plan.get(stem, {})
    name = next((each for each in planned.get(ATTACK, {}) if _is_called(each, words)), None)
    if name is None:
        return
    count = int(number.replace(",", "")) if re.fullmatch(r"[\d,]+", number) else 0
    found.counts[name] = max(count, found.counts.get(name, 0))
    groups = [name, *planned[ATTACK][name].get("of", [])]
    for group in groups:
        if group in planned[ATTACK]:
            found.note(Ref(stem, ATTACK, group), run)
    for key, members in planned.get(ROW, {}).items():
        if members.get(ATTACK) in groups:
            found.note(Ref(stem, ROW, key), run)


def _is_called(attack: str, words: str) -> bool:
    pattern = re.escape(attack).replace(re.escape(attack_inputs.NUMBER), r"[\d,]+")
    return re.fullmatch(pattern, words) is not None


# --- the comparison ------------------------------------------------------------------------------


def compare_rows(
    plan: RowPlan, runs: Sequence[ToRun], registry: StepRegistry | None = None, *, every: bool
) -> Findings:
    """Compare the rows of data with their plan.

    Args:
        plan: the rows that there must be.
        runs: the scenarios that are to run.
        registry: the phrases of the run; None: see `Reader`.
        every: compare all lists, played or not.
    """
    found = Findings()
    played = uses(plan, runs, registry)
    for stem, each in lists_of(plan):
        planned = [
            ref
            for table, keys in plan.get(stem, {}).items()
            for ref in (Ref(stem, table, key) for key in keys)
            if every or ref in played.of
        ]
        if not planned and not every:
            continue
        if each is None:
            found.problems.append(f'no list of data is called "{stem}"; {way_out()}')
            continue
        try:
            _compare_list(found, plan.get(stem, {}), each, planned, played)
        except Broken as problem:  # of the files, which it names
            found.problems.append(str(problem))
    return found


def _compare_list(
    found: Findings,
    plan: Mapping[str, Mapping[str, Members]],
    each: RowList[Any],
    planned: Sequence[Ref],
    played: Uses,
) -> None:
    there = each.written
    gone: dict[str, list[Ref]] = {}
    for ref in planned:
        row = there.get(ref.table, {}).get(ref.key)
        if row is None:
            gone.setdefault(ref.table, []).append(ref)
        elif differing := _differing(plan[ref.table][ref.key], each, ref, row):
            old, new = differing
            found.edits.extend(_edits(ref, row, old, new, played))
    for table, refs in gone.items():
        found.problems.append(_gone(each, table, refs, plan[table], played))
    if each.stem == EDGES:
        found.edits.extend(_order(planned, there[ROW], played))
    if each is attack_inputs.INPUTS:
        found.problems.extend(_displaced(plan.get(ROW, {}), there[ROW], played))
    for table, rows in there.items():
        new_rows = [
            (key, row)
            for key, row in rows.items()
            if key not in plan.get(table, {}) and row.file.parent == places.DATA
        ]
        if new_rows:
            at = f"{shown(new_rows[0][1].file)}:{new_rows[0][1].line}"
            names = _listed([key for key, _ in new_rows])
            what = f"{at}: has {_number(len(new_rows), f'new {table}')}: {names}"
            found.additions.append(f'{what}; "{ADD}" puts what is new into the plan')


def _differing(
    planned: Members, each: RowList[Any], ref: Ref, row: Written
) -> tuple[str, str] | None:
    """Return in what a row differs from the plan: as planned, and as it is."""
    old = leaves(planned)
    new = leaves(planned_members(each, ref.table, row.members))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    if not names:
        return None
    return _in_words(names, old), _in_words(names, new)


def _in_words(names: Sequence[str], values: Mapping[str, str]) -> str:
    words = [
        f"{name} = {_clipped(values[name])}" if name in values else f"no {name}"
        for name in names[:MOST_VALUES]
    ]
    left = len(names) - len(words)
    return ", ".join(words) + (f" and {left} more" if left else "")


def _clipped(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _edits(ref: Ref, row: Written, old: str, new: str, played: Uses) -> Iterator[Edit]:
    at = f"{shown(row.file)}:{row.line}"
    for sid, title in (played.of.get(ref) or {ref.stem: ""}).items():
        yield Edit(sid, title, "differs", old, new, at, (ref.key,))


def _gone(
    each: RowList[Any],
    table: str,
    refs: Sequence[Ref],
    planned: Mapping[str, Members],
    played: Uses,
) -> str:
    """Say which rows are gone, what the plan has of them, and what plays them."""
    there = each.written[table]
    before = [*planned][: [*planned].index(refs[0].key)]
    last = next((there[key] for key in reversed(before) if key in there), None)
    at = f"{shown(last.file)}:{last.line}" if last else f"{shown(each.files[0])}:1"
    names = [_called(ref, planned[ref.key], whole=len(refs) <= WHOLE) for ref in refs[:SHOWN]]
    listed = ", ".join(names) + (f" and {len(refs) - SHOWN} more" if refs[SHOWN:] else "")
    ids = sorted({sid for ref in refs for sid in played.of.get(ref, {})})
    of = f", played by {_some(ids)}" if ids else ""
    return f"{at}: lacks {_number(len(refs), table)} of the plan: {listed}{of}; {way_out()}"


def _called(ref: Ref, members: Members, *, whole: bool) -> str:
    values = leaves(members)
    return f'"{ref.key}"' + (f" ({_in_words([*values], values)})" if whole and values else "")


def _order(planned: Sequence[Ref], there: Mapping[str, Written], played: Uses) -> Iterator[Edit]:
    """Yield the first edge that has changed places: one may say "the same as the one before"."""
    old = [ref for ref in planned if ref.key in there]
    place = [*there]
    new = sorted(old, key=lambda ref: place.index(ref.key))
    number = next((i for i, ref in enumerate(old) if new[i] != ref), None)
    if number is not None:
        ref = new[number]
        was = f'behind "{old[old.index(ref) - 1].key}"'
        now = f'behind "{new[number - 1].key}"' if number else "as the first"
        yield from _edits(ref, there[ref.key], was, now, played)


def _displaced(
    planned: Mapping[str, Members], there: Mapping[str, Written], played: Uses
) -> Iterator[str]:
    """Yield the inputs of the plan that stand behind those that are played."""
    attacks = attack_inputs.attacks()
    for name, count in played.counts.items():
        inputs = [row.key for row in attacks.get(name, [])]
        if late := [key for key in inputs[count:] if key in planned]:
            groups = {there[key].members.get(ATTACK) for key in inputs}
            wanted = [key for key, row in planned.items() if row.get(ATTACK) in groups]
            if len(wanted) > count:  # the feature plays fewer, which is told of it
                continue
            at = f"{shown(there[late[0]].file)}:{there[late[0]].line}"
            yield (
                f"{at}: {_listed(late)} of the plan would not be played: only {count} inputs of "
                f'"{name}" are, and others stand before; put new ones last, or raise the count'
            )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if names[SHOWN:] else ""
    return ", ".join(f'"{name}"' for name in names[:SHOWN]) + more


def _some(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - 3} more" if ids[3:] else ""
    return ", ".join(ids[:3]) + more


# --- the command ---------------------------------------------------------------------------------


def with_all_rows(plan: RowPlan, there: RowPlan) -> RowPlan:
    """Return a plan with what is new in the data; what it has stays as planned."""
    merged: RowPlan = {}
    for stem in [*plan, *(stem for stem in there if stem not in plan)]:
        tables = plan.get(stem, {})
        merged[stem] = {
            table: _merged(tables.get(table, {}), there.get(stem, {}).get(table, {}))
            for table in {**tables, **there.get(stem, {})}
        }
    return merged


def _merged(planned: dict[str, Members], there: dict[str, Members]) -> dict[str, Members]:
    """Return the rows of both; a new one stands behind the one that it stands behind now."""
    order = [*planned]
    last = ""
    for key in there:
        if key not in planned:
            order.insert(order.index(last) + 1 if last else 0, key)
        last = key
    return {key: planned.get(key, there.get(key, {})) for key in order}
