"""Load processes are forked from one that has imported what all need, and are each on their own."""

import os
import signal
import sys
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from qaws.load.cluster import engine as engines
from qaws.load.cluster.engine import Died, LocalProcesses
from qaws.load.cluster.forked import SHARED, ForkServer, can_fork
from tests.processes import children
from tests.waiting import HANG_S, until

pytestmark = pytest.mark.skipif(not can_fork(), reason="needs descriptors of processes (Linux)")
MB = 1024 * 1024
LONG_S = 10 * HANG_S


@pytest.fixture(autouse=True)
def shared(monkeypatch):
    """A server that the tests of this file share with nobody."""
    own = type(SHARED)()
    monkeypatch.setattr(engines, "SHARED", own)
    return own


@pytest.fixture(autouse=True)
def nothing_is_left():
    before = children()
    yield
    until(lambda: not children() - before, "no processes left")


def surroundings():
    """Return what a process sees of itself."""
    return {
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "session": os.getsid(0) == os.getpid(),
        "name": Path("/proc/self/comm").read_text("utf-8").strip(),
        "descriptors": sorted(os.listdir("/proc/self/fd")),
        "input": os.readlink("/proc/self/fd/0"),
        "modules": sorted(sys.modules),
        "threads": os.listdir("/proc/self/task"),
        "priority": os.getpriority(os.PRIO_PROCESS, 0),
    }


def dirty_bytes(pid):
    """Return how much memory a process has written to for itself, and how much it still shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]
    kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in lines}
    return kilobytes["Private_Dirty"] * 1024, kilobytes["Shared_Dirty"] * 1024


def test_each_has_the_surroundings_that_a_new_interpreter_would_have(tmp_path, monkeypatch):
    """The server was begun in other ones, and is of no more use to what it forks."""
    with closing(LocalProcesses(tmp_path / "first")) as first:
        first.submit(os.getpid).result(HANG_S)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("SAID_LATER", "yes")
        monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
        with closing(LocalProcesses(tmp_path / "second")) as second:
            found = second.submit(surroundings).result(HANG_S)
    assert found["environment"] == dict(os.environ)
    assert found["folder"] == str(tmp_path)
    assert found["session"]
    assert found["name"] == "test_fork_serve"  # the first 15 bytes of test_fork_server-1
    assert found["input"] == os.devnull
    assert found["priority"] == os.getpriority(os.PRIO_PROCESS, 0)
    assert len(found["descriptors"]) == 4  # standard ones, and the one that lists them
    assert len(found["threads"]) == 1


def test_what_all_need_is_in_memory_once(tmp_path):
    """A process that has done nothing yet shares nearly all that it has (some 40 MB)."""
    with closing(LocalProcesses(tmp_path)) as one, closing(LocalProcesses(tmp_path)) as other:
        for engine in (one, other, other):
            engine.submit(time.sleep, LONG_S)
        pids = [*one.pids, *other.pids]
        assert len({psutil.Process(pid).ppid() for pid in pids}) == 1
        for pid in pids:
            own, shared = dirty_bytes(pid)
            assert own < 6 * MB
            assert shared > 20 * MB


def test_nothing_that_only_behave_needs_is_in_a_load_process(tmp_path):
    with closing(LocalProcesses(tmp_path)) as engine:
        modules = engine.submit(_modules).result(HANG_S)
    for name in ("behave", "allure_commons", "httpx", "jwt", "matplotlib"):
        assert name not in modules
    assert "qaws.behaviours" not in modules
    assert {"numpy", "uvloop", "redis"} <= set(modules)  # what is there, is there beforehand


def test_the_server_has_one_thread_and_waits(tmp_path):
    """A fork copies one thread alone: what another one holds would be held for ever."""
    with closing(LocalProcesses(tmp_path)) as engine:
        engine.submit(time.sleep, LONG_S)
        server = psutil.Process(engine.pids[0]).parent()
        assert server.num_threads() == 1
        before = server.cpu_times()
        time.sleep(0.2)
        assert server.cpu_times() == before


def test_the_last_who_uses_the_server_ends_it(tmp_path):
    one, other = LocalProcesses(tmp_path), LocalProcesses(tmp_path)
    for engine in (one, other):
        engine.submit(time.sleep, LONG_S)
    server = psutil.Process(one.pids[0]).ppid()
    (alive,) = other.pids
    one.close()
    one.close()
    assert other.pids == [alive]
    other.close()
    assert not psutil.pid_exists(server)


def test_who_keeps_the_server_finds_it_there_again(tmp_path, shared):
    """As a run does, whose scenarios would else have it started over and over."""
    shared.keep()
    try:
        servers = []
        for _ in range(2):
            with closing(LocalProcesses(tmp_path)) as engine:
                servers.append(engine.submit(os.getppid).result(HANG_S))
        assert servers[0] == servers[1]
    finally:
        shared.leave()


def test_how_a_process_ends_is_told(tmp_path):
    with closing(LocalProcesses(tmp_path)) as engine:
        left = engine.submit(sys.exit, 3)
        with pytest.raises(Died, match="exit code 3; its last line: it wrote nothing"):
            left.result(HANG_S)
        failed = engine.submit(int, "three")
        with pytest.raises(Died, match=r"exit code 1; its last line: ValueError: .*'three'"):
            failed.result(HANG_S)
        killed = engine.submit(time.sleep, LONG_S)
        os.kill(engine.pids[0], signal.SIGKILL)
        with pytest.raises(Died, match="exit code -9"):
            killed.result(HANG_S)


def test_a_server_that_dies_takes_its_processes_along_and_is_replaced(tmp_path):
    with closing(LocalProcesses(tmp_path)) as engine:
        work = engine.submit(time.sleep, LONG_S)
        (pid,) = engine.pids
        psutil.Process(pid).parent().kill()
        with pytest.raises(Died, match="exit code -9"):
            work.result(HANG_S)
        until(lambda: not psutil.pid_exists(pid), "the process is gone")
        with closing(LocalProcesses(tmp_path)) as later:
            assert later.submit(os.getpid).result(HANG_S) != pid
        with pytest.raises(Died, match="exit code -9"):
            engine.submit(os.getpid).result(HANG_S)


def test_what_has_not_been_started_is_ended_at_once(tmp_path):
    """The server takes most of a second to be there; nobody waits for it to end something."""
    engine = LocalProcesses(tmp_path)
    work = engine.submit(time.sleep, LONG_S)
    engine.close()
    with pytest.raises(Died, match="exit code -15"):
        work.result(HANG_S)


def test_an_environment_of_any_size_arrives(tmp_path, monkeypatch):
    for number in range(30):
        monkeypatch.setenv(f"LONG_{number}", "x" * 30_000)
    with closing(LocalProcesses(tmp_path)) as engine:
        assert engine.submit(surroundings).result(HANG_S)["environment"] == dict(os.environ)


def test_where_the_system_cannot_fork_each_is_a_new_interpreter(tmp_path, monkeypatch):
    monkeypatch.setattr("qaws.load.cluster.engine.can_fork", lambda: False)
    with closing(LocalProcesses(tmp_path)) as engine:
        work = engine.submit(time.sleep, LONG_S)
        assert psutil.Process(engine.pids[0]).ppid() == os.getpid()
        assert not work.done()


def test_a_server_that_is_not_asked_for_anything_ends():
    server = ForkServer()
    assert server.is_alive
    server.stop()
    assert not server.is_alive


def _modules():
    return sorted(sys.modules)
