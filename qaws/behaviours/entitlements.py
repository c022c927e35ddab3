"""What a token entitles its bearer to see, and what no trick adds to it: QA-WS-113.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from qaws.behaviours import fences, lifecycle
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import key_of
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

ATTEMPTS = Key[dict[str, list[tuple[str, str, str]]]](
    "nobody has asked for what it is not entitled to"
)
"""Client → for each attempt: when it was, the kind of the answer, and its text."""


async def connect_entitled(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Connect clients with a token that names these symbols and no others.

    A tick of everything that others hold comes first: a service may know only from the feed which
    symbol an instrument belongs to. And each has been there before, with rights to everything: a
    service may remember those of a user.

    Raises:
        Broken: no symbols are named, or the target names no claim for them.
        Refuted: one of them was not welcomed.
    """
    if selection.kind != "symbols":
        raise Broken(f"{selection}: a token names symbols: NIFTY and BANKNIFTY")
    await fences.fence(testbed, testbed.scenario.connections.all)
    claim = testbed.tokens.entitled([testbed.dialect.own_symbol(s) for s in selection.symbols])
    former = [f"{client} before" for client in clients]
    await lifecycle.be_connected(testbed, former)
    before = testbed.scenario.connections.of(former)
    await asyncio.gather(*(each.close() for each in before))
    tokens = [testbed.tokens.renewed(each.token, **claim) for each in before]
    which = f"a token for {selection}"
    await lifecycle.be_connected(testbed, clients, tokens, which=which)


async def ask_for_forbidden(
    testbed: Testbed, client: str, forbidden: Selection, held: Selection
) -> None:
    """Let a client ask for what it may not see: at once, and behind what could widen its rights.

    After each attempt another client receives a tick that the first one is not to see, so that it
    would have come.

    Raises:
        Broken: nobody else shows which ticks there are.
        Refuted: ticks no longer flow, or a permitted command was not acknowledged.
    """
    connection = testbed.scenario.connections.named(client)
    witness = _witness(testbed, connection, forbidden)
    attempts = testbed.scenario.stash.setdefault(ATTEMPTS, {}).setdefault(client, [])

    async def attempt(when: str) -> None:
        asked = await connection.send(connection.dialect.subscribe(forbidden))
        answer = await connection.wait_for(is_answer(testbed), asked, testbed.grace_s)
        kind = testbed.dialect.kind(answer.message) if answer else "no answer"
        attempts.append((when, kind, answer.text if answer else connection.summary()))
        await _tick_passes(testbed, witness, forbidden)

    await attempt("at once")
    await lifecycle.unsubscribe(testbed, [client], held)
    await attempt(f"without {held}")
    await lifecycle.subscribe(testbed, [client], held)
    await attempt(f"with {held} again")
    await connection.unsubscribe(forbidden, testbed.grace_s)
    await attempt(f"after unsubscribing from {forbidden}")


def is_answer(testbed: Testbed) -> Callable[[Frame], bool]:
    """Return a condition: the frame says that a subscription was made, or could not be."""
    made = lifecycle.is_kind(testbed, "subscribed")
    failed = lifecycle.is_kind(testbed, "error")
    return lambda frame: made(frame) or failed(frame)


def _witness(testbed: Testbed, connection: Connection, forbidden: Selection) -> Connection:
    _, symbol, _ = forbidden.sample()
    for other in testbed.scenario.connections.all:
        if other is not connection and any(symbol in held.symbols for held in other.holds()):
            return other
    raise Broken(f"nobody else is subscribed to {symbol}, to show that it ticks")


async def _tick_passes(testbed: Testbed, witness: Connection, forbidden: Selection) -> None:
    """Wait until a witness has a tick of the forbidden ones that was published from now on."""
    since_ns, mark = time.monotonic_ns(), witness.log[-1]

    def is_one(frame: Frame) -> bool:
        key = key_of(frame)
        tick = testbed.ledger.find(key) if key else None
        return (
            tick is not None
            and tick.sent_ns > since_ns
            and forbidden.takes(tick.kind, tick.symbol, tick.instrument)
        )

    if not await witness.wait_for(is_one, mark, fences.WELL_PAST * testbed.grace_s):
        raise Refuted(
            f"{witness.name}, who may see everything, got no further tick of {forbidden}: "
            f"{witness.summary()}"
        )


async def refused_each_time(testbed: Testbed, client: str) -> None:
    """Require that each attempt of a client was answered by an error, and by nothing else."""
    for when, kind, text in testbed.scenario.stash[ATTEMPTS].get(client, []):
        testbed.scenario.checks.require(
            kind == "error",
            f"answer to {client}, who asked for what it is not entitled to, {when}",
            f"{kind}: {text[:200]}",
            "an error",
        )
