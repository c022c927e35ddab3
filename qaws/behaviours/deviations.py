"""Codes and reasons of closes that a target declares to be others than the features say.

What is declared is required instead, and the scenario is then not verified, with that as the
reason: a deviation is shown, and never passed.
"""

from __future__ import annotations

from qaws.clients.endings import ExpectedClose
from qaws.sut.sections import Deviation
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified


def expected_of(testbed: Testbed, expected: ExpectedClose) -> ExpectedClose:
    """Return what the target declares instead of a close; the close where that is nothing."""
    for reason in expected.reasons:
        declared = testbed.target.deviations.get(reason)
        if declared is None:
            continue
        instead = _close_of(declared)
        note = f"a close with {instead} instead of {expected}"
        if note not in testbed.scenario.deviations:
            testbed.scenario.deviations.append(note)
        return instead
    return expected


def _close_of(declared: Deviation) -> ExpectedClose:
    return ExpectedClose([declared.code], [declared.reason] if declared.reason else [])


def tell(testbed: Testbed) -> None:
    """Say at a scenario's end which declarations it rests on.

    Raises:
        NotVerified: there are some, and all else was as it should be.
    """
    if found := testbed.scenario.deviations:
        raise NotVerified(
            f"DEVIATION: {'; '.join(found)}, as {testbed.target.file} declares in [deviations]; "
            "it was so, and all else is kept"
        )
