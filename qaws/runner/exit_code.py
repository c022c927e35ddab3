"""What behave tells the shell: the first that applies, of one table for all commands."""

from __future__ import annotations

from collections.abc import Collection

from qaws.report.outcome import NOT_RUN, Outcome
from qaws.report.signoff import EXIT_CODES, EXIT_INCOMPLETE

ORDER = ("FAILED", "BROKEN", "INCONCLUSIVE", "NOT VERIFIED")
"""The gravest first; docs/verdicts.md has the table."""


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
    words = {outcome.verdict for outcome in outcomes}
    if broke:
        words.add("BROKEN")
    word = next((each for each in ORDER if each in words), "PASSED")
    if word in ("PASSED", "NOT VERIFIED") and failed:
        word = "BROKEN"  # a hook or a cleanup behind the last scenario
    if word == "NOT VERIFIED":
        has_run = all(outcome.kind != NOT_RUN for outcome in outcomes)
        return 0 if accept_unverified and has_run else EXIT_INCOMPLETE
    return EXIT_CODES[word]
