"""What goes wrong in mid-run ends within bounds, is named, and leaves no process behind."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing

import psutil
import pytest

from qaws.load.cluster.file_limits import require_descriptors
from qaws.load.plan import Group, SwarmPlan
from qaws.load.publisher.publisher import Publisher
from qaws.load.schedule import FlowPlan
from qaws.load.swarm import Swarm
from qaws.runtime.ports import free_port
from qaws.sut.broker import open_broker
from qaws.verdict import Broken
from tests.load.conftest import NIFTY, ROOT, children


@pytest.fixture(autouse=True)
def _no_orphans(stack):
    before = children()
    yield
    deadline = time.monotonic() + 3
    while children() - before and time.monotonic() < deadline:
        time.sleep(0.05)
    # the scripted service may still be there: its fixture ends it
    assert len(children() - before) <= 1


def wait_until(condition, within_s=5.0):
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s} s"
        time.sleep(0.02)


def start(scripted, swarm, **script):
    service = scripted(count=100_000, per_second=500, **script)
    swarm.start(SwarmPlan(service.url, (Group("client", 4, NIFTY),), first={"NIFTY": 1}))
    swarm.go()
    service.go()
    wait_until(lambda: swarm.progress().messages > 100)
    return service


def test_a_killed_worker_is_named_and_the_others_still_count(scripted, tmp_path):
    with closing(Swarm(tmp_path, workers=2)) as swarm:
        start(scripted, swarm)
        victim = swarm.engine.pids[1]
        os.kill(victim, signal.SIGKILL)
        began = time.monotonic()
        wait_until(lambda: swarm.lost() is not None, within_s=2)
        result = swarm.finish({"NIFTY": 100_000}, 0.5)
        assert time.monotonic() - began < 5
    assert result.incomplete is not None
    assert f"(process {victim} on" in result.incomplete
    assert "ended with exit code -9" in result.incomplete
    assert len(result.workers) == 1
    assert len(result.clients) == 2


def test_a_frozen_worker_is_noticed_within_four_seconds(scripted, tmp_path):
    with closing(Swarm(tmp_path, workers=1)) as swarm:
        start(scripted, swarm)
        (victim,) = swarm.engine.pids
        os.kill(victim, signal.SIGSTOP)
        try:
            wait_until(lambda: swarm.lost() is not None, within_s=4)
            began = time.monotonic()
            result = swarm.finish({"NIFTY": 100_000}, 30)
            assert time.monotonic() - began < 1
            assert "has been silent for 3." in result.incomplete
        finally:
            os.kill(victim, signal.SIGCONT)


def test_a_killed_service_closes_every_client_and_ends_the_wait(scripted, swarm):
    service = start(scripted, swarm)
    service.process.kill()
    began = time.monotonic()
    result = swarm.finish({"NIFTY": 100_000}, 30)
    assert time.monotonic() - began < 3
    assert result.incomplete is None, "the harness is whole: it is the service that is gone"
    assert sorted(close.client for close in result.closes) == [f"client {i}" for i in (1, 2, 3, 4)]
    assert {close.code for close in result.closes} == {1006}
    assert len(result.unfinished) == 4


def test_workers_die_with_the_suite(scripted, tmp_path):
    service = scripted(count=10)
    program = f"""
import os, time
from pathlib import Path
from qaws.protocol.market import selection_of
from qaws.load.plan import Group
from qaws.load.swarm import Swarm
from qaws.load.plan import SwarmPlan
swarm = Swarm(Path({str(tmp_path)!r}))
swarm.start(SwarmPlan({service.url!r}, (Group("client", 2, selection_of("NIFTY")),)))
print(swarm.engine.pids[0], flush=True)
time.sleep(60)
"""
    suite = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT)
    assert suite.stdout
    worker = int(suite.stdout.readline())
    suite.kill()
    suite.communicate()
    wait_until(lambda: not _alive(worker), within_s=2)


def _alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_too_few_file_descriptors_are_refused_in_one_line(tmp_path):
    program = f"""
import resource
from contextlib import closing
resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))
from pathlib import Path
from qaws.protocol.market import selection_of
from qaws.load.plan import Group
from qaws.load.swarm import Swarm
from qaws.load.plan import SwarmPlan
from qaws.load.cluster.file_limits import require_descriptors
from qaws.verdict import Broken
try:
    with closing(Swarm(Path({str(tmp_path)!r}), workers=1)) as swarm:
        swarm.start(SwarmPlan("ws://127.0.0.1:9/", (Group("c", 500, selection_of("NIFTY")),)))
except Broken as problem:
    print(problem)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=20
    )
    assert done.stdout.splitlines() == [
        "500 clients in one process need 564 file descriptors, but the limit is 128: raise it "
        "(ulimit -n 564, or LimitNOFILE=), or use more workers"
    ], done.stderr


def test_the_soft_limit_is_raised_where_that_helps(monkeypatch):
    limits = [(100, 1000)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.append(new))
    require_descriptors(20)
    assert limits == [(100, 1000)]
    require_descriptors(500)
    assert limits[-1] == (564, 1000)


def test_many_swarms_leave_no_descriptors_behind(scripted, tmp_path):
    service = scripted(count=10)

    def one(number):
        with closing(Swarm(tmp_path / str(number), workers=1)) as swarm:
            swarm.start(SwarmPlan(service.url, (Group("client", 1, NIFTY),)))
        return psutil.Process().num_fds()

    assert one(1) == one(2) == one(3)


def test_a_broker_that_is_not_there_is_broken(publisher):
    url = f"redis://127.0.0.1:{free_port()}/0"
    with pytest.raises(Broken, match=r"the broker does not let the publisher in"):
        publisher.start(FlowPlan(url, ("NIFTY",), 100, 10))


def test_a_publisher_that_was_held_up_says_so(stack, publisher):
    publisher.start(stack.flow(1000, 1000))
    publisher.go()
    (pid,) = publisher.pids
    threading.Timer(0.6, os.kill, (pid, signal.SIGSTOP)).start()
    threading.Timer(1.0, os.kill, (pid, signal.SIGCONT)).start()
    flow = publisher.wait()
    assert flow.lag_max_ms > 350
    assert flow.stalls.worst_ms > 350
    words = flow.late()
    assert words is not None
    assert "the publisher was late" in words
    assert flow.count == 1001, "late, but all of it"


def test_a_publisher_that_dies_breaks_the_run_at_once(stack, publisher):
    publisher.start(stack.flow(100, 10_000))
    publisher.go(lead_s=0.1)
    os.kill(publisher.pids[0], signal.SIGKILL)
    began = time.monotonic()
    with pytest.raises(Broken, match=r"broke off: the publisher .* ended with exit code -9"):
        publisher.wait()
    assert time.monotonic() - began < 2


def test_a_broker_that_dies_breaks_the_run_at_once(stack, tmp_path):
    broker = open_broker("embedded", tmp_path)
    try:
        with closing(Publisher(tmp_path)) as publisher:
            publisher.start(FlowPlan(broker.url, ("NIFTY",), 500, 10_000))
            publisher.go(lead_s=0.1)
            threading.Timer(0.3, broker.stop).start()
            with pytest.raises(Broken, match=r"the flow of ticks broke off: the broker "):
                publisher.wait()
    finally:
        broker.stop()
