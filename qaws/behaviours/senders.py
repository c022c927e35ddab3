"""Clients that send while their service is told to end: they have messages under way as it closes.

A service that closes a socket on which a message lies unread, or on which one still comes, has its
system reset the line (RFC 9293, section 3.6.1). What the client has not read by then can be lost
with it: the last ticks, and the close frame. On one machine a client would have read all of that at
once; so from the order on those that send read a little later, as at the end of a long line.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from qaws.behaviours import lifecycle
from qaws.clients.connection import Connection
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

SENDERS = Key[list[Connection]]("no client sends while the service is told to end")

PINGS, EVERY_S = 2, 0.25
"""How many pings a client sends at a time, and how often: what answers the first shows only when
the second goes out. No service may take so few for a flood (QA-WS-024: 1,000 a second)."""

FURTHER_S = 0.3
"""So much later than the others those that send hear of their close: they have sent once more by
then."""

FURTHER_AT_MOST_S = 1.0
"""So long after the order they read again in any case. A service may close one client after the
other; and of a client that does not answer its close frame it need not take many messages more:
Hypercorn keeps ten for an application that has closed."""


async def be_subscribed(
    testbed: Testbed, clients: Sequence[str], selection: Selection, count: int
) -> None:
    """Connect and subscribe clients, of which some will send; these are spread among the others.

    Raises:
        Broken: more are to send than there are.
        Refuted: one was not welcomed, or its subscription not acknowledged.
    """
    if count > len(clients):
        raise Broken(f"{count} of {len(clients)} clients cannot send pings")
    await lifecycle.be_subscribed(testbed, clients, selection)
    spread = [clients[place * len(clients) // count - 1] for place in range(1, count + 1)]
    testbed.scenario.stash[SENDERS] = testbed.scenario.connections.of(spread)


def of(testbed: Testbed, clients: Sequence[Connection]) -> list[Connection]:
    """Return those of the clients that send."""
    chosen = testbed.scenario.stash.get(SENDERS) or []
    return [client for client in clients if client in chosen]


async def begin(testbed: Testbed, clients: Sequence[Connection]) -> None:
    """Let clients send pings until their connections are over; each has sent some already."""

    async def keep_sending(client: Connection) -> None:
        while client.is_open:
            for _ in range(PINGS):
                await client.send(client.dialect.ping())
            await asyncio.sleep(EVERY_S)

    loop = asyncio.get_running_loop()
    testbed.scenario.background += [loop.create_task(keep_sending(each)) for each in clients]
    await asyncio.sleep(0)


async def read_late(clients: Sequence[Connection], others_closed: asyncio.Task[None]) -> None:
    """Let clients read again once others have been closed for a moment, or have not been in time.

    Args:
        clients: those that send; they have stopped reading.
        others_closed: is done when all others are closed.
    """
    begin_s = time.monotonic()
    try:
        await asyncio.wait([others_closed], timeout=FURTHER_AT_MOST_S)
        left_s = begin_s + FURTHER_AT_MOST_S - time.monotonic()
        await asyncio.sleep(min(FURTHER_S, max(0.0, left_s)))
    finally:
        for client in clients:
            client.read_on()


def require_sent(clients: Sequence[Connection], since_ns: int) -> None:
    """Make sure that clients sent something between the order to end and their end.

    Args:
        clients: those that were to send.
        since_ns: when the order was given (`time.monotonic_ns()`).

    Raises:
        NotVerified: one has not, so that nothing of it was under way.
    """
    for client in clients:
        end_ns = client.ending.at_ns if client.ending else time.monotonic_ns()
        if not any(
            _is_sent(f.kind, f.direction) and since_ns < f.at_ns < end_ns for f in client.log
        ):
            raise NotVerified(
                f"{client.name} sent nothing between SIGTERM and its end, so nothing of it was "
                f"under way: {client.summary()}"
            )


def _is_sent(kind: str, direction: str) -> bool:
    return kind == "text" and direction == "→"
