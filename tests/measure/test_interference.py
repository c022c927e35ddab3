"""What a stall can explain of a percentile: the latencies that ran through it, and no others."""

import numpy as np
import pytest

from qaws.measure.interference import Disturbance, explains_percentile
from qaws.measure.latency import Course
from qaws.measure.stall import Stalls

NOON_MS = 1_700_000_000_000


def course(*latencies):
    """Return the course of 10,000 ticks in 10 s; each (from_ms, to_ms, latency_ms) is an exception.

    All others take 2 ms.
    """
    due_ms = np.arange(10_000)
    taken_ms = np.full(10_000, 2.0)
    for from_ms, to_ms, latency_ms in latencies:
        taken_ms[from_ms:to_ms] = latency_ms
    made = Course()
    made.record((due_ms + NOON_MS) * 1000, (taken_ms * 1000).astype(np.int64))
    return made


def stalled(*spans, words="the swarm stalled for up to", adds_up=True):
    return Disturbance(words, Stalls(spans).moved(NOON_MS), adds_up)


def test_a_stall_explains_the_tail_that_ran_through_it():
    words = explains_percentile([stalled((5000, 130))], course((4870, 5000, 120)), 99, 100)
    assert words == (
        "130 of the 130 latencies above the bound fall into times in which the swarm stalled for "
        "up to 120 ms: without these the bound could be met; run it again on a quieter machine"
    )


def test_the_same_stall_explains_nothing_of_a_tail_elsewhere():
    tail = course((1000, 1130, 120))
    assert explains_percentile([stalled((5000, 130))], tail, 99, 100) is None


def test_one_long_stall_does_not_excuse_a_median():
    slow = course((0, 6000, 80))
    assert explains_percentile([stalled((5000, 130))], slow, 50, 50) is None


def test_stalls_all_along_do():
    slow, often = course((0, 6000, 80)), [(at, 40) for at in range(0, 6100, 70)]
    assert explains_percentile([stalled(*often)], slow, 50, 50) is not None


def test_a_stall_cannot_explain_more_than_it_took():
    tail = course((4870, 5000, 400))
    assert explains_percentile([stalled((5000, 130))], tail, 99, 100) is None


def test_what_remains_decides():
    """130 latencies are the stall's; 101 of 10,000 that are not are too many, 99 are not."""
    stall = stalled((5000, 130))
    for own, doubtful in ((99, True), (101, False)):
        tail = course((4870, 5000, 120), (1000, 1000 + own, 120))
        assert (explains_percentile([stall], tail, 99, 100) is not None) == doubtful


def test_what_has_piled_up_is_worked_off_after_the_stall():
    tail = course((4870, 5110, 120))
    assert explains_percentile([stalled((5000, 130))], tail, 99, 100) is not None


def test_causes_add_up_but_the_publisher_s_lags_do_not():
    tail = course((4800, 5000, 160))
    lags = [(4900, 40.0), (5000, 40.0)]
    late = "ticks were published late by up to"
    assert explains_percentile([stalled(*lags, words=late, adds_up=False)], tail, 99, 100) is None
    assert explains_percentile([stalled(*lags)], tail, 99, 100) is not None
    both = [stalled((5000, 30)), stalled(*lags, words=late, adds_up=False)]
    assert "stalled for up to 30 ms, ticks were published late by up to 40 ms" in str(
        explains_percentile(both, tail, 99, 100)
    )


@pytest.mark.parametrize("causes", [[], [stalled()]])
def test_without_a_disturbance_there_is_no_doubt(causes):
    assert explains_percentile(causes, course((0, 500, 120)), 99, 100) is None
