"""What a flow of ticks goes out by: pipelined, the broker's answers read and never waited for."""

from __future__ import annotations

import select
import socket
import ssl
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import Sequence
from contextlib import suppress

from qaws.verdict import Broken

TAKES_S = 5.0
"""A broker that takes nothing, or does not answer at the end, for so long has failed."""

_TRY_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Line(ABC):
    """A line to a broker, for one thread.

    Attributes:
        heard_by: the smallest number of subscribers that the broker had for a tick; None where it
            does not say.
        acknowledged_s: how long after it was given away each tick was acknowledged, in s, where
            the line does not go on to the broker at once.
    """

    heard_by: int | None = None
    acknowledged_s: array[float] = array("d")

    @abstractmethod
    def hand_over(self, payloads: Sequence[bytes]) -> int:
        """Hand over ticks in order; return for how long the broker took nothing, in ns.

        Raises:
            Broken: it hung up, refused one, or took nothing for 5 s.
            OSError: the line is cut.
        """

    @abstractmethod
    def settle(self) -> None:
        """Return when the broker has answered for all.

        Raises:
            Broken: it does not within 5 s, or refuses one.
            OSError: the line is cut.
        """

    @abstractmethod
    def close(self) -> None:
        """End it; safe to call twice."""


class SocketLine(Line):
    """A line whose bytes a kind of broker lays out by itself.

    Attributes:
        unanswered: for how many messages the broker has not answered yet.
        owed: what the broker is to be told behind the message that is on its way.
    """

    def __init__(self, connected: socket.socket) -> None:
        """Take a socket on which ticks may be sent."""
        connected.setblocking(False)
        self._socket = connected
        self.unanswered, self.owed = 0, b""

    @abstractmethod
    def framed(self, payload: bytes) -> bytes:
        """Return the bytes of a message, and note that its answer is awaited where one comes."""

    @abstractmethod
    def heard(self, data: bytes) -> None:
        """Take what the broker has sent.

        Raises:
            Broken: it refuses a tick.
        """

    def hand_over(self, payloads: Sequence[bytes]) -> int:
        """Send messages; read meanwhile what has come."""
        return self._send(b"".join(map(self.framed, payloads)))

    def _send(self, data: bytes) -> int:
        left, stood_ns = memoryview(data), 0
        while left or self.owed:
            if not left:
                left, self.owed = memoryview(self.owed), b""
            try:
                left = left[self._socket.send(left) :]
            except _TRY_AGAIN:
                asked_ns = time.monotonic_ns()
                if not select.select([], [self._socket], [], TAKES_S)[1]:
                    raise Broken(f"the broker took nothing for {TAKES_S:g} s") from None
                stood_ns += time.monotonic_ns() - asked_ns
            self.hear()
        return stood_ns

    def hear(self) -> None:
        """Read all that the broker has sent so far; over TLS each answer comes by itself."""
        with suppress(*_TRY_AGAIN):
            while data := self._socket.recv(65_536):
                self.heard(data)
            raise Broken("the broker hung up on the publisher")

    def settle(self) -> None:
        """Read until nothing is awaited any more."""
        deadline = time.monotonic() + TAKES_S
        while self.unanswered:
            select.select([self._socket], [], [], 0.1)
            self.hear()
            self._send(b"")
            if time.monotonic() > deadline:
                raise Broken(f"the broker left {self.unanswered} ticks without an answer")

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
