"""What happens again and again: it may lag, but it may not stand still."""

import pytest

from qaws.measure.recent_rate import RecentRate

S = 1_000_000_000


def counted(every_s, turns_s):
    rate = RecentRate(every_s, 0)
    for at_s in turns_s:
        rate.note(int(at_s * S))
    return rate


@pytest.mark.parametrize("every_s", [0.002, 0.02, 0.1, 1.0])
def test_what_keeps_its_rate_is_not_short(every_s):
    turns = [number * every_s for number in range(int(10 / every_s))]
    rate = RecentRate(every_s, 0)
    for at_s in turns:
        rate.note(int(at_s * S))
        assert rate.shortfall(int(at_s * S) + 1) is None


@pytest.mark.parametrize(
    ("every_s", "turns_s", "now_s", "said"),
    [
        (0.02, [], 0.05, None),  # too early
        (0.02, [], 0.9, None),
        (0.02, [], 1.1, "0 of 50 in the last 1.0 s"),
        (0.02, [t * 0.02 for t in range(100)], 2.85, None),  # 0.85 s ago
        (0.02, [t * 0.02 for t in range(100)], 2.95, "2 of 50 in the last 1.0 s"),
        (0.02, [t * 0.06 for t in range(100)], 5.0, None),  # lags, and is there
        (0.02, [t * 0.3 for t in range(17)], 5.0, "3 of 50 in the last 1.0 s"),
        (1.0, [0, 1, 2], 5.0, None),
        (1.0, [0, 1, 2], 7.0, "0 of 4 in the last 4.0 s"),
    ],
)
def test_what_all_but_stands_still_is_told(every_s, turns_s, now_s, said):
    assert counted(every_s, turns_s).shortfall(int(now_s * S)) == said
