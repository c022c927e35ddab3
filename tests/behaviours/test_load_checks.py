"""What a swarm must have received, how fast, at what price; and what refutes each sentence."""

from functools import partial
from typing import Any

import numpy as np
import pytest

from qaws.behaviours import load_checks
from qaws.behaviours.load import LOAD, LoadRun
from qaws.clients.endings import ExpectedClose
from qaws.load.plan import Group
from qaws.load.result import ClientRecord, ClosedClient, SlowRecord, SwarmResult
from qaws.load.schedule import FlowReport
from qaws.measure.clock import at_us
from qaws.measure.cpu_wait import Waits
from qaws.measure.latency import Latencies
from qaws.measure.line import LineRecord
from qaws.measure.stall import Stalls
from qaws.protocol.market import selection_of
from qaws.sut.sections import Deviation
from qaws.verdict import Inconclusive, NotVerified, Refuted
from tests.bare import bare_testbed

SLOW = ExpectedClose([1008], ["slow consumer"])
LAST_US = 10_000_000


def flow(**changes: Any) -> FlowReport:
    values: dict[str, Any] = {
        "first": {"NIFTY": 1},
        "last": {"NIFTY": 101},
        "count": 101,
        "offered_per_s": 100.0,
        "achieved_per_s": 100.0,
        "first_due_us": 0,
        "last_due_us": LAST_US,
        "last_sent_us": LAST_US,
        "lag_p50_ms": 0.1,
        "lag_p99_ms": 0.2,
        "lag_max_ms": 0.3,
        "heard_by": 1,
        "stalls": Stalls(),
        "cpu_s": 0.1,
    }
    return FlowReport(**(values | changes))


def client(number: int, ticks: int = 101, after_us: int | None = 5_000) -> ClientRecord:
    completed = None if after_us is None else LAST_US + after_us
    return ClientRecord(f"client {number}", ticks, 1000, completed, 101)


def run(*clients: ClientRecord, published: FlowReport | None = None, **found: Any) -> Any:
    """Return a testbed whose swarm has run."""
    testbed = bare_testbed()
    everybody = list(clients or (client(1), client(2)))
    result = SwarmResult(clients=everybody, **found)
    groups = [Group("client", len(everybody), selection_of("NIFTY"))]
    load = LoadRun(groups, flow=published or flow(), result=result)
    testbed.scenario.stash[LOAD] = load
    return testbed


def test_every_tick_at_every_client_is_what_the_sentence_says():
    testbed = run()
    load_checks.received_everything(testbed)
    assert testbed.scenario.checks.done[0].measured == "202 of 202"


@pytest.mark.parametrize(
    ("testbed", "sentence"),
    [
        (run(client(1), client(2, ticks=100)), "measured 201 of 202"),
        (run(client(1, ticks=102), client(2, ticks=100), faults={"duplicate": 1}), "1 x duplicate"),
        (run(client(1), client(2, after_us=None)), "1 clients had not received the last tick"),
        (run(closes=[ClosedClient("client 2", 1011, "", 0)]), 'client 2 was closed with 1011 ""'),
        (run(published=flow(heard_by=0)), "the broker had no subscriber for some ticks"),
        (run(kinds={"status degraded": 2}), "errors and outages told.*2 x status degraded"),
        (run(faults={"content": 1}, violations=["client 1 received NIFTY #7 with"]), "1 x content"),
    ],
)
def test_what_is_missing_or_wrong_is_told(testbed, sentence):
    with pytest.raises(Refuted, match=sentence):
        load_checks.received_everything(testbed)


def test_what_is_wrong_is_told_although_a_part_of_the_swarm_is_lost():
    lost = run(incomplete="worker 2 died")
    with pytest.raises(Inconclusive, match="worker 2 died"):
        load_checks.received_everything(lost)
    wrong = run(incomplete="worker 2 died", faults={"gap": 3}, violations=["client 1 expected"])
    with pytest.raises(Refuted, match="3 x gap: client 1 expected"):
        load_checks.received_everything(wrong)


def test_the_backlog_is_drained_in_time_or_not():
    load_checks.drained_within(run(client(1, after_us=1_900_000)), 2)
    with pytest.raises(Refuted, match=r"was drained: measured 2\.1 s"):
        load_checks.drained_within(run(client(1), client(2, after_us=2_100_000)), 2)
    with pytest.raises(Refuted, match="1 clients had not received the last tick"):
        load_checks.drained_within(run(client(1), client(2, after_us=None)), 2)


def starved(waited_ms: float, **found: Any) -> Any:
    """Return a run in which a client never had the last tick, and the service waited for a CPU."""
    testbed = run(client(1), client(2, ticks=90, after_us=None), **found)
    testbed.scenario.stash[LOAD].waited = Waits(Stalls(((30_000.0, waited_ms),)))
    return testbed


def test_who_had_not_received_the_last_tick_may_owe_that_to_the_machine():
    late = "1 clients had not received the last tick 20 s after it was published"
    for judge in (load_checks.received_everything, partial(load_checks.drained_within, bound_s=2)):
        with pytest.raises(Refuted, match=late):
            judge(starved(17_000))
        with pytest.raises(Inconclusive, match=f"{late}.* waited for a CPU for up to 19000 ms"):
            judge(starved(19_000))


@pytest.mark.parametrize(
    "wrong",
    [
        {"faults": {"gap": 1}},
        {"closes": [ClosedClient("client 2", 1011, "", 0)]},
        {"violations": ["client 1 received NIFTY #7 with"], "faults": {"content": 1}},
    ],
)
def test_what_is_wrong_besides_is_no_matter_of_the_machine(wrong):
    with pytest.raises(Refuted, match="deliveries to the swarm: measured 191 of 202; "):
        load_checks.received_everything(starved(19_000, **wrong))


def test_the_rate_is_that_of_the_words_or_the_harness_was_late():
    load_checks.rate_was_kept(run(), 100)
    with pytest.raises(Refuted, match="published: measured 100 ticks/s due, 97 sent"):
        load_checks.rate_was_kept(run(published=flow(achieved_per_s=97.0)), 100)
    with pytest.raises(Refuted, match="published: measured 100 ticks/s due"):
        load_checks.rate_was_kept(run(), 200)
    with pytest.raises(Inconclusive, match="the publisher was late"):
        load_checks.rate_was_kept(run(published=flow(lag_p99_ms=900.0)), 100)


def throughput(testbed):
    load_checks.rate_was_kept(testbed, 100)
    [figure] = [c.measured for c in testbed.scenario.checks.done if c.what == "throughput"]
    return figure


def test_throughput_is_what_the_slowest_client_received():
    assert throughput(run()).startswith("100 ticks/s received by the slowest of 2 clients")
    late = throughput(run(client(1), client(2, after_us=1_000_000)))
    assert late.startswith("9 ticks/s received"), "11 seconds, and not 1, from first to last"
    fewer = throughput(run(client(1), client(2, ticks=51)))
    assert fewer.startswith("50 ticks/s received")
    assert throughput(run(client(1, after_us=None))).startswith("not to be told")


def test_what_observers_received_shows_nothing_where_fewer_ticks_flowed_than_were_to():
    load_checks.observers_received_everything(run())
    short = run(published=flow(achieved_per_s=60.0, lag_max_ms=4000.0))
    load_checks.received_everything(short)
    load_checks.observers_received_everything(short)
    with pytest.raises(
        Inconclusive, match=r"due at 100 per second, and 60 were sent .*4000 ms late"
    ):
        short.scenario.require_no_reservations()
    wrong = run(client(1), client(2, ticks=100), published=flow(achieved_per_s=60.0))
    with pytest.raises(Refuted, match="measured 201 of 202"):
        load_checks.observers_received_everything(wrong)


def slow(*records: SlowRecord, after_s: tuple[float, ...] = (3.0, 4.0)) -> Any:
    testbed = run(slow=list(records))
    testbed.scenario.stash[LOAD].evicted_after_s = list(after_s)
    return testbed


def evicted(name: str, code: int = 1008, reason: str = "slow consumer") -> SlowRecord:
    closed = ClosedClient(name, code, reason, LAST_US)
    return SlowRecord(name, 10, 1000, closed=closed, line=FULL)


FULL = LineRecord(is_seen=True, unread=2000, waiting=1_600_000)
BOTH = (evicted("slow client 1"), evicted("slow client 2"))


def test_slow_clients_are_evicted_in_time_and_told_why():
    testbed = slow(*BOTH)
    load_checks.slow_evicted(testbed, 20, SLOW)
    assert {check.verdict for check in testbed.scenario.checks.done} == {"met"}


@pytest.mark.parametrize(
    ("testbed", "sentence"),
    [
        (
            slow(BOTH[0], SlowRecord("slow client 2", 99, 1), after_s=(3.0,)),
            "1 of 2 in 20 s; slow client 2 was kept, and got 99 of 101 ticks",
        ),
        (slow(*BOTH, after_s=(3.0, 21.5)), r"last one was evicted: measured 21\.5 s"),
        (slow(BOTH[0], evicted("slow client 2", 1011)), "end of slow client 2: measured .*1011"),
        (slow(BOTH[0], evicted("slow client 2", reason="bye")), 'end of slow client 2.*"bye"'),
        (slow(BOTH[0], SlowRecord("slow client 2")), "its connection was not closed"),
    ],
)
def test_slow_clients_that_are_kept_late_or_told_otherwise_are_told(testbed, sentence):
    with pytest.raises(Refuted, match=sentence):
        load_checks.slow_evicted(testbed, 20, SLOW)


@pytest.mark.parametrize(
    ("read_for_ms", "waited_ms", "service_ms", "error"),
    [
        (3000, 1600, 0, Inconclusive),
        (3000, 0, 1600, Inconclusive),
        (3000, 900, 900, Inconclusive),
        (3000, 700, 700, Refuted),
        (3000, 0, 0, Refuted),
        (200, 150, 150, Refuted),  # it has waited for no answer
    ],
)
def test_who_is_cut_off_while_the_machine_kept_it_from_reading_may_have_been_told(
    read_for_ms, waited_ms, service_ms, error
):
    until_us = at_us(0) + 50_000_000
    cut = ClosedClient("slow client 2", 1006, "cut without a close frame", until_us)
    record = SlowRecord("slow client 2", 10, 1000, closed=cut, line=FULL)
    record.read_again_us, record.waited_ms = until_us - read_for_ms * 1000, waited_ms
    testbed = slow(BOTH[0], record)
    testbed.scenario.stash[LOAD].waited = Waits(Stalls(((49_500.0, service_ms),)))
    with pytest.raises(error, match=r"end of slow client 2: measured .*1006 .cut without a close"):
        load_checks.slow_evicted(testbed, 20, SLOW)


def seen(**line: Any) -> LineRecord:
    return LineRecord(**({"is_seen": True, "unread": 2000, "waiting": 1_600_000} | line))


@pytest.mark.parametrize(
    ("lines", "after_s", "sentence"),
    [
        ([seen(waiting=0), FULL], (0.1, 4.0), "slow client 1 was not full before the service end"),
        ([FULL, seen(waiting=0)], (0.1, 4.0), "2,000 bytes waited at the client, 0 for it at the"),
        ([FULL, seen(is_filling=True)], (4.0,), "slow client 2 never filled: .* still taking more"),
    ],
)
def test_slow_clients_whose_lines_were_not_full_show_nothing(lines, after_s, sentence):
    """Whether the service was right to let them go, or, where the system took all, to keep them."""
    records = [evicted("slow client 1"), evicted("slow client 2")]
    for record, line in zip(records, lines, strict=True):
        record.line = line
    if len(after_s) == 1:
        records[1].closed = None
    testbed = slow(*records, after_s=after_s)
    with pytest.raises(NotVerified, match=sentence):
        load_checks.slow_evicted(testbed, 20, SLOW)
    assert dict(testbed.scenario.figures)["line of slow client 2"] == str(records[1].line)


def test_a_line_whose_other_end_cannot_be_seen_is_believed_to_be_full():
    records = [evicted("slow client 1"), evicted("slow client 2")]
    for record in records:
        record.line = LineRecord()
    load_checks.slow_evicted(slow(*records), 20, SLOW)


def test_who_is_to_read_slowly_has_read_something():
    records = [evicted("slow client 1"), evicted("slow client 2")]
    records[1].trickled = 49_163
    testbed = slow(*records)
    load_checks.slow_evicted(testbed, 20, SLOW)
    shown = dict(testbed.scenario.figures)["line of slow client 2"]
    assert shown.startswith("49,163 bytes were read of it; at most 2,000 bytes")
    records[1].trickled = 0
    with pytest.raises(NotVerified, match="slow client 2 has read nothing"):
        load_checks.slow_evicted(slow(*records), 20, SLOW)


def test_who_is_kept_with_a_full_line_is_told_before_who_was_not_slow():
    records = [evicted("slow client 1"), SlowRecord("slow client 2", line=FULL)]
    records[0].line = seen(waiting=0)
    with pytest.raises(Refuted, match="slow client 2 was kept"):
        load_checks.slow_evicted(slow(*records, after_s=(0.1,)), 20, SLOW)


def lost(testbed: Any) -> Any:
    """Return the testbed with a worker of its swarm lost."""
    testbed.scenario.stash[LOAD].result.incomplete = "worker 2 died"
    return testbed


def test_who_is_never_evicted_is_told_although_a_part_of_the_swarm_is_lost():
    kept = SlowRecord("slow client 2", 99, 1, line=FULL)
    with pytest.raises(Refuted, match="1 of 2 in 20 s; slow client 2 was kept"):
        load_checks.slow_evicted(lost(slow(BOTH[0], kept, after_s=(3.0,))), 20, SLOW)
    with pytest.raises(Refuted, match=r"end of slow client 2: measured .*1011"):
        load_checks.slow_evicted(lost(slow(BOTH[0], evicted("slow client 2", 1011))), 20, SLOW)


@pytest.mark.parametrize(
    ("second", "after_s"),
    [
        (BOTH[1], (3.0, 4.0)),
        (SlowRecord("slow client 2", line=seen(is_filling=True)), (3.0,)),
        # the service's statistics count those who went with the worker: it was told to read early
        (SlowRecord("slow client 2", line=FULL), (3.0, 3.0)),
    ],
)
def test_where_a_part_of_the_swarm_is_lost_and_nothing_wrong_was_seen_nothing_follows(
    second, after_s
):
    with pytest.raises(Inconclusive, match="worker 2 died"):
        load_checks.slow_evicted(lost(slow(BOTH[0], second, after_s=after_s)), 20, SLOW)


def test_what_the_others_received_wrongly_is_told_before_a_line_that_never_filled():
    records = [BOTH[0], SlowRecord("slow client 2", line=seen(is_filling=True))]
    testbed = slow(*records, after_s=(4.0,))
    result = testbed.scenario.stash[LOAD].result
    result.faults, result.violations = {"gap": 3}, ["client 1 expected NIFTY #2"]
    with pytest.raises(Refuted, match="3 x gap: client 1 expected NIFTY #2"):
        load_checks.slow_evicted(testbed, 20, SLOW)


def test_statistics_that_cannot_be_believed_show_neither_who_is_kept_nor_who_is_gone():
    kept = SlowRecord("slow client 2", 99, 1, line=FULL)
    doubt = "the statistics answered 3 and 1 sessions"
    for records, after_s in ((BOTH, ()), (BOTH, (0.1, 0.2))):
        testbed = slow(*records, after_s=after_s)
        testbed.scenario.stash[LOAD].uncounted = doubt
        with pytest.raises(NotVerified, match=doubt):
            load_checks.slow_evicted(testbed, 20, SLOW)
    for second, said in (
        (kept, "slow client 2 was kept"),
        (evicted("slow client 2", 1011), "1011"),
    ):
        testbed = slow(BOTH[0], second, after_s=(3.0,))
        testbed.scenario.stash[LOAD].uncounted = doubt
        with pytest.raises(Refuted, match=said):  # the client itself has seen that
            load_checks.slow_evicted(testbed, 20, SLOW)


def test_that_a_healthy_client_was_closed_is_told_before_how_many_are_gone():
    testbed = slow(*BOTH, after_s=(3.0, 3.0, 3.0))
    result = testbed.scenario.stash[LOAD].result
    result.closes = [ClosedClient("client 7", 1008, "slow consumer", LAST_US)]
    for testbed_ in (testbed, lost(testbed)):
        with pytest.raises(Refuted, match='client 7 was closed with 1008 "slow consumer"'):
            load_checks.slow_evicted(testbed_, 20, SLOW)


def test_a_wrong_reason_is_told_before_an_eviction_that_came_late():
    testbed = slow(BOTH[0], evicted("slow client 2", reason="bye"), after_s=(3.0, 21.5))
    with pytest.raises(Refuted, match=r'end of slow client 2.*"bye"'):
        load_checks.slow_evicted(testbed, 20, SLOW)


def with_latencies(*us: int) -> Any:
    """Return a testbed whose swarm had a delivery for each of these latencies."""
    latencies = Latencies()
    latencies.record(np.array(us, dtype=np.int64))
    return run(latencies=latencies)


def test_a_percentile_is_below_its_bound_or_is_told():
    most = [2_000] * 99
    load_checks.percentile_below(with_latencies(*most, 400_000), 99, 100)
    load_checks.percentile_below(with_latencies(*most), 50, 3)
    with pytest.raises(Refuted, match=r"^broadcast latency p99: measured 400"):
        load_checks.percentile_below(with_latencies(*most[:97], *[400_000] * 3), 99, 100)
    with pytest.raises(Refuted, match=r"^broadcast latency p50: measured 2"):
        load_checks.percentile_below(with_latencies(*most), 50, 2)


def test_an_eviction_that_the_target_declares_otherwise_is_required_so():
    testbed = slow(*BOTH)
    testbed.target.deviations = {"slow consumer": Deviation(code=4008, reason="too slow")}
    with pytest.raises(Refuted, match=r"allowed closed with 4008 and a reason containing"):
        load_checks.slow_evicted(testbed, 20, SLOW)


@pytest.mark.parametrize("kind", [NotVerified, Inconclusive])
@pytest.mark.parametrize("after_s", [(), (3.0,), (3.0, 23.0)])
def test_statistics_that_did_not_answer_show_nothing_of_an_eviction_and_hide_nothing(kind, after_s):
    testbed = slow(*BOTH, after_s=after_s)
    testbed.scenario.stash[LOAD].unanswered = kind("did not answer its statistics within 5 s")
    load_checks.slow_evicted(testbed, 20, SLOW)
    with pytest.raises(kind, match="did not answer its statistics within 5 s"):
        testbed.scenario.require_no_reservations()


def test_statistics_that_did_not_answer_once_have_shown_an_eviction_in_time_all_the_same():
    testbed = slow(*BOTH)
    testbed.scenario.stash[LOAD].unanswered = NotVerified("did not answer")
    load_checks.slow_evicted(testbed, 20, SLOW)
    testbed.scenario.require_no_reservations()


def test_statistics_that_did_not_answer_excuse_nobody_who_was_told_otherwise():
    testbed = slow(BOTH[0], evicted("slow client 2", 1011))
    testbed.scenario.stash[LOAD].unanswered = NotVerified("did not answer")
    with pytest.raises(Refuted):
        load_checks.slow_evicted(testbed, 20, SLOW)
