"""The sign of life of a process whose event loop has its hands full.

A worker that reads what thousands of clients have received may be seconds away from its next turn
on a busy machine: that is no reason to give it up. So a thread gives the sign, on a connection of
its own. A process that is stopped, or gone, gives none; one that is alive and never comes to its
end misses a deadline.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from qaws.load.cluster import wire

REACHED_S = 10.0
"""How long the controller may take to accept; it does so between other things."""


@contextmanager
def pulse(call: wire.Call) -> Iterator[None]:
    """Give the controller a sign of life every half second, until the end of the block."""
    over = threading.Event()
    threading.Thread(target=_beat, args=(call, over), name="pulse", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _beat(call: wire.Call, over: threading.Event) -> None:
    with (
        suppress(OSError),  # the controller is gone: the other connection says so
        socket.create_connection((call.host, call.port), REACHED_S) as line,
    ):
        line.sendall(wire.packed(wire.Pulse(call.secret, call.name)))
        while not over.wait(wire.HEARTBEAT_S):
            line.sendall(wire.packed(wire.Alive()))
