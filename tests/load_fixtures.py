"""Fixtures for tests of load: the scripted service, and the real one with its broker."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from qaws.auth.tokens import Tokens
from qaws.load.cluster.forked import SHARED, can_fork
from qaws.load.plan import Group, SwarmPlan
from qaws.load.publisher.publisher import Publisher
from qaws.load.result import SwarmResult
from qaws.load.schedule import FlowPlan, FlowReport
from qaws.load.swarm import Swarm
from qaws.measure.clock import WallClock
from qaws.protocol.market import selection_of
from qaws.sut.broker import Broker, open_broker
from qaws.sut.service import Service
from qaws.sut.services import Services
from qaws.sut.target_file import read_target
from tests.waiting import HANG_S, until

ROOT = Path(__file__).resolve().parents[1]
NIFTY = selection_of("NIFTY")


class Scripted:
    """The scripted service as a process.

    Attributes:
        begun: how the wall clock stood when the last one was started.
    """

    begun = WallClock.read()

    def __init__(self, spawn: Callable[..., subprocess.Popen[str]], **script: Any) -> None:
        Scripted.begun = WallClock.read()
        self.count = script.get("count", 1000)
        self.process = spawn(
            [sys.executable, "-m", "tests.services.load_service", json.dumps(script)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.url = f"ws://127.0.0.1:{int(self.process.stdout.readline())}/"

    def go(self) -> None:
        assert self.process.stdin
        self.process.stdin.write("go\n")
        self.process.stdin.flush()


@pytest.fixture(scope="session")
def load_forks() -> Iterator[None]:
    """The process that load processes are forked from, for all tests."""
    if not can_fork():
        yield
        return
    SHARED.keep()
    SHARED.server()
    yield
    SHARED.leave()


@pytest.fixture
def scripted(spawn: Callable[..., subprocess.Popen[str]]) -> Callable[..., Scripted]:
    return partial(Scripted, spawn)


@pytest.fixture
def observe(
    scripted: Callable[..., Scripted], load_forks: None, tmp_path: Path
) -> Callable[..., SwarmResult]:
    """Run a script against a few clients and return what the swarm found."""

    def run(
        clients: int = 4,
        within_s: float = HANG_S,
        workers: int = 1,
        come: int = 0,
        **script: Any,
    ) -> SwarmResult:
        service = scripted(**script)
        with closing(Swarm(tmp_path, workers=workers)) as swarm:
            swarm.start(
                SwarmPlan(
                    service.url, (Group("client", clients, NIFTY),), first={"NIFTY": 1}, at_once=1
                )
            )
            swarm.go()
            service.go()
            until(lambda: swarm.progress().messages >= come)
            return swarm.finish({"NIFTY": service.count}, within_s)

    return run


@contextlib.contextmanager
def stamps() -> Iterator[None]:
    """Hold checks that nothing can spoil but a wall clock that was set: then skip.

    What the kernel stamped just before that is off by as much.
    """
    try:
        yield
    except AssertionError:
        if set_ns := Scripted.begun.step_ns(WallClock.read()):
            pytest.skip(f"inconclusive: the wall clock was set by {set_ns / 1e6:.3f} ms meanwhile")
        raise


@contextlib.contextmanager
def timing_of(result: SwarmResult, flow: FlowReport | None = None) -> Iterator[None]:
    """Hold checks of time; where one is not met on a starved machine, nothing follows: skip.

    Starved is a worker or publisher that stood still, or a machine with more to run than cores.
    """
    try:
        with stamps():
            yield
    except AssertionError as failure:
        stalled = result.stalls.total_ms + (flow.stalls.total_ms if flow else 0)
        load = os.getloadavg()[0]
        if stalled == 0 and load <= (os.cpu_count() or 1):
            raise
        pytest.skip(
            f"inconclusive: the harness stood still for {stalled:.0f} ms, load {load:.1f}: "
            f"{str(failure).splitlines()[0]}"
        )


@dataclass
class Stack:
    """The real broker and the real service."""

    broker: Broker
    services: Services
    tokens: Tokens

    def service(self, **settings: str) -> Service:
        return self.services.get({k.replace("_", " "): v for k, v in settings.items()})

    def plan(self, *groups: Group, **options: Any) -> SwarmPlan:
        return SwarmPlan(
            self.service().url,
            groups,
            (self.tokens.valid(),),
            **{"first": {"NIFTY": 1}, **options},
        )

    def flow(self, per_second: float, count: int, **options: Any) -> FlowPlan:
        symbols = options.pop("symbols", ("NIFTY",))
        return FlowPlan(self.broker.url, symbols, per_second, count, **options)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    target = read_target(ROOT / "targets" / "reference.toml")
    broker = open_broker("embedded", folder)
    tokens = Tokens(target.auth, folder)
    places = {
        "broker_url": broker.url,
        "jwks_file": str(tokens.jwks_file),
        "folder": str(folder),
    }
    services = Services(target, folder, places, timeout_factor=2)
    yield Stack(broker, services, tokens)
    services.stop()
    broker.stop()


@pytest.fixture
def swarm(load_forks: None, tmp_path: Path) -> Iterator[Swarm]:
    with closing(Swarm(tmp_path / "swarm")) as swarm:
        yield swarm


@pytest.fixture
def publisher(load_forks: None, tmp_path: Path) -> Iterator[Publisher]:
    with closing(Publisher(tmp_path / "publisher")) as publisher:
        yield publisher
