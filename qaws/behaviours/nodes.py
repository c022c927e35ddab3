"""More than one process of a service: a second node beside the first, and one that takes its place.

Every async function takes the world first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from qaws.behaviours import actions
from qaws.behaviours.expectations import shown
from qaws.protocol.market import Selection
from qaws.sut.service import Service
from qaws.testbed.testbed import World
from qaws.verdict import Broken

GIVEN_UP_S = 15.0
"""How long a client that comes back waits for its welcome, and again for its acknowledgement."""


def node(world: World, name: str) -> Service:
    """Return "the service" or "the second node".

    Raises:
        Broken: no step has started it.
    """
    if name == "the service":
        return world.service
    if world.scene.node is None:
        raise Broken("no second node is running in this scenario")
    return world.scene.node


async def join(world: World, clients: Sequence[str], selection: Selection, name: str) -> None:
    """Connect clients to "the service" or "the second node", and subscribe them."""
    first, world.scene.service = world.scene.service, node(world, name)
    try:
        await actions.be_connected(world, clients)
        await actions.subscribe(world, clients, selection)
    finally:
        world.scene.service = first


async def come_back(world: World, clients: Sequence[str], selection: Selection) -> None:
    """Let clients whose service has been replaced connect and subscribe, all at the same time."""
    for connection in world.scene.connections.of(clients):
        connection.end_was_due = True
    token, carrier = world.tokens.valid(), world.target.auth.carriers[0]
    world.scene.returned_ns = time.monotonic_ns()

    async def one(client: str) -> None:
        (connection,) = await world.scene.connections.connect(
            [client], world.service, token, carrier
        )
        await connection.wait_for(actions.is_kind(world, "welcome"), None, GIVEN_UP_S)
        await connection.subscribe(selection, GIVEN_UP_S)

    await asyncio.gather(*(one(client) for client in clients))


async def are_back(world: World, clients: Sequence[str], within_ms: float) -> None:
    """Require that all are welcomed and subscribed again in time, each in a session of its own."""
    registry, start_ns = world.scene.connections, world.scene.returned_ns
    connections = registry.of(clients)
    if start_ns is None:
        raise Broken("the service has not been restarted in this scenario")
    out = [c for c in connections if not c.is_open or not c.entitlements]
    world.scene.checks.require(
        not out,
        f"{shown(connections)} that came back at once",
        f"{len(out)} not served: {out[0].name}: {out[0].summary()}" if out else "all served",
        "all welcomed and subscribed",
    )
    times = Counter(c.session_id for c in registry.all if c.session_id)
    twice = sum(times[c.session_id] > 1 for c in connections if c.session_id)
    world.scene.checks.require(
        not twice, "session ids that were there before", str(twice), "0, each session is a new one"
    )
    last = max(connections, key=lambda c: c.entitlements[-1].held_ns)
    what = f"from the service's return to the acknowledgement of {last.name}, the last"
    end_ns = last.entitlements[-1].held_ns
    world.scene.checks.at_most_ms(what, start_ns, end_ns, within_ms)
