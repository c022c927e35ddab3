"""How connections must end: refused at the handshake, or closed with a code and a reason.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from qaws.behaviours import crashes, deviations
from qaws.clients.connection import Connection
from qaws.clients.endings import ExpectedClose, Refusal
from qaws.oracle.stack_traces import trace_in
from qaws.protocol.answers import known_cause
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Refuted

UNAUTHORISED = 401
"""What the features require where it is the person that is refused. A target that says so in a body
([before_connect] refused_when) has words for just this."""
TOO_LARGE = 413
MESSAGE_TOO_BIG = ExpectedClose([1009], [])
"""What 413 is to a handshake, 1009 is to a first message that has the token (RFC 6455, 7.4.1)."""


READ = 100_000
"""Bytes of a body in which a stack trace is looked for."""

ATTEMPTS = Key[dict[str, list[str]]]("nobody has shown a token in several places")
"""Client → the names of the connections in which it has shown its token in other places."""


def note_attempt(testbed: Testbed, client: str, name: str) -> None:
    """Note that what is required of a client's refusal is required of one more connection's."""
    testbed.scenario.stash.setdefault(ATTEMPTS, {}).setdefault(client, []).append(name)


def attempts_of(testbed: Testbed, client: str) -> list[Connection]:
    """Return a client's connection, and behind it those on which the same is required."""
    noted = testbed.scenario.stash.setdefault(ATTEMPTS, {}).get(client, [])
    return testbed.scenario.connections.of([client, *dict.fromkeys(noted)])


async def refused(testbed: Testbed, clients: Sequence[str], refusal: Refusal) -> None:
    """Require that clients are refused in the handshake, or closed with a word why if allowed."""
    for client in clients:
        for connection in attempts_of(testbed, client):
            await require_refusal(testbed, connection, refusal)
    await crashes.refusals_were_decisions(testbed)


async def require_refusal(testbed: Testbed, connection: Connection, refusal: Refusal) -> None:
    """Require the same of one connection, which need not be the newest of its client."""
    by_status = connection.http_status in refusal.statuses
    by_status = by_status or (connection.turned_by_words and UNAUTHORISED in refusal.statuses)
    by_close = refusal.close is not None and await _closed_as(testbed, connection, refusal.close)
    allowed = str(refusal)
    if TOO_LARGE in refusal.statuses and testbed.target.auth.in_first_message:
        by_close = by_close or MESSAGE_TOO_BIG.fits_ending(connection.ending)
        allowed += f" or {MESSAGE_TOO_BIG}"
    what, seen = f"refusal of {connection.name}", connection.summary()
    if not (by_status or by_close):
        seen += _cause(connection)
    came = f"; {connection.name} came with {connection.came_with}"
    sentence = f"{what}: measured {seen}, allowed {allowed}{came if connection.came_with else ''}"
    testbed.scenario.checks.require(by_status or by_close, what, seen, allowed, sentence)
    trace = trace_in(_told(connection))
    testbed.scenario.checks.require(
        trace is None,
        f"what {connection.name} was told",
        str(trace or "no stack trace"),
        "no stack trace",
    )
    crashes.is_right(testbed, connection)


def _told(connection: Connection) -> str:
    """Return the words of a refusal: its body, or the reason of the close."""
    if connection.refusal:
        return bytes(connection.refusal.body or b"")[:READ].decode("utf-8", "replace")
    return connection.ending.reason if connection.ending else ""


def _cause(connection: Connection) -> str:
    refusal = connection.refusal
    return known_cause(connection.http_status, refusal.body if refusal else None)


async def _closed_as(testbed: Testbed, connection: Connection, expected: ExpectedClose) -> bool:
    """Return whether a connection came about and was closed as a refusal allows."""
    if connection.http_status != 101:
        return False
    auth, wait_s = testbed.target.auth, testbed.grace_s
    if connection.token is None and auth.in_first_message:
        wait_s += auth.first_message_within_s
    await connection.wait_for(lambda f: f.kind in ("close", "end"), None, wait_s)
    return expected.fits_ending(connection.ending)


async def closed_by_service(
    testbed: Testbed, clients: Sequence[str], expected: ExpectedClose
) -> None:
    """Require that the service closed connections as expected, or as the target declares."""
    expected = deviations.expected_of(testbed, expected)
    for connection in testbed.scenario.connections.of(clients):
        await connection.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)
        ok = connection.ended_by_service and expected.fits_ending(connection.ending)
        allowed = f"closed by the service with {expected}"
        what = f"end of {connection.name}'s connection"
        testbed.scenario.checks.require(ok, what, connection.summary(), allowed)
        connection.end_was_due = True


async def disconnected(testbed: Testbed, clients: Sequence[str], within_ms: float) -> None:
    """Require that the service has closed every client's TCP connection soon after its close frame.

    Once both have sent a close frame the server has to close it, at once (RFC 6455, sections 7.1.1
    and 5.5.1). Browsers wait for that, for two seconds, before they tell the page.

    Raises:
        Refuted: it was not closed by then, or there was no close frame.
    """
    checks = testbed.scenario.checks
    connections = testbed.scenario.connections.of(clients)
    last, longest_ns = connections[0], -1
    for connection in connections:
        if connection.ending is None:
            raise Refuted(f"{connection.name} was not closed: {connection.summary()}")
        said_ns = connection.ending.at_ns
        left_s = (said_ns - time.monotonic_ns()) / 1e9 + within_ms / 1e3 + testbed.grace_s
        await connection.wait_for(lambda f: f.kind == "end", None, max(0.0, left_s))
        what = f"from the close frame to the end of {connection.name}'s TCP connection"
        if (gone_ns := connection.disconnected_ns) is None:
            now_ns = time.monotonic_ns()
            checks.never(what, said_ns, now_ns, within_ms, "the service leaves it open")
        elif gone_ns - said_ns > longest_ns:
            last, longest_ns = connection, gone_ns - said_ns
    assert last.ending
    what = f"from the close frame to the end of {last.name}'s TCP connection"
    what += f", the longest of {len(connections)}" if len(connections) > 1 else ""
    checks.at_most_ms(what, last.ending.at_ns, last.ending.at_ns + longest_ns, within_ms)


async def closed_between(
    testbed: Testbed,
    clients: Sequence[str],
    expected: ExpectedClose,
    low_ms: float,
    high_ms: float,
) -> None:
    """Require that the service closed clients between two times after they fell silent.

    The service's clock may have started as early as the handshake, or the client's last message,
    and as late as the welcome (or what stands for it), or its last acknowledgement; so the lower
    bound runs from the one and the upper from the other.
    """
    await closed_by_service(testbed, clients, expected)
    for connection in testbed.scenario.connections.of(clients):
        let_in = connection.let_in
        if connection.ending is None or let_in is None:
            raise Refuted(f"{connection.name} was closed unwelcomed: {connection.summary()}")
        checks, end_ns = testbed.scenario.checks, connection.ending.at_ns
        what = f"time that {connection.name} was silent before it was closed"
        said = [f.at_ns for f in connection.log if (f.direction, f.kind) == ("→", "text")]
        heard = [let_in.at_ns, *(f.at_ns for f in connection.received("subscribed"))]
        checks.not_before_ms(what, max([connection.started_ns, *said]), end_ns, low_ms)
        checks.at_most_ms(what, max(heard), end_ns, high_ms)
