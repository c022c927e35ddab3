"""What must hold: the Then of the features.

Every function takes the world first and runs on its loop thread (`World.do`). Each records what it
measured and what was allowed, whether or not it was met.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from qaws import actions
from qaws.connections import Connection, exact
from qaws.market import Selection
from qaws.oracle import Published, audit, was_held
from qaws.service import MIB, Holdings
from qaws.verdict import Broken, Refuted
from qaws.world import World


def _names(connections: Sequence[Connection]) -> str:
    names = [connection.name for connection in connections]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} clients"


def _whose(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


# --- connections ------------------------------------------------------------------------------


async def connected(world: World, clients: Sequence[str]) -> None:
    """Require that connections are open and alive: a WebSocket ping comes back."""
    connections = world.scene.connections.of(clients)
    pings = await asyncio.gather(
        *(c.ping_frame(world.allowance_s) for c in connections if c.is_open)
    )
    answered = sum(1 for _, pong in pings if pong is not None)
    lost = [c for c in connections if not c.is_open]
    seen = f"{answered} open and answering"
    if lost:
        seen += f"; {lost[0].name}: {lost[0].summary()}"
    world.scene.checks.require(
        answered == len(connections),
        f"open connections of {_names(connections)}",
        seen,
        f"all {len(connections)}",
    )


async def connected_after(world: World, clients: Sequence[str], after_s: float) -> None:
    """Require that connections outlive `after_s` seconds, counted from the newest of them."""
    connections = world.scene.connections.of(clients)
    until = max(c.started_ns for c in connections) / 1e9 + after_s
    remaining = max(0.0, until - time.monotonic())
    await asyncio.gather(
        *(c.wait_for(lambda f: f.kind in ("close", "end"), None, remaining) for c in connections)
    )
    await connected(world, clients)


async def ping_answered(world: World, clients: Sequence[str], ping: str, within_ms: float) -> None:
    """Require that pings come back within `within_ms`.

    Args:
        world: the world.
        clients: whose.
        ping: "WebSocket ping" (RFC 6455 section 5.5.2) or "ping message" (the dialect's own).
        within_ms: the bound in milliseconds.
    """
    wait_s = within_ms / 1e3 + world.allowance_s
    for connection in world.scene.connections.of(clients):
        if ping == "WebSocket ping":
            sent_ns, pong_ns = await connection.ping_frame(wait_s)
        else:
            sent = await connection.send(world.dialect.ping())
            pong = await connection.wait_for(actions.is_kind(world, "pong"), sent, wait_s)
            sent_ns, pong_ns = sent.at_ns, pong.at_ns if pong else None
        _in_time(
            world, f"answer to {connection.name}'s {ping}", sent_ns, pong_ns, within_ms, connection
        )


def _in_time(
    world: World,
    what: str,
    start_ns: int,
    end_ns: int | None,
    within_ms: float,
    connection: Connection,
) -> None:
    if end_ns is None:
        now = time.monotonic_ns()
        world.scene.checks.never(what, start_ns, now, within_ms, connection.summary())
    else:
        world.scene.checks.at_most_ms(what, start_ns, end_ns, within_ms)


async def refused(world: World, client: str, status: int, code: int, reason: str) -> None:
    """Require a refusal that tells the client why: an HTTP status, or a close with a reason."""
    connection = world.scene.connections.named(client)
    if connection.http_status == 101:
        await connection.wait_for(lambda f: f.kind in ("close", "end"), None, world.allowance_s)
    ending = connection.ending
    by_status = connection.http_status == status
    by_close = (
        connection.http_status == 101
        and ending is not None
        and ending.code == code
        and reason.lower() in ending.reason.lower()
    )
    world.scene.checks.require(
        by_status or by_close,
        f"refusal of {client}",
        connection.summary(),
        f'HTTP {status}, or a close with {code} and a reason containing "{reason}"',
    )


async def closed_by_service(
    world: World, client: str, codes: Sequence[int], reasons: Sequence[str]
) -> None:
    """Require that the service closed the connection with one of the codes and reasons."""
    connection = world.scene.connections.named(client)
    await connection.wait_for(lambda f: f.kind in ("close", "end"), None, world.allowance_s)
    ending = connection.ending
    ok = (
        ending is not None
        and connection.ended_by_service
        and ending.code in codes
        and any(reason.lower() in ending.reason.lower() for reason in reasons)
    )
    allowed = (
        f"closed by the service with {' or '.join(map(str, codes))} and a reason containing "
        + " or ".join(f'"{reason}"' for reason in reasons)
    )
    world.scene.checks.require(ok, f"end of {client}'s connection", connection.summary(), allowed)
    connection.end_was_due = True


async def closed_between(world: World, client: str, low_s: float, high_s: float) -> None:
    """Require that the close came between two times after the client fell silent.

    The service's clock may have started as early as the handshake and as late as the welcome, so
    the lower bound runs from the one and the upper from the other.
    """
    connection = world.scene.connections.named(client)
    welcome = next(connection.received("welcome"), None)
    if connection.ending is None or welcome is None:
        raise Refuted(f"{client} was not closed by the service: {connection.summary()}")
    checks, end_ns = world.scene.checks, connection.ending.at_ns
    what = f"time until {client} was closed"
    checks.not_before_ms(what, connection.started_ns, end_ns, low_s * 1e3)
    checks.at_most_ms(what, welcome.at_ns, end_ns, high_s * 1e3)


async def welcomed(
    world: World, client: str, within_ms: float, fields: Iterable[tuple[str, str]]
) -> None:
    """Require one welcome, first of all messages, in time, with the given fields.

    Args:
        world: the world.
        client: who.
        within_ms: the bound in milliseconds, from the begin of the handshake.
        fields: name and value of fields; "any text" stands for a non-empty string.
    """
    connection = world.scene.connections.named(client)
    welcome = next(connection.received("welcome"), None)
    at = welcome.at_ns if welcome else None
    _in_time(world, f"welcome of {client}", connection.started_ns, at, within_ms, connection)
    assert welcome is not None
    for name, wanted in fields:
        value = welcome.message.get(name)
        ok = (isinstance(value, str) and value != "") if wanted == "any text" else value == wanted
        world.scene.checks.require(ok, f"{name} in {client}'s welcome", repr(value), wanted)
    first = next(connection.received())
    count = sum(1 for _ in connection.received("welcome"))
    world.scene.checks.require(
        first is welcome and count == 1,
        f"welcomes of {client}",
        f"{count}, the first message is a {world.dialect.kind(first.message)}",
        "one, before anything else",
    )


async def new_session(world: World, client: str) -> None:
    """Require that a client that came back has another session id than before."""
    before = world.scene.connections.earlier(client).session_id
    after = world.scene.connections.named(client).session_id
    world.scene.checks.require(
        after is not None and after != before,
        f"session id of {client} after reconnecting",
        str(after),
        f"any but the former one, {before}",
    )


# --- what clients receive ---------------------------------------------------------------------


async def receives_it(world: World, clients: Sequence[str], within_ms: float) -> None:
    """Require that the last tick reaches every one of the clients exactly once, in time.

    Latency runs from the tick's due time. A fence behind the tick shows that no second copy comes.
    """
    tick = world.last_tick
    connections = world.scene.connections.of(clients)
    wait_s = within_ms / 1e3 + world.allowance_s
    frames = await asyncio.gather(*(actions.arrival(c, tick, wait_s) for c in connections))
    if lacking := [c for c, f in zip(connections, frames, strict=True) if f is None]:
        heard = "" if tick.heard_by else "; the broker had no subscriber for it"
        reached = len(connections) - len(lacking)
        world.scene.checks.never(
            f"{tick} to {_names(connections)}",
            tick.due_ns,
            time.monotonic_ns(),
            within_ms,
            f"it reached {reached} of {len(connections)}; not {_whose([c.name for c in lacking])}: "
            f"{lacking[0].summary()}{heard}",
        )
    slowest, frame = max(
        ((c, f) for c, f in zip(connections, frames, strict=True) if f), key=lambda p: p[1].at_ns
    )
    what = f"latency of {tick} to {_names(connections)}"
    if len(connections) > 1:
        what += f" (the slowest, {slowest.name})"
    world.scene.checks.at_most_ms(what, tick.due_ns, frame.at_ns, within_ms)
    await _require_fences(world, connections)
    copies = {
        c.name: sum(1 for f in c.received("tick") if actions.is_the_tick(f, tick))
        for c in connections
    }
    wrong = [f"{name} got {count}" for name, count in copies.items() if count != 1]
    world.scene.checks.require(
        not wrong,
        f"copies of {tick} per client",
        _whose(wrong) or f"1 for each of {len(connections)}",
        "exactly 1 for each",
    )


async def further_tick(
    world: World, clients: Sequence[str], selection: Selection, within_ms: float
) -> None:
    """Publish another tick and require that it reaches the clients."""
    await actions.publish(world, selection, selection.sample()[0])
    await receives_it(world, clients, within_ms)


async def _require_fences(world: World, connections: Sequence[Connection]) -> None:
    outcome = await actions.fence(world, connections)
    lacking = [c for c, arrived in outcome if not arrived]
    if not lacking:
        return
    fences = [t for t in world.ledger.ticks if t.role == "fence"]
    world.scene.checks.never(
        f"the closing tick to {_names([c for c, _ in outcome])}",
        fences[-1].sent_ns,
        time.monotonic_ns(),
        world.allowance_s * 1e3,
        f"not to {_whose([c.name for c in lacking])}: {lacking[0].summary()}",
    )


async def equals_published(world: World, client: str, fields: Sequence[str]) -> None:
    """Require that each of the scenario's ticks reached a client with fields as published.

    Only ticks that the client is entitled to count. Numbers are compared digit for digit, as
    decimals: a double rounded on the way differs.
    """
    connection = world.scene.connections.named(client)
    ticks = [t for t in world.ledger.ticks if t.role == "tick" and _due_to(t, connection)]
    if not ticks:
        raise Broken(f"no tick that {client} subscribed to was published in this scenario")
    for tick in ticks:
        frame = await actions.arrival(connection, tick, actions.WELL_PAST * world.allowance_s)
        if frame is None:
            now, bound_ms = time.monotonic_ns(), world.allowance_s * 1e3
            world.scene.checks.never(
                f"{tick} to {client}", tick.due_ns, now, bound_ms, connection.summary()
            )
        sent, got = exact(tick.text), exact(frame.text)
        for field in fields:
            if field not in sent:
                raise Broken(f'a {tick.kind} has no field "{field}"; it has {", ".join(sent)}')
            world.scene.checks.require(
                field in got and got[field] == sent[field],
                f"{field} of {tick} at {client}",
                _plain(got.get(field, "missing")),
                _plain(sent[field]),
            )


def _due_to(tick: Published, connection: Connection) -> bool:
    return any(
        e.selection.takes(tick.kind, tick.symbol, tick.instrument) for e in connection.entitlements
    )


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    return str(value)


async def received_none(world: World, clients: Sequence[str], kinds: Sequence[str]) -> None:
    """Require that clients have received no message of these kinds.

    For a client that holds a subscription a fence comes first; one whose connection has ended can
    receive nothing more; any other is asked for a pong, behind which nothing older can come.
    """
    connections = world.scene.connections.of(clients)
    await _require_fences(world, connections)
    for connection in connections:
        if connection.is_open and not any(e.ending_ns is None for e in connection.entitlements):
            await _require_pong(world, connection)
        found = [kind for kind in kinds if any(connection.received(kind))]
        words = " and no ".join(kinds)
        world.scene.checks.require(
            not found,
            f"messages that {connection.name} received",
            connection.summary(),
            f"no {words}",
        )


async def _require_pong(world: World, connection: Connection) -> None:
    """Require a pong: nothing that was sent to the client earlier can come behind it."""
    sent = await connection.send(world.dialect.ping())
    wait_s = actions.WELL_PAST * world.allowance_s
    pong = await connection.wait_for(actions.is_kind(world, "pong"), sent, wait_s)
    if pong is None and connection.is_open:
        world.scene.checks.never(
            f"the closing pong to {connection.name}",
            sent.at_ns,
            time.monotonic_ns(),
            world.allowance_s * 1e3,
            connection.summary(),
        )


async def received_exactly(world: World, client: str, selection: Selection) -> None:
    """Require every tick of a selection that was published while subscribed, and no other."""
    connection = world.scene.connections.named(client)
    await _require_fences(world, [connection])
    ticks = [t for t in world.ledger.ticks if selection.takes(t.kind, t.symbol, t.instrument)]
    others = [t for t in world.ledger.ticks if t not in ticks]
    due = [t for t in ticks if t.role != "fence" and was_held(t, connection.entitlements)]
    if not due:
        raise Broken(f"no tick of {selection} was published while {client} was subscribed to it")
    if not others:
        raise Broken(f"no tick but those of {selection} was published: nothing could be kept away")
    findings = _audit(world, [connection])
    got = sum(1 for _ in connection.received("tick"))
    world.scene.checks.require(
        not findings,
        f"ticks of {selection} to {client}",
        "; ".join(findings) or f"{got}, each once and in order, and none of {len(others)} others",
        f"all that were published while {client} was subscribed, once and in order, and no other",
    )


async def gets_error(world: World, client: str, text: str, within_ms: float) -> None:
    """Require that the last thing a client sent is answered by an error containing `text`."""
    connection = world.scene.connections.named(client)
    sent = next(f for f in reversed(connection.log) if f.direction == "→" and f.kind == "text")
    wait_s = within_ms / 1e3 + world.allowance_s
    error = await connection.wait_for(actions.is_kind(world, "error"), sent, wait_s)
    at = error.at_ns if error else None
    _in_time(world, f"error to {client}", sent.at_ns, at, within_ms, connection)
    assert error is not None
    message = str(error.message.get("message"))
    world.scene.checks.require(
        text in message, f"message of the error to {client}", message, f'contains "{text}"'
    )


# --- the service's resources ------------------------------------------------------------------


async def resources_are_back(world: World, within_ms: float) -> None:
    """Require that sockets, sessions and subscriptions return to what was noted before."""
    before = world.scene.holdings
    if before is None:
        raise Broken("no step has noted what the service held before")
    start_ns = time.monotonic_ns()
    now, at_ns = await _holdings_until(world, before, start_ns, within_ms)
    what = "sockets, sessions and subscriptions of the service"
    world.scene.checks.require(now == before, what, str(now), f"as before: {before}")
    world.scene.checks.at_most_ms(f"return of {what}", start_ns, at_ns, within_ms)


async def _holdings_until(
    world: World, wanted: Holdings, start_ns: int, within_ms: float
) -> tuple[Holdings, int]:
    """Read the holdings until they are as wanted, or well past the bound."""
    deadline_ns = start_ns + int(within_ms * 1e6 + world.allowance_s * 1e9)
    while True:
        now = await asyncio.to_thread(world.service.holdings)
        at_ns = time.monotonic_ns()
        if now == wanted or at_ns > deadline_ns:
            return now, at_ns
        await asyncio.sleep(0.02)


async def memory_grew_less(world: World, megabytes: float) -> None:
    """Require that the service's private memory grew by less than `megabytes` MiB."""
    before = world.scene.memory_bytes
    if before is None:
        raise Broken("no step has noted the service's memory before")
    after = await asyncio.to_thread(world.service.memory_bytes)
    grown = (after - before) / MIB
    world.scene.checks.require(
        grown < megabytes,
        "growth of the service's private memory",
        f"{grown:.2f} MB (from {before / MIB:.1f} to {after / MIB:.1f} MB)",
        f"less than {megabytes:g} MB",
    )


async def place_is_passed_on(world: World, leaver: str, newcomer: str, within_ms: float) -> None:
    """Let one client leave and require that the next one is admitted within `within_ms`.

    The service may need a moment to see that the place is free, so the newcomer asks again until
    the bound has passed.
    """
    await world.scene.connections.named(leaver).close()
    start_ns = time.monotonic_ns()
    deadline_ns = start_ns + int(within_ms * 1e6)
    while True:
        (connection,) = await actions.connect(world, [newcomer])
        welcome = next(connection.received("welcome"), None)
        if welcome or time.monotonic_ns() > deadline_ns:
            break
        await asyncio.sleep(0.05)
    at = welcome.at_ns if welcome else None
    what = f"admission of {newcomer} after {leaver} left"
    _in_time(world, what, start_ns, at, within_ms, connection)


# --- the closing step -------------------------------------------------------------------------


async def everything_was_exact(world: World) -> None:
    """Require, of every client, exact deliveries in frames that keep the contract."""
    await world.hush()
    connections = world.scene.connections.all
    if not connections and world.scene.load:
        return  # the swarm has checked every frame of its clients itself
    for connection in connections:
        if connection.breaches:
            raise_breach(world, connection)
    if world.ledger.ticks:
        await _require_fences(world, connections)
    findings = _audit(world, connections)
    frames = sum(1 for c in connections for _ in c.received())
    ticks = sum(1 for c in connections for _ in c.received("tick"))
    sound = (
        f"{ticks} ticks, each due, once, and in order" if ticks else "no tick was due, none came"
    )
    many = "" if len(connections) == 1 else "s"
    world.scene.checks.require(
        not findings,
        f"deliveries to {len(connections)} connection{many}",
        "; ".join(findings[:3]) or sound,
        "every tick that was due, once, in order, and no other",
    )
    for connection in connections:
        if connection.breaches:
            raise_breach(world, connection)
    world.scene.checks.require(
        True, "frames that keep the message contract", f"all {frames}", "all"
    )


def raise_breach(world: World, connection: Connection) -> None:
    """Record a breach of the message contract and raise it."""
    world.scene.checks.require(
        False,
        f"frames of {connection.name} against the message contract",
        connection.breaches[0],
        "no breach",
    )


def _audit(world: World, connections: Sequence[Connection]) -> list[str]:
    """Hold what these connections received against the ledger; one sentence per violation."""
    registry, ledger = world.scene.connections, world.ledger
    arrivals = {id(c): registry.arrivals(c) for c in registry.all}
    over = ledger.over((c.entitlements, a) for c in registry.all for a in arrivals[id(c)])
    lost = [
        f"{c.name} lost its connection while subscribed: {c.ending}"
        for c in connections
        if c.was_lost
    ]
    return lost + [
        finding
        for c in connections
        for finding in audit(
            c.name, arrivals[id(c)], c.entitlements, ledger, over, complete=c.is_open
        )
    ]
