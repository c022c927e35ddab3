"""The publisher: a flow of ticks in a process of its own, as scenarios use it.

    with closing(Publisher(folder)) as publisher:
        publisher.start(FlowPlan(broker_url, ("NIFTY",), per_second=10_000, count=10_000))
        publisher.go()
        report = publisher.wait()

Every call is synchronous and bounded. Call from any thread but not from an event loop's: there use
`await asyncio.to_thread(…)`.
"""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import threading
import time
from pathlib import Path

from qaws.load.cluster import wire
from qaws.load.cluster.channel import ControlChannel
from qaws.load.cluster.controller import Controller, Declined, Lost, WorkerHandle
from qaws.load.cluster.engine import LocalProcesses
from qaws.load.publisher.open_loop import Flow
from qaws.load.schedule import FlowPlan, FlowReport
from qaws.measure import clock
from qaws.runtime.loop import LoopThread
from qaws.verdict import Broken

LEAD_S = 0.25
"""From the word "go" to the first due time: long enough for the word to arrive."""

START_S = 15.0
REPORT_S = 12.0
"""How long after the schedule's end the report may take: the broker's answers are awaited."""


class Publisher:
    """Publishes one flow on schedule, from its own process."""

    def __init__(self, folder: Path, timeout_factor: float = 1.0) -> None:
        """Prepare; nothing is started yet.

        Args:
            folder: for the process's log.
            timeout_factor: factor for allowances, for slow machines.
        """
        self._engine = LocalProcesses(folder, 1)
        self._timeout_factor = timeout_factor
        self._loop: LoopThread | None = None
        self._controller: Controller | None = None
        self._child: WorkerHandle | None = None
        self._plan: FlowPlan | None = None
        self._ends_s = 0.0

    def start(self, plan: FlowPlan) -> None:
        """Start the process, connect it to the broker, and prepare every payload.

        Raises:
            Broken: it did not start, or the broker does not let it in.
        """
        if self._plan is not None:
            raise ValueError("a publisher is started once; make another one")
        self._plan = plan
        self._loop = LoopThread()
        try:
            self._loop.call(self._start(plan))
        except (Lost, Declined) as problem:
            self.close()
            raise Broken(f"the publisher did not start: {problem}") from None
        except BaseException:
            self.close()
            raise

    async def _start(self, plan: FlowPlan) -> None:
        self._controller = Controller()
        await self._controller.listen(self._engine.callback_host)
        self._child = await self._controller.call(
            "the publisher",
            lambda call: self._engine.submit(run_publisher, call),
            START_S * self._timeout_factor,
        )
        self._child.send(wire.AssignFlow(plan))
        await self._child.expect(wire.Ready, START_S * self._timeout_factor)

    def go(self, lead_s: float = LEAD_S) -> int:
        """Let the flow begin; return when its first tick is due, in µs since 1970.

        Args:
            lead_s: how far ahead that is.
        """
        loop, child, plan = self._started
        at_ns = time.monotonic_ns() + int(lead_s * 1e9)
        at_us = clock.at_us(at_ns)
        self._ends_s = time.monotonic() + lead_s + plan.ends_s()
        loop.loop.call_soon_threadsafe(child.send, wire.Go(at_us=at_us, at_ns=at_ns))
        return at_us

    def stop(self) -> None:
        """End the flow before its time, with its fence; then `wait` for the report."""
        loop, child, _ = self._started
        self._ends_s = time.monotonic()
        loop.loop.call_soon_threadsafe(child.send, wire.Stop())

    def wait(self) -> FlowReport:
        """Wait for the end of the flow and return the report.

        Raises:
            Broken: the publisher died, fell silent, or the broker failed it.
        """
        loop, child, _ = self._started
        left_s = max(0.0, self._ends_s - time.monotonic()) + REPORT_S * self._timeout_factor
        try:
            return loop.call(child.expect(FlowReport, left_s))
        except (Lost, Declined) as problem:
            raise Broken(f"the flow of ticks broke off: {problem}") from None

    def close(self) -> None:
        """End the process; safe to call twice."""
        try:
            if self._loop and self._controller:
                self._loop.call(self._controller.close(), timeout_s=5)
        finally:
            self._engine.close()
            if self._loop:
                self._loop.stop()
            self._controller = None

    @property
    def pids(self) -> list[int]:
        """Return the id of the publisher's process, if it lives."""
        return self._engine.pids

    @property
    def _started(self) -> tuple[LoopThread, WorkerHandle, FlowPlan]:
        if self._loop is None or self._child is None or self._plan is None:
            raise Broken("the publisher has not been started")
        return self._loop, self._child, self._plan


def run_publisher(call: wire.Call) -> str:
    """Serve the controller until the flow is over; what runs in the publisher's process."""
    return asyncio.run(_serve(call))


async def _serve(call: wire.Call) -> str:
    link = ControlChannel(*await asyncio.open_connection(call.host, call.port))
    link.send(wire.Hello(call.secret, call.name, os.getpid(), socket.gethostname()))
    stop = threading.Event()
    flows: list[Flow] = []
    running: asyncio.Task[None] | None = None
    beating = asyncio.create_task(link.beat(lambda: wire.Progress(sum(f.sent for f in flows))))
    try:
        while True:
            match await wire.receive(link.reader):
                case wire.AssignFlow(plan):
                    flows += await _prepare(link, plan)
                case wire.Go() as go if flows and running is None:
                    running = asyncio.create_task(_run(link, flows[0], go, stop))
                case wire.Stop():
                    stop.set()
    except EOFError:
        return "the controller is gone"
    finally:
        stop.set()
        beating.cancel()
        if running is not None:
            await asyncio.wait([running], timeout=1)
        link.close()


async def _prepare(link: ControlChannel, plan: FlowPlan) -> list[Flow]:
    try:
        flow = await asyncio.to_thread(Flow, plan)
    except Broken as problem:
        link.send(wire.Refused(str(problem), by_service=False))
        return []
    gc.collect()
    gc.freeze()
    gc.disable()
    link.send(wire.Ready())
    return [flow]


async def _run(link: ControlChannel, flow: Flow, go: wire.Go, stop: threading.Event) -> None:
    try:
        link.send(await asyncio.to_thread(flow.run, go.at_us, go.at_ns, stop))
    except Broken as problem:
        link.send(wire.Refused(str(problem), by_service=False))
