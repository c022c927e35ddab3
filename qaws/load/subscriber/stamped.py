"""A client's line whose bytes bear the time at which the kernel had them.

Whoever looks at the clock when it comes to read adds to each latency how long the bytes lay there
meanwhile: behind those of the other clients, or until this process was given a CPU. Linux stamps
what arrives and tells it with the bytes (SO_TIMESTAMPNS, socket(7); for TCP since Linux 4.14);
where several packets are read at once it tells the last one's time: no arrival is ever too early.

uvloop's own transports do not hand the stamps on, so that this reads by itself.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from array import array
from contextlib import suppress
from typing import Protocol

import numpy as np

from qaws.measure.clock import now_us, stamped_us
from qaws.measure.latency import Latencies

ROOM = 256 * 1024
"""Bytes taken at a time: at most as many as uvloop takes."""

_SO_TIMESTAMPNS, _TOLD = 35, 64
_seconds_and_ns = struct.Struct("qq").unpack_from


class ReadDelays:
    """For how long bytes lay in the kernel until this process read them."""

    FOLDED = 4096

    def __init__(self) -> None:
        self._recent = array("q")
        self._latencies = Latencies()

    def add(self, delay_us: int) -> None:
        """Count one read."""
        self._recent.append(delay_us)
        if len(self._recent) >= self.FOLDED:
            self._fold()

    def _fold(self) -> None:
        self._latencies.record(np.array(self._recent, np.int64))
        self._recent = array("q")

    def clear(self) -> None:
        """Begin anew."""
        self._recent, self._latencies = array("q"), Latencies()

    @property
    def latencies(self) -> Latencies:
        """Return all of them; empty where the kernel told no times."""
        self._fold()
        return self._latencies


class Receiver(Protocol):
    """What a line hands its bytes to."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn that there is a line."""

    def data_arrived(self, data: bytes, now: int) -> None:
        """Take bytes that arrived at an instant, in µs since 1970."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the line has ended."""


def ask_for_stamps(line: socket.socket) -> bool:
    """Ask the kernel to stamp what arrives on a line; return whether it does that here."""
    if sys.platform != "linux":
        return False
    try:
        line.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    except OSError:
        return False
    return True


class StampedLine(asyncio.Transport):
    """A connected socket as a transport; bytes go to the receiver with the time they arrived."""

    _room = memoryview(bytearray(ROOM))
    _rooms = (_room,)

    def __init__(self, line: socket.socket, receiver: Receiver, delays: ReadDelays) -> None:
        """Begin to read.

        Args:
            line: connected, not blocking; `ask_for_stamps` was true of it.
            receiver: gets what arrives.
            delays: is told how long that lay there.
        """
        super().__init__()
        self._line, self._receiver, self._delays = line, receiver, delays
        self._loop = asyncio.get_running_loop()
        self._unsent = b""
        self._closing = self._over = self._reads = False
        with suppress(OSError):
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        receiver.connection_made(self)
        self.resume_reading()

    # --- reading --------------------------------------------------------------------------------

    def pause_reading(self) -> None:
        """Leave what arrives in the kernel."""
        if self._reads:
            self._reads = False
            self._loop.remove_reader(self._line)

    def resume_reading(self) -> None:
        """Read again."""
        if not (self._reads or self._over or self._closing):
            self._reads = True
            self._loop.add_reader(self._line, self._readable)

    def _readable(self) -> None:
        try:
            size, told, _, _ = self._line.recvmsg_into(self._rooms, _TOLD)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as problem:
            self._end(problem)
            return
        if not size:
            self._end(None)
            return
        if told:
            seconds, ns = _seconds_and_ns(told[0][2])
            arrived, lay_us = stamped_us(seconds * 1_000_000_000 + ns)
            self._delays.add(lay_us)
        else:
            arrived = now_us()
        self._receiver.data_arrived(bytes(self._room[:size]), arrived)

    # --- writing --------------------------------------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send bytes, in order; what the kernel does not take now is sent as it does."""
        if self._over or not data:
            return
        if self._unsent:
            self._unsent += data
            return
        try:
            sent = self._line.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as problem:
            self._loop.call_soon(self._end, problem)
            return
        if sent < len(data):
            self._unsent = bytes(data[sent:])
            self._loop.add_writer(self._line, self._writable)

    def _writable(self) -> None:
        unsent, self._unsent = self._unsent, b""
        self._loop.remove_writer(self._line)
        self.write(unsent)
        if self._closing and not self._unsent:
            self._end(None)

    # --- the end --------------------------------------------------------------------------------

    def is_closing(self) -> bool:
        """Return whether the line has ended, or soon will."""
        return self._closing or self._over

    def close(self) -> None:
        """End the line once all has been sent."""
        if not self._closing:
            self.pause_reading()
            self._closing = True
            if not self._unsent:
                self._loop.call_soon(self._end, None)

    def abort(self) -> None:
        """End the line now."""
        self._closing = True
        self._loop.call_soon(self._end, None)

    def _end(self, problem: Exception | None) -> None:
        if self._over:
            return
        self.pause_reading()
        if self._unsent:
            self._loop.remove_writer(self._line)
        self._over = True
        self._line.close()
        self._receiver.connection_lost(problem)
