"""Clients that leave while ticks are delivered, and what that may cost those that stay: nothing.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from qaws.behaviours import deliveries, leaving, lifecycle
from qaws.behaviours.lifecycle import shown
from qaws.clients.registry import key_of
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken

LEAVERS = Key[list[str]]('nobody is to leave: say "…, each between two that will leave" before')
"""Who will leave, in the order in which they came."""

MANNERS = {"politely": "a clean close", "abruptly": "an abrupt reset"}
"""How clients leave, and what becomes of their connections."""


async def be_subscribed_between_leavers(
    testbed: Testbed, clients: Sequence[str], selection: Selection
) -> None:
    """Connect and subscribe clients one after the other, and one that will leave around each.

    Services keep their clients in an order of their own, most often that of their coming. So one
    of those that leave comes first, one last, and one between any two that stay.

    Raises:
        Refuted: one was not welcomed, or its subscription not acknowledged.
    """
    leavers = [f"leaver {number}" for number in range(1, len(clients) + 2)]
    testbed.scenario.stash[LEAVERS] = leavers
    for leaver, client in zip(leavers, clients, strict=False):
        await lifecycle.be_subscribed(testbed, [leaver], selection)
        await lifecycle.be_subscribed(testbed, [client], selection)
    await lifecycle.be_subscribed(testbed, leavers[-1:], selection)


async def leave_amid_ticks(testbed: Testbed, manner: str, selection: Selection, ticks: int) -> None:
    """Let those that are to leave do so in turn, each amid ticks of its own.

    See `leave_amid_own_ticks`.

    Args:
        testbed: the testbed.
        manner: "politely", by a clean close, or "abruptly", by a reset.
        selection: what ticks.
        ticks: how many ticks are published around each departure.

    Raises:
        Broken: nobody is there to leave, or no such manner is known.
    """
    if manner not in MANNERS:
        raise Broken(f'nobody leaves "{manner}"; known are {", ".join(MANNERS)}')
    for leaver in testbed.scenario.stash[LEAVERS]:
        await leave_amid_own_ticks(testbed, leaver, MANNERS[manner], selection, ticks)


async def leave_amid_own_ticks(
    testbed: Testbed, client: str, ending: str, selection: Selection, ticks: int
) -> None:
    """Let one client leave amid ticks, in a way that `leaving.end_connection` knows.

    The broker gets half of them all together, and the client leaves as soon as it has them: by then
    the service has just begun to deliver them, to those that came before the one that leaves and to
    those that came after it. The other half comes at the moment of the departure, so that the
    service may find out that the line is gone only when it delivers one of them.
    """
    _, symbol, instrument = selection.sample()
    make = partial(testbed.feed.market.tick, "option_tick", symbol, instrument)
    behind = [make] * (ticks // 2)
    await testbed.feed.publish_together([make] * (ticks - len(behind)))
    leaves = leaving.end_connection(testbed, client, ending)
    await asyncio.gather(leaves, *([testbed.feed.publish_together(behind)] if behind else []))


async def received_all_in_time(testbed: Testbed, clients: Sequence[str], within_ms: float) -> None:
    """Require that clients have every tick that they were due, once, in order, each in time.

    A fence comes first: behind it, all that was published has come, or is lost. Each tick's latency
    runs from its due time.

    Raises:
        Broken: ticks still flow, or none was due.
    """
    connections = testbed.scenario.connections.of(clients)
    await deliveries.all_has_come(testbed, connections)
    faults = deliveries.findings(testbed, connections)
    published = {tick.key: tick for tick in testbed.ledger.ticks if tick.role != "fence"}
    arrivals = [
        (frame.at_ns - tick.due_ns, connection, tick, frame)
        for connection in connections
        for frame in connection.received("tick")
        if (tick := published.get(key_of(frame) or ("", 0))) is not None
    ]
    testbed.scenario.checks.require(
        not faults,
        f"ticks to {shown(connections)}",
        "; ".join(faults[:3]) or f"{len(arrivals)}, each once and in order",
        "every tick that was due, once, in order, and no other",
    )
    if not arrivals:
        raise Broken(f"no tick was due to {shown(connections)}: publish some first")
    _, slowest, tick, frame = max(arrivals, key=lambda arrival: arrival[0])
    testbed.scenario.checks.at_most_ms(
        f"latency of the slowest of {len(arrivals)} ticks, {tick} to {slowest.name}",
        tick.due_ns,
        frame.at_ns,
        within_ms,
    )
