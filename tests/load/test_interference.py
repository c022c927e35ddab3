"""When a broken bound can be the harness's own doing, and when it cannot."""

import msgspec
import numpy as np
import pytest

from qaws.behaviours.load import LoadRun
from qaws.load.result import Offset, SwarmResult, WorkerReport, WorkerSummary
from qaws.load.schedule import FlowReport
from qaws.measure.cpu_wait import Waits
from qaws.measure.stall import Stalls
from qaws.verdict import Inconclusive

IN_TIME = FlowReport({"NIFTY": 1}, {"NIFTY": 9}, 9, 100, 100, 0, 0, 0, 0.1, 0.5, 2, 1, Stalls(), 0)


def run(*spans, lag_max_ms=2.0, incomplete=None):
    worker = WorkerSummary("worker 1", Offset(0, 1), Stalls(spans), 1.0, 10, 100, 0)
    flow = msgspec.structs.replace(IN_TIME, lag_max_ms=lag_max_ms)
    return LoadRun([], flow=flow, result=SwarmResult(workers=[worker], incomplete=incomplete))


def report(**more):
    empty = SwarmResult()
    return WorkerReport(
        clients=[],
        slow=[],
        closes=[],
        faults={},
        sentences=[],
        kinds={},
        latencies=empty.latencies.to_wire(),
        bin_ms=empty.course.to_wire()[0],
        bins={},
        stalls=Stalls(),
        cpu_s=2.0,
        diverged=0,
        **more,
    )


def test_a_short_stall_does_not_excuse_a_long_delay():
    assert run((500.0, 22.0)).interference(340, 100) is None


def test_a_stall_that_explains_the_excess_casts_doubt():
    words = run((500.0, 50.0)).interference(140, 100)
    assert words is not None
    assert words.startswith("in such a time the swarm stalled for up to 50 ms, service and")
    assert words.endswith("run it again on a quieter machine")


@pytest.mark.parametrize(
    ("messages", "spent_s", "words"),
    [
        (0, 0.0, "run it again on a quieter machine"),
        (400, 0.1, "run it again on a quieter machine"),
        (
            400,
            1.2,
            "the target's decoder took 1.20 s over 400 messages, 3.00 ms each, where a worker of "
            "the swarm took 2.00 s of CPU in all: it has to be quicker",
        ),
    ],
)
def test_where_a_team_s_decoder_takes_the_time_no_quieter_machine_is_asked_for(
    messages, spent_s, words
):
    load = run((500.0, 50.0))
    load.result.add("worker 1", Offset(0, 1), report(decoder_took=(messages, spent_s)))
    assert str(load.interference(140, 100)).endswith(f"could be met; {words}")
    assert bool(load.result.decoder) == bool(messages)


def test_the_decoder_that_took_the_longest_is_told():
    found = SwarmResult()
    for messages, spent_s in ((10, 0.5), (20, 1.5), (10, 0.1)):
        found.add("worker", Offset(0, 1), report(decoder_took=(messages, spent_s)))
    assert found.decoder.startswith("took 1.50 s over 20 messages, 75.00 ms each")
    assert found.decoder_is_slow


def test_a_percentile_is_excused_only_by_stalls_at_its_time():
    load, due_ms = run((5000.0, 130.0)), np.arange(10_000)
    taken_us = np.where((due_ms >= 4870) & (due_ms < 5000), 120_000, 2000)
    load.result.course.record(due_ms * 1000, taken_us)
    assert "fall into times in which the swarm stalled" in str(load.interference_with(99, 100))
    load.result.workers[:] = run((8000.0, 130.0)).result.workers
    assert load.interference_with(99, 100) is None


def test_workers_that_stall_at_the_same_time_stall_once():
    load = run((500.0, 50.0))
    load.result.workers += run((520.0, 40.0), (900.0, 10.0)).result.workers
    assert load.result.stalls_of_all == Stalls(((520.0, 70.0), (900.0, 10.0)))


def test_many_stalls_in_a_row_add_up_but_only_within_the_time_that_was_measured():
    spans = [(100.0 + 30 * index, 15.0) for index in range(20)]
    assert run(*spans).interference(180, 100) is not None, "about half of any 180 ms"
    assert run(*spans).interference(260, 100) is None, "half of 260 ms leaves 130"


def test_a_service_that_had_no_cpu_is_not_blamed():
    starved = run()
    starved.waited = Waits(Stalls(((500.0, 60.0),)))
    assert "waited for a CPU for up to 60 ms" in str(starved.interference(140, 100))
    assert starved.interference(200, 100) is None


def test_the_publisher_s_lag_counts_only_from_the_due_time():
    late = run(lag_max_ms=60)
    assert "published late by up to 60 ms" in str(late.interference(140, 100))
    assert late.interference(140, 100, since_due=False) is None


def test_an_incomplete_result_is_no_measurement():
    with pytest.raises(Inconclusive, match="the swarm's result is incomplete: worker 2 hung up"):
        run(incomplete="worker 2 hung up").interference(140, 100)
