"""Theil-Sen against seeded memory: a leak of 256 bytes a cycle is found, its absence too."""

import numpy as np
import pytest

from qaws.measure.slope import theil_sen

PAGE = 4096
THRESHOLD = 128.0


def memory(leak, cycles=1600, seed=0, every=4):
    """Return private memory as a service's looks: warm-up, whole pages, jumps up and down."""
    draw = np.random.default_rng(seed)
    at = np.arange(every, cycles + every, every)
    warm_up = 3_000_000 * (1 - np.exp(-at / (cycles / 20)))
    arenas = 256 * 1024 * (draw.random(len(at)) < 0.05)
    breathing = draw.normal(0, 12 * PAGE, len(at))
    total = 40_000_000 + warm_up + arenas + breathing + leak * at
    return at.tolist(), (total // PAGE * PAGE).tolist()


@pytest.mark.parametrize("seed", range(20))
def test_a_leak_of_256_bytes_a_cycle_is_caught(seed):
    slope = theil_sen(*memory(256, seed=seed))
    assert slope.exceeds(THRESHOLD), str(slope)
    assert slope.per_cycle == pytest.approx(256, abs=40)
    assert slope.low <= slope.per_cycle <= slope.high


@pytest.mark.parametrize("seed", range(20))
def test_a_clean_service_is_not_accused(seed):
    slope = theil_sen(*memory(0, seed=seed))
    assert slope.is_below(THRESHOLD), str(slope)
    assert not slope.exceeds(0 + 40), str(slope)


def test_the_warm_up_would_have_been_taken_for_a_leak():
    cycles, values = memory(0)
    assert theil_sen(cycles, values, warm_up=0).per_cycle > theil_sen(cycles, values).per_cycle
    assert theil_sen(cycles[:40], values[:40], warm_up=0).exceeds(THRESHOLD)


def test_a_single_jump_does_not_make_a_slope():
    cycles, values = memory(0)
    values[-5:] = [value + 50_000_000 for value in values[-5:]]
    assert theil_sen(cycles, values).is_below(THRESHOLD)


def test_a_long_series_is_thinned_and_still_exact():
    cycles, values = memory(256, cycles=24_000, every=2)
    slope = theil_sen(cycles, values)
    assert slope.samples == pytest.approx(9_600, abs=5)
    assert slope.per_cycle == pytest.approx(256, abs=3)
    assert slope.growth == pytest.approx(256 * (slope.last - slope.first), rel=0.02)


def test_a_straight_line_is_found_exactly():
    slope = theil_sen(range(100), [7.0 * i for i in range(100)], warm_up=10)
    assert (slope.per_cycle, slope.low, slope.high) == (7, 7, 7)
    assert (slope.first, slope.last, slope.samples) == (10, 99, 90)


@pytest.mark.parametrize(
    ("cycles", "values", "words"),
    [
        ([1, 2], [1.0], "2 cycles, but 1 values"),
        ([1, 3, 2], [1.0, 2.0, 3.0], "do not ascend"),
        (range(11), [0.0] * 11, "9 samples after the warm-up; at least 10"),
    ],
)
def test_what_cannot_be_estimated_is_refused(cycles, values, words):
    with pytest.raises(ValueError, match=words):
        theil_sen(list(cycles), values)
