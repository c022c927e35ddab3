"""What the kernel of this machine holds of a connection: bytes that were sent and not yet read."""

from __future__ import annotations

import re
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""One line per socket: number, own and other address, state, tx:rx queues in bytes … all of it
hexadecimal (proc(5)). There may be thousands; only the lines that are asked for are taken apart."""


def held_bytes(sender_port: int, receiver_port: int) -> int | None:
    """Return how many bytes the kernel holds on their way from a sender to a receiver.

    That is what the sender's end has not got rid of, and what nobody has read at the receiver's.

    Args:
        sender_port: of a socket on this machine.
        receiver_port: of the socket that it is connected with, on this machine too.

    Returns:
        None where the kernel does not say: a sender on another machine, or no Linux.
    """
    queues = waiting_bytes(sender_port, receiver_port)
    return None if queues is None else sum(queues)


def waiting_bytes(sender_port: int, receiver_port: int) -> tuple[int, int] | None:
    """Return the same for each end: what waits at the sender's, and what at the receiver's."""
    text = "".join(table.read_text() for table in TABLES if table.is_file())
    sending = _queue(text, sender_port, receiver_port, 1)
    receiving = _queue(text, receiver_port, sender_port, 2)
    return None if sending is None or receiving is None else (sending, receiving)


def _queue(text: str, own: int, other: int, which: int) -> int | None:
    """Return the tx (1) or the rx (2) queue of the last socket between two ports."""
    line = rf":{own:04X} [0-9A-F]+:{other:04X} [0-9A-F]+ ([0-9A-F]+):([0-9A-F]+) "
    found = re.findall(line, text)
    return int(found[-1][which - 1], 16) if found else None
