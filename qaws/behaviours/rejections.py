"""Refusals: what a client is told that is turned away, beside what one without a token is told.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import time

from qaws.auth.callback_server import CallbackServer
from qaws.behaviours import closes, lifecycle
from qaws.clients.connection import Connection
from qaws.oracle.refusals import Usual
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed

CONTROL = "Nobody"
"""What a client without any token is called, whose refusal the others' is held against."""

CALLBACKS = Key[CallbackServer]("no forged token has been made in this scenario")
"""Where a forged token may point to, and what was fetched there."""

CHANGING_HEADERS = frozenset({"date"})
"""Of a refusal, these may differ from one to the next: each worker may have its own idea of now."""

IN_DOUBT = 8
"""How many more clients without a token connect where a refusal seems to differ from theirs: by so
many, what differs by itself shows that it does, also between several workers."""

SLOW_S = 1.0
"""A refusal that takes so long, because a first message is waited for in vain, is not waited for in
each row: two of them serve all rows on that service."""


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
