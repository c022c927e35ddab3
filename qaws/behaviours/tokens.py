"""Tokens: forged ones, how much their bearers are told, and that good ones are let in.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`). Tokens that
expire are in `expiry`.
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
from qaws.behaviours import closes, lifecycle
from qaws.behaviours.lifecycle import Shown, in_time
from qaws.clients.connection import Connection
from qaws.oracle.refusals import Usual
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import NotVerified, Refuted

CONTROL = "Nobody"
"""What a client without any token is called, whose refusal the others' is held against."""

LEEWAY = "a service that lets clocks differ states by how much: [auth] leeway_s of its target"
"""What a reader must know where tokens are good for a moment more."""

CALLBACKS = Key[CallbackServer]("no forged token has been made in this scenario")

ALTERED = Key[str]("no client has shown a good token that was altered in this scenario")
SHORT = 4096
"""Characters of a token that any server takes in any place; a longer one is shown in one only."""

CHANGING_HEADERS = frozenset({"date"})
"""Of a refusal, these may differ from one to the next: each worker may have its own idea of now."""

IN_DOUBT = 8
"""How many more clients without a token connect where a refusal seems to differ from theirs: by so
many, what differs by itself shows that it does, also between several workers."""


SLOW_S = 1.0
"""A refusal that takes so long, because a first message is waited for in vain, is not waited for in
each row: two of them serve all rows on that service."""


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

    A control client, without a token, connects before it. Where a token may be shown in further
    places, it is shown there too: each may have checks of its own.

    Raises:
        Broken: there is none of that name, or the target lets nobody mint.
    """
    token, which = forged(kind, await forger(testbed)), f"a forged token: {kind}"
    if kind in CLOCKS:
        testbed.scenario.remarks.append(LEEWAY)
    known = testbed.target.auth.token_locations
    await connect_control(testbed)
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


async def connect_control(testbed: Testbed, *, anew: bool = False) -> None:
    """Connect a client without any token, with whose refusal others can be compared.

    None does where the service takes its time for that and has refused two before, unless `anew`.
    """
    known = testbed.service.slow_refusals
    if len(known) >= 2 and not anew:
        return
    start_s = time.monotonic()
    (control,) = await lifecycle.connect(testbed, [CONTROL], None)
    await _refused(testbed, control)
    if time.monotonic() - start_s >= SLOW_S and not control.is_open:
        known.append(told(control))


async def _refused(testbed: Testbed, connection: Connection) -> None:
    """Wait for the close of a client that was let in, and is now to be told why it must leave."""
    if connection.http_status == 101:
        await connection.wait_for(lambda f: f.kind in ("close", "end"), None, testbed.grace_s)


async def rejection_is_indistinguishable(testbed: Testbed, client: str) -> None:
    """Require that a refused client was told, letter by letter, what one without a token is told.

    So must it be in each place in which its token was shown. Control clients, without a token,
    connect before it and behind it. What differs between two of them differs by itself (request
    ids, dates, cookies) and says nothing; all else is the same, so that nothing says which check
    failed. Two ids may be alike in some letter: where something else seems to differ, more controls
    are asked. Nor may the service have gone where the token points to.
    """
    compared, checks = _refusals_of(testbed, client), testbed.scenario.checks
    for connection in compared.values():
        await _refused(testbed, connection)
    mine, asked = {what: told(connection) for what, connection in compared.items()}, 0
    while True:
        await connect_control(testbed, anew=asked > 0)
        asked += 1
        controls = _refusals_without_token(testbed)
        usual = Usual(controls)
        unlike = {what: usual.unlike(each) for what, each in mine.items()}
        if len(controls) >= 2 and (not any(unlike.values()) or asked > IN_DOUBT):
            break
    for what, parts in unlike.items():
        checks.require(
            not parts,
            f"what {what} was told",
            "; ".join(f"{name}: {mine[what].get(name, 'nothing')}" for name in parts or mine[what]),
            f"what a client without a token is told: {usual.shown(parts)}",
        )
    checks.require(
        True,
        f"what differs by itself between {len(controls)} refusals without a token",
        usual.shown(usual.by_itself) if usual.by_itself else "nothing",
        "anything: it tells nobody which check has failed",
    )
    _require_nothing_fetched(testbed, client)


def _refusals_without_token(testbed: Testbed) -> list[dict[str, str]]:
    """Return what clients without a token were told, part by part; see `connect_control`."""
    all_of_them = testbed.scenario.connections.all
    controls = [told(each) for each in all_of_them if each.name == CONTROL]
    if not controls:
        controls = testbed.service.slow_refusals[:2]
        testbed.scenario.remarks.append(
            f"this service takes {SLOW_S:g} s and more to refuse a client without a token: what "
            f"{len(controls)} were told in an earlier row serves here too"
        )
    return controls


def _refusals_of(testbed: Testbed, client: str) -> dict[str, Connection]:
    """Return a client's refusal, and those of its token in other places: whose it is → it."""
    newest, *attempts = closes.attempts_of(testbed, client)
    elsewhere = {
        f"{client}, who came with {c.came_with},": c
        for c in testbed.scenario.connections.all
        if c.name == client and c.token == newest.token and not c.is_welcomed
        if c.came_with != newest.came_with
    }
    return {client: newest, **{each.name: each for each in attempts}, **elsewhere}


def _require_nothing_fetched(testbed: Testbed, client: str) -> None:
    callbacks = testbed.scenario.stash.get(CALLBACKS)
    fetched = callbacks.fetched if callbacks else []
    testbed.scenario.checks.require(
        not fetched,
        f"what the service fetched because {client}'s token pointed at it",
        ", ".join(dict.fromkeys(fetched)) or "nothing",
        "nothing",
    )


def told(connection: Connection) -> dict[str, str]:
    """Return everything that the service has told a client, part by part, but for the time of day.

    The length of a body is left out where it says no more than the body does.
    """
    refusal = connection.refusal
    if refusal is None:
        frames = [f.text for f in connection.log if f.direction == "←" and f.kind == "text"]
        messages = {f"message {number}": text for number, text in enumerate(frames, start=1)}
        opened = connection.http_status == 101
        end = str(connection.ending or "still open") if opened else connection.summary()
        return {**messages, "end": end}
    body = bytes(refusal.body or b"")
    parts = {"status": f"HTTP {refusal.status_code} {refusal.reason_phrase}"}
    for name, value in refusal.headers.raw_items():
        name = name.lower()
        if name not in CHANGING_HEADERS and (name, value) != ("content-length", str(len(body))):
            parts[name] = f"{parts[name]}; {value}" if name in parts else value
    return {**parts, "body": body.decode("utf-8", "replace")}


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
