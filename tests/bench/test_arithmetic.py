"""Medians, doubts, ratios and bounds."""

import pytest

from bench.arithmetic import Sample, judge, median, ratio


def sample(*values, doubts=0):
    return Sample(tuple(map(float, values)), ("busy",) * doubts + (None,) * (len(values) - doubts))


@pytest.mark.parametrize(
    ("values", "middle"), [((), 0.0), ((4,), 4), ((9, 1, 5), 5), ((1, 2, 4, 100), 3)]
)
def test_median(values, middle):
    assert median(values) == middle


def test_a_ratio_to_nothing_is_nothing():
    assert ratio(10, 4) == 2.5
    assert ratio(10, 0) == 0.0


def test_a_sample_is_in_doubt_when_most_of_its_rounds_are():
    assert sample(1, 2, 3, 4, 5, doubts=2).doubt is None
    assert sample(1, 2, 3, 4, doubts=2).doubt is None
    assert sample(1, 2, 3, 4, 5, doubts=3).doubt == "3 of 5 rounds are in doubt: busy"


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        (sample(15, 15, 15), sample(1, 1, 1), "met"),
        (sample(14.9, 14.9, 14.9), sample(1, 1, 1), "missed"),
        (sample(1, 99, 20), sample(1, 1, 1), "met"),
        (sample(99, 1, 1), sample(1, 1, 1), "missed"),
        # A doubt about ours can only have made it smaller, one about theirs made the ratio larger.
        (sample(20, 20, 20, doubts=3), sample(1, 1, 1), "met"),
        (sample(20, 20, 20), sample(1, 1, 1, doubts=2), "inconclusive"),
        (sample(10, 10, 10, doubts=2), sample(1, 1, 1), "inconclusive"),
        (sample(10, 10, 10), sample(1, 1, 1, doubts=3), "missed"),
        (sample(20, 20), sample(1, 1, 1), "inconclusive"),
        (sample(20, 20, 20), sample(), "inconclusive"),
        (sample(20, 20, 20), sample(0, 0, 0), "missed"),
    ],
)
def test_bounds(ours, theirs, verdict):
    assert judge("speed", ours, theirs, 15).verdict == verdict


def test_a_bound_says_what_was_measured_and_asked():
    bound = judge("speed", sample(30, 30, 30), sample(2, 2, 2), 15)
    assert str(bound) == "speed: 15.0 x, at least 15 x: met"
    part = judge("by table", sample(7.25, 7.25, 7.25), sample(10, 10, 10), 0.7)
    assert str(part) == "by table: 0.72 x, at least 0.7 x: met"
    assert (part.found, part.asked) == ("0.72 ×", "≥ 0.7 ×")
