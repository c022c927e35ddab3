"""Ticks must bear the due time that they were published with; a service may not set it anew."""

import pytest

from qaws.load.schedule import FlowPlan, Spike
from qaws.load.subscriber.due_times import DueTimes

START_US = 1_700_000_000_000_000
PLAN = FlowPlan("redis://nowhere", ("NIFTY",), 400, 1000, first={"NIFTY": 11})


def due(number, plan=PLAN):
    """Return the due time as the publisher writes it."""
    return int(plan.due_s()[number - 11] * 1e9) // 1000 + START_US


@pytest.mark.parametrize("plan", [PLAN, FlowPlan(
    "redis://nowhere", ("NIFTY",), 300, 1000, first={"NIFTY": 11}, burst=Spike(10, 0.5, 0.1)
)])  # fmt: skip
def test_due_times_as_published_are_sound_to_the_microsecond(plan):
    times = DueTimes(plan)
    assert {times.difference("NIFTY", n, due(n, plan)) for n in range(11, 1011)} == {""}


def test_a_long_schedule_is_laid_out_as_far_as_it_is_asked_for():
    plan = FlowPlan("redis://nowhere", ("NIFTY",), 400, 1_000_000, first={"NIFTY": 11})
    times, whole = DueTimes(plan), plan.due_s()
    for index in (0, 4095, 4096, 123_456, 999_999):
        assert times.after_start("NIFTY", 11 + index) == int(whole[index] * 1e6)
    assert times.after_start("NIFTY", 11 + 1_000_000) is None
    assert sum(part.nbytes for part in times._laid_out.values()) < 200_000


def test_a_due_time_set_anew_is_told():
    times = DueTimes(PLAN)
    assert not times.difference("NIFTY", 11, due(11) + 150_000)
    assert times.difference("NIFTY", 12, due(12) + 153_000) == (
        "received NIFTY #12 with a due time (due_us) that is 3.000 ms later than the one that it "
        "was published with"
    )


def test_the_last_tick_of_a_flow_that_was_stopped_is_due_at_once():
    times = DueTimes(PLAN)
    assert not times.difference("NIFTY", 11, due(11))
    assert not times.difference("NIFTY", 500, due(500) - 80_000)
    assert not times.difference("NIFTY", 12, due(12)), "and the others are not late for that"


def test_what_is_not_of_the_flow_is_left_to_others():
    times = DueTimes(PLAN)
    assert not times.difference("NIFTY", 11, due(11))
    for symbol, number, due_us in (
        ("NIFTY", 10, START_US + 10**9),  # before it
        ("NIFTY", 1011, START_US + 10**9),  # its fence
        ("BANKNIFTY", 1, START_US + 10**9),
        ("NIFTY", 12, 0),  # unmarked, which the sequence tells
    ):
        assert not times.difference(symbol, number, due_us)


def test_two_symbols_take_turns():
    plan = FlowPlan("redis://nowhere", ("NIFTY", "BANKNIFTY"), 100, 10)
    times = DueTimes(plan)
    assert not times.difference("NIFTY", 1, START_US)
    assert not times.difference("BANKNIFTY", 1, START_US + 10_000)
    assert not times.difference("NIFTY", 2, START_US + 20_000)
    assert times.difference("BANKNIFTY", 2, START_US + 35_000)
