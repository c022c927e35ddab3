"""Tokens: forged ones are shown, and good ones are let in.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`). Tokens that
expire are in `expiry`, what refused clients are told in `rejections`.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from qaws.auth.callback_server import CallbackServer
from qaws.auth.forgeries import CLOCKS, Forger, forged
from qaws.auth.near_misses import altered
from qaws.auth.strangers import callback_server_for
from qaws.auth.tokens import ONE_USER
from qaws.behaviours import closes, lifecycle, rejections
from qaws.behaviours.lifecycle import Shown, in_time
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified, Refuted

LEEWAY = "a service that lets clocks differ states by how much: [auth] leeway_s of its target"
"""What a reader must know where tokens are good for a moment more."""


ALTERED = Key[str]("no client has shown a good token that was altered in this scenario")
SHORT = 4096
"""Characters of a token that any server takes in any place; a longer one is shown in one only."""


async def forger(testbed: Testbed, marker: str = "") -> Forger:
    """Return the scenario's forger; its callback server is open until the scenario ends."""
    stash = testbed.scenario.stash
    callbacks = stash.get(rejections.CALLBACKS)
    if callbacks is None:
        callbacks = stash[rejections.CALLBACKS] = callback_server_for(testbed.tokens.algorithm)
        await callbacks.open()
        testbed.scenario.on_end.append(partial(_close, testbed, callbacks))
    return Forger(testbed.tokens, callbacks, marker)


def _close(testbed: Testbed, callbacks: CallbackServer) -> None:
    testbed.loop.call(callbacks.close())


async def connect_forged(testbed: Testbed, client: str, kind: str) -> None:
    """Connect a client with a bad token, by the name that the features give it.

    A control client, without a token, connects before it. Where a token may be shown in further
    places, it is shown there too: each may have checks of its own.

    Raises:
        Broken: there is none of that name, or the target lets nobody mint.
    """
    token, which = forged(kind, await forger(testbed)), f"a forged token: {kind}"
    if kind in CLOCKS:
        testbed.scenario.remarks.append(LEEWAY)
    known = testbed.target.auth.token_locations
    await rejections.connect_control(testbed)
    for place in known[1:] if len(token) <= SHORT else ():
        name = f"{client}'s attempt by {place}"
        closes.note_attempt(testbed, client, name)
        await lifecycle.connect(testbed, [name], token, location=place, which=which)
    await lifecycle.connect(testbed, [client], token, which=which)


async def connect_altered(testbed: Testbed, client: str, how: str) -> None:
    """Connect a client with a good token after it was altered, by the name that features give it.

    Raises:
        Broken: there is none of that name, or the target gives no token.
        NotVerified: what comes of it may be as good as the token itself.
    """
    (token,) = await testbed.tokens.for_clients(1)
    testbed.scenario.stash[ALTERED] = token
    which = f"a good token that was altered: {how}"
    await lifecycle.connect(testbed, [client], altered(token, how), which=which)


async def connect_unaltered(testbed: Testbed, client: str) -> None:
    """Connect a client with that token as it was."""
    token = testbed.scenario.stash[ALTERED]
    (connection,) = await lifecycle.connect(testbed, [client], token)
    testbed.tokens.accepted = testbed.tokens.accepted or connection.is_welcomed


async def connect_altered_again(testbed: Testbed, client: str, how: str) -> None:
    """Connect a client once more with that good token altered: by now the service may know it.

    What is required of the client's refusal is required of this one too.

    Raises:
        Broken: no client has shown an altered token.
    """
    token, name = testbed.scenario.stash[ALTERED], f"{client}'s attempt once the token is in use"
    closes.note_attempt(testbed, client, name)
    which = f"a good token that was altered: {how}, which is in use by then"
    await lifecycle.connect(testbed, [name], altered(token, how), which=which)


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

OF_THAT_USER = "a valid token of the user who has others"

TRIES_AGAIN_S = 0.05
"""How long a client that was turned away waits before it tries again."""


async def be_one_user(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Connect and subscribe clients whose tokens name the same subject.

    Raises:
        Broken: the target lets nobody mint.
        Refuted: one was not welcomed, or its subscription not acknowledged.
    """
    same = await testbed.tokens.for_clients(len(clients), sub=ONE_USER)
    await lifecycle.be_connected(testbed, clients, same, which=OF_THAT_USER)
    await lifecycle.subscribe(testbed, clients, selection)


async def share_a_user(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Do the same with a service that may let one user connect once only.

    Raises:
        Broken: the target lets nobody mint.
        NotVerified: one was not let in.
        Refuted: a subscription was not acknowledged.
    """
    same = await testbed.tokens.for_clients(len(clients), sub=ONE_USER)
    try:
        await lifecycle.be_connected(testbed, clients, same, which=OF_THAT_USER)
    except Refuted as refuted:
        raise NotVerified(f"one user cannot connect twice here: {refuted}") from None
    await lifecycle.subscribe(testbed, clients, selection)


async def connect_without_token(testbed: Testbed, client: str) -> None:
    """Connect a client that has no token.

    Where the target wants something asked before a connection, it asks without one; and once more
    it comes without having asked: whoever hands out tickets may not be the one who wants them.
    """
    await _come_bare(testbed, client)
    await lifecycle.connect(testbed, [client], None)


async def connect_amid_others(testbed: Testbed, client: str, others: Sequence[str]) -> None:
    """Connect a client that has no token while others come who have one.

    Where nobody can mint, several would be one person, whom a service need not let in so often:
    one comes then.

    Raises:
        Refuted: one of those was not welcomed.
    """
    if "mint" not in testbed.target.capabilities and len(others) > 1:
        said = f"one client came with a valid token and not {len(others)}: the target cannot mint"
        testbed.scenario.remarks.append(said)
        others = others[:1]
    await asyncio.gather(
        connect_without_token(testbed, client), lifecycle.be_connected(testbed, others)
    )


async def _come_bare(
    testbed: Testbed, client: str, headers: Sequence[tuple[str, str]] = (), which: str = ""
) -> None:
    if testbed.target.before_connect:
        name = f"{client}'s attempt that has asked for nothing before"
        closes.note_attempt(testbed, client, name)
        await lifecycle.connect(testbed, [name], None, bare=True, which=which, headers=headers)


async def connect_with_basic_credentials(testbed: Testbed, client: str) -> None:
    """Connect a client that shows a name and a password of nobody's (RFC 7617), and no token."""
    credentials = base64.b64encode(f"{client}:{secrets.token_hex(8)}".encode()).decode()
    which = "HTTP Basic credentials and no token"
    headers = [("Authorization", f"Basic {credentials}")]
    await _come_bare(testbed, client, headers, which)
    await lifecycle.connect(testbed, [client], None, which=which, headers=headers)


async def connect_as_that_user(testbed: Testbed, client: str) -> None:
    """Connect one more client whose token names that subject."""
    token = testbed.tokens.mint(sub=ONE_USER)
    await lifecycle.connect(testbed, [client], token, which=OF_THAT_USER)


async def keep_trying(
    testbed: Testbed, client: str, leaver: str, subject: str | None = None
) -> None:
    """Let a client connect with a valid token, again and again until it is welcomed.

    The service may need a moment to see that the leaver's place is free. The token names the
    subject, if one is given.
    """
    over = asyncio.Event()

    async def try_on() -> None:
        while True:
            token = testbed.tokens.mint(sub=subject) if subject else Shown.VALID
            which = OF_THAT_USER if subject else ""
            (connection,) = await lifecycle.connect(testbed, [client], token, which=which)
            if over.is_set() or connection.is_welcomed:
                return
            await asyncio.sleep(TRIES_AGAIN_S)

    trying = asyncio.get_running_loop().create_task(try_on())
    testbed.scenario.background.append(trying)
    newcomers = testbed.scenario.stash.setdefault(NEWCOMERS, {})
    newcomers[client] = Newcomer(leaver, time.monotonic_ns(), trying, over)


async def take_place_as_that_user(testbed: Testbed, client: str, leaver: str) -> None:
    """Let a client of the one user do what `take_place` lets any client do."""
    await take_place(testbed, client, leaver, ONE_USER)


async def take_place(
    testbed: Testbed, client: str, leaver: str, subject: str | None = None
) -> None:
    """Let a client keep trying; return once it is in, or will hardly be.

    Whoever comes next would take its place where the service, or a proxy before it, sees a moment
    later that the leaver has left.
    """
    await keep_trying(testbed, client, leaver, subject)
    trying = testbed.scenario.stash[NEWCOMERS][client].trying
    await asyncio.wait([trying], timeout=testbed.grace_s)


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
    let_in = connection.let_in
    if let_in is None and newcomer is None:
        let_in = await connection.wait_for(lifecycle.lets_in(testbed), None, wait_s)
    start_ns = newcomer.start_ns if newcomer else connection.started_ns
    at_ns = let_in.at_ns if let_in else None
    what = f"admission of {client}" + (
        f" after {newcomer.leaver} left" if newcomer and newcomer.leaver else ""
    )
    in_time(testbed, what, start_ns, at_ns, within_ms, connection)
