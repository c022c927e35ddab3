"""Tokens at the door: forged ones, and how much their bearers are told.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial

from qaws.auth.callback_server import CallbackServer
from qaws.auth.forgeries import Forger, callback_server_for, forged
from qaws.behaviours import lifecycle
from qaws.behaviours.lifecycle import in_time
from qaws.clients.connection import Connection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed

CONTROL = "Nobody"
"""What a client without any token is called, whose refusal the others' is held against."""

CALLBACKS = Key[CallbackServer]("no forged token has been made in this scenario")

CHANGING_HEADERS = frozenset({"date"})
"""Of a refusal, these may differ from one to the next."""


async def present(
    testbed: Testbed, clients: Sequence[str], token: str | None, location: str | None = None
) -> list[Connection]:
    """Connect clients that show this very token, and wait until each was welcomed or turned away.

    Args:
        testbed: the testbed.
        clients: their names.
        token: what they show; None for nothing.
        location: how; default the first that the target knows.

    Raises:
        Broken: nobody listens there.
    """
    testbed.service.require_alive()
    location = location or testbed.target.auth.token_locations[0]
    opened = await testbed.scenario.connections.connect(clients, testbed.service, token, location)
    await asyncio.gather(*(lifecycle.settled(testbed, connection) for connection in opened))
    return opened


async def forger(testbed: Testbed, marker: str = "") -> Forger:
    """Return a forger for the scenario's service, whose lure is open until the scenario ends."""
    stash = testbed.scenario.stash
    callbacks = stash.get(CALLBACKS)
    if callbacks is None:
        callbacks = stash[CALLBACKS] = callback_server_for(testbed.tokens.algorithm)
        await callbacks.open()
        testbed.scenario.on_end.append(partial(_close, testbed, callbacks))
    return Forger(testbed.tokens, callbacks, marker)


def _close(testbed: Testbed, callbacks: CallbackServer) -> None:
    testbed.loop.call(callbacks.close())


async def connect_forged(testbed: Testbed, client: str, kind: str) -> None:
    """Connect a client with a bad token, by the name that the features give it.

    Raises:
        Broken: there is none of that name, or the target lets nobody mint.
    """
    await present(testbed, [client], forged(kind, await forger(testbed)))


async def rejection_is_indistinguishable(testbed: Testbed, client: str) -> None:
    """Require that a refused client was told, letter by letter, what one without a token is told.

    A control client, without a token, connects behind it: what both are told is the same, so that
    nothing says which check failed. Nor may the service have gone where the token points to.
    """
    connection = testbed.scenario.connections.named(client)
    if connection.http_status == 101:
        await connection.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)
    (control,) = await present(testbed, [CONTROL], None)
    if control.http_status == 101:
        await control.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)
    mine, norm = response_of(connection), response_of(control)
    testbed.scenario.checks.require(
        mine == norm,
        f"what {client} was told",
        mine,
        f"what a client without a token is told: {norm}",
    )
    callbacks = testbed.scenario.stash.get(CALLBACKS)
    fetched = callbacks.fetched if callbacks else []
    testbed.scenario.checks.require(
        not fetched,
        f"what the service fetched because {client}'s token pointed at it",
        ", ".join(fetched) or "nothing",
        "nothing",
    )


def response_of(connection: Connection) -> str:
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


async def admitted(
    testbed: Testbed, client: str, within_ms: float, leaver: str | None = None
) -> None:
    """Require that a client with a valid token is welcomed.

    Args:
        testbed: the testbed.
        client: who.
        within_ms: the bound in milliseconds.
        leaver: whose place it takes. The service may need a moment to see that the place is free,
            so the newcomer asks again until the bound is well past.
    """
    if leaver:
        await testbed.scenario.connections.named(leaver).close()
    start_ns = time.monotonic_ns()
    asking_s = within_ms / 1e3 + testbed.grace_s if leaver else 0.0
    while True:
        (connection,) = await lifecycle.connect(testbed, [client])
        welcome = next(connection.received("welcome"), None)
        if welcome or time.monotonic_ns() - start_ns > asking_s * 1e9:
            break
        await asyncio.sleep(0.05)
    at_ns = welcome.at_ns if welcome else None
    what = f"admission of {client}" + (f" after {leaver} left" if leaver else "")
    in_time(testbed, what, start_ns, at_ns, within_ms, connection)
