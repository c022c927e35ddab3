"""One connection that a relay hands on, and the ways in which it can be slow, silent or broken."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable

CHUNK_BYTES = 64 * 1024
END_ALLOWANCE_S = 5.0
PIECE_EVERY_S = 0.001
"""How far apart pieces are handed on: time enough to be read one by one."""
TICK_BYTES = 128
"""What comes in fewer bytes is no tick, but the answer to a question."""
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: whoever closes does not wait, and resets the connection (socket(7))."""


class Way:
    """One direction of a link.

    Attributes:
        late_s: by how much each byte is late, in seconds.
        piece_bytes: how many bytes are handed on at a time, at most; 0: as they come.
        is_silent: nothing is handed on any more, the source's end neither.
        breaks: to become silent in the middle of the next tick.
        rewrites: returns what is handed on of what has come, where that is not the same.
        is_tick: tells whether a tick is in what has come.
    """

    def __init__(self, source: socket.socket, sink: socket.socket) -> None:
        self.source, self.sink = source, sink
        self.rewrites: Callable[[bytes], bytes] = bytes
        self.is_tick: Callable[[bytes], bool] = lambda data: len(data) >= TICK_BYTES
        self.turn = threading.Lock()
        self.passed_bytes = self.swallowed_bytes = self.last_byte_ns = self.pieces = 0
        self.is_silent = self.breaks = False
        self.late_s, self.piece_bytes = 0.0, 0
        self._sizes = random.Random(1)

    def run(self) -> None:
        """Hand on, or swallow, what comes, until the source ends; then end the sink alike."""
        try:
            with contextlib.suppress(OSError):
                self._carry()
        finally:  # a mistake of ours must not leave a link that is dead and looks alive
            with self.turn:
                if not self.is_silent:
                    _shut(self.sink, socket.SHUT_WR)

    def _carry(self) -> None:
        """Read on, also while something that is late waits; return when the source has ended."""
        waiting: deque[tuple[float, bytes]] = deque()
        ready = select.poll()
        ready.register(self.source, select.POLLIN)
        has_ended = False
        while waiting or not has_ended:
            left_s = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            if has_ended:
                time.sleep(left_s or 0.0)
            elif ready.poll(None if left_s is None else left_s * 1e3):
                data = self.source.recv(CHUNK_BYTES)
                has_ended = not data
                if data := self.rewrites(data):
                    waiting.append((time.monotonic() + self.late_s, data))
            while waiting and waiting[0][0] <= time.monotonic():
                self._hand_on(waiting.popleft()[1])

    def _hand_on(self, data: bytes) -> None:
        with self.turn:
            whole = len(data)
            if self.breaks and not self.is_silent and self.is_tick(data):
                data = data[: amid(data)]
                self._send(data)
                self.is_silent = True
                self.swallowed_bytes += whole - len(data)
            elif self.is_silent:
                self.swallowed_bytes += whole
            else:
                self._send(data)

    def _send(self, data: bytes) -> None:
        due = time.monotonic()
        while data:
            size = self._sizes.randint(1, self.piece_bytes) if self.piece_bytes else len(data)
            self.pieces += 1  # first: who has what was sent may look before this goes on
            self.passed_bytes += len(data[:size])
            self.sink.sendall(data[:size])
            self.last_byte_ns = time.monotonic_ns()
            data = data[size:]
            due += PIECE_EVERY_S
            if self.piece_bytes:
                time.sleep(max(0.0, due - time.monotonic()))


class Link:
    """One connection of the service, handed on to the broker."""

    def __init__(self, service: socket.socket, broker: socket.socket) -> None:
        for end in (service, broker):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.service, self.broker = service, broker
        self.up, self.down = Way(service, broker), Way(broker, service)
        self._threads = [
            threading.Thread(target=way.run, name="qaws-relay-link", daemon=True)
            for way in (self.up, self.down)
        ]

    @property
    def ways(self) -> tuple[Way, Way]:
        """Return both directions."""
        return self.up, self.down

    def begin(self) -> None:
        """Begin to hand on."""
        for thread in self._threads:
            thread.start()

    def reset(self) -> None:
        """Reset the connection at both ends: neither is told of an end before."""
        for way in self.ways:
            way.is_silent = True
            way.source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            _shut(way.source, socket.SHUT_RD)
        self._close()

    def end_one_way(self) -> None:
        """End what goes to the service; what it says still reaches the broker."""
        self.down.is_silent = True
        _shut(self.service, socket.SHUT_WR)

    def stop(self) -> None:
        """Close the connection at both ends; safe to call twice."""
        for way in self.ways:
            _shut(way.source, socket.SHUT_RDWR)
        self._close()

    def _close(self) -> None:
        for thread in self._threads:
            thread.join(END_ALLOWANCE_S)
        for end in (self.service, self.broker):
            end.close()


def amid(data: bytes) -> int:
    """Return where to cut bytes of the broker so that a message is cut: in its longest line.

    RESP ends each part of a message with CR LF, and the payload of a tick is the longest part.
    """
    lines = data.split(b"\r\n")
    longest = max(range(len(lines)), key=lambda index: len(lines[index]))
    before = sum(len(line) + 2 for line in lines[:longest])
    return before + max(1, len(lines[longest]) // 2)


def _shut(end: socket.socket, how: int) -> None:
    with contextlib.suppress(OSError):  # it has gone already
        end.shutdown(how)
