"""Pings of both kinds, and whose answers come back.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from qaws.behaviours import answers, lifecycle
from qaws.clients.connection import Connection
from qaws.testbed.testbed import Testbed

UNASKED = b"still here"
"""What a pong says that answers no ping."""

LARGEST_PING = 125
"""Bytes that a control frame may carry at most (RFC 6455, section 5.5)."""


async def ping_answered(
    testbed: Testbed, clients: Sequence[str], ping: str, within_ms: float
) -> None:
    """Require that pings come back within `within_ms`.

    Args:
        testbed: the testbed.
        clients: whose.
        ping: "WebSocket ping" (RFC 6455 section 5.5.2) or "ping message" (the dialect's own).
        within_ms: the bound in milliseconds.
    """
    wait_s = within_ms / 1e3 + testbed.grace_s
    connections = testbed.scenario.connections.of(clients)
    if ping == "WebSocket ping":
        # All at the same moment: each has to get its own answer.
        pings = await asyncio.gather(*(c.ping_frame(wait_s) for c in connections))
    else:
        pings = [await _ping_message(testbed, c, wait_s) for c in connections]
    for connection, (sent_ns, pong_ns) in zip(connections, pings, strict=True):
        what = f"answer to {connection.name}'s {ping}"
        if pong_ns is None and (strays := answers.pong_faults(testbed, [connection])):
            allowed = "a pong with the payload of the ping (RFC 6455, section 5.5.3)"
            testbed.scenario.checks.require(False, what, strays[0], allowed)
        lifecycle.in_time(testbed, what, sent_ns, pong_ns, within_ms, connection)
    if ping == "WebSocket ping":
        await _extreme_pings_answered(testbed, connections, within_ms)


async def send_pong(testbed: Testbed, client: str) -> None:
    """Let a client send a pong that answers no ping: none answers it (RFC 6455, section 5.5.3)."""
    await testbed.scenario.connections.named(client).send_pong(UNASKED)


async def _extreme_pings_answered(
    testbed: Testbed, connections: Sequence[Connection], within_ms: float
) -> None:
    """Require the same of pings without a payload, and with the largest (RFC 6455, section 5.5)."""
    for size in (0, LARGEST_PING):
        for each in connections:
            sent_ns, pong_ns = await each.ping_frame(within_ms / 1e3 + testbed.grace_s, size)
            what = f"answer to {each.name}'s WebSocket ping with a payload of {size} bytes"
            lifecycle.in_time(testbed, what, sent_ns, pong_ns, within_ms, each)


async def _ping_message(
    testbed: Testbed, connection: Connection, within_s: float
) -> tuple[int, int | None]:
    """Send a ping message; return when it left and when its pong came (None: it did not)."""
    sent = await connection.send(connection.dialect.ping())
    pong = await connection.wait_for(lifecycle.is_kind(testbed, "pong"), sent, within_s)
    return sent.at_ns, pong.at_ns if pong else None
