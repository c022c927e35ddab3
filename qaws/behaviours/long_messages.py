"""Messages as long as a service has to read, several on one connection (QA-WS-129).

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import json
import time

from qaws.behaviours.lifecycle import in_time, is_kind
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified

LONG_PINGS = Key[dict[str, tuple[Connection, list[tuple[Frame, Frame | None]]]]](
    "nobody has sent a long ping message yet"
)
"""Of each client: on which connection, each ping that it sent and what answered it, if anything."""
PATIENCE_S = 2.0
"""How long an answer is waited for at least before the next message is sent."""


def padded(text: str, size: int) -> str:
    """Return a JSON text with so many blanks at its end, but before its last bracket.

    Blanks between members mean nothing (RFC 8259, section 2), so that it says what it said.

    Args:
        text: a JSON object or list.
        size: bytes of UTF-8 that it is to have.

    Raises:
        NotVerified: it is neither.
    """
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict | list):
        raise NotVerified("the dialect's ping is no JSON object or list, which blanks could fill")
    end = text.rstrip()
    blanks = size - len(end.encode())
    return f"{end[:-1]}{' ' * max(blanks, 0)}{end[-1]}"


async def send_pings(
    testbed: Testbed, client: str, times: int, size: int, every_ms: float = 0
) -> None:
    """Send so many ping messages of that size, each when the one before was answered, or not.

    Args:
        testbed: the testbed.
        client: who sends them.
        times: how many.
        size: of each, in bytes.
        every_ms: a message is due so long after the one before; 0: as soon as that was answered.

    Raises:
        NotVerified: the dialect's ping cannot be made longer.
    """
    connection = testbed.scenario.connections.named(client)
    exchanged: list[tuple[Frame, Frame | None]] = []
    began = time.monotonic()
    for number in range(times):
        await asyncio.sleep(max(0.0, began + number * every_ms / 1000 - time.monotonic()))
        sent = await connection.send(padded(str(connection.dialect.ping()), size))
        wait_s = PATIENCE_S + testbed.grace_s
        answer = await connection.wait_for(is_kind(testbed, "pong"), sent, wait_s)
        exchanged.append((sent, answer))
        if answer is None:
            break
    testbed.scenario.stash.setdefault(LONG_PINGS, {})[client] = connection, exchanged


async def pings_answered(testbed: Testbed, client: str, within_ms: float) -> None:
    """Require an answer to each long ping message, in time.

    Raises:
        Broken: the client has sent none.
    """
    connection, exchanged = testbed.scenario.stash[LONG_PINGS][client]
    for number, (sent, answer) in enumerate(exchanged, 1):
        what = f"answer to {client}'s long ping message {number}, of {len(sent.text):,} characters"
        at_ns = answer.at_ns if answer else None
        in_time(testbed, what, sent.at_ns, at_ns, within_ms, connection)
