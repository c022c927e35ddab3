"""The log of a connection, and waits on it.

The log is append-only. A frame gets its time stamp when its bytes arrive, not when a step comes to
look. A wait is a condition and a deadline.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from qaws.verdict import no_stall

Direction = Literal["→", "←"]
LEAST_S = 0.02
"""So long is waited at least: hundreds that wait for a little more must not hold up the loop."""

FrameKind = Literal[
    "text", "binary", "ping", "pong", "close", "step", "handshake", "bytes", "eof", "end"
]


@dataclass(slots=True)
class Frame:
    """One entry of a connection's log.

    `at_ns` is `time.monotonic_ns()` when the bytes arrived or left; "→" is to the service, "←" from
    it. `message` is what a text message says in the words of `qa-ws`, None where it says nothing.
    Of a WebSocket message that holds several, each is an entry: a `part` of the same text. `echo`
    is what an answer repeats of its request, `problem` what is wrong with the message. `raw` has
    the bytes of a binary message, a character each, where its text may not say all that is in it.
    """

    at_ns: int
    direction: Direction
    kind: FrameKind
    text: str
    message: Any = None
    code: int | None = None
    part: int = 0
    echo: Any = None
    problem: str = ""
    raw: str = ""

    @property
    def whole(self) -> str:
        """Return all that came: what it says, and the bytes that say it where that may be more."""
        return f"{self.text}\n{self.raw}" if self.raw else self.text

    @property
    def is_unread(self) -> bool:
        """Return whether it is a message that came and of which nobody knows what it says."""
        came = self.direction == "←" and self.kind in ("text", "binary")
        return came and not isinstance(self.message, dict)


@dataclass(slots=True, eq=False)
class _Waiter:
    """Somebody who waits for a frame; `position` is the first entry that it has not looked at."""

    condition: Callable[[Frame], bool]
    position: int
    met: asyncio.Future[Frame | None]

    def look(self, log: list[Frame], over: bool) -> None:
        """Look at what is new; behind the end of the connection nothing more will come."""
        if self.met.done():
            return
        try:
            while self.position < len(log):
                frame = log[self.position]
                self.position += 1
                if frame.direction == "←" and self.condition(frame):
                    self.met.set_result(frame)
                    return
        except Exception as problem:
            self.met.set_exception(problem)
            return
        if over:
            self.met.set_result(None)


@dataclass
class FrameLog:
    """What went over one connection, oldest first.

    `held_up_ms` tells for how many milliseconds the machine held up the harness, or the service,
    between two instants (`time.monotonic_ns`).
    """

    log: list[Frame] = field(default_factory=list, kw_only=True)
    held_up_ms: Callable[[int, int], float] = field(default=no_stall, repr=False, kw_only=True)
    _over: bool = field(default=False, kw_only=True)
    _waiters: list[_Waiter] = field(default_factory=list, repr=False, kw_only=True)
    _look_is_due: bool = field(default=False, repr=False, kw_only=True)

    def _note(
        self,
        direction: Direction,
        kind: FrameKind,
        text: str,
        message: Any = None,
        code: int | None = None,
        at_ns: int | None = None,
    ) -> Frame:
        at = time.monotonic_ns() if at_ns is None else at_ns
        frame = Frame(at, direction, kind, text, message, code)
        self.log.append(frame)
        self._stop_waiting()
        return frame

    async def wait_for(
        self, condition: Callable[[Frame], bool], after: Frame | None, within_s: float
    ) -> Frame | None:
        """Wait for the first incoming frame after `after` that meets the condition.

        What the machine holds up harness or service meanwhile is waited in addition: a wait in vain
        tells something on a busy machine too.

        Args:
            condition: what to wait for.
            after: an entry of the log; None looks from the beginning.
            within_s: the deadline, in seconds from now during which nothing was held up.

        Returns:
            The frame, or None when the deadline passed or the connection ended without it.
        """
        position = 0 if after is None else self._position(after) + 1
        waiter = _Waiter(condition, position, asyncio.get_running_loop().create_future())
        begin_ns = time.monotonic_ns()
        waiter.look(self.log, self._over)
        self._waiters.append(waiter)
        try:
            while not waiter.met.done():
                now_ns = time.monotonic_ns()
                ran_s = (now_ns - begin_ns) / 1e9 - self.held_up_ms(begin_ns, now_ns) / 1e3
                if (remaining := within_s - ran_s) <= 0:
                    return None
                await asyncio.wait([waiter.met], timeout=max(remaining, LEAST_S))
            return waiter.met.result()
        finally:
            self._waiters.remove(waiter)

    def _position(self, frame: Frame) -> int:
        """Return where a frame stands in the log; it is searched from the end."""
        for index in range(len(self.log) - 1, -1, -1):
            if self.log[index] is frame:
                return index
        raise ValueError("the frame is not in this log")

    def _stop_waiting(self) -> None:
        """Let those who wait look at what is new, once what came with it has been noted too.

        All frames of a moment are one look: hundreds of clients that wait while thousands of ticks
        come would else take the harness's time from the clients themselves.
        """
        if self._waiters and not self._look_is_due:
            self._look_is_due = True
            self._waiters[0].met.get_loop().call_soon(self._look)

    def _look(self) -> None:
        self._look_is_due = False
        for waiter in self._waiters:
            waiter.look(self.log, self._over)
