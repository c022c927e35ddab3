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
FrameKind = Literal["text", "binary", "ping", "pong", "close", "handshake", "bytes", "eof", "end"]


@dataclass(slots=True)
class Frame:
    """One entry of a connection's log.

    `at_ns` is `time.monotonic_ns()` when the bytes arrived or left; "→" is to the service, "←" from
    it. `message` is what a text message says in the words of `qa-ws`, None where it says nothing.
    Of a WebSocket message that holds several, each is an entry: a `part` of the same text. `echo`
    is what an answer repeats of its request, `problem` what is wrong with the message.
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


@dataclass
class FrameLog:
    """What went over one connection, oldest first.

    `stalled_ms` tells for how many milliseconds the harness stood still between two instants
    (`time.monotonic_ns`).
    """

    log: list[Frame] = field(default_factory=list, kw_only=True)
    stalled_ms: Callable[[int, int], float] = field(default=no_stall, repr=False, kw_only=True)
    _over: bool = field(default=False, kw_only=True)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, kw_only=True)

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

        What the harness stands still meanwhile is waited in addition: a wait in vain tells
        something on a busy machine too.

        Args:
            condition: what to wait for.
            after: an entry of the log; None looks from the beginning.
            within_s: the deadline, in seconds from now during which the harness runs.

        Returns:
            The frame, or None when the deadline passed or the connection ended without it.
        """
        position = 0 if after is None else self._position(after) + 1
        begin_ns = time.monotonic_ns()
        while True:
            while position < len(self.log):
                frame = self.log[position]
                position += 1
                if frame.direction == "←" and condition(frame):
                    return frame
            now_ns = time.monotonic_ns()
            ran_s = (now_ns - begin_ns) / 1e9 - self.stalled_ms(begin_ns, now_ns) / 1e3
            if self._over or (remaining := within_s - ran_s) <= 0:
                return None
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), remaining)
            except TimeoutError:
                continue

    def _position(self, frame: Frame) -> int:
        """Return where a frame stands in the log; it is searched from the end."""
        for index in range(len(self.log) - 1, -1, -1):
            if self.log[index] is frame:
                return index
        raise ValueError("the frame is not in this log")

    def _stop_waiting(self) -> None:
        self._changed.set()
