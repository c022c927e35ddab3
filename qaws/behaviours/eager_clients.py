"""Clients that do not wait: for a welcome, or for the answer to what they asked before.

Who has an established connection may speak on it at once (RFC 6455, sections 4.1 and 6.1), and most
pages do: what they ask then must not get lost while a service still looks at the token, nor one
request while it still works on another. Every function takes the testbed first and runs on its loop
thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from qaws.behaviours import lifecycle, persons
from qaws.behaviours.sayable import is_sayable, sayable_of
from qaws.clients.connection import Connection
from qaws.protocol.market import Selection
from qaws.testbed.testbed import Testbed


async def be_subscribed_at_once(
    testbed: Testbed, clients: Sequence[str], selection: Selection, given_up: Selection
) -> None:
    """Connect clients, and subscribe them part by part, before any welcome and any answer.

    In the same breath they give up a part of that: what was asked last holds. A service may answer
    that it wants to be waited for; then they subscribe as any other, and so they do where a dialect
    has an order of its own in which things are said at first.

    Raises:
        Refuted: one was not welcomed, or a request was neither acknowledged nor refused.
    """
    if not testbed.dialect.is_plain:
        why = f"the dialect {testbed.dialect.name} may want clients to wait for the welcome"
        testbed.scenario.leave_out(f"clients that speak before it: {why}")
        selection = sayable_of(testbed, selection)
        await lifecycle.be_subscribed(testbed, clients, selection)
        await _give_up(testbed, clients, selection, given_up)
        return
    connections = await _open(testbed, clients)
    asking = (
        c.subscribe_without_waiting(selection, given_up, testbed.grace_s) for c in connections
    )
    acks = await asyncio.gather(*asking)
    await asyncio.gather(*(lifecycle.settled(testbed, each) for each in connections))
    lifecycle.require_welcomes(testbed, connections)
    told = [(c, ack) for c, ack in zip(connections, acks, strict=True) if not c.refused]
    asked = (
        f"to subscribe to {selection}, one by one, and to unsubscribe from {given_up}, without "
        "waiting for an answer,"
    )
    lifecycle.require_acks(testbed, [c for c, _ in told], [ack for _, ack in told], asked)
    if refused := [c.name for c in connections if c.refused]:
        testbed.scenario.remarks.append("who does not wait for an answer gets an error here")
        await lifecycle.subscribe(testbed, refused, selection)
        await lifecycle.unsubscribe(testbed, refused, given_up)


async def _give_up(
    testbed: Testbed, clients: Sequence[str], selection: Selection, given_up: Selection
) -> None:
    """Unsubscribe, where the dialect has words for a part of what clients hold."""
    if not is_sayable(testbed, given_up):
        return
    parts = testbed.dialect.sayable(given_up).parts()
    if set(testbed.dialect.sayable(selection).parts()) - set(parts):
        await lifecycle.unsubscribe(testbed, clients, given_up)


async def _open(testbed: Testbed, clients: Sequence[str]) -> list[Connection]:
    """Connect clients with valid tokens, and wait for nothing but their handshakes."""
    testbed.service.require_alive()
    tokens = await persons.tokens_of(testbed, clients)
    place = testbed.target.auth.token_locations[0]
    registry = testbed.scenario.connections
    return await registry.connect(clients, testbed.service, tokens, place)
