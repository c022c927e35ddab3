"""One matcher decides whether a close is as a scenario says."""

import pytest

from qaws.clients.endings import ExpectedClose


@pytest.mark.parametrize(
    ("expected", "code", "reason", "fits"),
    [
        (ExpectedClose([1008], ["slow consumer"]), 1008, "Slow Consumer", True),
        (ExpectedClose([1008], ["Slow consumer"]), 1008, "slow consumer", True),
        (ExpectedClose([1008], ["Slow consumer"]), 1008, "evicted: slow consumer (2 MB)", True),
        (ExpectedClose([1008], ["slow consumer"]), 1001, "slow consumer", False),
        (ExpectedClose([1008], ["slow consumer"]), 1008, "slow", False),
        (ExpectedClose([1000, 1001], ["idle", "timeout"]), 1001, "Idle for 2 s", True),
        (ExpectedClose([1000, 1001], ["idle", "timeout"]), 1000, "read TIMEOUT", True),
        (ExpectedClose([1000, 1001], ["idle", "timeout"]), 1000, "", False),
        (ExpectedClose([1009]), 1009, "", True),
        (ExpectedClose([1009]), None, "", False),
    ],
)
def test_the_code_must_be_one_of_them_and_the_reason_contain_one_in_any_case(
    expected, code, reason, fits
):
    assert expected.fits(code, reason) is fits


def test_it_is_told_in_the_words_of_the_features():
    assert str(ExpectedClose([1000, 1001], ["idle", "timeout"])) == (
        '1000 or 1001 and a reason containing "idle" or "timeout"'
    )
    assert str(ExpectedClose([1009])) == "1009"
