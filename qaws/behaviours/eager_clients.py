"""Clients that do not wait: for a welcome, or for the answer to what they asked before.

Who has an established connection may speak on it at once (RFC 6455, sections 4.1 and 6.1), and most
pages do: what they ask then must not get lost while a service still looks at the token, nor one
request while it still works on another. Every function takes the testbed first and runs on its loop
thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from qaws.behaviours import lifecycle, persons
from qaws.behaviours.sayable import is_sayable, sayable_of
from qaws.clients.connection import Connection
from qaws.protocol.market import Selection
from qaws.testbed.testbed import Testbed


async def be_subscribed_at_once(
    testbed: Testbed, clients: Sequence[str], kept: Selection, given_up: Selection
) -> None:
    """Connect clients that ask for all they want before any welcome and any answer.

    In the same breath they give up what they keep, and ask for it again, and give up something else
    that they have asked for: what was asked last holds. A service may answer that it wants to be
    waited for; then they subscribe as any other, and so they do where a dialect has an order of its
    own in which things are said at first.

    Raises:
        Refuted: one was not welcomed, or a request was neither acknowledged nor refused.
    """
    both = replace(
        kept,
        instruments=kept.instruments + given_up.instruments,
        symbols=kept.symbols + given_up.symbols,
    )
    if not testbed.dialect.is_plain:
        why = f"the dialect {testbed.dialect.name} may want clients to wait for the welcome"
        testbed.scenario.leave_out(f"clients that speak before it: {why}")
        both = sayable_of(testbed, both)
        await lifecycle.be_subscribed(testbed, clients, both)
        await _give_up(testbed, clients, both, given_up)
        return
    connections = await _open(testbed, clients)
    asking = (c.change_its_mind(kept, given_up, testbed.grace_s) for c in connections)
    acks = await asyncio.gather(*asking)
    await asyncio.gather(*(lifecycle.settled(testbed, each) for each in connections))
    lifecycle.require_welcomes(testbed, connections)
    told = [(c, ack) for c, ack in zip(connections, acks, strict=True) if not c.refused]
    asked = (
        f"to subscribe to {kept}, to unsubscribe from it and to subscribe again, and for "
        f"{given_up}, to unsubscribe from it, without waiting for an answer,"
    )
    lifecycle.require_acks(testbed, [c for c, _ in told], [ack for _, ack in told], asked)
    if refused := [c.name for c in connections if c.refused]:
        testbed.scenario.remarks.append("who does not wait for an answer gets an error here")
        await lifecycle.subscribe(testbed, refused, both)
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
