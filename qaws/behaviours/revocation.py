"""Tokens that their issuer takes back: QA-WS-107.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`). How a token is
revoked, and what becomes of sessions that it has opened, is what the target's [revocation] says.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from qaws.auth.revocation import Revoker
from qaws.behaviours import closes, leaving, lifecycle, rejections
from qaws.behaviours.presence import require_present
from qaws.clients.connection import Connection
from qaws.clients.endings import Refusal
from qaws.sut.revocation_section import Revocation
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

TRIES_AGAIN_S = 0.1
"""How long a client waits before it tries again."""

IN_A_ROW = 4
"""So many attempts one after the other must be refused: each of several workers may have an idea of
its own of which tokens are revoked."""

ONCE_MORE, OF_THE_SAME = "the token that it had before", "another token of the same person"
REVOKED_TOKEN = "a token that was revoked"


@dataclass(slots=True)
class Revoked:
    """A token that was revoked.

    Attributes:
        token: itself.
        at_ns: right before it was (`time.monotonic_ns()`).
        sessions: what it had opened, and was open then.
        attempts: what came of it since, the last attempt in each place.
    """

    token: str = field(repr=False)
    at_ns: int
    sessions: list[Connection]
    attempts: list[Connection]


REVOKED = Key[dict[str, Revoked]]("no token has been revoked in this scenario")


async def connect_twice(testbed: Testbed, clients: Sequence[str]) -> None:
    """Let each client connect twice with one token, one session after the other, and leave.

    Raises:
        Refuted: one of them was not welcomed the first time.
        NotVerified: it was not the second time, so that a later refusal would show nothing.
    """
    for client in clients:
        await lifecycle.be_connected(testbed, [client])
        await leaving.end_connection(testbed, client, "a clean close")
        again = await connect_once_more(testbed, client)
        if not again.is_welcomed:
            raise NotVerified(
                f"the token of {client} has opened one session and no second: {again.summary()}; "
                "that it is refused later would show nothing. A service of which this is meant "
                "has [auth] single_use = true in its target"
            )
        await leaving.end_connection(testbed, client, "a clean close")


async def connect_once_more(testbed: Testbed, client: str) -> Connection:
    """Connect a client with the token of its former connection."""
    token = testbed.scenario.connections.named(client).token
    (again,) = await lifecycle.connect(testbed, [client], token, which=ONCE_MORE)
    return again


async def connect_with_another_token(testbed: Testbed, client: str) -> None:
    """Connect a client with a token of the same subject that nobody has shown yet.

    Raises:
        Broken: the target lets nobody mint.
    """
    token = testbed.tokens.renewed(testbed.scenario.connections.named(client).token)
    if not token:
        raise Broken(f"no other token of the person that {client} is can be minted")
    await lifecycle.connect(testbed, [client], token, which=OF_THE_SAME)


async def revoke(testbed: Testbed, client: str, at_most_ms: float) -> None:
    """Revoke a client's token; then the client tries to connect with it, as `try_again` says.

    A control client, without a token, connects before.

    Raises:
        Broken: it cannot be revoked in the way that the target names.
        Refuted, NotVerified: a session of it had ended before; see `require_present`.
    """
    section = testbed.target.revocation
    if section is None:
        raise Broken(f"{testbed.target.file}: has no [revocation]: no token can be revoked")
    connection, service = testbed.scenario.connections.named(client), testbed.service
    token, left = connection.token, connection.ending
    if token is None:
        raise Broken(f"{client} has shown no token that could be revoked")
    if left is None or left.by != "the client":
        require_present([connection], "when its token was revoked")
    places = places_of(testbed, section, service.port)
    authority = service.target.endpoint.authority
    await rejections.connect_control(testbed)
    sessions = [c for c in testbed.scenario.connections.all if c.token == token and c.is_open]
    noted = Revoked(token, time.monotonic_ns(), sessions, [])
    testbed.scenario.stash.setdefault(REVOKED, {})[client] = noted
    await asyncio.to_thread(Revoker(section, places, service.url, authority).revoke, token)
    await try_again(testbed, client, at_most_ms)


def places_of(testbed: Testbed, section: Revocation, port: int | None) -> dict[str, str]:
    """Return what placeholders of [revocation] stand for that are not about the token.

    What the suite tells the feed's Redis itself goes there as its ticks do: by its own address,
    which says whom it trusts.
    """
    places = {**testbed.placeholders, "port": str(port)}
    if section.redis and testbed.broker:
        places["broker_url"] = testbed.broker.url
    return places


async def try_again(testbed: Testbed, client: str, at_most_ms: float) -> None:
    """Let a client try its revoked token in every place in which the target lets it be shown.

    In each it tries until it is refused several times in a row, or the time is over; what came of
    the last attempt counts. Where a place still lets it in then, no other is tried.
    """
    noted, deadline_s = _noted(testbed, client), time.monotonic() + at_most_ms / 1e3
    noted.attempts = []
    for location in testbed.target.auth.token_locations:
        refused = 0
        while True:
            is_late = time.monotonic() >= deadline_s
            (attempt,) = await lifecycle.connect(
                testbed, [client], noted.token, location=location, which=REVOKED_TOKEN
            )
            refused = 0 if attempt.is_welcomed else refused + 1
            if refused >= IN_A_ROW or (is_late and attempt.is_welcomed):
                break
            if attempt.is_welcomed:
                await attempt.close()
                await asyncio.sleep(TRIES_AGAIN_S)
        noted.attempts.append(attempt)
        if attempt.is_welcomed:
            break


def _noted(testbed: Testbed, client: str) -> Revoked:
    known = testbed.scenario.stash[REVOKED]
    if client not in known:
        raise Broken(f"no step has revoked the token of {client}")
    return known[client]


async def refused_everywhere(testbed: Testbed, client: str, refusal: Refusal) -> None:
    """Require that a revoked token was refused, in every place, in a way that is allowed."""
    for attempt in _noted(testbed, client).attempts:
        await closes.require_refusal(testbed, attempt, refusal)


async def sessions_are_as_declared(testbed: Testbed, client: str, within_ms: float) -> None:
    """Require that sessions which a revoked token had opened ended in time, or that none did.

    Which of the two is what the target declares. How they are closed is left to the service, as
    nobody prescribes it; a line that is just cut tells a client nothing, and is no close.

    Raises:
        NotVerified: the target does not say.
        Broken: none was open.
    """
    noted, section = _noted(testbed, client), testbed.target.revocation
    if section is None or section.sessions is None:
        raise NotVerified(
            f"{testbed.target.file}: [revocation] does not say what becomes of open sessions; "
            'say sessions = "end" or "go on"'
        )
    if not noted.sessions:
        raise Broken(f"{client} had no session when its token was revoked")
    for session in noted.sessions:
        if section.sessions == "end":
            await _ended(testbed, session, noted.at_ns, within_ms)
        else:
            await _goes_on(testbed, session, noted.at_ns, within_ms)


async def _ended(testbed: Testbed, session: Connection, at_ns: int, within_ms: float) -> None:
    left_s = at_ns / 1e9 + within_ms / 1e3 + testbed.grace_s - time.monotonic()
    await session.wait_for(lambda f: f.kind in ("close", "end"), None, max(0.0, left_s))
    checks, what = testbed.scenario.checks, f"end of {session.name}'s session"
    what += " after its token was revoked"
    if session.ending is None:
        checks.never(what, at_ns, time.monotonic_ns(), within_ms, session.summary())
        return
    closed = "closed by the service, with whatever code"
    checks.require(session.ended_by_service, what, session.summary(), closed)
    session.end_was_due = True
    checks.at_most_ms(what, at_ns, session.ending.at_ns, within_ms)


async def _goes_on(testbed: Testbed, session: Connection, at_ns: int, within_ms: float) -> None:
    """Watch a session for as long as one that ends might take to do so."""
    left_s = at_ns / 1e9 + within_ms / 1e3 - time.monotonic()
    await session.wait_for(lambda f: f.kind in ("close", "end"), None, max(0.0, left_s))
    pong_ns = None
    if session.is_open:
        _, pong_ns = await session.ping_frame(lifecycle.ALIVE_S)
    testbed.scenario.checks.require(
        pong_ns is not None,
        f"{session.name}'s session {within_ms / 1e3:g} s after its token was revoked",
        session.summary(),
        f"open, and answering a WebSocket ping within {lifecycle.ALIVE_S:g} s",
    )
