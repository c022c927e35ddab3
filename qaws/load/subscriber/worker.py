"""A worker: one process that holds many fast clients, checks what they receive, and reports."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import ssl
import time
from collections import Counter
from collections.abc import Coroutine
from functools import partial
from typing import Any

import uvloop
from websockets.uri import WebSocketURI

from qaws.load.cluster import wire
from qaws.load.cluster.channel import ControlChannel
from qaws.load.cluster.file_limits import require_descriptors
from qaws.load.cluster.pulse import pulse
from qaws.load.plan import Group, Member, SwarmPlan
from qaws.load.refusal import Refusal
from qaws.load.result import WorkerReport
from qaws.load.subscriber.aggregator import Aggregator
from qaws.load.subscriber.connection import new_handshake
from qaws.load.subscriber.conversation import Conversation
from qaws.load.subscriber.reader import Reader
from qaws.load.subscriber.shared_stream import SharedStream
from qaws.load.subscriber.slow import SlowClient
from qaws.load.subscriber.stamped import ReadDelays, StampedLine, ask_for_stamps
from qaws.load.subscriber.verifier import verifier_of
from qaws.load.violation import Violation
from qaws.measure.clock import at_us, now_us
from qaws.measure.stall import StallMeter
from qaws.protocol.market import Selection
from qaws.runtime.dialing import connected_socket
from qaws.runtime.trust import context_for, problem_in_words
from qaws.verdict import Broken

LEAVE_S = 1.0
"""How long the service may take to answer the close frames at the end."""

SLOW_LEAVE_S = 12.0


def run_worker(call: wire.Call) -> str:
    """Serve the controller until it is done or gone; the function that engines are given.

    Returns:
        A word on how it ended, for logs.
    """
    with pulse(call):
        return uvloop.run(_serve(call))


async def _serve(call: wire.Call) -> str:
    link = ControlChannel(*await asyncio.open_connection(call.host, call.port))
    link.send(wire.Hello(call.secret, call.name, os.getpid(), socket.gethostname()))
    worker: Worker | None = None
    failures = _end_on_failure()
    beating = asyncio.create_task(
        link.beat(lambda: worker.progress() if worker else wire.Progress(0))
    )
    try:
        while True:
            message = await wire.receive(link.reader)
            match message:
                case wire.Probe():
                    link.send(wire.Echo(now_us()))
                case wire.Assign():
                    worker = Worker(message, link)
                    worker.start()
                case wire.Stop() if worker is not None:
                    link.send(await worker.finish())
                    await link.drain()
                    return "done"
                case wire.Stop():
                    return "stopped before it had begun"
                case _ if worker is not None:
                    worker.obey(message)
    except EOFError:
        return "the controller is gone"
    except asyncio.CancelledError:
        raise failures[0] if failures else RuntimeError("cancelled") from None
    finally:
        beating.cancel()
        if worker is not None:
            await worker.abandon()
        link.close()


def _end_on_failure() -> list[BaseException]:
    """Let this task end when a callback fails: a harness that stumbles must not give verdicts."""
    failures: list[BaseException] = []
    loop, serving = asyncio.get_running_loop(), asyncio.current_task()
    assert serving

    def fail(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        failures.append(context.get("exception") or RuntimeError(context["message"]))
        loop.default_exception_handler(context)
        if len(failures) == 1:  # a second time it would be cancelled as it tidies up
            serving.cancel()

    loop.set_exception_handler(fail)
    return failures


class Worker:
    """The clients of one worker, from the first handshake to the report."""

    def __init__(self, task: wire.Assign, link: ControlChannel) -> None:
        self._plan: SwarmPlan = task.plan
        self._share = task.share
        self._link = link
        self._verifier = verifier_of(task.plan.dialect, task.plan.flow)
        self._streams: dict[tuple[Selection, int], SharedStream] = {}
        self._readers: list[Reader] = []
        self._slow: list[SlowClient] = []
        self._books = Aggregator(self._verifier, keeps_arrivals=task.plan.keeps_arrivals)
        self._stalls = StallMeter()
        self._delays = ReadDelays()
        self._tasks: set[asyncio.Task[None]] = set()
        self._slow_tasks: list[asyncio.Task[None]] = []
        self._behind: set[Reader] | None = None
        """Who has neither had the fence nor left, once there is a fence; None before."""
        self._start_cpu = time.process_time()

    # --- before ---------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect; the controller is told when all are ready, or why not."""
        self._spawn(self._books.run())
        self._spawn(self._connect())

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self) -> None:
        problem: BaseException | None = None
        try:
            require_descriptors(len(self._share))
            async with asyncio.timeout(self._plan.ready_within_s):
                places = asyncio.Semaphore(self._plan.at_once)
                async with asyncio.TaskGroup() as group:
                    for member in self._share:
                        group.create_task(self._open(places, member))
        except* (Refusal, OSError, Broken, TimeoutError) as problems:
            problem = _first(problems)
        if problem is not None:
            self._refuse(problem)
            return
        gc.collect()
        gc.freeze()
        gc.disable()
        self._link.send(wire.Ready(len(self._share)))

    def _refuse(self, problem: BaseException) -> None:
        reason, by_service = str(problem), isinstance(problem, Refusal)
        if isinstance(problem, TimeoutError):
            ready = sum(reader.is_subscribed for reader in self._readers)
            by_service = True
            reason = (
                f"{ready} of {len(self._share)} clients were subscribed within "
                f"{self._plan.ready_within_s:g} s"
            )
        elif isinstance(problem, OSError):
            said = problem_in_words(problem) or f"cannot connect there: {problem}"
            reason = f"{self._plan.url}: {said}"
        self._link.send(wire.Refused(reason, by_service))

    async def _open(self, places: asyncio.Semaphore, member: Member) -> None:
        """Connect one client, subscribe it, and wait for its acknowledgement."""
        name, group = member.name, member.group
        shared = self._shared(group.selection)
        async with places:
            try:
                url, headers, shown = await self._plan.way(member.index, name)
                conversation = Conversation(self._verifier.dialect, group.selection, shown)
                if group.behaviour == "reads":
                    await self._open_reader(name, group, shared, url, headers, conversation)
                else:
                    slow = SlowClient(name, group, shared, self._fault)
                    self._slow.append(slow)
                    await slow.open(
                        url, headers, conversation, self._plan.authority, self._plan.compression
                    )
                    self._slow_tasks.append(asyncio.create_task(slow.run()))
            except Refusal as refusal:
                raise Refusal(f"{name} was not let in: {refusal}") from None

    async def _open_reader(
        self,
        name: str,
        group: Group,
        shared: SharedStream,
        url: str,
        headers: dict[str, str],
        conversation: Conversation,
    ) -> None:
        protocol = new_handshake(url, headers, self._plan.compression)
        reader = Reader(
            name,
            shared,
            protocol,
            self._fault,
            self._books.hand_in,
            self._finished,
            partial(self._shared, group.selection),
        )
        reader.converse(conversation)
        self._readers.append(reader)
        self._books.open(name)
        await self._join(reader, protocol.uri, context_for(url, self._plan.authority))
        await reader.acknowledged

    async def _join(self, reader: Reader, uri: WebSocketURI, tls: ssl.SSLContext | None) -> None:
        """Connect a reader: its line tells when bytes arrived, where it is not inside TLS."""
        if tls is None:
            line = await connected_socket(uri.host, uri.port, 0)
            if ask_for_stamps(line):
                StampedLine(line, reader, self._delays)
                return
            line.close()
        await asyncio.get_running_loop().create_connection(
            lambda: reader, uri.host, uri.port, ssl=tls
        )

    def _shared(self, selection: Selection, window_bits: int = 0) -> SharedStream:
        """Return what clients with a selection share; with a window, those who get it deflated."""
        key = selection, window_bits
        if key not in self._streams:
            self._streams[key] = SharedStream(selection, self._plan.first, self._verifier)
        return self._streams[key]

    # --- meanwhile ------------------------------------------------------------------------------

    def obey(self, message: wire.Message) -> None:
        """Do what the controller says."""
        match message:
            case wire.Go():
                self._books.clock_ahead_us = message.clock_ahead_us
                self._start_cpu = time.process_time()
                self._stalls = StallMeter()
                self._delays.clear()
                self._spawn(self._stalls.run())
            case wire.Fence():
                self._set_fence(message.fence)
            case wire.FlowBegins():
                self._books.flow_begins(message.at_us)
            case wire.ReadAgain():
                for slow in self._slow:
                    slow.read_again.set()
            case _:
                raise ValueError(f"a worker cannot do anything about {message!r}")

    def progress(self) -> wire.Progress:
        """Return how far the clients are."""
        received = sum(reader.received for reader in self._readers)
        complete = sum(reader.completed_us is not None for reader in self._readers)
        closed = sum(reader.closed is not None for reader in self._readers)
        return wire.Progress(received, complete, closed)

    def _fault(self, client: str, fault: Violation) -> None:
        self._books.violations.add(client, fault)

    def _set_fence(self, fence: dict[str, int]) -> None:
        self._behind = {reader for reader in self._readers if not _is_past_it(reader)}
        for shared in self._streams.values():
            mine = (r.position for r in self._readers if r.shared is shared)
            shared.set_fence(fence, {position.segment for position in mine if position is not None})
        if not self._behind:
            self._link.send(wire.Complete())
        for reader in self._readers:
            reader.fence_set()

    def _finished(self, reader: Reader) -> None:
        """Tell the controller when the last client is past the fence, or gone.

        Each is looked at once: with all of them at each, ten thousand that become ready together
        keep their process from anything else for seconds.
        """
        if self._behind and reader in self._behind and _is_past_it(reader):
            self._behind.remove(reader)
            if not self._behind:
                self._link.send(wire.Complete())

    # --- afterwards -----------------------------------------------------------------------------

    async def finish(self) -> WorkerReport:
        """Close the clients, evaluate what is left, and return the report."""
        ahead_us = self._books.clock_ahead_us
        stalls = self._stalls.stalls().moved((at_us(0) - ahead_us) / 1000)
        await self._leave()
        for reader in self._readers:
            if reader.position is not None:
                self._books.hand_in(reader, reader.position)
            self._books.diverged(reader, reader.diverged)
            record = self._books.open(reader.name)
            record.completed_us = reader.completed_us
            record.expected = reader.expected()
            self._books.kinds.update(reader.kinds)
        await self._books.work_off()
        bin_ms, bins = self._books.course.to_wire()
        return WorkerReport(
            clients=list(self._books.records.values()),
            slow=[slow.record for slow in self._slow],
            closes=[reader.closed for reader in self._readers if reader.closed],
            faults={kind: n for kind, n in self._books.violations.counts.items() if n},
            sentences=self._books.violations.sentences,
            kinds=dict(self._books.kinds),
            latencies=self._books.latencies.to_wire(),
            bin_ms=bin_ms,
            bins=bins,
            stalls=stalls,
            cpu_s=time.process_time() - self._start_cpu,
            diverged=sum(reader.times_diverged for reader in self._readers),
            arrivals=self._books.arrivals(),
            compressed=dict(Counter(r.compression for r in self._readers if r.compression)),
            read_delays=self._delays.latencies.to_wire(),
            decoder_took=self._verifier.dialect.encoding.decoder_took,
        )

    async def _leave(self) -> None:
        for slow in self._slow:
            slow.leave()
        if self._slow_tasks:
            _, late = await asyncio.wait(self._slow_tasks, timeout=SLOW_LEAVE_S)
            for task in late:
                task.cancel()
        for reader in self._readers:
            reader.leave()
        if self._readers:
            gone = [reader.gone for reader in self._readers]
            await asyncio.wait(gone, timeout=LEAVE_S)
        for reader in self._readers:
            reader.cut()

    async def abandon(self) -> None:
        """Let go of everything; safe after `finish`."""
        for reader in self._readers:
            reader.cut()
        tasks = [*self._tasks, *self._slow_tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        gc.enable()


def _is_past_it(reader: Reader) -> bool:
    """Tell whether nothing more is awaited of a client: it had the fence, or was closed."""
    return reader.completed_us is not None or reader.closed is not None


def _first(problems: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first single exception of a group."""
    problem: BaseException = problems
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem
