"""The line of a client that is slow: is there more on the way to it than it takes?

A client is slow for its service from the moment at which its own buffer is full, so that bytes wait
at the service's end; and only when the system takes no more there can the service notice.
"""

from __future__ import annotations

import array
import fcntl
import socket
import termios
import time
from collections import deque
from typing import Any

import msgspec

from qaws.measure.socket_buffers import waiting_bytes

LOOK_EVERY_S = 0.1
"""How often a line is looked at."""

BLOCKED_BYTES = 1024
"""What waits at the service's end of a line that is blocked, at least: more than one tick, or than
a close, that is only on its way. A service may let the system take little more for it."""

LATELY_S = 1.0
GROWS_BYTES = 64 * 1024
"""A line that holds so many bytes more than a second ago is not full yet."""


class LineRecord(msgspec.Struct):
    """What was seen of a slow client's line until it was to read again.

    Attributes:
        is_seen: whether both of its ends are on this machine, and could be looked at.
        unread: bytes that waited at the client, at most.
        waiting: bytes that waited for it at the service's end, in the system, at most.
        is_filling: whether the system was still taking more and more for it at the end.
    """

    is_seen: bool = False
    unread: int = 0
    waiting: int = 0
    is_filling: bool = False

    @property
    def is_blocked(self) -> bool:
        """Return whether more was on the way to it than it took, so that bytes waited for it.

        They wait at the service's end: one that reads now and then may have nothing unread, and the
        system sends it the next bytes only when there is room for more than a few. A line whose
        other end is elsewhere is believed to be blocked.
        """
        return self.waiting >= BLOCKED_BYTES or not self.is_seen

    def __str__(self) -> str:
        """Say what was seen."""
        there = (
            f"{self.waiting:,} for it at the service's end" if self.is_seen else "no more is seen"
        )
        full = "; the system was still taking more" if self.is_filling else ""
        return f"at most {self.unread:,} bytes waited at the client, {there}{full}"


class Line:
    """Looks at one line, now and then."""

    def __init__(self, end: socket.socket) -> None:
        """Prepare to look at a line.

        Args:
            end: the client's end of it.
        """
        self.record = LineRecord()
        self._end = end
        self._next_s = 0.0
        self._looks: deque[tuple[float, int]] = deque()

    def look_now_and_then(self) -> None:
        """Look at the line if that was not done lately."""
        if time.monotonic() >= self._next_s:
            self.look()

    def look(self) -> None:
        """Look at the line now."""
        at_s, waiting = time.monotonic(), waiting_bytes(self._end)
        self._next_s = at_s + LOOK_EVERY_S
        self._take(at_s, _unread(self._end), waiting)

    def _take(self, at_s: float, unread: int, waiting: tuple[int, int] | None) -> None:
        record = self.record
        record.unread = max(record.unread, unread)
        if waiting is None:
            return
        record.is_seen = True
        record.waiting = max(record.waiting, waiting[0])
        while len(self._looks) > 1 and self._looks[1][0] <= at_s - LATELY_S:
            self._looks.popleft()
        self._looks.append((at_s, sum(waiting)))
        (since_s, before), held = self._looks[0], sum(waiting)
        record.is_filling = since_s <= at_s - LATELY_S and held - before > GROWS_BYTES


def _unread(end: socket.socket) -> int:
    """Return how many bytes wait to be read (SIOCINQ, tcp(7)); 0 where the socket is closed."""
    count = array.array("i", [0])
    parts: Any = count
    try:
        fcntl.ioctl(end.fileno(), termios.FIONREAD, parts)
    except (OSError, ValueError):
        return 0
    return count[0]
