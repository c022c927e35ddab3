"""What goes wrong in mid-run ends the run, is named, and leaves no process behind."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

from qaws.load.cluster import controller
from qaws.load.plan import Group, SwarmPlan
from qaws.load.swarm import Swarm
from qaws.measure.interference import Disturbance, explains_percentile
from tests.load_fixtures import NIFTY, ROOT
from tests.processes import children, is_alive
from tests.waiting import HANG_S, until

pytestmark = pytest.mark.usefixtures("load_forks")

FOR_EVER_S = 10 * HANG_S
"""Until when a swarm would wait that notices nothing."""


@pytest.fixture(autouse=True)
def _no_orphans(stack):
    before = children()
    yield
    until(lambda: not children() - before, "no processes left")


def start(scripted, swarm, **script):
    service = scripted(count=100_000, per_second=500, **script)
    swarm.start(SwarmPlan(service.url, (Group("client", 4, NIFTY),), first={"NIFTY": 1}))
    swarm.go()
    service.go()
    until(lambda: swarm.progress().messages > 100)
    return service


def test_a_killed_worker_is_named_and_the_others_still_count(scripted, tmp_path):
    with closing(Swarm(tmp_path, workers=2)) as swarm:
        start(scripted, swarm)
        victim = swarm.engine.pids[1]
        os.kill(victim, signal.SIGKILL)
        began = time.monotonic()
        until(lambda: swarm.lost() is not None)
        result = swarm.finish({"NIFTY": 100_000}, 0.5)
        assert time.monotonic() - began < HANG_S
    assert result.incomplete is not None
    assert f"(process {victim} on" in result.incomplete
    assert "ended with exit code -9" in result.incomplete
    assert len(result.workers) == 1
    assert len(result.clients) == 2


def test_a_frozen_worker_is_noticed(scripted, tmp_path, monkeypatch):
    assert controller.SILENT_S < 10
    with closing(Swarm(tmp_path, workers=1)) as swarm:
        start(scripted, swarm)
        (victim,) = swarm.engine.pids
        os.kill(victim, signal.SIGSTOP)
        try:
            monkeypatch.setattr(controller, "SILENT_S", 1.0)
            until(lambda: swarm.lost() is not None)
            began = time.monotonic()
            result = swarm.finish({"NIFTY": 100_000}, FOR_EVER_S)
            assert time.monotonic() - began < HANG_S
            assert re.search(r"has been silent for \d+\.\d s", result.incomplete or "")
        finally:
            os.kill(victim, signal.SIGCONT)


def test_a_killed_service_closes_every_client_and_ends_the_wait(scripted, swarm):
    service = start(scripted, swarm)
    service.process.kill()
    began = time.monotonic()
    result = swarm.finish({"NIFTY": 100_000}, FOR_EVER_S)
    assert time.monotonic() - began < HANG_S
    assert result.incomplete is None, "the harness is whole: it is the service that is gone"
    assert sorted(close.client for close in result.closes) == [f"client {i}" for i in (1, 2, 3, 4)]
    assert {close.code for close in result.closes} == {1006}
    assert len(result.unfinished) == 4


def test_workers_die_with_the_suite(scripted, spawn, tmp_path):
    service = scripted(count=10)
    program = f"""
import os, time
from pathlib import Path
from qaws.protocol.market import selection_of
from qaws.load.plan import Group
from qaws.load.swarm import Swarm
from qaws.measure.interference import Disturbance, explains_percentile
from qaws.load.plan import SwarmPlan
swarm = Swarm(Path({str(tmp_path)!r}))
swarm.start(SwarmPlan({service.url!r}, (Group("client", 2, selection_of("NIFTY")),)))
print(swarm.engine.pids[0], flush=True)
time.sleep({HANG_S})
"""
    suite = spawn([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT)
    assert suite.stdout
    worker = int(suite.stdout.readline())
    assert is_alive(worker)
    family = psutil.Process(suite.pid).children(recursive=True)
    suite.kill()
    suite.wait(HANG_S)
    until(lambda: not any(is_alive(each.pid) for each in family))


def test_many_swarms_leave_no_descriptors_behind(scripted, tmp_path):
    service = scripted(count=10)

    def one(number):
        with closing(Swarm(tmp_path / str(number), workers=1)) as swarm:
            swarm.start(SwarmPlan(service.url, (Group("client", 1, NIFTY),)))
        return psutil.Process().num_fds()

    first, last = one(1), one(2)
    until(lambda: psutil.Process().num_fds() <= first, f"{last} descriptors, at first {first}")


def test_a_worker_that_stood_still_explains_the_latencies_of_that_time(scripted, tmp_path):
    """It stands still for much longer than a busy machine holds the service up beside it."""
    with closing(Swarm(tmp_path, workers=1)) as swarm:
        service = scripted(count=3000, per_second=1000)
        swarm.start(SwarmPlan(service.url, (Group("client", 4, NIFTY),), first={"NIFTY": 1}))
        swarm.go()
        service.go()
        until(lambda: swarm.progress().messages > 100)
        os.kill(swarm.engine.pids[0], signal.SIGSTOP)
        time.sleep(1.2)
        os.kill(swarm.engine.pids[0], signal.SIGCONT)
        result = swarm.finish({"NIFTY": 3000}, HANG_S)
    assert result.incomplete is None
    assert result.latencies.percentile_ms(75) > 100
    stalled = Disturbance("the swarm stalled for up to", result.stalls_of_all)
    assert explains_percentile([stalled], result.course, 75, 100) is not None
    elsewhere = Disturbance("it stalled later", result.stalls_of_all.moved(60_000))
    assert explains_percentile([elsewhere], result.course, 75, 100) is None
