"""The swarm on Dask: a real scheduler and two real workers on the loopback interface."""

import os
import sys
import time
from contextlib import closing

import pytest

from bench.delivering import Load, Stage
from qaws.load.cluster import engine
from qaws.load.cluster.engine import open_engine
from qaws.load.plan import Group, SwarmPlan
from qaws.load.swarm import Swarm
from qaws.runtime.ports import answers, free_port
from qaws.verdict import Broken
from tests.load_fixtures import NIFTY, ROOT
from tests.waiting import HANG_S, until


def installed():
    return pytest.importorskip("distributed", reason="distributed is not installed (make dask)")


@pytest.fixture
def start(spawn, tmp_path):
    """Start a part of Dask as a process; its output goes to a log."""

    def starting(name, *arguments, log):
        with (tmp_path / log).open("wb") as output:
            return spawn(
                [sys.executable, "-m", f"distributed.cli.{name}", *arguments],
                stdout=output,
                stderr=output,
                cwd=ROOT,
                env={**os.environ, "DASK_DISTRIBUTED__ADMIN__EVENT_LOOP": "asyncio"},
            )

    return starting


@pytest.fixture
def scheduler(start, tmp_path):
    installed()
    port = free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-dashboard"]
    process = start("dask_scheduler", *options, log="scheduler.log")

    def is_up():
        assert process.poll() is None, (tmp_path / "scheduler.log").read_text()
        return answers("127.0.0.1", port)

    until(is_up)
    return f"tcp://127.0.0.1:{port}"


@pytest.fixture
def workers(start, scheduler, tmp_path):
    options = ["--host", "127.0.0.1", "--nthreads", "2", "--no-nanny", "--no-dashboard"]
    options += ["--local-directory", str(tmp_path)]
    return [start("dask_worker", scheduler, *options, log=f"worker-{i}.log") for i in (1, 2)]


def await_workers(scheduler, count):
    import distributed

    with distributed.Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=HANG_S)


def test_two_dask_workers_find_the_same_as_local_ones(scheduler, workers, scripted, tmp_path):
    await_workers(scheduler, 2)
    service = scripted(count=1000, delay_ms=5, faults=[["drop", 3, 500]])
    plan = SwarmPlan(service.url, (Group("client", 6, NIFTY),), first={"NIFTY": 1}, at_once=1)
    with closing(Swarm(tmp_path, engine=scheduler)) as swarm:
        swarm.start(plan)
        swarm.go()
        service.go()
        result = swarm.finish({"NIFTY": 1000}, HANG_S)
    assert result.incomplete is None
    assert [worker.deliveries for worker in result.workers] in ([2999, 3000], [3000, 2999])
    assert result.faults == {"gap": 1}
    assert result.summary_ms()["p50"] >= 5
    assert all(worker.offset.uncertainty_us > 0 for worker in result.workers)


def test_the_bench_gives_a_crowd_that_runs_on_dask_and_tells_its_clocks(
    scheduler, workers, tmp_path
):
    await_workers(scheduler, 2)
    with closing(Stage(tmp_path, scheduler)) as stage:
        found = stage.deliver("reference", Load(20, 50.0, 0.4), HANG_S)
    assert not found.wrong
    assert found.deliveries == 20 * 21
    assert [" ms ± " in each for each in found.clocks] == [True, True]


def test_a_dask_worker_that_dies_is_noticed(scheduler, workers, scripted, tmp_path):
    await_workers(scheduler, 2)
    service = scripted(count=100_000, per_second=500)
    with closing(Swarm(tmp_path, engine=scheduler)) as swarm:
        swarm.start(SwarmPlan(service.url, (Group("client", 4, NIFTY),)))
        swarm.go()
        service.go()
        workers[0].kill()
        until(lambda: swarm.lost() is not None)
        result = swarm.finish({"NIFTY": 100_000}, 0.2)
    assert "worker" in result.incomplete
    assert len(result.workers) == 1


def test_a_scheduler_without_workers_is_refused(scheduler, tmp_path):
    with pytest.raises(Broken, match=r"the scheduler has no workers"):
        open_engine(scheduler, tmp_path)


def test_a_scheduler_that_does_not_answer_is_refused_in_time(tmp_path, monkeypatch, closed_port):
    installed()
    assert engine.DASK_ALLOWANCE_S < 5
    monkeypatch.setattr(engine, "DASK_ALLOWANCE_S", 1)
    address, began = f"tcp://127.0.0.1:{closed_port}", time.monotonic()
    with pytest.raises(Broken, match=r"no Dask scheduler answers there within 1 s"):
        open_engine(address, tmp_path)
    assert time.monotonic() - began < HANG_S


def test_a_missing_package_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Broken, match=r"distributed is not installed: make dask"):
        open_engine("tcp://127.0.0.1:8786", tmp_path)


def test_an_unknown_engine_is_refused(tmp_path):
    with pytest.raises(Broken, match=r'known are "local" and the address of a Dask scheduler'):
        open_engine("loacl", tmp_path)
