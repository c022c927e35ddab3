"""The swarm as scenarios use it: start, go, finish; every call is synchronous and bounded.

    with closing(Swarm(folder)) as swarm, closing(Publisher(broker_url, folder)) as publisher:
        swarm.start(plan)                     # every client connected, subscribed, acknowledged
        publisher.start(flow)                 # every payload prepared
        swarm.go()
        swarm.flow_begins(publisher.go())
        report = publisher.wait()
        result = swarm.finish(report.last, within_s=10)

Call from any thread but not from an event loop's: there use `await asyncio.to_thread(…)`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from qaws.load.cluster import wire
from qaws.load.cluster.controller import Controller, Declined, Lost, WorkerHandle
from qaws.load.cluster.engine import Engine, open_engine
from qaws.load.cluster.file_limits import require_descriptors
from qaws.load.plan import SwarmPlan
from qaws.load.result import Offset, SwarmResult, WorkerReport
from qaws.load.subscriber.worker import run_worker
from qaws.runtime.loop import LoopThread
from qaws.verdict import Broken, Refuted

CALL_BACK_S = 10.0
"""How long a worker may take to start and call back."""

UNNOTICED_US = 1000
"""Clocks that differ by so much more than their uncertainty spoil no bound; µs."""

REPORT_S = 30.0
"""How long a worker may take to close its clients and evaluate what they received."""


class Swarm:
    """Many clients in worker processes, and what they found."""

    def __init__(
        self,
        folder: Path,
        engine: str = "local",
        workers: int | None = None,
        timeout_factor: float = 1.0,
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            folder: for the workers' logs.
            engine: "local", or the address of a Dask scheduler.
            workers: how many; default: half of the cores, or as many as the scheduler has.
            timeout_factor: factor for allowances, for slow machines.
        """
        self._folder = folder
        self._wanted = engine
        self._slots = workers
        self._timeout_factor = timeout_factor
        self._loop: LoopThread | None = None
        self._engine: Engine | None = None
        self._controller: Controller | None = None
        self._children: list[WorkerHandle] = []
        self._offsets: list[Offset] = []
        self.plan: SwarmPlan | None = None

    # --- the life of a swarm --------------------------------------------------------------------

    def start(self, plan: SwarmPlan) -> None:
        """Connect and subscribe every client; return when the service has acknowledged them all.

        Raises:
            Broken: the harness cannot: no engine, not enough file descriptors, nobody listens at
                the URL, a worker died.
            Refuted: the service did not let a client in, or did not acknowledge in time.
        """
        if self.plan is not None:
            raise ValueError("a swarm is started once; make another one")
        self.plan = plan
        plan.require_countable()
        try:
            self._engine = open_engine(self._wanted, self._folder, self._slots)
            self._loop = LoopThread()
            self._loop.call(self._start(plan))
        except Lost as lost:
            self.close()
            raise Broken(f"the swarm did not start: {lost}") from None
        except Declined as declined:
            self.close()
            kind = Refuted if declined.by_service else Broken
            raise kind(str(declined)) from None
        except BaseException:
            self.close()
            raise

    async def _start(self, plan: SwarmPlan) -> None:
        engine = self._engine
        assert engine
        shares = plan.shares(self._slots or engine.slots)
        if self._wanted == "local":
            require_descriptors(max(map(len, shares), default=0))
        self._controller = Controller()
        await self._controller.listen(engine.callback_host)
        self._children = await asyncio.gather(
            *(
                self._controller.call(
                    f"worker {number}",
                    lambda call: engine.submit(run_worker, call),
                    CALL_BACK_S * self._timeout_factor,
                )
                for number in range(1, len(shares) + 1)
            )
        )
        self._offsets = [await child.clock() for child in self._children]
        for child, share in zip(self._children, shares, strict=True):
            child.send(wire.Assign(plan, share))
        within_s = plan.ready_within_s * self._timeout_factor + 5
        await asyncio.gather(*(child.expect(wire.Ready, within_s) for child in self._children))

    def go(self) -> None:
        """Let the measurement begin: CPU seconds and stalls count from here."""
        for child, offset in zip(self._children, self._offsets, strict=True):
            self._tell(child, wire.Go(clock_ahead_us=offset.applied_us))

    def flow_begins(self, at_us: int) -> None:
        """Say when the first tick is due, in µs since 1970: services whose ticks do not tell it."""
        for child in self._children:
            self._tell(child, wire.FlowBegins(at_us))

    def read_again(self) -> None:
        """Let the slow clients read at full speed, so that they see how they were closed."""
        for child in self._children:
            self._tell(child, wire.ReadAgain())

    def progress(self) -> wire.Progress:
        """Return messages received, clients complete, clients closed; at most 0.5 s old."""
        each = [child.progress for child in self._children]
        return wire.Progress(
            sum(p.messages for p in each),
            sum(p.complete for p in each),
            sum(p.closed for p in each),
        )

    def lost(self) -> str | None:
        """Return why a worker is lost, None while all are well."""
        return next((child.lost for child in self._children if child.lost), None)

    def finish(self, fence: dict[str, int], within_s: float) -> SwarmResult:
        """Wait until every client is past the fence, end the clients, and return what they found.

        Args:
            fence: symbol → number of its last tick; `FlowReport.last` is one.
            within_s: until when the fence must have come; who has not had it then is `unfinished`.

        Returns:
            The result. It never raises for a lost worker: `incomplete` says what is missing.
        """
        return self._running.call(self._finish(fence, within_s))

    def stop(self) -> SwarmResult:
        """End the clients now, fence or not, and return what they found."""
        return self._running.call(self._finish(None, 0))

    async def _finish(self, fence: dict[str, int] | None, within_s: float) -> SwarmResult:
        result = SwarmResult()
        if fence is not None:
            for child in self._children:
                child.send(wire.Fence(fence))
            await asyncio.gather(
                *(child.expect(wire.Complete, within_s) for child in self._children),
                return_exceptions=True,
            )
        clocks = await asyncio.gather(
            *(child.clock() for child in self._children), return_exceptions=True
        )
        for child in self._children:
            child.send(wire.Stop())
        reports = await asyncio.gather(
            *(
                child.expect(WorkerReport, REPORT_S * self._timeout_factor)
                for child in self._children
            ),
            return_exceptions=True,
        )
        problems = []
        for child, offset, clock, report in zip(
            self._children, self._offsets, clocks, reports, strict=True
        ):
            child.over = True
            if isinstance(report, BaseException):
                problems.append(str(report))
                continue
            result.add(child.name, offset, report)
            if isinstance(clock, Offset) and (moved := _moved(offset, clock)):
                problems.append(f"{child.title}: {moved}")
            if early := _early(offset, report):
                problems.append(f"{child.title}: {early}")
        result.incomplete = "; ".join(problems) or None
        return result

    def close(self) -> None:
        """End every worker; safe to call twice, and after anything that failed."""
        try:
            if self._loop and self._controller:
                self._loop.call(self._controller.close(), timeout_s=5)
        finally:
            if self._engine:
                self._engine.close()
            if self._loop:
                self._loop.stop()
            self._controller = None

    # --- helpers --------------------------------------------------------------------------------

    @property
    def _running(self) -> LoopThread:
        if self._loop is None:
            raise Broken("the swarm has not been started")
        return self._loop

    def _tell(self, child: WorkerHandle, message: wire.Message) -> None:
        self._running.loop.call_soon_threadsafe(child.send, message)

    @property
    def engine(self) -> Any:
        """Return the engine, for tests: None before the start."""
        return self._engine


def _moved(before: Offset, after: Offset) -> str | None:
    """Say that a clock was set while it was measured with."""
    moved = after.offset_us - before.offset_us
    if abs(moved) <= before.uncertainty_us + after.uncertainty_us + UNNOTICED_US:
        return None
    return f"its clock moved by {moved / 1000:.1f} ms during the run ({before}, then {after})"


def _early(offset: Offset, report: WorkerReport) -> str | None:
    """Say that ticks came before they were due, by more than the clocks are uncertain."""
    *_, early, earliest_us = report.latencies
    if -earliest_us <= offset.uncertainty_us + UNNOTICED_US:
        return None
    return (
        f"{early:,} ticks were received before they were due, by up to "
        f"{-earliest_us / 1000:.1f} ms (its clock: {offset}): no latency can be told from that"
    )
