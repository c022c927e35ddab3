"""A capture of the loopback interface: when the kernel had each byte, whoever reads it later.

The kernel stamps each packet as it arrives (SO_TIMESTAMPNS, socket(7)), so that neither this
process nor the receiver has to run at that moment. A packet socket needs CAP_NET_RAW (packet(7)).
"""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
from contextlib import suppress
from itertools import count

import msgspec
import numpy as np

from qaws.measure.clock import WallClock, at_us
from qaws.measure.latency import Microseconds
from qaws.verdict import Broken

ROOM = 70_000
"""Bytes; no packet of the loopback interface is longer."""

BUFFER = 256 * 1024 * 1024
LOOK_EVERY_S = 0.02
"""The packets are stamped: who fetches them need not, and shall not, wake for each."""

ETHERNET, SYN = 14, 0x02
_IPV4, _TCP, _FOR_US = 0x0800, 6, 0
_SO_ATTACH_FILTER, _SO_RCVBUFFORCE, _SO_TIMESTAMPNS = 26, 33, 35
_SOL_PACKET, _PACKET_STATISTICS = 263, 6


def may_capture() -> str | None:
    """Say why this machine does not let us capture; None if it does."""
    try:
        _packet_socket().close()
    except (AttributeError, OSError) as problem:
        return f"no right to capture packets here (CAP_NET_RAW, see packet(7)): {problem}"
    return None


def _packet_socket() -> socket.socket:
    return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_IPV4))


class Stream(msgspec.Struct):
    """What one client was sent: all bytes in order, and where each packet ended, and when."""

    data: bytearray
    ends: list[int]
    times_us: list[float]

    def take(self, place: int, payload: bytes, at_us: float) -> None:
        """Take the next packet; what was sent again is passed over.

        Raises:
            Broken: a packet is missing.
        """
        new = place + len(payload) - len(self.data)
        if new <= 0:
            return
        if new > len(payload):
            raise Broken(f"the capture lacks {new - len(payload)} bytes of a stream")
        self.data += payload[-new:]
        self.ends.append(len(self.data))
        self.times_us.append(at_us)

    def arrivals(self) -> tuple[Microseconds, Microseconds]:
        """Return (due, arrived) of each tick: when the packet that completed it was there; µs."""
        due, ends = [], []
        place = self.data.find(b"\r\n\r\n") + 4
        while place < len(self.data):
            length, start = self.data[place + 1], place + 2
            if length >= 126:
                width = 2 if length == 126 else 8
                length = int.from_bytes(self.data[start : start + width], "big")
                start += width
            place = start + length
            with suppress(msgspec.DecodeError):
                if due_us := _decode(self.data[start:place]).due_us:
                    due.append(due_us)
                    ends.append(place)
        last = np.searchsorted(np.array(self.ends), np.array(ends))
        return np.array(due, np.int64), np.array(self.times_us)[last].astype(np.int64)


class _Tick(msgspec.Struct):
    due_us: int = 0


_decode = msgspec.json.Decoder(_Tick).decode


class Capture:
    """Captures what a port of this machine sends, from its making until `close`."""

    def __init__(self, port: int) -> None:
        """Begin.

        Raises:
            Broken: this machine does not let us.
        """
        if problem := may_capture():
            raise Broken(problem)
        self._socket = _packet_socket()
        self._socket.bind(("lo", 0))
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        with suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, BUFFER)
        _filter(self._socket, port)
        self._socket.setblocking(False)
        self._packets: list[tuple[bytes, int]] = []  # with their times in µs, as of `now_us`
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(LOOK_EVERY_S):
            self._fetch()

    def _fetch(self) -> None:
        wall = WallClock.read()  # which the kernel stamps with, and which may have been set
        with suppress(BlockingIOError):
            while True:
                packet, told, _, _ = self._socket.recvmsg(ROOM, 128)
                seconds, ns = struct.unpack("qq", told[0][2][:16])
                stamp_ns = seconds * 1_000_000_000 + ns
                self._packets.append((packet, at_us(stamp_ns - wall.ahead_ns)))

    def close(self) -> None:
        """Capture no more; safe to call twice."""
        if not self._over.is_set():
            self._over.set()
            self._thread.join()
            self._fetch()
            _, self._lost = struct.unpack(
                "II", self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8)
            )
            self._socket.close()

    def streams(self) -> list[Stream]:
        """Return what each WebSocket client was sent, in the order of their connections.

        Raises:
            Broken: packets were lost.
        """
        self.close()
        if self._lost:
            raise Broken(f"the capture lost {self._lost} packets: its buffer was full")
        began: dict[int, int] = {}
        found: dict[int, Stream] = {}
        for packet, received_us in self._packets:
            ip = ETHERNET
            tcp = ip + (packet[ip] & 15) * 4
            port, number = struct.unpack_from("!HI", packet, tcp + 2)
            start = tcp + (packet[tcp + 12] >> 4) * 4
            end = ip + int.from_bytes(packet[ip + 2 : ip + 4], "big")
            if packet[tcp + 13] & SYN:
                began[port] = number + 1
                found[port] = Stream(bytearray(), [], [])
            elif port in found and end > start:
                place = (number - began[port]) % (1 << 32)
                found[port].take(place, packet[start:end], received_us)
        return [stream for stream in found.values() if stream.data.startswith(b"HTTP/1.1 101")]


def _filter(captured: socket.socket, port: int) -> None:
    """Let only pass what comes in from a TCP port (classic BPF, see socket(7))."""
    packet_type, passed = 0xFFFFF004, 0x40000  # SKF_AD_OFF + SKF_AD_PKTTYPE; bytes kept
    program = [
        (0x30, 0, 0, packet_type),  # ldb: each packet is seen as it leaves, and as it arrives
        (0x15, 0, 6, _FOR_US),
        (0x30, 0, 0, ETHERNET + 9),  # ldb: the protocol
        (0x15, 0, 4, _TCP),
        (0xB1, 0, 0, ETHERNET),  # ldxb 4 * ([14] & 15): the length of the IP header
        (0x48, 0, 0, ETHERNET),  # ldh [x + 14]: the source port
        (0x15, 0, 1, port),
        (0x06, 0, 0, passed),
        (0x06, 0, 0, 0),
    ]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    room = ctypes.create_string_buffer(code)
    head = struct.pack("HL", len(program), ctypes.addressof(room))
    captured.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, head)
    with suppress(BlockingIOError):  # what came before there was a filter
        for _ in count():
            captured.recv(ROOM, socket.MSG_DONTWAIT)
