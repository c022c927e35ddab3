"""Clients that subscribe and then no longer read, until their line is full.

Every async function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qaws.behaviours import instruments, lifecycle
from qaws.behaviours.lifecycle import shown
from qaws.clients.address import redacted
from qaws.clients.connection import Connection
from qaws.measure.socket_buffers import held_bytes
from qaws.protocol.market import Selection
from qaws.sut.service import MIB, Service
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

STALLED_BUFFER = 1024
"""SO_RCVBUF of a client that does not read, in bytes; the kernel makes it its own least."""

FILLING_BYTES = 3 * 1024 * 1024
FILLING_TICK_BYTES = 48 * 1024
"""What a client that does not read is sent, and in ticks of which size: more than the kernel takes
(1.6 MB were measured), less than the service may keep for it before it is evicted."""

SETTLED_S = 0.05
"""A line that holds as much as before after this time is full."""

UNSHOWN = "so nothing shows how the service ends with a client that does not read"


@dataclass(frozen=True, slots=True)
class StalledReader:
    """A client that does not read, and how many bytes were published to it until it was full.

    `selection` is what it has subscribed to.
    """

    connection: Connection
    published: int
    selection: Selection


STALLED = Key[list[StalledReader]]("no client has stopped reading in this scenario")


async def stall_reader(testbed: Testbed, client: str, selection: Selection) -> None:
    """Connect a client that subscribes and then no longer reads, and fill its line with ticks.

    No more than it takes: once the kernel takes no more the service has the rest to keep, and one
    that evicts early shall not be made to.

    Raises:
        Broken: the kernel has taken all of them, so that the service has nothing to keep for it.
    """
    (connection,) = await lifecycle.connect(testbed, [client], receive_buffer=STALLED_BUFFER)
    await lifecycle.subscribe(testbed, [client], selection)
    connection.stop_reading()
    reader = await _filled(testbed, connection, selection)
    testbed.scenario.stash.setdefault(STALLED, []).append(reader)


async def refill(testbed: Testbed, ending: Service) -> None:
    """Fill the lines that have taken all after all: a service without a turn was not seen through.

    To be called when the service has answered something since.

    Raises:
        Broken: as for `stall_reader`.
    """
    readers = testbed.scenario.stash.get(STALLED) or []
    for reader in stalled_at(testbed, ending):
        held = _held(reader.connection)
        if reader.connection.is_open and held is not None and held >= reader.published:
            again = await _filled(testbed, reader.connection, reader.selection, reader.published)
            readers[readers.index(reader)] = again


async def _filled(
    testbed: Testbed, connection: Connection, selection: Selection, published: int = 0
) -> StalledReader:
    """Publish to a client that does not read until the kernel takes no more, and ticks are left.

    A service that gets no turn for a while looks like a full line. So where the kernel goes on to
    take all of them, more are published. Where a template has no room for the padding it takes many
    ticks: these go together, or a service would have given up waiting for the client's pong first.
    """
    padding, size = {"padding": "x" * FILLING_TICK_BYTES}, FILLING_TICK_BYTES
    deadline = time.monotonic() + testbed.grace_s  # for one to whom all was published before

    def padded() -> dict[str, Any]:
        return testbed.feed.market.tick(*selection.sample()) | padding

    while not await _stays_full(connection, published):
        if published < FILLING_BYTES:
            if size < FILLING_TICK_BYTES:
                make = [padded] * math.ceil(FILLING_TICK_BYTES / size)
                ticks = await testbed.feed.publish_together(make)
            else:
                ticks = [await testbed.feed.publish(padded())]
            size = len(ticks[-1].payload)
            published += sum(len(tick.payload) for tick in ticks)
            deadline = time.monotonic() + testbed.grace_s
        elif _held(connection) is None:
            break  # the service is on another machine
        elif time.monotonic() >= deadline:
            raise Broken(
                f"{connection.name} does not read, but nothing shows that its line is full: "
                f"{_amounts(connection, published)}; if socket buffers are larger on this "
                "machine, raise FILLING_BYTES"
            )
        else:
            await asyncio.sleep(SETTLED_S)
    else:
        what = f"full: {_amounts(connection, published)}, and no more"
        testbed.scenario.figures.append((f"{connection.name}'s line", what))
    return StalledReader(connection, published, selection)


async def _stays_full(connection: Connection, published: int) -> bool:
    """Tell it twice, as one who had no turn in between would not."""
    return await _is_full(connection, published) and await _is_full(connection, published)


async def _is_full(connection: Connection, published: int) -> bool:
    """Tell whether the kernel takes no more for a client, with a tick at least left over."""
    before, held = None, _held(connection)
    while held is not None and held != before and published - held > FILLING_TICK_BYTES:
        await asyncio.sleep(SETTLED_S)
        before, held = held, _held(connection)
    return held is not None and published - held > FILLING_TICK_BYTES


def _held(connection: Connection) -> int | None:
    """Return what the kernel holds for a client; None if nobody here can look into its line."""
    return held_bytes(connection.end) if connection.end else None


def _amounts(connection: Connection, published: int) -> str:
    held = (_held(connection) or 0) / MIB
    return f"the system holds {held:.1f} of {published / MIB:.1f} MB published to it"


def stalled_at(testbed: Testbed, ending: Service) -> list[StalledReader]:
    """Return the clients of a service that do not read."""
    url = redacted(ending.url)
    return [r for r in testbed.scenario.stash.get(STALLED) or () if r.connection.url == url]


def require_stalled(testbed: Testbed, ending: Service) -> None:
    """Make sure that the clients that do not read are still there, with ticks owed to them.

    To be called right before the signal: what was so earlier shows nothing.

    Raises:
        NotVerified: one of them was evicted before, so that the end is one of readers only.
    """
    for reader in stalled_at(testbed, ending):
        name, held = reader.connection.name, _held(reader.connection)
        if not reader.connection.is_open or held is None:
            seen = reader.connection.ending or "its line cannot be seen"
            raise NotVerified(f"{name} was not there any more at SIGTERM ({seen}): {UNSHOWN}")
        if held >= reader.published:
            raise NotVerified(f"at SIGTERM no tick was owed to {name}: {UNSHOWN}")


async def require_sessions(
    testbed: Testbed, ending: Service, clients: Sequence[Connection]
) -> None:
    """Make sure that the service still counts clients that do not read, where it counts any.

    Statistics that do not even count those who read, or say this and that to those who ask at
    once, show nothing of the others: as where there are none, what counts is the line itself
    (`require_stalled`).

    Raises:
        NotVerified: it counts fewer than there are, and all who read.
    """
    stalled = stalled_at(testbed, ending)
    if not stalled or not ending.target.statistics:
        return
    told = await instruments.sessions_told(
        ending, lambda: len(clients), instruments.FOLLOWS_S * testbed.timeout_factor
    )
    if doubt := told.doubt(len(clients) - len(stalled)):
        testbed.scenario.figures.append(("statistics before SIGTERM, left aside", doubt))
    elif told.doubt(len(clients)):
        names = shown([reader.connection for reader in stalled])
        raise NotVerified(
            f"the service counted {told.least} sessions before SIGTERM, where {len(clients)} "
            f"clients had not been closed: {names} may have been evicted; {UNSHOWN}"
        )
