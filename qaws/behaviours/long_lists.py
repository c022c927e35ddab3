"""Clients that ask for many instruments or symbols at a time, as those do that follow whole chains.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from qaws.behaviours import lifecycle
from qaws.behaviours.sayable import sayable_of
from qaws.clients.connection import Connection
from qaws.protocol.market import INSTRUMENTS, Selection
from qaws.testbed.testbed import Testbed

QUIET_FROM = 3_000_001
"""Instruments from here on never tick."""

QUIET = "QUIET"
"""How the symbols begin that never tick."""

TURNED_AWAY, OWN_CODES = (1008, 1009), 4000
"""Close codes for what a service does not want (RFC 6455, section 7.4.1), and from which on they
are an application's own (7.4.2)."""


async def be_subscribed(
    testbed: Testbed, clients: Sequence[str], selection: Selection, size: int
) -> None:
    """Connect clients, and subscribe them by one message that names many instruments or symbols.

    The first of a selection comes first and the others last, behind what never ticks. A service may
    refuse so many at a time, by an error or a close that says so, or acknowledge others than those;
    then clients subscribe as any other, and so they do where the dialect has words of its own.

    Raises:
        Refuted: one was not welcomed, or its subscription neither acknowledged nor refused.
    """
    await lifecycle.be_connected(testbed, clients)
    if not testbed.dialect.is_plain:
        why = f"the dialect {testbed.dialect.name} has words of its own for many {selection.kind}"
        testbed.scenario.leave_out(f"{size:,} {selection.kind} in one message: {why}")
        await lifecycle.subscribe(testbed, clients, sayable_of(testbed, selection))
        return
    connections = testbed.scenario.connections.of(clients)
    by = long_list(selection, size)
    asking = (c.subscribe(selection, testbed.grace_s, by) for c in connections)
    acks = await asyncio.gather(*asking)
    closed = [c for c in connections if _is_turned_away(c)]
    refused = [c for c in connections if c.refused or c in closed]
    told = [(c, ack) for c, ack in zip(connections, acks, strict=True) if c not in refused]
    asked = f"to subscribe to {selection}, as the first and the last of {size:,}"
    lifecycle.require_acks(testbed, [c for c, _ in told], [ack for _, ack in told], asked)
    if refused:
        how = f": {closed[0].ending}" if closed else ""
        said = f"{size:,} {selection.kind} in one message are refused here{how}"
        testbed.scenario.remarks.append(said)
        for each in closed:
            each.end_was_due = True
        await lifecycle.be_connected(testbed, [c.name for c in closed])
        await lifecycle.subscribe(testbed, [c.name for c in refused], selection)


def _is_turned_away(connection: Connection) -> bool:
    """Return whether the service has closed as it does for what it does not want: no crash."""
    ending = connection.ending
    if ending is None or not connection.ended_by_service:
        return False
    return ending.code in TURNED_AWAY or ending.code >= OWN_CODES


def long_list(selection: Selection, size: int) -> Selection:
    """Return the first of a selection, so many that never tick as it takes, and the others."""
    if selection.kind == "symbols":
        begin, *end = selection.symbols
        names = (f"{QUIET}{number:04}" for number in range(size - len(selection.symbols)))
        return Selection("symbols", symbols=(begin, *names, *end))
    first, *others = selection.instruments
    quiet = range(QUIET_FROM, QUIET_FROM + size - len(selection.instruments))
    assert not set(quiet) & INSTRUMENTS.keys()
    return Selection("instruments", instruments=(first, *quiet, *others))
