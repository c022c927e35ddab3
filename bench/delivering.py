"""Parts (b), (d) and (f): a service delivers a flow of ticks to the swarm, at what cost?"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import msgspec
import psutil

from bench.machine import Neighbours, cpu_s
from bench.sending import ROOT
from qaws.auth.tokens import Tokens
from qaws.load.plan import Group, SwarmPlan
from qaws.load.publisher.publisher import Publisher
from qaws.load.result import SwarmResult
from qaws.load.schedule import FlowPlan, FlowReport
from qaws.load.swarm import Swarm
from qaws.measure.memory import private_bytes
from qaws.protocol.market import selection_of
from qaws.sut.broker import Broker, open_broker
from qaws.sut.services import Services
from qaws.sut.target import Target
from qaws.sut.target_file import read_target

SYMBOL = "NIFTY"
STALL_SHARE = 0.2
"""A swarm that stood still for this part of a run, at once, casts doubt on it."""

TARGETS = {
    "reference": ROOT / "targets" / "reference.toml",
    "broadcast": ROOT / "bench" / "targets" / "broadcast.toml",
    "send per client": ROOT / "bench" / "targets" / "fastapi.toml",
}
"""Name of a service in the report → its target file."""

_numbers = itertools.count(1)


class Load(msgspec.Struct, frozen=True):
    """What is asked of a service. `pad_to` is the payload's size in bytes, 0 for the natural."""

    clients: int = 100
    per_second: float = 10_000
    seconds: float = 1.0
    pad_to: int = 0

    @property
    def ticks(self) -> int:
        """Return how many ticks are published, the fence aside."""
        return max(1, round(self.per_second * self.seconds))


class Delivery(msgspec.Struct, frozen=True):
    """One round of one service.

    Attributes:
        load: what was asked.
        deliveries: ticks received by all clients together.
        drained_s: from the last publish until the last client had the last tick.
        total_s: the same, from the first due time.
        p50_ms: latency from the due time, median.
        p99_ms: the same, 99 %.
        service_cpu_s: CPU seconds of the service.
        swarm_cpu_s: CPU seconds of the swarm, evaluation included.
        late_p99_ms: how late the publisher was.
        wrong: what was not delivered as it should be; None if all was.
        doubt: why the figures may be worse than they should; None if there is no reason.
        connected_s: from the first handshake until each client's subscription was acknowledged.
        swarm_mib: memory of swarm and publisher at most, MiB; what they share counts once. Where
            the swarm runs elsewhere, it is the publisher's alone.
        service_mib: the same of the service.
        idle_kib: by how much its memory grew for each client, before a tick was published; KiB.
        clocks: how far each worker's clock was ahead, in words; empty where all share this one's.
    """

    load: Load
    deliveries: int
    drained_s: float
    total_s: float
    p50_ms: float
    p99_ms: float
    service_cpu_s: float
    swarm_cpu_s: float
    late_p99_ms: float
    wrong: str | None
    doubt: str | None
    connected_s: float = 0.0
    swarm_mib: float = 0.0
    service_mib: float = 0.0
    idle_kib: float = 0.0
    clocks: tuple[str, ...] = ()

    @property
    def per_second(self) -> float:
        """Return deliveries per second from the first due time until everything had arrived."""
        return self.deliveries / self.total_s if self.total_s > 0 else 0.0

    @property
    def service_us(self) -> float:
        """Return CPU microseconds of the service per delivery."""
        return self.service_cpu_s / self.deliveries * 1e6 if self.deliveries else 0.0

    @property
    def swarm_us(self) -> float:
        """Return CPU microseconds of the swarm per delivery."""
        return self.swarm_cpu_s / self.deliveries * 1e6 if self.deliveries else 0.0


class Stage:
    """The broker and the tokens that all services of a run share."""

    def __init__(self, folder: Path, swarm: str = "local") -> None:
        """Start the embedded broker.

        Args:
            folder: for the logs of everything that is started.
            swarm: where the swarm runs: "local", or the address of a Dask scheduler.

        Raises:
            Broken: it does not start.
        """
        self._folder = folder
        self._swarm = swarm
        self._broker: Broker = open_broker("embedded", folder)

    def close(self) -> None:
        """Let go of everything; safe to call twice."""
        self._broker.stop()

    def deliver(
        self, name: str, load: Load, within_s: float, trace: Path | None = None
    ) -> Delivery:
        """Start a service, put a load on it, and end it again.

        It is a fresh process each time, the only one that listens to the broker.

        Args:
            name: of the service, one of `TARGETS`.
            load: what is asked.
            within_s: how long after the last publish the last tick may come.
            trace: where memray writes what the service allocates; None: it runs without memray.

        Raises:
            Broken: service, publisher or swarm failed.
            Refuted: the service did not let the clients in.
        """
        target = read_target(TARGETS[name])
        if trace:
            target = _traced(target, trace)
        folder = Path(tempfile.mkdtemp(prefix=f"{next(_numbers)}-", dir=self._folder))
        tokens = Tokens(target.auth, folder)
        places = {
            "broker_url": self._broker.url,
            "jwks_file": str(tokens.jwks_file),
            "folder": str(folder),
        }
        services = Services(target, folder, places)
        try:
            return self._deliver(services, target, tokens, folder, load, within_s)
        finally:
            services.stop()

    def _deliver(
        self,
        services: Services,
        target: Target,
        tokens: Tokens,
        folder: Path,
        load: Load,
        within_s: float,
    ) -> Delivery:
        roomy = {"connection limit": str(load.clients + 10)} if target.settings else {}
        service = services.get(roomy)
        assert service.process
        plan = SwarmPlan(
            service.url,
            (Group("client", load.clients, selection_of(SYMBOL)),),
            (tokens.valid(),),
            first={SYMBOL: 1},
        )
        flow = FlowPlan(
            self._broker.url, (SYMBOL,), load.per_second, load.ticks, pad_to=load.pad_to
        )
        others = children()
        with closing(Swarm(folder, self._swarm)) as swarm, closing(Publisher(folder)) as publisher:
            alone_mib = _mib({service.process.pid})
            began = time.monotonic()
            swarm.start(plan)
            connected_s = time.monotonic() - began
            crowded_mib = _mib({service.process.pid})
            publisher.start(flow)
            neighbours = Neighbours()
            before = cpu_s([service.process.pid])
            swarm.go()
            publisher.go()
            report = publisher.wait()
            at_work = _mib(children() - others)
            result = swarm.finish(report.last, within_s)
            used = cpu_s([service.process.pid]) - before
            doubt = neighbours.doubt()
            at_most = max(at_work, _mib(children() - others))
            of_service = _mib({service.process.pid})
        service.require_alive()
        return msgspec.structs.replace(
            weigh(load, report, result, used, doubt),
            connected_s=connected_s,
            swarm_mib=at_most,
            service_mib=of_service,
            idle_kib=(crowded_mib - alone_mib) * 1024 / load.clients,
            clocks=()
            if self._swarm == "local"
            else tuple(str(each.offset) for each in result.workers),
        )


def _traced(target: Target, trace: Path) -> Target:
    """Return a target whose service runs under memray, as `python -m …` does."""
    assert target.launch
    python, *module = target.launch.command
    options = ["--trace-python-allocators", "--quiet", "--force", "--output", str(trace)]
    launch = {
        "command": [python, "-m", "memray", "run", *options, *module],
        "ready_within_s": 60.0,
        "stop_within_s": 60.0,
    }
    return target.model_copy(update={"launch": target.launch.model_copy(update=launch)})


def children() -> set[int]:
    """Return the ids of all processes that this one has begun, and that these have."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


def _mib(pids: Collection[int]) -> float:
    try:
        return private_bytes([*pids]) / 2**20 if pids else 0.0
    except psutil.NoSuchProcess:
        return 0.0


def weigh(
    load: Load, flow: FlowReport, result: SwarmResult, service_cpu_s: float, busy: str | None
) -> Delivery:
    """Make a delivery of what publisher and swarm report.

    Args:
        load: what was asked.
        flow: what the publisher did.
        result: what the swarm received.
        service_cpu_s: CPU seconds of the service.
        busy: that others kept the machine busy, if they did.
    """
    drained_us = result.drained_us or 0
    total_s = max(0.0, (drained_us - flow.first_due_us) / 1e6)
    found = result.summary_ms()
    return Delivery(
        load=load,
        deliveries=result.deliveries,
        drained_s=max(0.0, (drained_us - flow.last_sent_us) / 1e6),
        total_s=total_s,
        p50_ms=found["p50"],
        p99_ms=found["p99"],
        service_cpu_s=service_cpu_s,
        swarm_cpu_s=result.cpu_s,
        late_p99_ms=flow.lag_p99_ms,
        wrong=_wrong(result),
        doubt=busy or flow.late() or _stalled(result, total_s),
    )


def _wrong(result: SwarmResult) -> str | None:
    found = [f"{count:,} x {kind}" for kind, count in result.faults.items()]
    if result.incomplete:
        found.append(result.incomplete)
    if result.closes:
        found.append(f"{len(result.closes)} clients closed: {result.closes[0]}")
    if result.unfinished:
        found.append(f"{len(result.unfinished)} clients never had the last tick")
    if not found and result.deliveries != result.expected:
        found.append(f"{result.deliveries:,} of {result.expected or 0:,} deliveries")
    return "; ".join(found) or None


def _stalled(result: SwarmResult, total_s: float) -> str | None:
    worst = result.stalls.worst_ms
    if worst < STALL_SHARE * total_s * 1000:
        return None
    return f"a worker of the swarm stood still for {worst:.0f} ms at once"
