"""What load and resources stand for, where no scenario of a moment shows it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import msgspec
import numpy as np
import psutil
import pytest

from qaws.behaviours import breakpoint, bystanders, load, load_checks, load_plans, resources
from qaws.behaviours.load import LOAD, LoadProfile, LoadRun
from qaws.behaviours.resources import BASELINE, Watch
from qaws.feed.channels import Channels
from qaws.load.plan import SwarmPlan
from qaws.load.result import SwarmResult
from qaws.load.schedule import FlowPlan, Spike, Way
from qaws.protocol.dialect import QaWs
from qaws.protocol.market import selection_of
from qaws.sut.feed_section import Feed as FeedSection
from qaws.sut.resources import ResourceSnapshot
from qaws.sut.service import MIB
from qaws.verdict import Broken, Inconclusive, NotVerified, Refuted
from tests.bare import CountingService, bare_testbed

NIFTY = selection_of("NIFTY")


@pytest.fixture
def testbed():
    return bare_testbed()


def swarm(testbed):
    return [(group.count, group.behaviour) for group in testbed.scenario.stash[LOAD].groups]


def test_a_swarm_has_slow_clients_where_the_words_say_so(testbed):
    load.prepare_swarm(testbed, 50, NIFTY)
    assert swarm(testbed) == [(50, "reads")]
    load.add_slow_clients(testbed, NIFTY)
    assert [count for count, _ in swarm(testbed)] == [50, 1, 1]
    assert [behaviour for _, behaviour in swarm(testbed)].count("reads") == 1


@pytest.mark.parametrize(
    ("counts", "doubt"),
    [
        ((52,), ""),
        ((30, 22), "answered 30 and 22 sessions"),
        ((7,), "tell 7 sessions, where 52 clients of the suite are connected"),
    ],
)
def test_who_is_gone_is_told_by_counts_that_agree_and_have_our_clients(testbed, counts, doubt):
    load.prepare_swarm(testbed, 50, NIFTY)
    load.add_slow_clients(testbed, NIFTY)
    run = testbed.scenario.stash[LOAD]
    testbed.service, testbed.timeout_factor = CountingService(*counts), 0.05
    testbed.loop = SimpleNamespace(call=lambda story, _within_s: asyncio.run(story))
    load._watch_evictions(testbed, run, SwarmPlan("", tuple(run.groups)), 0.01)
    assert (doubt in run.uncounted) if doubt else not run.uncounted


def test_memory_may_be_shared_out_to_slow_clients(testbed):
    load.prepare_swarm(testbed, 50, NIFTY)
    load.add_slow_clients(testbed, NIFTY)
    run = testbed.scenario.stash[LOAD]
    run.memory_before, run.memory_peak = 0, 18 * MIB
    load_checks.memory_bounded(testbed, 10)
    with pytest.raises(Refuted, match="per slow client, at its peak: measured 9"):
        load_checks.memory_bounded(testbed, 8)


def test_what_has_not_happened_yet_is_broken_in_one_line(testbed):
    with pytest.raises(Broken, match="no swarm yet"):
        load_checks.percentile_below(testbed, 99, 100)
    with pytest.raises(Broken, match="no hostile client has come yet"):
        asyncio.run(bystanders.deliveries_took_less(testbed, ["Alice"], 99, 100))
    with pytest.raises(Broken, match="no step has looked for the saturation point"):
        breakpoint.keeps_up_at(testbed, 10_000)
    testbed.scenario.stash[LOAD] = LoadRun([])
    with pytest.raises(Broken, match="nothing has been published to the swarm"):
        load_checks.percentile_below(testbed, 99, 100)


def test_a_load_with_a_spike_is_what_its_words_say():
    spiked = LoadProfile("NIFTY", 3000, 200, Spike(factor=10, start_s=2.0, length_s=1.0))
    assert load.with_a_spike("NIFTY", 3000, 200, 10, 1.0) == spiked


def test_each_rate_is_half_as_much_again():
    assert breakpoint.rates(2_000, 5_000) == [2_000, 3_000, 4_500]
    assert breakpoint.rates(2_000, 2_000) == [2_000]


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        (["files"], "no step has recorded the service's files"),
        (["sockets", "files", "threads"], "no step has recorded the service's files and threads"),
    ],
)
def test_only_what_was_recorded_can_return(testbed, parts, sentence):
    testbed.scenario.stash[BASELINE] = ResourceSnapshot(sockets=1, sessions=2)
    with pytest.raises(Broken, match=sentence):
        asyncio.run(resources.return_to_baseline(testbed, parts, 100))
    with pytest.raises(Broken, match=sentence):
        asyncio.run(resources.no_more_than_baseline(testbed, parts, 100))


def test_parts_that_a_sentence_does_not_name_do_not_count(testbed):
    testbed.scenario.stash[BASELINE] = ResourceSnapshot(sockets=1, sessions=2)
    now = ResourceSnapshot(sockets=7, sessions=2)
    watch = Watch(now, 0, 0, 1)
    resources.require_back(testbed, ["sessions"], watch, 100)
    with pytest.raises(Refuted, match=r"^sockets and sessions of the service: measured 7 sockets"):
        resources.require_back(testbed, ["sockets", "sessions"], watch, 100)


@pytest.mark.parametrize(
    ("not_yet_ms", "seen_ms", "ends"),
    [
        (80, 99, None),
        (101, 120, Refuted),
        (80, 120, Inconclusive),  # nobody has looked in between
        (100, 160, Inconclusive),
    ],
)
def test_a_return_that_nobody_looked_for_about_the_bound_is_in_doubt(
    testbed, not_yet_ms, seen_ms, ends
):
    held = testbed.scenario.stash[BASELINE] = ResourceSnapshot(sessions=2)
    watch = Watch(held, 0, not_yet_ms * 1_000_000, seen_ms * 1_000_000)
    if ends is None:
        resources.require_back(testbed, ["sessions"], watch, 100)
        return
    said = r"return of sessions of the service: measured 1\d0\.0 ms, allowed at most 100 ms"
    said += "" if ends is Refuted else r", but \d+ ms before that were not looked into"
    with pytest.raises(ends, match=said):
        resources.require_back(testbed, ["sessions"], watch, 100)


def test_more_of_a_part_that_is_named_is_told(testbed):
    baseline = ResourceSnapshot(sessions=2, files=10)
    assert ResourceSnapshot(sessions=1, files=10).is_within(baseline, ["sessions", "files"])
    assert not ResourceSnapshot(sessions=3, files=10).is_within(baseline, ["sessions", "files"])
    assert ResourceSnapshot(sessions=3, files=10).is_within(baseline, ["files"])


# --- the saturation point -------------------------------------------------------------------------


@pytest.fixture
def searched(testbed, monkeypatch):
    """Look for the saturation point where each rate has a result of its own; say what follows."""

    def search(*results, doubt=None):
        load.prepare_swarm(testbed, 50, NIFTY)
        run, left = testbed.scenario.stash[LOAD], list(results)
        asked = []

        def publish(_, profile):
            latency_ms, faults = left.pop(0)
            run.result = SwarmResult(faults=faults)
            run.result.latencies.record(np.full(1000, int(latency_ms * 1000)))

        def interference_with(_, percentile, bound_ms):
            asked.append((percentile, bound_ms))
            return doubt

        monkeypatch.setattr(breakpoint, "publish", publish)
        monkeypatch.setattr(LoadRun, "interference_with", interference_with)
        breakpoint.find(testbed, "NIFTY", [1000, 1500, 2250], 1.0, 99, 100.0)
        breakpoint.keeps_up_at(testbed, 2250)
        return asked

    return search


DOUBT = "130 of the 130 latencies above the bound fall into times in which the swarm stalled"


def test_nobody_asks_for_a_doubt_where_all_rates_hold(searched):
    assert searched((5, {}), (6, {}), (7, {}), doubt=DOUBT) == []


def test_a_rate_that_is_slow_is_held_against_the_rule_of_load(searched):
    with pytest.raises(Inconclusive, match="at 1,500 ticks/s 130 of the 130 latencies"):
        searched((5, {}), (150, {}), doubt=DOUBT)
    with pytest.raises(Refuted, match="keeps up at 1,000 ticks/s, p99 150 ms at 1,500/s"):
        searched((5, {}), (150, {}))


def test_so_is_the_first_rate_that_would_do(searched):
    """It was not: a disturbance counted below the rate that is asked for alone."""
    with pytest.raises(Inconclusive, match="at 2,250 ticks/s 130 of the 130 latencies"):
        searched((5, {}), (6, {}), (150, {}), doubt=DOUBT)
    with pytest.raises(Refuted, match="keeps up at 1,500 ticks/s, p99 150 ms at 2,250/s"):
        searched((5, {}), (6, {}), (150, {}))


def test_a_rate_at_which_ticks_are_lost_is_not_excused_by_quick_ones(searched):
    """It was: a latency below the bound passed for one that a disturbance of 0 ms explains."""
    with pytest.raises(Refuted, match="keeps up at 1,000 ticks/s; at 1,500/s 3 x gap"):
        searched((5, {}), (5, {"gap": 3}), doubt=DOUBT)


def test_statistics_that_do_not_answer_once_end_no_watch():
    testbed, run = bare_testbed(), LoadRun([])
    there, gone = (ResourceSnapshot(sessions=n, subscriptions=n) for n in (52, 50))
    looks = iter([NotVerified("no answer"), there, NotVerified("none again"), gone])

    def snapshot():
        look = next(looks)
        if isinstance(look, Exception):
            raise look
        return look

    testbed.service.snapshot = snapshot
    load._watch(testbed, run, 2, 52, time.monotonic(), 5.0)
    assert len(run.evicted_after_s) == 2
    assert str(run.unanswered) == "no answer"


@pytest.mark.parametrize(
    ("sessions", "subscriptions", "gone"),
    [
        ((52, 51), (52, 51), 1),
        ((52, 51), (104, 102), 1),  # it counts two instruments of each
        ((52, 52), (156, 153), 1),  # the session stays until the close is through
        ((52, 52), (104, 103), 0),  # one of them is half gone
        ((52, 51), (103, 40), 1),  # they are of others too: nobody can say of how many
        ((52, 50), (None, None), 2),
        ((None, None), (52, 50), 2),
        ((52, 53), (0, 0), 0),
    ],
)
def test_who_is_gone_is_counted_by_clients(sessions, subscriptions, gone):
    """A service that counts two subscriptions of a client had let go two, where it was one."""
    before, now = map(ResourceSnapshot, (None, None), sessions, subscriptions)
    assert load._gone(before, now, 52) == gone


def test_the_channel_of_a_flow_travels_to_other_processes():
    """The name of a channel may have a key with it, which no message between processes holds."""
    channels = Channels(FeedSection(broker="embedded"), QaWs())
    testbed = bare_testbed()
    testbed.target.feed = None
    testbed.feed = SimpleNamespace(channels=channels)
    channel = load_plans._channel(testbed, "NIFTY")
    plan = FlowPlan("", ("NIFTY",), 1, 1, channel=str(channel), way=Way(key=channel.key))
    there = msgspec.msgpack.decode(msgspec.msgpack.encode(plan), type=FlowPlan)
    assert (there.channel, there.way.key) == ("ticker:options", "")


@pytest.mark.parametrize(
    ("problem", "watched"),
    [(None, [7, 8, 9]), (NotVerified("held by another"), [7, 9]), (Broken("has ended"), [7, 9])],
)
def test_who_serves_is_watched_where_that_can_be_seen_and_else_what_was_launched(
    testbed, problem, watched
):
    def serving():
        if problem:
            raise problem
        return [7, 8]

    testbed.broker = SimpleNamespace(pid=9)
    testbed.service = SimpleNamespace(process=SimpleNamespace(pid=7), serving_pids=serving)
    assert load.service_and_broker(testbed) == watched


def test_what_is_elsewhere_has_no_processes_here(testbed):
    testbed.broker = SimpleNamespace(pid=None)
    testbed.service = SimpleNamespace(process=None)
    assert load.service_and_broker(testbed) == []


def test_the_cpu_of_a_service_is_that_of_its_family():
    """A shell, npm or a master of workers does none of the work itself."""
    spins = "import time; end = time.process_time() + 0.5\nwhile time.process_time() < end: pass\n"
    stays = spins + "print(1, flush=True); time.sleep(1e3)"
    shell = subprocess.Popen(
        ["sh", "-c", '"$0" -c "$1"; "$0" -c "$2"; :', sys.executable, spins, stays],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert shell.stdout.readline()
        assert sum(psutil.Process(shell.pid).cpu_times()[:2]) < 0.4
        assert load._cpu_of([shell.pid]) >= 0.95
    finally:
        os.killpg(shell.pid, signal.SIGKILL)
        shell.wait()
        shell.stdout.close()
