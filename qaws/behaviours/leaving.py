"""Clients that leave: politely, by a reset, for their errors, or without a word.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence

from qaws.behaviours import lifecycle
from qaws.behaviours.lifecycle import is_kind
from qaws.behaviours.presence import require_present
from qaws.clients.connection import Connection
from qaws.protocol.market import Selection
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified, Refuted

LARGEST_MESSAGE = 64 * 1024
"""No message of a client may have more bytes (docs/specification.md, section 3: QA-WS-024)."""

GOODBYES: tuple[tuple[int | None, str], ...] = (
    (1000, ""),
    (1001, "the page is left"),
    (None, ""),
    (4001, "日経 closed by its user"),
)
"""With what clients close who leave together: a program's code, that of a page which is left, none,
as of a page that closes and gives none, and one of an application's own, some with a reason (RFC
6455, sections 5.5.1, 7.1.6, 7.4.1 and 7.4.2)."""

DISCONNECTED_WITHIN_S = 10.0
"""How long a service may take to end a connection for an error: QA-WS-024."""


async def end_connection(testbed: Testbed, client: str, ending: str) -> None:
    """End a client's connection in a way that features name.

    "a clean close", which the service has to answer, "an abrupt reset", "an end of TCP without a
    close frame", or "a close for an oversized message", which the service begins.

    Raises:
        Broken: no such ending is known.
        Refuted: a clean close was not answered by a close frame (RFC 6455, section 5.5.1).
        NotVerified: the service goes on with a client whose message was too large.
    """
    connection = testbed.scenario.connections.named(client)
    ways = {
        "a clean close": _close,
        "an abrupt reset": _reset,
        "an end of TCP without a close frame": _hang_up,
        "a close for an oversized message": _be_closed,
    }
    if ending not in ways:
        raise Broken(f'no ending "{ending}"; known are {", ".join(ways)}')
    await ways[ending](testbed, connection)


async def _close(testbed: Testbed, connection: Connection) -> None:
    """Close cleanly: that takes two."""
    if not connection.is_open:
        return
    start_ns = time.monotonic_ns()
    await connection.close()
    if not any(f.kind == "close" and f.direction == "←" for f in connection.log):
        testbed.scenario.checks.never(
            f"answer to the close frame of {connection.name}",
            start_ns,
            time.monotonic_ns(),
            testbed.grace_s * 1e3,
            f"the service sent no close frame in answer to one with {_words(connection.goodbye)}, "
            f"which RFC 6455 demands in section 5.5.1; {connection.summary()}",
        )


def _words(goodbye: tuple[int | None, str]) -> str:
    code, reason = goodbye
    said = "no code" if code is None else f"code {code}"
    return f'{said} and the reason "{reason}"' if reason else said


async def _reset(_testbed: Testbed, connection: Connection) -> None:
    await connection.reset()


async def _hang_up(_testbed: Testbed, connection: Connection) -> None:
    await connection.hang_up()


async def _be_closed(_testbed: Testbed, connection: Connection) -> None:
    """Send what no service takes, and wait until it has ended the connection for that."""
    connection.end_was_due = True
    await connection.send_fragments("x" * (LARGEST_MESSAGE + 1))
    gone = await connection.wait_for(
        lambda f: f.kind in ("close", "end"), None, DISCONNECTED_WITHIN_S
    )
    if gone is None:
        raise NotVerified(
            f"{connection.name} sent a message over 64 KiB and is still connected: whether that "
            "may be is a matter of QA-WS-024"
        )


async def come_and_go(
    testbed: Testbed, clients: Sequence[str], selection: Selection, other: Selection, ending: str
) -> None:
    """Let clients connect, subscribe, ping, and disconnect with an ending that features name.

    They subscribe to one selection twice, and name it twice in the second message; the other one
    they give up again. The last that they do is to ask for that once more: they leave before an
    answer can come.

    Raises:
        Broken: no such ending is known.
        Refuted: one was not welcomed, acknowledged, or answered.
    """
    await lifecycle.be_connected(testbed, clients)
    for each in (selection, other):
        await lifecycle.subscribe(testbed, clients, each)
    await lifecycle.subscribe_named_twice(testbed, clients, selection)
    await lifecycle.unsubscribe(testbed, clients, other)
    await ping(testbed, clients)
    for connection in testbed.scenario.connections.of(clients):
        for request in connection.dialect.subscribing(connection.dialect.sayable(other)):
            await connection.send(request)
    await end_connections(testbed, clients, ending)


async def ping_and_leave(testbed: Testbed, clients: Sequence[str], ending: str) -> None:
    """Let clients ping, each when the one before was answered, and then all disconnect."""
    await ping(testbed, clients)
    await end_connections(testbed, clients, ending)


async def ping(testbed: Testbed, clients: Sequence[str]) -> None:
    """Let clients ping, each when the one before was answered.

    Raises:
        Refuted: one got no pong.
    """
    for connection in testbed.scenario.connections.of(clients):
        asked = await connection.send(connection.dialect.ping())
        if not await connection.wait_for(is_kind(testbed, "pong"), asked, testbed.grace_s):
            raise Refuted(f"{connection.name} got no pong: {connection.summary()}")


async def end_connections(testbed: Testbed, clients: Sequence[str], ending: str) -> None:
    """End the connections of several clients at the same time; see `end_connection`.

    Those who close cleanly do so with one of `GOODBYES` each, in turn.
    """
    connections = testbed.scenario.connections.of(clients)
    for connection, goodbye in zip(connections, itertools.cycle(GOODBYES), strict=False):
        connection.goodbye = goodbye
    await asyncio.gather(*(end_connection(testbed, client, ending) for client in clients))


async def vanish(testbed: Testbed, client: str) -> None:
    """Let a client stop reading and answering: its machine is gone, and no packet tells of it.

    Raises:
        Refuted, NotVerified: it had gone before; see `require_present`.
    """
    connection = testbed.scenario.connections.named(client)
    require_present([connection], "when it was to vanish")
    connection.vanish()
