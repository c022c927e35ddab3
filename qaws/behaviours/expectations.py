"""What must hold of connections: the Then of the features that is not about deliveries.

Every function takes the testbed first and runs on its loop thread. Each records what it measured
and what was allowed, whether or not it was met.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qaws.behaviours import actions
from qaws.clients.connection import Connection
from qaws.testbed.testbed import Testbed
from qaws.verdict import Refuted

ALIVE_S = 5.0
"""How long a connection may take to answer a WebSocket ping and still count as alive: QA-WS-001."""


async def connected(testbed: Testbed, clients: Sequence[str]) -> None:
    """Require that connections are open and alive: a WebSocket ping comes back."""
    connections = testbed.scenario.connections.of(clients)
    pings = await asyncio.gather(*(c.ping_frame(ALIVE_S) for c in connections if c.is_open))
    answered = sum(1 for _, pong in pings if pong is not None)
    lost = [c for c in connections if not c.is_open]
    seen = f"{answered} of {len(connections)} open and answering"
    if lost:
        seen += f"; {lost[0].name}: {lost[0].summary()}"
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


async def ping_answered(
    testbed: Testbed, clients: Sequence[str], ping: str, within_ms: float
) -> None:
    """Require that pings come back within `within_ms`.

    Args:
        testbed: the testbed.
        clients: whose.
        ping: "WebSocket ping" (RFC 6455 section 5.5.2) or "ping message" (the dialect's own).
        within_ms: the bound in milliseconds.
    """
    wait_s = within_ms / 1e3 + testbed.grace_s
    for connection in testbed.scenario.connections.of(clients):
        if ping == "WebSocket ping":
            sent_ns, pong_ns = await connection.ping_frame(wait_s)
        else:
            sent = await connection.send(testbed.dialect.ping())
            pong = await connection.wait_for(actions.is_kind(testbed, "pong"), sent, wait_s)
            sent_ns, pong_ns = sent.at_ns, pong.at_ns if pong else None
        in_time(
            testbed,
            f"answer to {connection.name}'s {ping}",
            sent_ns,
            pong_ns,
            within_ms,
            connection,
        )


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
        testbed.scenario.checks.never(what, start_ns, now, within_ms, connection.summary())
    else:
        testbed.scenario.checks.at_most_ms(what, start_ns, end_ns, within_ms)


@dataclass(frozen=True, slots=True)
class Refusal:
    """How clients are refused: by an HTTP status, or also by a close with code and reason."""

    status: int
    code: int | None = None
    reason: str = ""

    def __str__(self) -> str:
        if self.code is None:
            return f"HTTP {self.status} in answer to the handshake"
        close = f'a close with {self.code} and a reason containing "{self.reason}"'
        return f"HTTP {self.status}, or {close}"


async def refused(testbed: Testbed, clients: Sequence[str], refusal: Refusal) -> None:
    """Require that clients are refused in the handshake, or closed with a word why if allowed."""
    for connection in testbed.scenario.connections.of(clients):
        by_status = connection.http_status == refusal.status
        by_close = refusal.code is not None and await _closed_with(testbed, connection, refusal)
        testbed.scenario.checks.require(
            by_status or by_close,
            f"refusal of {connection.name}",
            connection.summary(),
            str(refusal),
        )


async def _closed_with(testbed: Testbed, connection: Connection, refusal: Refusal) -> bool:
    """Return whether a connection came about and was closed as a refusal allows."""
    if connection.http_status != 101:
        return False
    await connection.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)
    ending = connection.ending
    return (
        ending is not None
        and ending.code == refusal.code
        and refusal.reason.lower() in ending.reason.lower()
    )


def in_words(codes: Sequence[int], reasons: Sequence[str]) -> str:
    """Say which codes and reasons a close may have."""
    quoted = " or ".join(f'"{reason}"' for reason in reasons)
    return f"{' or '.join(map(str, codes))} and a reason containing {quoted}"


async def closed_by_service(
    testbed: Testbed, clients: Sequence[str], codes: Sequence[int], reasons: Sequence[str]
) -> None:
    """Require that the service closed connections with one of the codes and reasons."""
    for connection in testbed.scenario.connections.of(clients):
        await connection.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)
        ending = connection.ending
        ok = (
            ending is not None
            and connection.ended_by_service
            and ending.code in codes
            and any(reason.lower() in ending.reason.lower() for reason in reasons)
        )
        allowed = f"closed by the service with {in_words(codes, reasons)}"
        what = f"end of {connection.name}'s connection"
        testbed.scenario.checks.require(ok, what, connection.summary(), allowed)
        connection.end_was_due = True


async def closed_between(
    testbed: Testbed,
    clients: Sequence[str],
    codes: Sequence[int],
    reasons: Sequence[str],
    low_ms: float,
    high_ms: float,
) -> None:
    """Require that the service closed clients between two times after they fell silent.

    The service's clock may have started as early as the handshake and as late as the welcome, so
    the lower bound runs from the one and the upper from the other.
    """
    await closed_by_service(testbed, clients, codes, reasons)
    for connection in testbed.scenario.connections.of(clients):
        welcome = next(connection.received("welcome"), None)
        if connection.ending is None or welcome is None:
            raise Refuted(f"{connection.name} was closed unwelcomed: {connection.summary()}")
        checks, end_ns = testbed.scenario.checks, connection.ending.at_ns
        what = f"time until {connection.name} was closed"
        checks.not_before_ms(what, connection.started_ns, end_ns, low_ms)
        checks.at_most_ms(what, welcome.at_ns, end_ns, high_ms)


async def welcomed(
    testbed: Testbed, client: str, within_ms: float, fields: Iterable[tuple[str, str]]
) -> None:
    """Require a welcome, first of all messages, in time, with the given fields.

    That it comes once is judged behind the fence at the scenario's end: a second one may be on its
    way still.

    Args:
        testbed: the testbed.
        client: who.
        within_ms: the bound in milliseconds, from the begin of the handshake.
        fields: name and value of fields; "any text" stands for a non-empty string.
    """
    connection = testbed.scenario.connections.named(client)
    wait_s = within_ms / 1e3 + testbed.grace_s
    welcome = await connection.wait_for(actions.is_kind(testbed, "welcome"), None, wait_s)
    at = welcome.at_ns if welcome else None
    in_time(testbed, f"welcome of {client}", connection.started_ns, at, within_ms, connection)
    assert welcome is not None
    for name, wanted in fields:
        value = welcome.message.get(name)
        ok = (isinstance(value, str) and value != "") if wanted == "any text" else value == wanted
        testbed.scenario.checks.require(ok, f"{name} in {client}'s welcome", repr(value), wanted)
    first = next(connection.received())
    testbed.scenario.checks.require(
        first is welcome,
        f"first message to {client}",
        f"a {testbed.dialect.kind(first.message)}",
        "the welcome",
    )


async def new_session(testbed: Testbed, client: str) -> None:
    """Require that a client that came back has another session id than before."""
    before = testbed.scenario.connections.earlier(client).session_id
    after = testbed.scenario.connections.named(client).session_id
    testbed.scenario.checks.require(
        after is not None and after != before,
        f"session id of {client} after reconnecting",
        str(after),
        f"any but the former one, {before}",
    )


async def gets_error(testbed: Testbed, client: str, text: str, within_ms: float) -> None:
    """Require that the last thing a client sent is answered by an error containing `text`."""
    connection = testbed.scenario.connections.named(client)
    sent = next(f for f in reversed(connection.log) if f.direction == "→" and f.kind == "text")
    wait_s = within_ms / 1e3 + testbed.grace_s
    error = await connection.wait_for(actions.is_kind(testbed, "error"), sent, wait_s)
    at = error.at_ns if error else None
    in_time(testbed, f"error to {client}", sent.at_ns, at, within_ms, connection)
    assert error is not None
    message = str(error.message.get("message"))
    testbed.scenario.checks.require(
        text in message, f"message of the error to {client}", message, f'contains "{text}"'
    )


def shown(connections: Sequence[Connection]) -> str:
    """Name a few clients, or count many."""
    names = [connection.name for connection in connections]
    return ", ".join(names) if len(names) <= 3 else f"{len(names)} clients"
