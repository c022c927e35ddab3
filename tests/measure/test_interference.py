"""What a stall can explain of a percentile: the latencies that ran through it, and no others."""

from dataclasses import replace

import numpy as np
import pytest

from qaws.measure.cpu_wait import Backlog
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


def behind(*points):
    waited = stalled((points[0][0], 40), words="it waited for up to")
    return replace(waited, backlog=Backlog(points).moved(NOON_MS))


def test_who_had_not_caught_up_was_late_for_all_that_had_held_it_up():
    """It was 400 ms behind at 3 s; of that 180 are left at 5 s, where no wait is any more."""
    tail = course((4870, 5000, 160))
    late = [(3000.0 + 100 * n, 400.0 - 11 * n, 2500.0) for n in range(25)]
    assert explains_percentile([behind(*late[:18])], tail, 99, 100) is None, "had caught up by then"
    assert "waited for up to 160 ms" in str(explains_percentile([behind(*late)], tail, 99, 100))


def test_a_backlog_explains_no_more_than_itself():
    tail = course((4870, 5000, 400))
    assert explains_percentile([behind((5300.0, 250.0, 4000.0))], tail, 99, 100) is None
    assert explains_percentile([behind((5300.0, 350.0, 4000.0))], tail, 99, 100) is not None


def test_a_lag_of_before_counts_as_long_as_it_had_not_caught_up():
    tail = course((4870, 5000, 160))
    lag = stalled((3000, 90), words="ticks were published late by up to", adds_up=False)
    waits = [(at, 20.0, 2900.0) for at in (3100.0, 4000.0, 5000.0, 5200.0)]
    assert explains_percentile([lag], tail, 99, 100) is None
    assert explains_percentile([behind(*waits)], tail, 99, 100) is None
    assert explains_percentile([lag, behind(*waits)], tail, 99, 100) is not None


def test_a_wait_that_is_booked_when_it_ends_counts_for_what_came_meanwhile():
    begun_before, begun_later = Backlog(((600.0, 90.0, 400.0),)), Backlog(((600.0, 90.0, 550.0),))
    assert begun_before.between(450, 500) == (90.0, 400.0)
    assert begun_later.between(450, 500) == (0.0, 450)
