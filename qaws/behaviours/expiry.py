"""Tokens that expire while their client is connected.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`). An expiry is wall
clock time: service and suite must agree on that, which on one machine they do. Where somebody sets
it meanwhile, an expiry is what it says at the close, and nothing follows where that decides.
"""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import Sequence

import jwt

from qaws.auth.tokens import LIFETIME_S
from qaws.behaviours import deviations, fences, lifecycle
from qaws.behaviours.lifecycle import shown
from qaws.behaviours.tokens import LEEWAY
from qaws.clients.connection import Connection
from qaws.clients.endings import ExpectedClose
from qaws.measure.clock import WallClock
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, Refuted

WALL_CLOCK = Key[WallClock](
    'no token expires in this scenario: say "… with a token that expires in …"'
)
"""How the wall clock stood when clients connected whose token expires."""

MOST_SET_NS = 100_000_000
"""A wall clock that was set by more leaves nothing to be said of an expiry."""

PLACES = Key[dict[str, str]]("no token expires in this scenario")
"""Client → where it has shown its token."""

LAST_SECOND_MS = 1000.0
"""A client that listens must have heard something in so long a time before its close."""


async def connect_expiring(testbed: Testbed, clients: Sequence[str], lifetime_ms: float) -> None:
    """Connect clients with a token that expires in `lifetime_ms`, at the next whole second.

    Each shows it in the next of the places that the target names: each may have checks of its own.
    For a service that lets clocks differ by some seconds the token says to expire as much earlier.

    Raises:
        Broken: the target lets nobody mint.
        Refuted: one of them was not welcomed.
    """
    clock = WallClock.read()
    testbed.scenario.stash.setdefault(WALL_CLOCK, clock)
    leeway = math.ceil(testbed.tokens.leeway_s)
    expiry = math.ceil((clock.at_ns(time.monotonic_ns()) + lifetime_ms * 1e6) / 1e9) - leeway
    issued = {"iat": expiry - LIFETIME_S} if leeway else {}
    tokens = await testbed.tokens.for_clients(len(clients), exp=expiry, **issued)
    testbed.scenario.remarks.append(LEEWAY)
    which = f"a token that expires in {lifetime_ms / 1e3:g} s"
    known = testbed.target.auth.token_locations
    places: dict[str, str] = dict(zip(clients, itertools.cycle(known), strict=False))
    testbed.scenario.stash[PLACES] = places
    for client, token in zip(clients, tokens, strict=True):
        place = places[client]
        await lifecycle.be_connected(testbed, [client], token, location=place, which=which)


async def connect_for_days(testbed: Testbed, client: str, days: int) -> None:
    """Connect a client with a token that is good for so many days.

    More than 24 of them are more milliseconds than 32 bits hold, as many a timer does. Whoever is
    refused with such a token comes again with one of the usual lifetime: an issuer may be held to a
    limit.

    Raises:
        Broken: the target lets nobody mint.
        Refuted: it was not welcomed.
    """
    (token,) = await testbed.tokens.for_clients(1, exp=int(time.time()) + days * 86_400)
    which = f"a token that expires in {days} days"
    (connection,) = await lifecycle.connect(testbed, [client], token, which=which)
    if not connection.is_welcomed:
        testbed.scenario.remarks.append(f"{which} is refused here: {connection.summary()}")
        await lifecycle.be_connected(testbed, [client])


async def connect_as_same_user(testbed: Testbed, client: str, other: str) -> None:
    """Connect a client with a token of an hour that names the same user as another one's.

    A service may let one user connect once only, whichever of the two it takes: then it is a user
    of its own.

    Raises:
        Broken: the target lets nobody mint.
        Refuted: one of the two was not welcomed.
    """
    first = testbed.scenario.connections.named(other)
    assert first.token
    subject = jwt.decode(first.token, options={"verify_signature": False})["sub"]
    (token,) = await testbed.tokens.for_clients(1, sub=subject)
    (own,) = await testbed.tokens.for_clients(1)
    which = f"a valid token of the same user as {other}'s"
    (second,) = await lifecycle.connect(testbed, [client], token, which=which)
    await first.ping_frame(testbed.grace_s)
    if second.is_welcomed and first.is_open:
        return
    testbed.scenario.remarks.append(f"one user connects once only here: {second.summary()}")
    await second.close()
    if not first.is_open:
        place = testbed.scenario.stash[PLACES].get(other)
        await lifecycle.be_connected(testbed, [other], first.token, location=place)
    await lifecycle.be_connected(testbed, [client], own)


def expiry_ns(clock: WallClock, connection: Connection, leeway_s: float = 0.0) -> int:
    """Return when the token expires that a client has shown, as `time.monotonic_ns()`.

    Args:
        clock: how the wall clock stands.
        connection: the client's.
        leeway_s: by how much the service lets clocks differ.

    Raises:
        Broken: it has shown none.
    """
    if connection.token is None:
        raise Broken(f"{connection.name} has shown no token that could expire")
    claims = jwt.decode(connection.token, options={"verify_signature": False})
    return int((claims["exp"] + math.ceil(leeway_s)) * 1e9) - clock.ahead_ns


def _set_by(moved_ns: int, since_ns: int) -> str:
    """Say by how much the wall clock was set in the time since clients connected."""
    return (
        f"the wall clock was set {'forward' if moved_ns > 0 else 'back'} by "
        f"{abs(moved_ns) / 1e6:.1f} ms in the {since_ns / 1e9:.1f} s since clients connected whose "
        "token expires by that clock"
    )


def _decides(moved_ns: int, expired_ns: int, ended_ns: int, within_ms: float) -> bool:
    """Return whether a connection ended too early or too late by no more than a clock was set by.

    A service may go by the clock as it is, or by how long the token had when the client came.
    """
    early_ns = expired_ns - ended_ns
    late_ns = ended_ns - expired_ns - int(within_ms * 1e6)
    return abs(moved_ns) > MOST_SET_NS or any(
        0 < off_ns <= abs(moved_ns) for off_ns in (early_ns, late_ns)
    )


async def closed_on_expiry(
    testbed: Testbed,
    clients: Sequence[str],
    expected: ExpectedClose,
    within_ms: float,
) -> None:
    """Require that clients are closed when their token expires: not before, and in time.

    Those that are subscribed then must have been served until then. That they get no later tick
    is seen by one that others get.

    Raises:
        Inconclusive: the wall clock was set so that nothing follows.
    """
    expected = deviations.expected_of(testbed, expected)
    checks, wait_s = testbed.scenario.checks, within_ms / 1e3 + testbed.grace_s
    connections = testbed.scenario.connections.of(clients)
    before, leeway_s = testbed.scenario.stash[WALL_CLOCK], testbed.tokens.leeway_s
    clocks = await asyncio.gather(
        *(
            _ended(c, (expiry_ns(before, c, leeway_s) - time.monotonic_ns()) / 1e9 + wait_s)
            for c in connections
        )
    )
    for connection, clock in zip(connections, clocks, strict=True):
        at_ns, moved_ns = expiry_ns(clock, connection, leeway_s), clock.ahead_ns - before.ahead_ns
        what, ending = f"close of {connection.name} after its token expired", connection.ending
        said = _set_by(moved_ns, clock.read_ns - before.read_ns)
        if _decides(moved_ns, at_ns, ending.at_ns if ending else clock.read_ns, within_ms):
            raise Inconclusive(f"{said}; run it again while nobody sets it")
        if before.step_ns(clock):
            remark = f"{said}: it counts what that clock said as each was closed"
            if remark not in testbed.scenario.remarks:
                testbed.scenario.remarks.append(remark)
        if ending is None:
            now_ns, others = time.monotonic_ns(), _others(testbed, connection, connections)
            checks.never(what, at_ns, now_ns, within_ms, f"{connection.summary()}{others}")
        is_right = connection.ended_by_service and expected.fits_ending(ending)
        checks.require(
            is_right,
            f"end of {connection.name}'s connection",
            connection.summary() + ("" if is_right else _others(testbed, connection, connections)),
            f"closed by the service with {expected}",
        )
        place = _places(testbed, connections).get(connection.name)
        shown_in = f", whose token came in the {place}," if place else ""
        what = f"close of {connection.name}{shown_in} after its token expired"
        checks.not_before_ms(what, at_ns, ending.at_ns, 0)
        checks.at_most_ms(what, at_ns, ending.at_ns, within_ms)
        connection.end_was_due = True
        if connection.holds():
            ticks = [frame.at_ns for frame in connection.received("tick")]
            last_ns = max(ticks, default=connection.started_ns)
            silence = f"time without a tick before {connection.name} was closed"
            checks.at_most_ms(silence, last_ns, ending.at_ns, LAST_SECOND_MS)
    await _no_later_tick(testbed, connections)


def _places(testbed: Testbed, connections: Sequence[Connection]) -> dict[str, str]:
    """Return client → where it had shown its token; nothing where all did it in one place."""
    places = {c.name: testbed.scenario.stash[PLACES].get(c.name, "") for c in connections}
    return places if all(places.values()) and len({*places.values()}) > 1 else {}


def _others(testbed: Testbed, client: Connection, connections: Sequence[Connection]) -> str:
    """Say where a client had shown its token, and how those ended whose tokens expired with it."""
    places = _places(testbed, connections)
    alike: dict[tuple[str, str], list[str]] = {}
    for each in connections:
        if each is not client:
            end = "still open" if each.ending is None else str(each.ending)
            alike.setdefault((places.get(each.name, ""), end), []).append(each.name)
    said = f"; its token came in the {places[client.name]}" if places else ""
    for (place, end), names in alike.items():
        whose, was = ("whose tokens", "were") if len(names) > 1 else ("whose token", "was")
        came = f", {whose} came in the {place}," if place else ""
        said += f"; {' and '.join(names)}{came} {was} {end}"
    return said


async def _ended(connection: Connection, within_s: float) -> WallClock:
    """Wait for a connection's end; return how the wall clock stands then."""
    await connection.wait_for(lambda f: f.kind in ("close", "end"), None, max(0.0, within_s))
    return WallClock.read()


async def _no_later_tick(testbed: Testbed, gone: Sequence[Connection]) -> None:
    """Require that others get a tick that is published now, and those who are gone do not."""
    others = [c for c in testbed.scenario.connections.all if c not in gone and c.entitlements]
    if not others:
        raise Broken("nobody else is subscribed who could show that there are later ticks")
    arrived = {c.name: came for c, came in await fences.fence(testbed, others)}
    if lacking := [c for c in others if not arrived.get(c.name)]:
        raise Refuted(f"{shown(lacking)} got no tick any more: {lacking[0].summary()}")
    late = [
        connection.name
        for connection in gone
        if connection.ending
        and any(frame.at_ns > connection.ending.at_ns for frame in connection.received("tick"))
    ]
    testbed.scenario.checks.require(
        not late,
        f"clients that got a tick after their close, of {len(gone)}",
        ", ".join(late) or "none",
        "none",
    )


async def reconnect_with_token(testbed: Testbed, clients: Sequence[str]) -> None:
    """Let clients connect again with the token that they had before, in the same place.

    Raises:
        Inconclusive: the wall clock was set back meanwhile, or forward by much.
    """
    places, which = testbed.scenario.stash.get(PLACES) or {}, "the token that has expired"
    for client in clients:
        token, place = testbed.scenario.connections.named(client).token, places.get(client)
        await lifecycle.connect(testbed, [client], token, location=place, which=which)
    if before := testbed.scenario.stash.get(WALL_CLOCK):
        step_ns = before.step_ns(now := WallClock.read())
        if step_ns < 0 or step_ns > MOST_SET_NS:
            said = _set_by(step_ns, now.read_ns - before.read_ns)
            raise Inconclusive(f"{said}; run it again while nobody sets it")
