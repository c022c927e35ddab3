"""When the harness or the machine may be why bystanders were served late: the rule of load."""

import asyncio
from types import SimpleNamespace

import pytest

from qaws.behaviours import bystanders
from qaws.behaviours.attacks import ATTACK
from qaws.measure.cpu_wait import Waits
from qaws.measure.stall import StallMeter, Stalls
from qaws.oracle.ledger import Published
from qaws.verdict import Inconclusive, Refuted
from tests.bare import bare_testbed

NOON_NS = 1_000_000 * 10**9
TICKS, EVERY_MS = 1000, 10


@pytest.fixture
def measured():
    """Say what the rule says of ticks every 10 ms, most of which took 2 ms.

    Exceptions are (from tick, to tick, latency in ms), stalls and waits (end, length) in ms from
    the begin; `lag_ms` is by how much tick number 500 was sent late.
    """

    def say(*exceptions, stalls=(), waits=(), lag_ms=0.0, percentile=99, bound_ms=100):
        meter = StallMeter()
        for end, length in stalls:
            meter.book(NOON_NS + int((end - length) * 1e6), NOON_NS + int(end * 1e6))
        waiting = SimpleNamespace(waits=Waits(Stalls(tuple(waits))).moved(NOON_NS / 1e6))
        testbed = bare_testbed()
        testbed.loop = SimpleNamespace(stalls=meter)
        testbed.scenario.stash[ATTACK] = SimpleNamespace(waiting=waiting)
        pairs = []
        for number in range(TICKS):
            took_ms = 2.0
            for first, last, latency_ms in exceptions:
                took_ms = latency_ms if first <= number < last else took_ms
            due_ns = NOON_NS + number * EVERY_MS * 10**6
            tick = Published("NIFTY", number + 1, "option_tick", 1, due_ns, "{}")
            tick.sent_ns = due_ns + int(lag_ms * 1e6 if number == 500 else 0)
            pairs.append((due_ns + int(took_ms * 1e6), tick))
        return bystanders._interference(testbed, pairs, percentile, bound_ms)

    return say


TAIL = (480, 500, 120)
"""Twenty ticks of a thousand, due until 5000 ms, came after 120 ms."""


def test_a_stall_explains_the_tail_that_ran_through_it(measured):
    said = measured(TAIL, stalls=[(5000, 130)])
    assert said.startswith(
        "20 of the 20 latencies above the bound fall into times in which the har"
    )
    assert "the harness stood still for up to 120 ms" in said


def test_the_same_stall_explains_no_tail_elsewhere(measured):
    """What was taken off each latency of its own excused nothing here either."""
    assert measured((100, 120, 120), stalls=[(5000, 130)]) is None


def test_a_wait_for_a_cpu_counts_only_for_what_ran_through_it(measured):
    """The longest wait of the whole attack excused every tail of that length before."""
    assert measured(TAIL, waits=[(5000, 130)]) is not None
    assert measured(TAIL, waits=[(9000, 130)]) is None


def test_one_wait_does_not_excuse_a_median(measured):
    slow = (0, 600, 80)
    assert measured(slow, waits=[(5000, 130)], percentile=50, bound_ms=50) is None


def test_a_stall_explains_no_more_than_it_took(measured):
    assert measured((480, 500, 400), stalls=[(5000, 130)]) is None


def test_a_tick_that_was_sent_late_was_late_for_that(measured):
    late = (500, 511, 130)
    assert measured(late, lag_ms=60) is not None
    assert measured(late, lag_ms=20) is None


def test_a_stall_in_which_a_tick_was_to_be_sent_counts_once(measured):
    """80 ms of stall made the tick 80 ms late: that is not 160 ms."""
    late = (500, 511, 190)
    assert measured(late, stalls=[(5080, 80)], lag_ms=80) is None
    assert measured((500, 511, 170), stalls=[(5080, 80)], lag_ms=80) is not None


def test_without_a_disturbance_there_is_no_doubt(measured):
    assert measured(TAIL) is None


@pytest.fixture
def served(monkeypatch):
    """Require p99 below 100 ms of one bystander's ticks, of which each took so many ms."""

    def judge(*latencies_ms, before_ms=(), after_ms=(), waits=(), fence_comes=True, process=None):
        testbed = bare_testbed()
        testbed.service.process = process
        testbed.loop = SimpleNamespace(stalls=StallMeter())
        waiting = SimpleNamespace(waits=Waits(Stalls(tuple(waits))).moved(NOON_NS / 1e6))
        left_ns = NOON_NS + (len(latencies_ms) - 1) * EVERY_MS * 10**6
        testbed.scenario.stash[ATTACK] = SimpleNamespace(
            began_ns=NOON_NS, left_ns=left_ns, waiting=waiting
        )
        dues = [(NOON_NS - 10**9, ms) for ms in before_ms]
        dues += [(NOON_NS + n * EVERY_MS * 10**6, ms) for n, ms in enumerate(latencies_ms)]
        dues += [(left_ns + 10**6, ms) for ms in after_ms]
        ticks, arrivals = {}, []
        for number, (due_ns, took_ms) in enumerate(dues, 1):
            tick = Published("NIFTY", number, "option_tick", 1, due_ns, "{}")
            tick.sent_ns = due_ns
            ticks[number] = tick
            arrivals.append(SimpleNamespace(key=number, at_ns=due_ns + int(took_ms * 1e6)))
        testbed.ledger = SimpleNamespace(ticks=[*ticks.values()], find=ticks.get)
        bystander = SimpleNamespace(name="Alice", summary=lambda: "1 x welcome")
        testbed.scenario.connections = SimpleNamespace(
            of=lambda clients: [bystander], arrivals=lambda connection: arrivals
        )

        async def fence(testbed, connections):
            return [(bystander, fence_comes)]

        monkeypatch.setattr("qaws.behaviours.fences.fence", fence)
        asyncio.run(bystanders.deliveries_took_less(testbed, ["Alice"], 99, 100))
        return testbed.scenario

    return judge


def checked(scenario):
    scenario.require_no_reservations()
    return scenario.checks.done


def test_bystanders_who_are_served_in_time(served):
    [check] = checked(served(*[2.0] * 200))
    assert check.what == "latency that 99 % of 200 deliveries did not exceed"
    served(*[2.0] * 199, 400.0)


@pytest.mark.parametrize(
    ("age_s", "said"),
    [
        (2, r"exceed \(the attack began 2\.0 s after the service was started: was it warm\?\): "),
        (60, "did not exceed: measured 400"),
    ],
)
def test_a_late_service_that_has_just_been_started_is_said_to_be(served, age_s, said):
    process = SimpleNamespace(started_ns=NOON_NS - age_s * 10**9)
    with pytest.raises(Refuted, match=said):
        served(*[2.0] * 190, *[400.0] * 10, process=process)
    [check] = checked(served(*[2.0] * 200, process=process))
    assert check.what == "latency that 99 % of 200 deliveries did not exceed"


def test_bystanders_who_are_served_late_are_told(served):
    with pytest.raises(Refuted, match=r"^latency that 99 % of 200 deliveries .* measured 400"):
        served(*[2.0] * 190, *[400.0] * 10)


def test_what_was_late_before_the_attack_is_not_of_it(served):
    [check] = checked(served(*[2.0] * 200, before_ms=[400.0] * 50))
    assert "of 200 deliveries" in check.what


def test_what_came_after_the_attackers_had_left_is_not_of_the_attack(served):
    """Ticks of a calm time must not make those of the attack fewer among them."""
    with pytest.raises(Refuted, match=r"of 200 deliveries .* measured 400"):
        served(*[2.0] * 190, *[400.0] * 10, after_ms=[2.0] * 5000)


def test_an_attack_amid_no_ticks_shows_nothing(served):
    with pytest.raises(Inconclusive, match="no tick was due while the attack lasted"):
        checked(served(before_ms=[2.0]))


def test_a_doubt_about_latency_hides_nothing_that_is_judged_behind_it(served):
    scenario = served(*[2.0] * 190, *[400.0] * 10, waits=[(2000, 390)])
    assert [check.verdict for check in scenario.checks.done] == ["inconclusive"]
    with pytest.raises(Inconclusive, match="waited for a CPU for up to 390 ms"):
        scenario.require_no_reservations()


def test_a_bystander_who_gets_nothing_more_is_told(served):
    with pytest.raises(Refuted, match=r"^the end marker to Alice"):
        served(*[2.0] * 200, fence_comes=False)
