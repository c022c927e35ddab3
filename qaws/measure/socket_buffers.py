"""What the kernel of this machine holds of a connection: bytes that were sent and not yet read."""

from __future__ import annotations

from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""One line per socket: number, own and other address, state, tx:rx queues in bytes … all of it
hexadecimal (proc(5))."""


def held_bytes(sender_port: int, receiver_port: int) -> int | None:
    """Return how many bytes the kernel holds on their way from a sender to a receiver.

    That is what the sender's end has not got rid of, and what nobody has read at the receiver's.

    Args:
        sender_port: of a socket on this machine.
        receiver_port: of the socket that it is connected with, on this machine too.

    Returns:
        None where the kernel does not say: a sender on another machine, or no Linux.
    """
    sending = receiving = None
    for own, other, tx, rx in _rows():
        if (own, other) == (sender_port, receiver_port):
            sending = tx
        elif (own, other) == (receiver_port, sender_port):
            receiving = rx
    return None if sending is None or receiving is None else sending + receiving


def _rows() -> list[tuple[int, int, int, int]]:
    rows = []
    for table in TABLES:
        for line in table.read_text().splitlines()[1:] if table.is_file() else ():
            _, own, other, _, queues, *_ = line.split()
            tx, rx = (int(size, 16) for size in queues.split(":"))
            rows.append((_port(own), _port(other), tx, rx))
    return rows


def _port(address: str) -> int:
    return int(address.rpartition(":")[2], 16)
