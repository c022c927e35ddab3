"""The controller's side: children call in, are spoken to, and are missed when they fall silent.

Children (workers, the publisher) connect back to a listener of the controller. So it makes no
difference whether they run on this machine or elsewhere. No wait is without an end: whoever hangs
up, dies, or says nothing for `SILENT_S` is lost, and every wait for it ends with the reason.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from qaws.load.cluster import wire
from qaws.load.result import Offset
from qaws.measure.clock import now_us

SILENT_S = 8.0
"""A child that has said nothing for so long counts as lost; it beats every 0.5 s, and so does a
thread of each worker, which may be busy for longer (`pulse`). On a machine with ten busy processes
on two cores one was silent for 4 s."""

LOOK_EVERY_S = 0.1
"""How often it is looked who is silent."""

LAST_WORDS_S = 2.0
"""How long to wait for the exit code of a child that has hung up: on a busy machine it takes a
while until its end is seen."""

PROMPT_S = 10.0
"""How long a child may take to say who it is, or what its clock says: only one that hangs does."""

ROUNDS = 16
"""How many round trips the clock offset is estimated from; the fastest counts."""

M = TypeVar("M")


class Lost(Exception):
    """A child that is needed is gone; the text names it and says why."""


class WorkerHandle:
    """One process that has been asked to call in."""

    def __init__(self, name: str, job: Future[Any]) -> None:
        self.name = name
        self.progress = wire.Progress(0)
        self.lost: str | None = None
        self.over = False
        self._job = job
        self._inbox: asyncio.Queue[wire.Message] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._heard = time.monotonic()
        self.arrived = asyncio.Event()

    async def attend(
        self, hello: wire.Hello, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take in what the child says until it hangs up."""
        self.title = f"{self.name} (process {hello.pid} on {hello.host})"
        self._writer = writer
        self._heard = time.monotonic()
        self.arrived.set()
        try:
            while True:
                message = await wire.receive(reader)
                self._heard = time.monotonic()
                if isinstance(message, wire.Progress):
                    self.progress = message
                else:
                    self._inbox.put_nowait(message)
                    self._changed.set()
        except EOFError:
            await self._died("hung up")
        except ValueError as problem:
            self.lose(f"{self.title} talks nonsense: {problem}")

    title = ""

    async def feel(self, reader: asyncio.StreamReader) -> None:
        """Take in the child's signs of life until there are no more."""
        while isinstance(await wire.receive(reader), wire.Alive):
            self._heard = time.monotonic()

    async def _died(self, how: str) -> None:
        """Name a child that hung up, with its exit code and last words if those are to be had."""
        if self.over:
            return
        title = self.title or self.name
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await asyncio.wrap_future(self._job)
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            if not self._job.cancelled():
                raise
        except Exception as problem:
            how = str(problem) or type(problem).__name__
        self.lose(f"{title} {how}")

    def lose(self, reason: str) -> None:
        """Give the child up, for a reason; every wait for it ends."""
        if self.lost is None and not self.over:
            self.lost = reason
        self.arrived.set()
        self._changed.set()

    def look(self, held_up_s: float = 0.0) -> None:
        """Miss the child if it has been silent for too long.

        Args:
            held_up_s: how long nobody could listen to it since the last look.
        """
        if self.lost or self.over:
            return
        self._heard += held_up_s
        silent = time.monotonic() - self._heard
        if self._writer is not None and silent > SILENT_S:
            self.lose(f"{self.title} has been silent for {silent:.1f} s")
        elif self._writer is None and self._job.done():
            problem = self._job.exception() if not self._job.cancelled() else "it was cancelled"
            self.lose(f"{self.name} {problem or 'ended before it called in'}")

    def send(self, message: wire.Message) -> None:
        """Send a message; one that is lost gets none."""
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(wire.packed(message))

    async def expect(self, kind: type[M], within_s: float) -> M:
        """Return the child's next message of a kind; others are dropped, but for a refusal.

        Raises:
            Lost: it is gone, or did not say so in time.
            Declined: it says that it cannot.
        """
        try:
            async with asyncio.timeout(within_s):
                while True:
                    while not self._inbox.empty():
                        message = self._inbox.get_nowait()
                        if isinstance(message, kind):
                            return message
                        if isinstance(message, wire.Refused):
                            raise Declined(message.reason, message.by_service)
                    if self.lost:
                        raise Lost(self.lost)
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise Lost(
                f"{self.title or self.name} did not answer ({kind.__name__}) in {within_s:g} s"
            ) from None

    async def clock(self) -> Offset:
        """Estimate how far the child's clock is ahead (RFC 5905, section 8, in the small)."""
        best: Offset | None = None
        for _ in range(ROUNDS):
            asked = now_us()
            self.send(wire.Probe())
            echo = await self.expect(wire.Echo, PROMPT_S)
            took = now_us() - asked
            if best is None or took / 2 < best.uncertainty_us:
                best = Offset(echo.at_us - (asked + took / 2), took / 2)
        assert best
        return best

    def dismiss(self) -> None:
        """Expect nothing more of it."""
        self.over = True
        if self._writer is not None:
            self._writer.close()


class Declined(Exception):
    """A child says that it cannot do what it was asked to."""

    def __init__(self, reason: str, by_service: bool) -> None:
        super().__init__(reason)
        self.by_service = by_service


class Controller:
    """The listener that children call, and the list of them; lives on one event loop."""

    def __init__(self) -> None:
        self._secret = secrets.token_hex(16)
        self._children: dict[str, WorkerHandle] = {}
        self._server: asyncio.Server | None = None
        self._watch: asyncio.Task[None] | None = None
        self._attending: set[asyncio.Task[None]] = set()

    async def listen(self, host: str) -> None:
        """Listen on a free port of a local address.

        Raises:
            OSError: that is no address of this machine.
        """
        self._server = await asyncio.start_server(self._called, host, 0)
        self._host, self._port = self._server.sockets[0].getsockname()[:2]
        self._watch = asyncio.create_task(self._look())

    async def call(
        self, name: str, submit: Callable[[wire.Call], Future[Any]], within_s: float
    ) -> WorkerHandle:
        """Have a child started, and wait until it has called in.

        Args:
            name: what it is called.
            submit: starts it with what it needs to call back.
            within_s: until when it must have called.

        Raises:
            Lost: it did not, with the reason.
        """
        call = wire.Call(self._host, self._port, self._secret, name)
        child = self._children[name] = WorkerHandle(name, submit(call))
        try:
            async with asyncio.timeout(within_s):
                await child.arrived.wait()
        except TimeoutError:
            child.lose(f"{name} did not call back to {call.host}:{call.port} in {within_s:g} s")
        if child.lost:
            raise Lost(child.lost)
        return child

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._attending.add(task)
        try:
            async with asyncio.timeout(PROMPT_S):
                hello = await wire.receive(reader)
            match hello:
                case wire.Hello(secret, name) if self._knows(secret, name):
                    await self._children[name].attend(hello, reader, writer)
                case wire.Pulse(secret, name) if self._knows(secret, name):
                    await self._children[name].feel(reader)
        except (EOFError, ValueError, TimeoutError, asyncio.CancelledError):
            pass  # nobody that was expected, or the end: `close` cancels
        finally:
            self._attending.discard(task)
            writer.close()

    def _knows(self, secret: str, name: str) -> bool:
        return secrets.compare_digest(secret, self._secret) and name in self._children

    async def _look(self) -> None:
        while True:
            began_s = time.monotonic()
            await asyncio.sleep(LOOK_EVERY_S)
            held_up_s = time.monotonic() - began_s - LOOK_EVERY_S
            for child in self._children.values():
                child.look(held_up_s)

    async def close(self) -> None:
        """Hang up on everybody and listen no more."""
        for child in self._children.values():
            child.dismiss()
        if self._watch:
            self._watch.cancel()
        if self._server:
            self._server.close()
        for task in list(self._attending):
            task.cancel()
        await asyncio.gather(*self._attending, return_exceptions=True)
