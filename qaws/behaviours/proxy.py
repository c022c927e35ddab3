"""Quiet clients behind a reverse proxy: QA-WS-121."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from qaws.behaviours.quiet_clients import speaks_of_idleness
from qaws.clients.connection import Connection
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified

MARGIN_S = 5.0
"""How long before the target's idle timeout nobody may be quiet, in seconds."""


async def say_nothing(testbed: Testbed, clients: Sequence[str], for_ms: float) -> None:
    """Let clients be quiet for so long, but for the pongs that their libraries send; or to an end.

    Raises:
        NotVerified: an idle timeout, which may be right, comes first.
    """
    idle_s = testbed.target.idle_timeout_s
    if idle_s is not None and idle_s < for_ms / 1e3 + MARGIN_S:
        raise NotVerified(
            f"the target's idle timeout of {idle_s:g} s lets no client be quiet for "
            f"{for_ms / 1e3:g} s"
        )
    connections = testbed.scenario.connections.of(clients)
    ends = [
        asyncio.create_task(each.wait_for(lambda f: f.kind == "end", None, for_ms / 1e3))
        for each in connections
    ]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in ends:
            each.cancel()
    if idle_s is None:
        for connection in connections:
            _raise_excuse(testbed, connection)


def _raise_excuse(testbed: Testbed, connection: Connection) -> None:
    """Raise where a client may have been closed for an idle timeout that nobody knows."""
    ending = connection.ending
    if ending and ending.code in (1000, 1001) and speaks_of_idleness(ending.reason.lower()):
        raise NotVerified(
            f"{connection.name} was {ending} after {connection.lived_s():.1f} s; if that is its "
            f"idle timeout, say so in {testbed.target.file}: [endpoint] idle_timeout_s"
        )
