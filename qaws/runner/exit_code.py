"""What behave tells the shell: the first that applies, of one table for all commands."""

from __future__ import annotations

from collections.abc import Collection

from qaws.report.outcome import Outcome
from qaws.report.signoff import EXIT_CODES

ORDER = ("FAILED", "BROKEN", "INCONCLUSIVE", "INCOMPLETE")
"""The gravest first; docs/verdicts.md has the table."""
WORDS = {"passed": "PASSED", "failed": "FAILED", "skipped": "INCOMPLETE"}


def word_of(outcome: Outcome) -> str:
    """Return the verdict of one scenario, as a run has it."""
    stuck = "INCONCLUSIVE" if outcome.message.startswith("INCONCLUSIVE") else "BROKEN"
    return WORDS.get(str(outcome.status), stuck)


def exit_code(
    outcomes: Collection[Outcome],
    *,
    failed: bool,
    broke: bool = False,
    aborted: bool = False,
    accept_unverified: bool = False,
) -> int:
    """Return the exit code of a run.

    Args:
        outcomes: of the scenarios that were selected.
        failed: whether behave says that something went wrong.
        broke: whether the run as a whole broke.
        aborted: whether it was stopped by hand.
        accept_unverified: whether what the target cannot show is nothing to complain of.
    """
    if aborted:
        return EXIT_CODES["ABORTED"]
    words = {word_of(outcome) for outcome in outcomes}
    if broke:
        words.add("BROKEN")
    word = next((each for each in ORDER if each in words), "PASSED")
    if word in ("PASSED", "INCOMPLETE") and failed:
        word = "BROKEN"  # a hook or a cleanup behind the last scenario
    return 0 if word == "INCOMPLETE" and accept_unverified else EXIT_CODES[word]
