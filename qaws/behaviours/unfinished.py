"""What clients have begun and not ended: a message, or a handshake.

A service that waits for the rest before it looks at anything else cannot be told to end. Every
function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from qaws.behaviours import lifecycle
from qaws.clients.connection import Connection
from qaws.clients.raw_connection import RawConnection, request
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed

HANDSHAKES = Key[dict[str, RawConnection]]("nobody has begun a handshake in this scenario")
"""Client → its network connection, on which half a request has gone out."""

MESSAGES = Key[list[Connection]]("nobody is in the middle of a message in this scenario")
"""Who has sent a part of a message, and no more."""


async def be_amid_a_message(testbed: Testbed, clients: Sequence[str]) -> None:
    """Connect clients, and let each send the first fragment of a message, and no other.

    Raises:
        Refuted: one was not welcomed.
    """
    await lifecycle.be_connected(testbed, clients)
    for connection in testbed.scenario.connections.of(clients):
        connection.begin_message(connection.dialect.ping())
        testbed.scenario.stash.setdefault(MESSAGES, []).append(connection)


async def begin_a_handshake(testbed: Testbed, client: str) -> None:
    """Let a client send half of a good request; its connection stays until the scenario ends.

    It is none of the scenario's other clients: nobody has let it in.

    Raises:
        Broken: nobody listens there.
    """
    service, authority = testbed.service, testbed.target.endpoint.authority
    connection = RawConnection(client, testbed.dialect, authority=authority)
    await connection.dial(service.url)
    whole = request(service.url)
    connection.pour(whole[: len(whole) // 2])
    testbed.scenario.stash.setdefault(HANDSHAKES, {})[client] = connection
    testbed.scenario.on_end.append(partial(testbed.loop.call, _end(connection)))


async def _end(connection: RawConnection) -> None:
    connection.cut()


def note_handshakes(testbed: Testbed) -> None:
    """Note whether handshakes that were begun are still under way; the service is to end now."""
    for client, connection in (testbed.scenario.stash.get(HANDSHAKES) or {}).items():
        if connection.is_over:
            said = "the service had ended it already"
            testbed.scenario.leave_out(f"the handshake of {client}, under way at SIGTERM: {said}")
        else:
            said = "whoever waits for its end is late"
            testbed.scenario.remarks.append(
                f"the handshake of {client} was under way at SIGTERM: {said}"
            )


def is_amid_a_message(testbed: Testbed, connection: Connection) -> bool:
    """Return whether a client has sent a part of a message, and no more."""
    return connection in (testbed.scenario.stash.get(MESSAGES) or [])
