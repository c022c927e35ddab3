"""The real service, the real broker, the publisher: everything together, in small."""

import pytest

from qaws.load.plan import Group
from qaws.load.schedule import Spike
from qaws.protocol.market import selection_of
from qaws.verdict import Broken
from tests.load_fixtures import NIFTY, timing_of
from tests.waiting import HANG_S, until


def test_fifty_clients_receive_every_tick_in_order(stack, swarm, publisher):
    swarm.start(stack.plan(Group("client", 50, NIFTY)))
    publisher.start(stack.flow(2000, 3000))
    swarm.go()
    start_us = publisher.go()
    flow = publisher.wait()
    result = swarm.finish(flow.last, HANG_S)

    assert result.incomplete is None
    assert (result.faults, result.violations, result.closes) == ({}, [], [])
    assert flow.last == {"NIFTY": 3001}, "3000 ticks and the fence"
    assert result.deliveries == result.expected == 50 * 3001
    assert result.latencies.count == result.deliveries
    assert result.latencies.early == 0
    assert flow.heard_by == 1
    assert flow.first_due_us == start_us
    assert flow.offered_per_s == pytest.approx(2000)
    assert result.drained_us >= flow.last_due_us
    assert result.per_second(start_us) > 0
    assert result.kinds == {"connection": 50, "subscribed": 50}
    assert result.cpu_s > 0
    with timing_of(result, flow):
        assert flow.late() is None
        assert result.drained_us - flow.last_due_us < 2_000_000
        assert flow.achieved_per_s == pytest.approx(2000, rel=0.02)
        assert result.latencies.percentile_ms(99) < 100


def test_groups_with_different_selections_get_each_their_own(stack, swarm, publisher):
    plan = stack.plan(
        Group("one", 3, NIFTY),
        Group("both", 3, selection_of("NIFTY and BANKNIFTY")),
        Group("other", 3, selection_of("BANKNIFTY")),
        first={"NIFTY": 41, "BANKNIFTY": 1},
    )
    swarm.start(plan)
    symbols = ("NIFTY", "BANKNIFTY")
    burst = Spike(5, 0.2, 0.2)
    publisher.start(
        stack.flow(500, 600, symbols=symbols, first={"NIFTY": 41}, burst=burst, pad_to=2000)
    )
    swarm.go()
    publisher.go()
    flow = publisher.wait()
    assert flow.last == {"NIFTY": 341, "BANKNIFTY": 301}
    result = swarm.finish(flow.last, HANG_S)
    assert result.faults == {}, result.violations
    ticks = {client.client: client.ticks for client in result.clients}
    assert {ticks[f"one {i}"] for i in (1, 2, 3)} == {301}
    assert {ticks[f"both {i}"] for i in (1, 2, 3)} == {602}
    assert {ticks[f"other {i}"] for i in (1, 2, 3)} == {301}


def test_bars_are_refused_for_their_numbers_are_those_of_the_options(stack, swarm):
    with pytest.raises(Broken, match=r'group "bar": a swarm takes option ticks'):
        swarm.start(stack.plan(Group("bar", 2, selection_of("the NIFTY underlying"))))


def test_slow_clients_tell_how_they_were_closed(stack, swarm, publisher):
    """Padded ticks fill the buffers soon; the healthy client must not notice."""
    plan = stack.plan(
        Group("healthy", 5, NIFTY),
        Group.stopped("sleeper", 1, NIFTY),
        Group.trickling("trickler", 1, NIFTY),
    )
    swarm.start(plan)
    publisher.start(stack.flow(1000, 1800, pad_to=8000))
    swarm.go()
    publisher.go()
    flow = publisher.wait()
    swarm.read_again()
    result = swarm.finish(flow.last, HANG_S)
    assert result.faults == {}, result.violations
    assert result.deliveries == result.expected == 5 * 1801
    assert result.closes == []
    assert [slow.client for slow in result.slow] == ["sleeper", "trickler"]
    for slow in result.slow:
        assert slow.closed is not None, slow
        assert (slow.closed.code, slow.closed.reason) == (1008, "slow consumer"), slow
        assert slow.read_again_us is not None
        assert 0 < slow.ticks < 1801


def test_a_flow_can_be_stopped_and_ends_with_its_fence(stack, swarm, publisher):
    swarm.start(stack.plan(Group("client", 2, NIFTY)))
    publisher.start(stack.flow(200, 100_000))
    swarm.go()
    publisher.go(lead_s=0.1)
    until(lambda: swarm.progress().messages >= 50 or swarm.lost())
    publisher.stop()
    flow = publisher.wait()
    assert flow.stopped
    result = swarm.finish(flow.last, HANG_S)
    assert result.faults == {}
    assert result.deliveries == 2 * flow.count == result.expected
