"""Fences: a last tick, behind which nothing earlier can come, proves absence; no pause does."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import key_of
from qaws.oracle.ledger import Published
from qaws.protocol.market import SEQUENCE_FIELD, Selection
from qaws.testbed.testbed import Testbed

WELL_PAST = 1.5
"""How many times its bound an absence is waited for, so that no short stall can explain it."""


async def fence(
    testbed: Testbed, connections: Sequence[Connection]
) -> list[tuple[Connection, bool]]:
    """Publish a last tick of all that the clients hold, and wait for those that each is due.

    When the fences have come, everything published before them has either come or is lost: that is
    how absence is proven here, and not by a pause. What one client holds may take the last tick of
    another's too, so each waits for every one that it is due.

    Returns:
        Each open, subscribed connection, and whether its fences came.
    """
    waiting = [(c, held) for c in connections if c.is_open and (held := c.holds())]
    marks: dict[Selection, list[Published]] = {}
    for selection in itertools.chain.from_iterable(held for _, held in waiting):
        if selection not in marks:
            marks[selection] = await testbed.feed.publish_fences(selection)
    wait_s = WELL_PAST * testbed.grace_s

    async def came(connection: Connection, held: Sequence[Selection]) -> bool:
        due = (
            mark
            for mark in itertools.chain.from_iterable(marks.values())
            if any(s.takes(mark.kind, mark.symbol, mark.instrument) for s in held)
        )
        return all(await asyncio.gather(*(arrival(connection, mark, wait_s) for mark in due)))

    outcome = await asyncio.gather(*(came(c, held) for c, held in waiting))
    return [(c, all_came) for (c, _), all_came in zip(waiting, outcome, strict=True)]


async def arrival(connection: Connection, tick: Published, within_s: float) -> Frame | None:
    """Wait until a tick reaches a client; None when it did not within `within_s` seconds."""
    return await connection.wait_for(lambda f: is_the_tick(f, tick), None, within_s)


def is_the_tick(frame: Frame, tick: Published) -> bool:
    """Return whether a frame is this tick."""
    message = frame.message
    return (
        isinstance(message, dict)
        and message.get("symbol") == tick.symbol
        and message.get(SEQUENCE_FIELD) == tick.sequence
        and message.get("type") == tick.kind
    )


def marks_an_end(testbed: Testbed, frame: Frame) -> bool:
    """Return whether a message is a fence, which the suite has published to prove an absence."""
    key = key_of(frame)
    tick = testbed.ledger.find(key) if key else None
    return tick is not None and tick.role == "fence"
