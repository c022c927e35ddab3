"""Clients that a verdict rests on are still there at the instant at which it matters."""

from __future__ import annotations

from collections.abc import Iterable

from qaws.clients.connection import Connection
from qaws.verdict import NotVerified, Refuted


def require_present(connections: Iterable[Connection], when: str) -> None:
    """Make sure that clients are still connected; to be called right before what they are for.

    Args:
        connections: theirs.
        when: words for that instant.

    Raises:
        Refuted: one that was subscribed has lost its connection, which is wrong in any case.
        NotVerified: one has gone otherwise.
    """
    for connection in connections:
        if not connection.is_open:
            gone = f"{connection.name} was not connected any more {when}: {connection.summary()}"
            if connection.was_lost:
                raise Refuted(f"{gone}; it was subscribed")
            raise NotVerified(f"{gone}; so nothing follows from what comes of it")
