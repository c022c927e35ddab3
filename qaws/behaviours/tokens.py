"""Tokens at the door: forged ones, and how much their bearers are told.

Every function takes the world first and runs on its loop thread (`World.do`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from qaws.auth.forgeries import Forger, forged, lure_for
from qaws.behaviours import actions
from qaws.behaviours.expectations import in_time
from qaws.clients.connection import Connection
from qaws.sut.service import Holdings
from qaws.testbed.testbed import World
from qaws.verdict import Broken

CONTROL = "Nobody"
"""What a client without any token is called, whose refusal the others' is held against."""

CHANGING_HEADERS = frozenset({"date"})
"""Of a refusal, these may differ from one to the next."""


async def show(
    world: World, clients: Sequence[str], token: str | None, carrier: str | None = None
) -> list[Connection]:
    """Connect clients that show this very token, and wait until each was welcomed or turned away.

    Args:
        world: the world.
        clients: their names.
        token: what they show; None for nothing.
        carrier: how; default the first that the target knows.

    Raises:
        Broken: nobody listens there.
    """
    world.service.require_alive()
    carrier = carrier or world.target.auth.carriers[0]
    opened = await world.scene.connections.connect(clients, world.service, token, carrier)
    await asyncio.gather(*(actions.settled(world, connection) for connection in opened))
    return opened


async def forger(world: World, marker: str = "") -> Forger:
    """Return a forger for the scenario's service, whose lure is open until the scenario ends."""
    if world.scene.lure is None:
        lure = world.scene.lure = lure_for(world.tokens.algorithm)
        await lure.open()
        world.scene.on_end.append(lambda: world.loop.call(lure.close()))
    return Forger(world.tokens, world.scene.lure, marker)


async def connect_forged(world: World, client: str, kind: str) -> None:
    """Connect a client with a bad token, by the name that the features give it.

    Raises:
        Broken: there is none of that name, or the target lets nobody mint.
    """
    await show(world, [client], forged(kind, await forger(world)))


@dataclass(frozen=True, slots=True)
class Places:
    """What a service holds for its clients, as its process and its statistics show."""

    descriptors: int | None
    counted: Holdings

    def is_within(self, other: Places) -> bool:
        """Return whether no part of it is more than in another."""
        pairs = [
            (self.descriptors, other.descriptors),
            (self.counted.sessions, other.counted.sessions),
            (self.counted.subscriptions, other.counted.subscriptions),
        ]
        return all((mine or 0) <= (theirs or 0) for mine, theirs in pairs)

    def __str__(self) -> str:
        return f"{self.counted}, {self.descriptors} files and sockets"


async def note_places(world: World) -> None:
    """Note what the service holds, once it holds still."""
    deadline_s = time.monotonic() + world.allowance_s
    last = await asyncio.to_thread(_places, world)
    while (now := await asyncio.to_thread(_places, world)) != last:
        if time.monotonic() > deadline_s:
            break
        last = now
    world.scene.places = now


def _places(world: World) -> Places:
    # Files first: to ask for the statistics takes a socket.
    return Places(world.service.descriptors(), world.service.counted())


async def no_place_taken(world: World, within_ms: float) -> None:
    """Require that the service holds no more than was noted, within `within_ms`.

    Raises:
        Broken: nothing was noted.
    """
    before, start_ns = world.scene.places, time.monotonic_ns()
    if before is None:
        raise Broken("no step has noted which sessions and sockets the service held before")
    while True:
        now = await asyncio.to_thread(_places, world)
        at_ns = time.monotonic_ns()
        if now.is_within(before) or at_ns > start_ns + within_ms * 1e6 + world.allowance_s * 1e9:
            break
        await asyncio.sleep(0.005)
    what = "sessions and sockets of the service"
    world.scene.checks.require(
        now.is_within(before), what, str(now), f"no more than before: {before}"
    )
    world.scene.checks.at_most_ms(f"return of the {what}", start_ns, at_ns, within_ms)


async def told_no_more(world: World, client: str) -> None:
    """Require that a refused client was told, letter by letter, what one without a token is told.

    The first of a run is held against a client without a token, the others against that first:
    then all were told the same, and nothing says which check failed. Nor may the service have gone
    where the token points to.
    """
    connection = world.scene.connections.named(client)
    if connection.http_status == 101:
        await connection.wait_for(lambda f: f.kind in ("close", "end"), None, world.allowance_s)
    mine, norm = told(connection), world.refusal
    if norm is None:
        world.refusal = mine
        (control,) = await show(world, [CONTROL], None)
        norm = told(control)
    world.scene.checks.require(
        mine == norm, f"what {client} was told", mine, f"what all others are told: {norm}"
    )
    fetched = world.scene.lure.fetched if world.scene.lure else []
    world.scene.checks.require(
        not fetched,
        f"what the service fetched because {client}'s token pointed at it",
        ", ".join(fetched) or "nothing",
        "nothing",
    )


def told(connection: Connection) -> str:
    """Return everything that the service has told a client, but for the time of day."""
    refusal = connection.refusal
    if refusal is None:
        frames = [f.text for f in connection.log if f.direction == "←" and f.kind == "text"]
        return "; ".join([*frames, connection.summary()])
    headers = sorted(
        f"{name.lower()}: {value}"
        for name, value in refusal.headers.raw_items()
        if name.lower() not in CHANGING_HEADERS
    )
    text = bytes(refusal.body or b"").decode("utf-8", "replace")
    status = f"HTTP {refusal.status_code} {refusal.reason_phrase}"
    return "; ".join([status, *headers, text])


async def admitted(world: World, client: str, within_ms: float, leaver: str | None = None) -> None:
    """Require that a client with a valid token is welcomed.

    Args:
        world: the world.
        client: who.
        within_ms: the bound in milliseconds.
        leaver: whose place it takes. The service may need a moment to see that the place is free,
            so the newcomer asks again until the bound is well past.
    """
    if leaver:
        await world.scene.connections.named(leaver).close()
    start_ns = time.monotonic_ns()
    asking_s = within_ms / 1e3 + world.allowance_s if leaver else 0.0
    while True:
        (connection,) = await actions.connect(world, [client])
        welcome = next(connection.received("welcome"), None)
        if welcome or time.monotonic_ns() - start_ns > asking_s * 1e9:
            break
        await asyncio.sleep(0.05)
    at_ns = welcome.at_ns if welcome else None
    what = f"admission of {client}" + (f" after {leaver} left" if leaver else "")
    in_time(world, what, start_ns, at_ns, within_ms, connection)
