"""Clients that connect, subscribe, ping and leave, and whether they are alive and served.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`). Each check
records what was measured and what was allowed, whether or not it was met.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any

from qaws.behaviours import limits, persons, service_logs
from qaws.behaviours.service_logs import Handshake
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.protocol import origins
from qaws.protocol.market import Selection
from qaws.sut.log_files import LogPlace
from qaws.sut.sections import TOKEN_LOCATIONS
from qaws.sut.service import Service
from qaws.testbed.look_messages import quoted
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified, Refuted

ALIVE_S = 5.0
"""How long a connection may take to answer a WebSocket ping and still count as alive: QA-WS-001."""


class Shown(Enum):
    """What a client shows where a scenario does not give a token of its own."""

    VALID = "a valid token"


async def connect(
    testbed: Testbed,
    clients: Sequence[str],
    token: str | Sequence[str] | Shown | None = Shown.VALID,
    *,
    location: str | None = None,
    origin: str = origins.NONE,
    service: Service | None = None,
    receive_buffer: int | None = None,
    may_be_gone: bool = False,
    compression: bool = False,
    which: str = "",
    headers: Sequence[tuple[str, str]] = (),
    bare: bool = False,
) -> list[Connection]:
    """Connect clients, and wait until each was welcomed or turned away, whichever it is.

    Args:
        testbed: the testbed.
        clients: their names.
        token: what they show, or what each of them does; None for nothing.
        location: where; default the first that the target knows.
        origin: from which page they come, in the words of the features.
        service: to which; default the scenario's own.
        receive_buffer: as in `Connection.open`.
        may_be_gone: as in `Connection.open`; then the service need not be alive either.
        compression: as in `Connection.open`.
        which: what they show, in the words of the features, where that is no valid token.
        headers: names and values of headers that go with it.
        bare: whether they leave out what the target wants asked before a connection.

    Raises:
        Broken: nobody listens there, or there is no such token location or origin.
        NotVerified: the target does not have that location.
    """
    auth, service = testbed.target.auth, service or testbed.service
    _require_location(testbed, location)
    if not may_be_gone:
        service.require_alive()
    tokens = await _tokens_for(testbed, clients, token)
    logs = service_logs.places_if_any(testbed, service) if len(clients) == 1 else []
    opened = await testbed.scenario.connections.connect(
        clients,
        service,
        tokens,
        location or auth.token_locations[0],
        [*origins.headers(origin), *headers],
        receive_buffer,
        may_be_gone=may_be_gone,
        compression=compression,
        bare=bare,
    )
    for connection in opened:
        connection.came_with = _came_with(token, which, location or auth.token_locations[0], origin)
    await asyncio.gather(*(settled(testbed, connection) for connection in opened))
    if len(clients) == 1:
        words = {"location": location, "origin": origin, "which": which, "headers": headers}
        _note(testbed, opened[0], service, logs, tokens, bare=bare, **words)
    testbed.tokens.accepted |= token is Shown.VALID and any(c.is_welcomed for c in opened)
    return opened


def _note(
    testbed: Testbed,
    connection: Connection,
    service: Service,
    logs: Sequence[LogPlace],
    tokens: Sequence[str | None],
    **options: Any,
) -> None:
    """Note what came of a handshake, and how it can be made once more."""

    async def again(name: str) -> Connection:
        (came,) = await connect(testbed, [name], tokens[0], service=service, **options)
        return came

    service_logs.note(testbed, Handshake(connection, service, logs, again))


async def _tokens_for(
    testbed: Testbed, clients: Sequence[str], token: str | Sequence[str] | Shown | None
) -> Sequence[str | None]:
    if isinstance(token, Shown):
        return await persons.tokens_of(testbed, clients)
    return [token] * len(clients) if token is None or isinstance(token, str) else token


def _require_location(testbed: Testbed, location: str | None) -> None:
    known = testbed.target.auth.token_locations
    if location is not None and location not in known:
        raise (NotVerified if location in TOKEN_LOCATIONS else Broken)(
            f'{testbed.target.file}: [auth] token_locations has no "{location}"; '
            f"it has {', '.join(known)}"
        )


def _came_with(
    token: str | Sequence[str] | Shown | None, which: str, location: str, origin: str
) -> str:
    """Say what clients show, in which place, and from which page."""
    valid = f"{which or Shown.VALID.value}, in the {location}"
    shows = which or "no token" if token is None else valid
    return shows + (f", from {origin}" if origin != origins.NONE else "")


async def settled(testbed: Testbed, connection: Connection) -> None:
    """Wait until a connection was welcomed or has ended, or the allowance is over."""
    welcomed = lets_in(testbed)
    if connection.http_status == 101:
        await connection.wait_for(lambda f: welcomed(f) or f.kind == "close", None, testbed.grace_s)


def lets_in(testbed: Testbed) -> Callable[[Frame], bool]:
    """Return a condition: the frame shows that its client was let in.

    Where no service welcomes, that is the answer to the ping that the client has sent for it.
    """
    return is_kind(testbed, "welcome" if testbed.dialect.welcomes else "pong")


def is_kind(testbed: Testbed, kind: str) -> Callable[[Frame], bool]:
    """Return a condition: the frame is a message of this kind, in the words of the features."""
    return lambda f: isinstance(f.message, dict) and testbed.dialect.kind(f.message) == kind


async def be_connected(
    testbed: Testbed,
    clients: Sequence[str],
    token: str | Sequence[str] | Shown = Shown.VALID,
    *,
    location: str | None = None,
    origin: str = origins.NONE,
    service: Service | None = None,
    which: str = "",
) -> None:
    """Connect clients that the scenario presupposes; the arguments are those of `connect`.

    Raises:
        Refuted: one of them was not welcomed.
        Broken: counted clients are connected already.
    """
    _require_newcomers(testbed, clients)
    named: dict[str, Any] = {"location": location, "origin": origin, "service": service}
    opened = await connect(testbed, clients, token, **named, which=which)

    async def again(late: Sequence[str]) -> list[Connection]:
        given = dict(zip(clients, token, strict=True)) if isinstance(token, list) else {}
        shown = [given[each] for each in late] if given else token
        return await connect(testbed, late, shown, **named, which=which)

    opened = await limits.once_free(testbed, service or testbed.service, opened, again)
    require_welcomes(testbed, opened)


def _require_newcomers(testbed: Testbed, clients: Sequence[str]) -> None:
    """Raise `Broken` where clients that are counted are here already: others have other numbers."""
    here = [c.name for c in testbed.scenario.connections.all if c.is_open]
    again = [each for each in clients if each.startswith("client ") and each in here]
    if again:
        last = max(int(each.rpartition(" ")[2]) for each in here if each.startswith("client "))
        raise Broken(
            f"{again[0]} is connected already, and {len(clients):,} more of the clients have "
            f'numbers of their own: say "clients {last + 1} to {last + len(clients)}"'
        )


def require_welcomes(testbed: Testbed, connections: Iterable[Connection]) -> None:
    """Raise `Refuted` where a client with a valid token was not welcomed."""
    for connection in connections:
        if not connection.is_welcomed:
            raise Refuted(
                f"{connection.name} has a valid token but was not welcomed: "
                f"{_seen(testbed, connection)}"
            )


def _seen(testbed: Testbed, connection: Connection) -> str:
    """Say what a client has seen, and what could be the matter where its token opened nothing."""
    token = connection.token
    opened = token is None or connection.is_welcomed
    hint = "" if opened or token is None else testbed.tokens.hint(token, connection.service_ahead_s)
    if connection.location is not None:
        hint = f"{testbed.target.file}: [endpoint] url has another address than the service"
    return f"{connection.summary()}; {hint}" if hint else connection.summary()


async def subscribe(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Subscribe clients and wait for every acknowledgement.

    Raises:
        Refuted: one was not acknowledged.
    """
    connections = testbed.scenario.connections.of(clients)
    acks = await asyncio.gather(*(c.subscribe(selection, testbed.grace_s) for c in connections))
    require_acks(testbed, connections, acks, f"to subscribe to {selection}")


async def subscribe_named_twice(
    testbed: Testbed, clients: Sequence[str], selection: Selection
) -> None:
    """Subscribe clients by one message in which each name stands twice.

    A service may refuse that; then they subscribe as any other, and so they do where the dialect
    asks for one item at a time, or counts acknowledgements by items.

    Raises:
        Refuted: it was neither acknowledged nor refused.
    """
    connections = testbed.scenario.connections.of(clients)
    said = connections[0].dialect
    once, twice = (said.subscribing(said.sayable(each)) for each in (selection, selection.twice()))
    if [each.acks for each in once] != [each.acks for each in twice]:
        why = f"the dialect {said.name} names nothing twice at once"
        testbed.scenario.leave_out(f"a name twice in one message: {why}")
        await subscribe(testbed, clients, selection)
        return
    asking = (c.subscribe(selection.twice(), testbed.grace_s) for c in connections)
    acks = await asyncio.gather(*asking)
    told = [(c, ack) for c, ack in zip(connections, acks, strict=True) if not c.refused]
    refused = [c.name for c in connections if c.refused]
    asked = f"to subscribe to {selection}, named twice in one message,"
    require_acks(testbed, [c for c, _ in told], [ack for _, ack in told], asked)
    if refused:
        testbed.scenario.remarks.append("what is named twice in one message is refused here")
        await subscribe(testbed, refused, selection)


async def be_subscribed(
    testbed: Testbed, clients: Sequence[str], selection: Selection, service: Service | None = None
) -> None:
    """Connect and subscribe clients that the scenario presupposes, to its own service by default.

    Raises:
        Refuted: one was not welcomed, or its subscription not acknowledged.
    """
    await be_connected(testbed, clients, service=service)
    await subscribe(testbed, clients, selection)


async def unsubscribe(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Unsubscribe clients and wait for every acknowledgement.

    Raises:
        Refuted: one was not acknowledged. Where a client holds nothing of it, an error will do.
    """
    connections = testbed.scenario.connections.of(clients)
    parts = testbed.dialect.sayable(selection).parts()
    needless = [c for c in connections if not any(part in c.holds() for part in parts)]
    acks = await asyncio.gather(*(c.unsubscribe(selection, testbed.grace_s) for c in connections))
    told = [(c, a) for c, a in zip(connections, acks, strict=True) if not _may_lack(c, needless)]
    held, given = [c for c, _ in told], [a for _, a in told]
    require_acks(testbed, held, given, f"to unsubscribe from {selection}")


def _may_lack(connection: Connection, needless: Sequence[Connection]) -> bool:
    """Return whether an error has answered who unsubscribed from what it did not hold."""
    return connection.refused and connection in needless


def require_acks(
    testbed: Testbed, connections: Sequence[Connection], acks: Sequence[Frame | None], asked: str
) -> None:
    """Raise `Refuted` where what clients asked for was not acknowledged."""
    for connection, ack in zip(connections, acks, strict=True):
        if ack is None:
            answer = "no acknowledgement"
            if connection.refused:
                *_, error = connection.received("error")
                answer = f"an error, {quoted(error)}"
            within = "" if connection.refused else f" within {testbed.grace_s:g} s"
            raise Refuted(
                f"{connection.name} asked {asked} and got {answer}{within}: {connection.summary()}"
            )


async def be_pinging(testbed: Testbed, client: str, every_ms: float) -> None:
    """Connect a client that sends a ping message every `every_ms` until the scenario ends."""
    await be_connected(testbed, [client])
    await keep_pinging(testbed, [client], every_ms / 1e3)


async def keep_pinging(testbed: Testbed, clients: Sequence[str], every_s: float) -> None:
    """Let clients send a ping message every `every_s` seconds until the scenario ends."""

    async def chore(connection: Connection) -> None:
        while connection.is_open:
            await connection.send(connection.dialect.ping())
            await asyncio.sleep(every_s)

    loop = asyncio.get_running_loop()
    connections = testbed.scenario.connections.of(clients)
    testbed.scenario.background += [loop.create_task(chore(each)) for each in connections]


async def stay_silent(testbed: Testbed, client: str, at_most_s: float) -> None:
    """Let a client neither send nor receive until its connection ends, or the time is over.

    Raises:
        Refuted: ticks reached it although it had not subscribed.
        Broken: it had subscribed, and so was not silent.
    """
    connection = testbed.scenario.connections.named(client)
    remaining = at_most_s - (time.monotonic_ns() - connection.started_ns) / 1e9
    await connection.wait_for(lambda f: f.kind == "close", None, max(0.0, remaining))
    if connection.entitlements:
        raise Broken(f"{client} was to stay silent but has subscribed: the scenario is wrong")
    if any(connection.received("tick")):
        raise Refuted(f"{client} received ticks that it had not subscribed to")


# --- what must hold ------------------------------------------------------------------------------


async def connected(testbed: Testbed, clients: Sequence[str]) -> None:
    """Require that connections are open and alive: a WebSocket ping comes back."""
    connections = testbed.scenario.connections.of(clients)
    pings = await asyncio.gather(*(c.ping_frame(ALIVE_S) for c in connections if c.is_open))
    answered = sum(1 for _, pong in pings if pong is not None)
    lost = [c for c in connections if not c.is_open]
    seen = f"{answered} of {len(connections)} open and answering"
    if lost:
        seen += f"; {lost[0].name}: {_seen(testbed, lost[0])}"
    testbed.scenario.checks.require(
        answered == len(connections),
        f"open connections of {shown(connections)}",
        seen,
        f"all {len(connections)} open, each answering a WebSocket ping within {ALIVE_S:g} s",
    )


async def connected_after(testbed: Testbed, clients: Sequence[str], after_ms: float) -> None:
    """Require that connections outlive `after_ms`, counted from the newest of them."""
    connections = testbed.scenario.connections.of(clients)
    until = max(c.started_ns for c in connections) / 1e9 + after_ms / 1e3
    remaining = max(0.0, until - time.monotonic())
    await asyncio.gather(
        *(c.wait_for(lambda f: f.kind in ("close", "end"), None, remaining) for c in connections)
    )
    await connected(testbed, clients)


def in_time(
    testbed: Testbed,
    what: str,
    start_ns: int,
    end_ns: int | None,
    within_ms: float,
    connection: Connection,
) -> None:
    """Require that what began at `start_ns` ended in time; None: its end was not seen at all."""
    if end_ns is None:
        now = time.monotonic_ns()
        seen = _seen(testbed, connection)
        if connection.came_with and not connection.is_welcomed and testbed.dialect.welcomes:
            seen += f"; it came with {connection.came_with}"
        testbed.scenario.checks.never(what, start_ns, now, within_ms, seen)
    else:
        testbed.scenario.checks.at_most_ms(what, start_ns, end_ns, within_ms)


def shown(connections: Sequence[Connection]) -> str:
    """Name a few clients, or count many."""
    names = [connection.name for connection in connections]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} clients"
