"""Clients that offer compression, as browsers do: QA-WS-118.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

from qaws.behaviours import leaving, lifecycle, resources
from qaws.clients.connection import Connection
from qaws.protocol.encoding import Encoding
from qaws.protocol.market import Selection
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified

KIB = 1024
PADDED = json.dumps({"action": "ping", "padding": ""})

AHEAD = "a client ahead of the swarm"
"""Its name in evidence."""


async def be_subscribed(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Connect clients that offer compression, and subscribe them.

    Raises:
        NotVerified: the service did not agree to compression.
        Refuted: one was not welcomed, or its subscription not acknowledged.
    """
    opened = await _connected(testbed, clients)
    lifecycle.require_welcomes(testbed, opened)
    await lifecycle.subscribe(testbed, clients, selection)
    testbed.scenario.figures.append(("agreed with", f"{opened[0].name}: {opened[0].extensions}"))


async def see_it_agreed(testbed: Testbed) -> None:
    """See the service agree to compression before a crowd comes that offers it.

    Raises:
        NotVerified: the service did not agree to it.
    """
    for connection in await _connected(testbed, [AHEAD]):
        await connection.close()


async def _connected(testbed: Testbed, clients: Sequence[str]) -> list[Connection]:
    opened = await lifecycle.connect(testbed, clients, compression=True)
    for connection in opened:
        if connection.http_status == 101 and not connection.extensions:
            raise NotVerified(
                f"{connection.name} offered compression (permessage-deflate, RFC 7692), and the "
                "service did not agree to it"
            )
    return opened


async def come_and_go(
    testbed: Testbed, clients: Sequence[str], selection: Selection, ending: str
) -> None:
    """Let clients that offer compression come, be served, and leave; as `leaving.come_and_go`."""
    await be_subscribed(testbed, clients, selection)
    await leaving.ping_and_leave(testbed, clients, ending)


async def send_padded(testbed: Testbed, client: str, kib: int, fragments: int) -> None:
    """Send a message that is padded to more than `kib` KiB, and takes far less when compressed.

    The service's memory is watched until it has closed the connection, as it should.

    Args:
        testbed: the testbed.
        client: who sends it; it has agreed to compression.
        kib: its size when it is inflated, to which a byte is added, or as few as there can be.
        fragments: in how many frames it goes.
    """
    text = text_of(testbed.dialect.encoding, kib * KIB + 1)
    connection = testbed.scenario.connections.named(client)
    async with resources.memory_watched(testbed):
        await connection.send_fragments(text, fragments)
        await connection.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)


def text_of(encoding: Encoding, size: int) -> str:
    """Return a text of which clients send `size` bytes, or more: a command that is padded.

    Where that cannot be said in what they send, or is shorter there, it is letters: they are no
    JSON, which goes out as it is, and only the size matters.
    """
    with suppress(NotVerified):
        text = _padded(size - len(PADDED))
        if (short := size - len(encoding.wire(text))) > 0:  # in fewer bytes than JSON has
            text = _padded(size - len(PADDED) + short)
        if len(encoding.wire(text)) >= size:
            return text
    return "a" * size


def _padded(length: int) -> str:
    return PADDED.replace('""', f'"{"a" * length}"')
