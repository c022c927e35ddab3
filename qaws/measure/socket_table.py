"""The sockets of this machine, by their inodes: what the kernel tells of them, and who holds them.

Linux answers for TCP over netlink (sock_diag(7)), in a millisecond or two, and leaves out who only
waits for the end of its time (TIME_WAIT). /proc/net/tcp has those too, as text: of a machine that
has just served thousands of clients it is a megabyte, and takes twenty milliseconds to read.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x301
"""NLM_F_REQUEST | NLM_F_DUMP."""
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
"""A netlink message's length with this header, type, flags, sequence number, sender."""
_REQUEST = struct.Struct("=BBBBI48x")
"""inet_diag_req_v2: family, protocol, extensions, padding, states as bits; which socket: any."""
_ANSWER = struct.Struct("=BB2x2s2s60xI")
"""inet_diag_msg: family, state, own port and the peer's in network order, …, inode."""
_CODE = struct.Struct("=i")
_ANSWER_BYTES = 64 * 1024

_STATES = {
    1: psutil.CONN_ESTABLISHED,
    2: psutil.CONN_SYN_SENT,
    3: psutil.CONN_SYN_RECV,
    4: psutil.CONN_FIN_WAIT1,
    5: psutil.CONN_FIN_WAIT2,
    8: psutil.CONN_CLOSE_WAIT,
    9: psutil.CONN_LAST_ACK,
    10: psutil.CONN_LISTEN,
    11: psutil.CONN_CLOSING,
}
"""The states (tcp_states.h) of sockets that a process can hold and /proc/net/tcp has."""
_LISTEN = 10


@dataclass(frozen=True, slots=True)
class TcpSocket:
    """A TCP socket: the port on its own side, its state in psutil's word, and the peer's port."""

    port: int
    status: str
    peer: int = 0


def tcp_sockets(*, only_listening: bool = False) -> dict[int, TcpSocket]:
    """Return the TCP sockets of this machine that a process may hold: inode → socket.

    Args:
        only_listening: leave out connections, for which the kernel need not look.

    Raises:
        OSError: this system does not answer for its sockets over netlink.
    """
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError("no netlink on this system")
    states = 1 << _LISTEN if only_listening else sum(1 << state for state in _STATES)
    found = {}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as line:
        for family in (socket.AF_INET, socket.AF_INET6):
            body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0, states)
            head = _HEADER.pack(
                _HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, family, 0
            )
            line.sendto(head + body, (0, 0))
            for answer in _answers(line):
                _, state, *ports, inode = _ANSWER.unpack_from(answer)
                own, peer = (int.from_bytes(each, "big") for each in ports)
                if state in _STATES and inode:
                    found[inode] = TcpSocket(own, _STATES[state], peer)
    return found


def _answers(line: socket.socket) -> Iterator[memoryview]:
    """Yield the bodies of the messages that answer a request, to the last.

    Raises:
        OSError: the kernel does not know the request, or will not tell.
    """
    while True:
        rest = memoryview(line.recv(_ANSWER_BYTES))
        while rest:
            length, kind, *_ = _HEADER.unpack_from(rest)
            body = rest[_HEADER.size : length]
            if kind == _DONE:
                return
            if kind == _ERROR:
                (code,) = _CODE.unpack_from(body)
                raise OSError(-code, os.strerror(-code))
            yield body
            rest = rest[(length + 3) & ~3 :]  # messages begin at multiples of four bytes


def udp_sockets() -> set[int]:
    """Return the inodes of this machine's UDP sockets that have a port."""
    return {*_column("udp", 9), *_column("udp6", 9)}


def unix_sockets() -> set[int]:
    """Return the inodes of this machine's sockets between its own processes."""
    return set(_column("unix", 6))


def _column(table: str, number: int) -> Iterator[int]:
    """Yield a column of a table of the kernel's; nothing where there is none."""
    with contextlib.suppress(OSError):
        text = Path("/proc/net", table).read_text(encoding="utf-8", errors="replace")
        for line in text.splitlines()[1:]:
            cells = line.split(maxsplit=number + 1)
            if len(cells) > number and cells[number].isdecimal():
                yield int(cells[number])


def socket_descriptors(pid: int) -> dict[int, int]:
    """Return the descriptors of a process that are sockets: descriptor → inode.

    Empty where /proc does not tell.

    Raises:
        PermissionError: the process is not ours to look at.
    """
    found = {}
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for name in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # closed meanwhile
                target = os.readlink(f"/proc/{pid}/fd/{name}")
                if target.startswith("socket:["):
                    found[int(name)] = int(target[len("socket:[") : -1])
    return found
