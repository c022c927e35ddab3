"""What the kernel of this machine holds of a connection: bytes that were sent and not yet read."""

from __future__ import annotations

import re
import socket
import struct
from pathlib import Path
from typing import Any

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""One line per socket: number, own and other address, state, tx:rx queues in bytes … all of it
hexadecimal (proc(5)). There may be thousands; only the lines that are asked for are taken apart."""

SOCK_DIAG, BY_FAMILY, ANSWER_S = 4, 20, 1.0
"""The kernel's protocol for questions about sockets, and the question by family (sock_diag(7))."""

HEADER, QUERY = struct.Struct("=IHHII"), struct.Struct("=BBBBI")
ANY_STATE, NO_INTERFACE, ANY_COOKIE = 0xFFFFFFFF, 0, (0xFFFFFFFF, 0xFFFFFFFF)
QUEUES_AT = HEADER.size + 4 + 48 + 4
"""Where an answer has what nobody has read, and what has not been got rid of: behind a word of
states, the identity, and a timer."""


def held_bytes(receiver: socket.socket) -> int | None:
    """Return how many bytes the kernel holds on their way to a receiver.

    That is what the sender's end has not got rid of, and what nobody has read at the receiver's.

    Returns:
        None where the kernel does not say: a sender on another machine, or no Linux.
    """
    if (waiting := waiting_bytes(receiver)) is not None:
        return sum(waiting)
    try:
        return _listed_bytes(receiver.getpeername()[1], receiver.getsockname()[1])
    except OSError:  # it has been cut off
        return None


def _listed_bytes(sender_port: int, receiver_port: int) -> int | None:
    """Return the same where the kernel answers no questions about sockets: its list takes long.

    With some thousand sockets that is a twentieth of a second, in which nothing else goes on.
    """
    text = "".join(table.read_text() for table in TABLES if table.is_file())
    sending = _queue(text, sender_port, receiver_port, 1)
    receiving = _queue(text, receiver_port, sender_port, 2)
    return None if sending is None or receiving is None else sending + receiving


def _queue(text: str, own: int, other: int, which: int) -> int | None:
    """Return the tx (1) or the rx (2) queue of the last socket between two ports."""
    line = rf":{own:04X} [0-9A-F]+:{other:04X} [0-9A-F]+ ([0-9A-F]+):([0-9A-F]+) "
    found = re.findall(line, text)
    return int(found[-1][which - 1], 16) if found else None


def waiting_bytes(receiver: socket.socket) -> tuple[int, int] | None:
    """Return how many bytes wait for a receiver at its sender's end, and at its own.

    Returns:
        None where the kernel does not say: a sender on another machine, a receiver that has been
        cut off, or no Linux.
    """
    queues = _both_ends(receiver)
    return None if queues is None else (queues[1][1], queues[0][0])


def unread_bytes(sender: socket.socket) -> int | None:
    """Return how many bytes a sender has sent that its receiver has not read; None as above."""
    queues = _both_ends(sender)
    return None if queues is None else queues[0][1] + queues[1][0]


def _both_ends(end: socket.socket) -> tuple[tuple[int, int], tuple[int, int]] | None:
    """Return the queues of a socket, and those of the one that it is connected with."""
    try:
        own, other = end.getsockname(), end.getpeername()
        mine, theirs = _queues(end.family, own, other), _queues(end.family, other, own)
    except (OSError, AttributeError, struct.error):
        return None
    return None if mine is None or theirs is None else (mine, theirs)


def _queues(family: int, own: Any, other: Any) -> tuple[int, int] | None:
    """Return what waits to be read at a socket, and what it has not got rid of; None: unknown.

    Raises:
        OSError: the kernel does not answer such questions.
        AttributeError: it has no such protocol.
    """
    addresses = (socket.inet_pton(family, end[0]).ljust(16, b"\0") for end in (own, other))
    identity = struct.pack("!HH", own[1], other[1]) + b"".join(addresses)
    identity += struct.pack("=III", NO_INTERFACE, *ANY_COOKIE)
    query = QUERY.pack(family, socket.IPPROTO_TCP, 0, 0, ANY_STATE) + identity
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, SOCK_DIAG) as kernel:
        kernel.settimeout(ANSWER_S)
        kernel.send(HEADER.pack(HEADER.size + len(query), BY_FAMILY, 1, 0, 0) + query)
        answer = kernel.recv(65536)
    if HEADER.unpack_from(answer)[1] != BY_FAMILY:
        return None
    unread, unsent = struct.unpack_from("=II", answer, QUEUES_AT)
    return int(unread), int(unsent)
