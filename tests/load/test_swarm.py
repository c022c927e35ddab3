"""Against a service whose faults and delays are known: does the swarm see them, and only them?"""

from collections import Counter

import pytest

from qaws.load.plan import Group, SwarmPlan
from qaws.verdict import Broken, Refuted
from tests.load_fixtures import NIFTY, stamps, timing_of
from tests.waiting import HANG_S


def test_a_faultless_service_has_no_violations(observe):
    result = observe(clients=20, workers=2, count=2000)
    assert result.faults == {}
    assert result.violations == []
    assert result.closes == []
    assert result.incomplete is None
    assert result.deliveries == result.expected == 40_000
    assert result.latencies.count == 40_000
    with stamps():
        assert result.latencies.early == 0
    assert [client.ticks for client in result.clients] == [2000] * 20
    assert {client.client for client in result.clients} == {f"client {i}" for i in range(1, 21)}
    assert len(result.workers) == 2


CLOCKS_MS = 0.05
"""How far two processes may be apart: the kernel stamps by a clock that is read beside ours."""


@pytest.mark.parametrize("delay_ms", [5, 20, 80])
def test_a_known_delay_is_measured_to_a_millisecond(observe, delay_ms):
    result = observe(clients=10, count=300, per_second=400, delay_ms=delay_ms)
    with timing_of(result):
        assert result.summary_ms()["p50"] == pytest.approx(delay_ms, abs=1)
    with stamps():
        assert result.latencies.percentile_ms(0) >= delay_ms * 0.999 - CLOCKS_MS
    assert result.worst.max_us / 1000 == pytest.approx(result.latencies.max_ms, abs=0.001)


def test_ticks_that_come_before_they_are_due_are_no_measurement(observe):
    result = observe(clients=2, count=100, delay_ms=-HANG_S * 1e3)
    assert result.incomplete is not None
    assert result.incomplete.startswith("worker 1 (process ")
    assert "200 ticks were received before they were due, by up to " in result.incomplete
    assert result.incomplete.endswith("no latency can be told from that")


def test_a_stalling_service_is_measured_from_the_due_time(observe):
    """300 ms in every second: 30 % of the ticks wait, on average for 150 ms."""
    result = observe(count=2000, per_second=1000, stall_ms=300, stall_every=1000)
    assert result.latencies.max_ms >= 300
    with timing_of(result):
        assert result.latencies.max_ms == pytest.approx(300, abs=20)
        assert result.latencies.percentile_ms(85) == pytest.approx(150, abs=25)
        slow = [point for point in result.points if point.max_ms > 50]
        assert 4 <= len(slow) <= 8, [point.start_s for point in slow]
    assert sum(point.deliveries for point in result.points) == result.deliveries


FAULTS = {
    "drop": ("gap", "expected NIFTY #{n}, got #{after} (previous #{before})"),
    "duplicate": ("duplicate", "got NIFTY #{n} again (expected #{after}, previous #{n})"),
    "swap": ("order", "got NIFTY #{n} late, after #{after}"),
    "wrong symbol": ("unsubscribed", "received option tick BANKNIFTY #1, but had subscribed to"),
    "no number": ("unmarked", "received option tick NIFTY without a number (seq)"),
    "wrong field": ("contract", "breaks the contract: option_tick: last_price must be number"),
    "wrong type": ("contract", "breaks the contract: has the type 'tock'"),
    "no JSON": ("contract", "received what cannot be read"),
    "binary": ("contract", "received a message that is binary, not text"),
}
"""What a service does with one tick → kind and words of the violation."""

LOSE_THE_TICK = {"drop", "wrong symbol", "no number", "wrong type", "no JSON", "binary"}


def expected_counts(kinds):
    counts = Counter(FAULTS[kind][0] for kind in kinds)
    counts["gap"] = len(LOSE_THE_TICK & set(kinds))
    return dict(counts)


def words_of(kind, number):
    return FAULTS[kind][1].format(n=number, before=number - 1, after=number + 1)


def test_each_fault_of_one_tick_for_one_client_is_named(observe):
    """Client 1 is mostly the one whose frames are decoded; the others are compared with it."""
    places = dict(enumerate(FAULTS, 2))
    result = observe(
        clients=len(FAULTS) + 2,
        count=1500,
        batch=20,
        faults=[[kind, place, 500] for place, kind in places.items()],
    )
    assert result.faults == expected_counts(FAULTS)
    for place, kind in places.items():
        mine = [words for words in result.violations if words.startswith(f"client {place} ")]
        assert any(words_of(kind, 500) in words for words in mine), (kind, result.violations)
    clean = [words for words in result.violations if words.startswith("client 1 ")]
    assert clean == []
    assert result.unfinished == []


def test_each_fault_is_named_where_the_client_is_the_first_to_receive(observe):
    numbers = dict(zip(FAULTS, range(100, 1000, 100), strict=True))
    result = observe(
        count=1500, batch=20, faults=[[kind, 1, number] for kind, number in numbers.items()]
    )
    assert result.faults == expected_counts(FAULTS)
    for kind, number in numbers.items():
        assert any(
            words.startswith("client 1 ") and words_of(kind, number) in words
            for words in result.violations
        ), (kind, result.violations)
    assert result.unfinished == []


def test_a_tick_in_fragments_is_a_tick(observe):
    result = observe(count=200, faults=[["fragments", 1, 50], ["fragments", 2, 60]])
    assert result.faults == {}
    assert result.deliveries == 800


def test_a_tick_lost_for_everybody_is_counted_for_everybody(observe):
    result = observe(count=600, faults=[["drop", place, 300] for place in (1, 2, 3, 4)])
    assert result.faults == {"gap": 4}
    assert result.deliveries == result.expected - 4


def test_clients_whose_bytes_all_differ_are_checked_just_as_well(observe):
    result = observe(count=1000, own_bytes=True, faults=[["drop", 3, 700]])
    assert result.faults == {"gap": 1}
    assert result.violations == ["client 3 expected NIFTY #700, got #701 (previous #699)"]
    assert result.deliveries == 3999
    assert result.workers[0].diverged > 0


def test_pings_between_ticks_disturb_nothing(observe):
    result = observe(count=1000, ping_every=10)
    assert result.faults == {}
    assert result.deliveries == 4000


def test_clients_that_are_closed_are_named_with_code_and_reason(observe):
    result = observe(count=1000, faults=[["close", 3, 400], ["cut", 4, 600]])
    closed, cut = sorted(result.closes, key=lambda close: close.client)
    assert (closed.client, closed.code, closed.reason) == ("client 3", 1008, "slow consumer")
    assert (cut.client, cut.code) == ("client 4", 1006)
    assert [client.client for client in result.unfinished] == ["client 3", "client 4"]
    assert result.drained_us is None
    assert {c.client: c.ticks for c in result.clients}["client 3"] == 399


def test_a_fence_that_never_comes_ends_at_the_deadline(observe):
    result = observe(count=100, within_s=0.5, come=399, faults=[["drop", 2, 100]])
    assert [client.client for client in result.unfinished] == ["client 2"]
    assert result.expected == 400
    assert result.deliveries == 399


def test_a_service_that_refuses_is_refuted_with_its_words(observe):
    with pytest.raises(Refuted, match=r"was not let in: closed with 1008 'max connections"):
        observe(refuse="max connections reached")


def test_a_service_that_does_not_acknowledge_is_refuted_in_time(scripted, swarm):
    service = scripted(silent=True)
    plan = SwarmPlan(service.url, (Group("client", 3, NIFTY),), ready_within_s=1.0)
    with pytest.raises(Refuted, match=r"0 of 3 clients were subscribed within 1 s"):
        swarm.start(plan)


def test_nobody_at_the_address_is_broken(swarm, closed_port):
    url = f"ws://127.0.0.1:{closed_port}/"
    with pytest.raises(Broken, match=r"cannot connect there"):
        swarm.start(SwarmPlan(url, (Group("client", 1, NIFTY),)))
