"""When ticks are due, who gets which client, and what a late publisher is told."""

import asyncio

import numpy as np
import pytest

from qaws.load.plan import Group, SwarmPlan
from qaws.load.publisher.open_loop import lags_of
from qaws.load.result import Offset
from qaws.load.schedule import FlowPlan, FlowReport, Spike
from qaws.measure.stall import Stalls
from tests.load_fixtures import NIFTY


def plan(**options):
    return FlowPlan("redis://127.0.0.1", ("NIFTY",), **options)


def test_a_steady_schedule_has_one_tick_per_interval():
    due = plan(per_second=1000, count=3000).due_s()
    assert due[0] == 0
    assert np.diff(due) == pytest.approx(0.001)


def test_a_burst_is_ten_times_the_rate_and_then_over():
    due = plan(per_second=100, count=1300, burst=Spike(10, 1.0, 1.0)).due_s()
    per_second = np.histogram(due, bins=[-0.0001, 0.9999, 1.9999, 2.9999, 3.9999])[0]
    assert per_second.tolist() == [100, 1000, 100, 100]
    assert (np.diff(due) > 0).all()


def report(lag_p99_ms):
    return FlowReport(
        {"NIFTY": 1}, {"NIFTY": 9}, 9, 1000, 990, 0, 0, 0, 0.5, lag_p99_ms, 80.0, 1, Stalls(), 0.1
    )


@pytest.mark.parametrize(("lag_ms", "late"), [(15, False), (21, True)])
def test_a_publisher_is_late_above_20_ms(lag_ms, late):
    words = report(lag_ms).late()
    assert (words is not None) == late
    if words:
        assert f"{lag_ms:.1f} ms" in words
        assert "quieter machine" in words


def test_clients_are_dealt_out_evenly_and_the_slow_apart():
    swarm = SwarmPlan(
        "ws://127.0.0.1/",
        (Group("reader", 5, NIFTY), Group.stopped("sleeper", 1, NIFTY)),
        tokens=("a", "b"),
    )
    shares = swarm.shares(2)
    assert [[member.name for member in share] for share in shares] == [
        ["reader 1", "reader 3", "reader 5"],
        ["reader 2", "reader 4"],
        ["sleeper"],
    ]
    assert asyncio.run(swarm.way(0, "reader 1"))[0] == "ws://127.0.0.1/?token=a"
    assert asyncio.run(swarm.way(1, "reader 2"))[0] == "ws://127.0.0.1/?token=b"
    assert len(SwarmPlan("ws://127.0.0.1/", (Group("only", 1, NIFTY),)).shares(4)) == 1


def test_an_offset_within_its_own_uncertainty_is_not_applied():
    assert Offset(30.0, 40.0).applied_us == 0
    assert Offset(-5_000.0, 40.0).applied_us == -5000
    assert str(Offset(-5_000.0, 40.0)) == "-5.000 ms ± 0.040 ms"


def test_lags_are_told_by_the_tenth_of_a_second_with_the_worst_of_each():
    sent_ns = np.array([10, 20, 150, 160, 350]) * 1_000_000
    lag_ms = np.array([0.4, 3.0, 30.0, 20.0, 0.9])
    assert lags_of(sent_ns, lag_ms, 7_000_000) == Stalls(((7100.0, 3.0), (7200.0, 30.0)))


@pytest.mark.parametrize("burst", [None, Spike(3.0, 0.5, 0.25), Spike(2.0, 5.0, 1.0)])
@pytest.mark.parametrize("count", [1, 40, 120, 1000])
def test_the_end_is_known_without_laying_out_every_tick(burst, count):
    plan = FlowPlan("redis://none", ("NIFTY",), per_second=100, count=count, burst=burst)
    assert plan.ends_s() == plan.due_s()[-1]


def test_a_flow_without_ticks_ends_as_it_begins():
    assert FlowPlan("redis://none", ("NIFTY",), per_second=100, count=0).ends_s() == 0.0
