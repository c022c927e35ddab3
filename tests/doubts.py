"""Whole runs of which a busy machine let nobody tell: their tests are inconclusive, as they are.

That a sound service is not *failed* is required on any machine; that it *passes*, of one that has
time for it. conftest.py names the tests that were left in doubt in the last lines.
"""

import pytest

IN_DOUBT = "INCONCLUSIVE: "


def leave_in_doubt(messages):
    """Skip where one of the messages of a run's verdicts says that nothing follows from it."""
    for said in messages:
        if said.startswith(IN_DOUBT):
            pytest.skip(f"inconclusive: {said.removeprefix(IN_DOUBT).splitlines()[0]}")


def require_sound(rows, output):
    """Require that no row of a run (of checks.jsonl) is red or broken; skip where one is in doubt.

    Nothing else than a doubt makes it skip: what is wrong beside it is told.
    """
    amiss = [row for row in rows if row["status"] not in ("passed", "skipped")]
    assert not [row for row in amiss if not row["message"].startswith(IN_DOUBT)], output
    leave_in_doubt(row["message"] for row in amiss)
