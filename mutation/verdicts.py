"""What came of a mutant, and what follows from one run against its service.

Only a scenario that FAILED kills. Where one broke, hung, was inconclusive or did not run, nothing
follows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Literal

from faults.proof.judgement import Row, shortened
from faults.proof.runs import Run
from mutation.mutants import Mutant

NOT_STARTED = ("was not ready within", "ended before it was ready")
"""Words of a run, or of a row, whose service did not start."""
NO_ROWS = "no scenario ran"
NEAREST_ONLY = "green in the nearest scenarios; the others were not asked"
APART = "nothing follows from what is asked apart"

Outcome = Literal["killed", "survived", "undecided"]


@dataclass(slots=True)
class Verdict:
    """What came of one mutant.

    Attributes:
        mutant: which one.
        outcome: killed, survived or undecided.
        by: title of the scenario that failed, with its row's.
        words: what its verdict said; of an undecided one, why nothing follows.
        seconds: how long its runs took.
        asked: ids of the scenarios that were asked.
    """

    mutant: Mutant
    outcome: Outcome
    by: str = ""
    words: str = ""
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Trial:
    """Mutants on their way: what was asked, and what is asked next.

    Attributes:
        mutants: none for the sound service; several are of different modules, in one service.
        number: of its folders.
        ids: what is asked.
        seconds: how long its runs took.
        asked: ids that were asked.
        doubt: why nothing follows, "" for nothing.
        is_second: whether it is asked again what was not green.
        has_passed: whether anything was green.
        green: ids of which every row has passed.
        measures: whether it asks what wants the machine for itself, or lasts for a whole run.
    """

    mutants: tuple[Mutant, ...]
    number: int
    ids: list[str]
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)
    doubt: str = ""
    is_second: bool = False
    has_passed: bool = False
    green: set[str] = field(default_factory=set)
    measures: bool = False

    @property
    def name(self) -> str:
        """What messages call it."""
        return " with ".join(each.name for each in self.mutants) or "the sound service"


def verdict_of(trial: Trial, mutant: Mutant, row: Row | None, doubt: str) -> Verdict:
    """Return what a trial says of a mutant.

    Args:
        trial: it is over.
        mutant: one of its mutants.
        row: the row that failed, if one did.
        doubt: why nothing follows otherwise, "" where all was green.
    """
    outcome: Outcome = "killed" if row else "undecided" if doubt else "survived"
    by, words = (row.title, row.message) if row else ("", doubt)
    seconds, asked = round(trial.seconds, 2), list(trial.asked)
    return Verdict(mutant, outcome, by, shortened(words, 300), seconds, asked)


def added(before: Verdict, verdict: Verdict) -> Verdict:
    """Add what a mutant was asked before to its verdict."""
    verdict.seconds = round(before.seconds + verdict.seconds, 2)
    verdict.asked = list(dict.fromkeys([*before.asked, *verdict.asked]))
    return verdict


def loaded(before: Verdict, trial: Trial, row: Row | None, doubt: str) -> Verdict:
    """Return the verdict of a mutant that had survived, and was asked the rest apart.

    Where nothing follows from these, it has still survived what was asked before.
    """
    verdict = added(before, verdict_of(trial, before.mutant, row, doubt))
    if not row:
        verdict.outcome = "survived"
        verdict.words = f"{APART}: {verdict.words}" if doubt else ""
    return verdict


def failed(rows: Sequence[Row]) -> Row | None:
    """Return the first row whose verdict is that the service is at fault."""
    return next((row for row in rows if row.status == "failed" and not row.is_starved), None)


def never_started(doubt: str) -> bool:
    """Tell whether nothing follows because the service did not start."""
    return any(words in doubt for words in NOT_STARTED)


def doubt_of(run: Run, rows: Sequence[Row], starved: Collection[str] = ()) -> str:
    """Say why nothing follows from a run in which nothing failed; "" where all was green.

    Args:
        run: it is over.
        rows: those that ran.
        starved: ids that are inconclusive on the sound service too: that of a mutant says no more.
    """
    if run.overdue:
        return f"not done within {run.allowed_s:g} s"
    if not rows:
        return f"{NO_ROWS}: {run.hook_error() or run.last_line()}"
    excused = [row for row in rows if row.is_starved and row.id in starved]
    for row in rows:
        if row.status != "passed" and row not in excused:
            return f"{row.title}: {row.status}: {row.message}"
    return "" if excused or run.went_well else f"behave ended badly: {run.last_line()}"
