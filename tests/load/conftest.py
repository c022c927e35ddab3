"""Fixtures: the scripted service, and the real one with its broker; all end with their test."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from qaws.auth.tokens import Tokens
from qaws.load.plan import Group, SwarmPlan
from qaws.load.publisher.publisher import Publisher
from qaws.load.result import SwarmResult
from qaws.load.schedule import FlowPlan, FlowReport
from qaws.load.swarm import Swarm
from qaws.protocol.market import selection_of
from qaws.sut.broker import Broker, open_broker
from qaws.sut.service import Service, Services
from qaws.sut.target import read_target

ROOT = Path(__file__).resolve().parents[2]
NIFTY = selection_of("NIFTY")


class Scripted:
    """The scripted service as a process."""

    def __init__(self, **script: Any) -> None:
        self.count = script.get("count", 1000)
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("scripted.py")), json.dumps(script)],
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

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    started: list[Scripted] = []

    def start(**script: Any) -> Scripted:
        started.append(Scripted(**script))
        return started[-1]

    yield start
    for service in started:
        service.end()


@pytest.fixture
def observe(scripted: Callable[..., Scripted], tmp_path: Path) -> Callable[..., SwarmResult]:
    """Run a script against a few clients and return what the swarm found."""

    def run(
        clients: int = 4, within_s: float = 3.0, workers: int = 1, **script: Any
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
            return swarm.finish({"NIFTY": service.count}, within_s)

    return run


@contextlib.contextmanager
def timing_of(result: SwarmResult, flow: FlowReport | None = None) -> Iterator[None]:
    """Hold checks of time; where one is not met on a starved machine, nothing follows: skip.

    Starved is a worker or publisher that stood still, or a machine with more to run than cores.
    """
    try:
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
def swarm(tmp_path: Path) -> Iterator[Swarm]:
    with closing(Swarm(tmp_path / "swarm")) as swarm:
        yield swarm


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    with closing(Publisher(tmp_path / "publisher")) as publisher:
        yield publisher


def children() -> set[int]:
    """Return the ids of the processes that this one has started and that are alive."""
    return {
        child.pid
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE
    }
