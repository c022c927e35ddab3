"""One table of exit codes: the first that applies."""

import pytest

from qaws.report.outcome import Outcome
from qaws.runner.exit_code import exit_code

GOOD, BAD = Outcome("passed"), Outcome("failed", message="late")
STUCK = Outcome("broken", message="no broker")
STARVED = Outcome("broken", message="INCONCLUSIVE: stalled 9 ms")
NOT_RUN = Outcome("skipped", "not run", "SKIPPED: not run: the run ended before this scenario")
LACKING = Outcome("skipped", message="SKIPPED: the target lacks: inject")


@pytest.mark.parametrize(
    ("outcomes", "options", "code"),
    [
        ([GOOD], {"failed": False}, 0),
        ([GOOD, LACKING], {"failed": False}, 4),
        ([GOOD, LACKING], {"failed": False, "accept_unverified": True}, 0),
        ([LACKING, STARVED], {"failed": True}, 3),
        ([STARVED, STUCK], {"failed": True}, 2),
        ([STARVED, NOT_RUN], {"failed": True}, 3),
        ([BAD, NOT_RUN], {"failed": True}, 1),
        ([GOOD, NOT_RUN], {"failed": True, "broke": True}, 2),
        ([GOOD, LACKING, NOT_RUN], {"failed": False, "accept_unverified": True}, 4),
        ([STUCK, BAD], {"failed": True}, 1),
        ([GOOD], {"failed": True, "broke": True}, 2),
        ([BAD], {"failed": True, "broke": True}, 1),
        ([GOOD], {"failed": True}, 2),
        ([LACKING], {"failed": True, "accept_unverified": True}, 2),
        ([], {"failed": True, "broke": True}, 2),
        ([BAD], {"failed": True, "aborted": True}, 130),
    ],
)
def test_the_first_that_applies(outcomes, options, code):
    assert exit_code(outcomes, **options) == code
