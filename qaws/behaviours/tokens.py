"""Tokens: forged ones, how much their bearers are told, and that good ones are let in.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`). Tokens that
expire are in `expiry`.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
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


async def forger(testbed: Testbed, marker: str = "") -> Forger:
    """Return the scenario's forger; its callback server is open until the scenario ends."""
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
    await lifecycle.connect(testbed, [client], forged(kind, await forger(testbed)))


async def rejection_is_indistinguishable(testbed: Testbed, client: str) -> None:
    """Require that a refused client was told, letter by letter, what one without a token is told.

    A control client, without a token, connects behind it: what both are told is the same, so that
    nothing says which check failed. Nor may the service have gone where the token points to.
    """
    connection = testbed.scenario.connections.named(client)
    if connection.http_status == 101:
        await connection.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)
    (control,) = await lifecycle.connect(testbed, [CONTROL], None)
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


@dataclass(slots=True)
class Newcomer:
    """A client that keeps trying to connect in another's place.

    Attributes:
        leaver: whose place; "" where it waits for no place.
        start_ns: when it began (`time.monotonic_ns()`).
        trying: ends once it is welcomed, or soon after `over` is set.
        over: asks it to give up.
    """

    leaver: str
    start_ns: int
    trying: asyncio.Task[None]
    over: asyncio.Event


NEWCOMERS = Key[dict[str, Newcomer]]("nobody keeps trying to connect in this scenario")

TRIES_AGAIN_S = 0.05
"""How long a client that was turned away waits before it tries again."""


async def keep_trying(testbed: Testbed, client: str, leaver: str) -> None:
    """Let a client connect with a valid token, again and again until it is welcomed.

    The service may need a moment to see that the leaver's place is free.
    """
    over = asyncio.Event()

    async def try_on() -> None:
        while True:
            (connection,) = await lifecycle.connect(testbed, [client])
            if over.is_set() or any(connection.received("welcome")):
                return
            await asyncio.sleep(TRIES_AGAIN_S)

    trying = asyncio.get_running_loop().create_task(try_on())
    testbed.scenario.background.append(trying)
    newcomers = testbed.scenario.stash.setdefault(NEWCOMERS, {})
    newcomers[client] = Newcomer(leaver, time.monotonic_ns(), trying, over)


async def admitted(testbed: Testbed, client: str, within_ms: float) -> None:
    """Require that a client with a valid token is welcomed in time, counted from its first attempt.

    One that keeps trying is waited for until the bound is well past.
    """
    wait_s = within_ms / 1e3 + testbed.grace_s
    newcomer = testbed.scenario.stash.setdefault(NEWCOMERS, {}).get(client)
    if newcomer:
        left_s = newcomer.start_ns / 1e9 + wait_s - time.monotonic()
        await asyncio.wait([newcomer.trying], timeout=max(0.0, left_s))
        newcomer.over.set()
        await newcomer.trying
    connection = testbed.scenario.connections.named(client)
    welcome = next(connection.received("welcome"), None)
    if welcome is None and newcomer is None:
        is_welcome = lifecycle.is_kind(testbed, "welcome")
        welcome = await connection.wait_for(is_welcome, None, wait_s)
    start_ns = newcomer.start_ns if newcomer else connection.started_ns
    at_ns = welcome.at_ns if welcome else None
    what = f"admission of {client}" + (
        f" after {newcomer.leaver} left" if newcomer and newcomer.leaver else ""
    )
    in_time(testbed, what, start_ns, at_ns, within_ms, connection)
