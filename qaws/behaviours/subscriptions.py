"""What clients wish for while ticks flow: QA-WS-016.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from functools import partial

from qaws.behaviours import fences, lifecycle, publishing
from qaws.behaviours.deliveries import account
from qaws.behaviours.sayable import is_sayable, sayable_of
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import key_of
from qaws.oracle.ledger import Published
from qaws.protocol.json_forms import rewritten, unescaped
from qaws.protocol.market import Selection
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified


async def be_subscribed_named_twice(
    testbed: Testbed, clients: Sequence[str], selection: Selection
) -> None:
    """Connect clients, and subscribe them by one message in which each name stands twice.

    Raises:
        Refuted: one was not welcomed, or its subscription neither acknowledged nor refused.
    """
    await lifecycle.be_connected(testbed, clients)
    await lifecycle.subscribe_named_twice(testbed, clients, selection)


async def be_subscribed_at_the_same_moment(
    testbed: Testbed, clients: Sequence[str], selections: Sequence[Selection]
) -> None:
    """Connect clients, and subscribe each to a selection of its own, all at the same moment.

    Raises:
        Refuted: one was not welcomed, or its subscription not acknowledged.
    """
    await lifecycle.be_connected(testbed, clients)
    pairs = zip(clients, selections, strict=True)
    await asyncio.gather(*(lifecycle.subscribe(testbed, [c], each) for c, each in pairs))


async def take(testbed: Testbed, client: str, selection: Selection) -> bool:
    """Let a client subscribe to something besides; return whether the target has such ticks.

    Raises:
        Refuted: it was not acknowledged.
    """
    try:
        await lifecycle.subscribe(testbed, [client], selection)
    except NotVerified as problem:
        testbed.scenario.leave_out(f"a subscription besides: {problem}")
        return False
    return True


async def be_served_if_any(
    testbed: Testbed, client: str, selection: Selection, every_ms: float
) -> None:
    """Connect a client, subscribe it, and let ticks flow; where there are none, it leaves again.

    Raises:
        Refuted: it was not welcomed, or its subscription not acknowledged.
    """
    await lifecycle.be_connected(testbed, [client])
    try:
        await publishing.keep_publishing(testbed, selection, every_ms)
        await lifecycle.subscribe(testbed, [client], selection)
    except NotVerified as problem:
        testbed.scenario.leave_out(f"{client}, who receives {selection} alone: {problem}")
        await testbed.scenario.connections.named(client).close()


async def be_subscribed_if_any(testbed: Testbed, client: str, selection: Selection) -> None:
    """Connect a client, and subscribe it; where the target has no such ticks, it does not come.

    Raises:
        Refuted: it was not welcomed, or its subscription not acknowledged.
    """
    said, dialect = f"{client}, who has {selection}", testbed.dialect
    if not is_sayable(testbed, selection):
        testbed.scenario.leave_out(f"{said}: the dialect {dialect.name} has no words for that")
    elif not dialect.carries(dialect.sayable(selection).sample()):
        testbed.scenario.leave_out(f"{said}: the target has no such ticks")
    else:
        await lifecycle.be_subscribed(testbed, [client], selection)


async def give_up_what_can_be_said(testbed: Testbed, client: str, selection: Selection) -> None:
    """Unsubscribe a client from a selection, or from those of its parts that can be said.

    Raises:
        Refuted: it was not acknowledged.
    """
    await lifecycle.unsubscribe(testbed, [client], sayable_of(testbed, selection))


async def take_and_give_up(testbed: Testbed, client: str, selection: Selection) -> None:
    """Let a client subscribe to something besides, and unsubscribe from it.

    Raises:
        Refuted: one of the two was not acknowledged.
    """
    if await take(testbed, client, selection):
        await lifecycle.unsubscribe(testbed, [client], selection)


async def be_subscribed_in_fragments(
    testbed: Testbed, clients: Sequence[str], selection: Selection
) -> None:
    """Connect clients, and subscribe them by messages that come in fragments, with pings between.

    Every endpoint has to take fragments, and control frames among them (RFC 6455, section 5.4),
    wherever TCP cuts them, and wherever they end, within a letter too (section 5.6). The messages
    have letters as they are, and no escapes, where they are JSON.

    Raises:
        Refuted: one was not welcomed, or its subscription not acknowledged.
    """
    await lifecycle.be_connected(testbed, clients)
    selection = sayable_of(testbed, selection)
    connections = testbed.scenario.connections.of(clients)
    for connection in connections:
        connection.in_fragments, connection.rewrite = True, unescaped
    acks = await asyncio.gather(*(c.subscribe(selection, testbed.grace_s) for c in connections))
    for connection in connections:
        connection.in_fragments, connection.rewrite = False, None
    asked = f"in fragments, with pings between them, to subscribe to {selection}"
    lifecycle.require_acks(testbed, connections, acks, asked)


async def be_subscribed_written(
    testbed: Testbed, clients: Sequence[str], selection: Selection, form: str
) -> None:
    """Connect clients, and subscribe them by messages that are written in another form of JSON.

    Args:
        testbed: the testbed.
        clients: who.
        selection: to what.
        form: of the message, as `json_forms.rewritten` knows it.

    Raises:
        Refuted: one was not welcomed, or its subscription not acknowledged.
        NotVerified: the dialect's messages are no JSON objects or lists.
    """
    await lifecycle.be_connected(testbed, clients)
    connections = testbed.scenario.connections.of(clients)
    for connection in connections:
        connection.rewrite = partial(rewritten, form=form)
    acks = await asyncio.gather(*(c.subscribe(selection, testbed.grace_s) for c in connections))
    for connection in connections:
        connection.rewrite = None
    asked = f"by a message with {form} to subscribe to {selection}"
    lifecycle.require_acks(testbed, connections, acks, asked)


async def churn(
    testbed: Testbed, client: str, selection: Selection, foreign: Selection, times: int
) -> None:
    """Let a client unsubscribe, subscribe twice, and end what it never had, over and over.

    Ticks flow meanwhile. Each command goes out while a tick of the selection is on its way; and
    after each one the scenario waits until another client has received a tick that was published
    since, and this client a later one of what it still holds: so there was something to be kept
    away, and it would have come.

    Args:
        testbed: the testbed.
        client: who.
        selection: what it holds, ends, and takes up again.
        foreign: what it never had.
        times: how often.

    Raises:
        Broken: the scenario does not make it so that ticks could be kept away, or could come.
        NotVerified: the dialect has no words for it.
        Refuted: a command was not acknowledged, or the flow to a client has dried up.
    """
    connection = testbed.scenario.connections.named(client)
    said = testbed.dialect.sayable
    try:
        _require_sense(client, connection, said(selection), said(foreign))
    except Broken as problem:
        if testbed.dialect.is_plain:
            raise
        raise NotVerified(f"in the dialect {testbed.dialect.name}, {problem}") from None
    witness = _witness(testbed, connection, selection)

    for _ in range(times):
        for act, what in (
            (lifecycle.unsubscribe, selection),
            (lifecycle.unsubscribe, foreign),
            (lifecycle.subscribe, selection),
            (lifecycle.subscribe, selection),
            (lifecycle.unsubscribe, foreign),
        ):
            await testbed.feed.publish(testbed.feed.market.tick(*selection.sample()))
            await act(testbed, [client], what)
            await _ticks_pass(testbed, connection, witness, selection)
    _note(testbed, connection, selection, times)


async def end_again_and_again(
    testbed: Testbed, client: str, selection: Selection, times: int
) -> None:
    """Let a client unsubscribe so many times, and subscribe again once ticks have passed.

    All but the first end nothing: others hold the selection, and one of them shows that its ticks
    go on.

    Raises:
        Broken: nobody else holds the selection.
        Refuted: a command was not acknowledged, or the flow to the other client has dried up.
    """
    connection = testbed.scenario.connections.named(client)
    witness = _witness(testbed, connection, selection)
    for _ in range(times):
        await lifecycle.unsubscribe(testbed, [client], selection)
    await _further_tick(testbed, witness, [selection], time.monotonic_ns(), witness.log[-1])
    await lifecycle.subscribe(testbed, [client], selection)


def _witness(testbed: Testbed, connection: Connection, selection: Selection) -> Connection:
    """Return another client that holds the selection: best one that has never given it up."""
    parts = testbed.dialect.sayable(selection).parts()
    others = testbed.scenario.connections.all
    for other in sorted(others, key=lambda c: any(e.ending_ns for e in c.entitlements)):
        holds = other.holds()
        if other is not connection and other.is_open and all(part in holds for part in parts):
            return other
    raise Broken(
        f"nobody but {connection.name} is subscribed to {selection}: the scenario needs a client "
        "that shows which ticks there were"
    )


def _require_sense(
    client: str, connection: Connection, selection: Selection, foreign: Selection
) -> None:
    held = connection.holds()
    for part in selection.parts():
        if part not in held:
            raise Broken(f"{client} is not subscribed to {part}, so it cannot unsubscribe from it")
    if not [each for each in held if each not in selection.parts()]:
        raise Broken(
            f"{client} is subscribed to nothing but {selection}: no tick could mark an end"
        )
    if any(part in held for part in foreign.parts()):
        raise Broken(f"{client} is subscribed to {foreign}: the scenario says that it never was")


async def _ticks_pass(
    testbed: Testbed, connection: Connection, witness: Connection, selection: Selection
) -> None:
    """Wait until the witness has a tick published from now on, and the client one behind that."""
    since_ns, marks = time.monotonic_ns(), (witness.log[-1], connection.log[-1])
    seen = await _further_tick(testbed, witness, [selection], since_ns, marks[0])
    await _further_tick(testbed, connection, connection.holds(), seen.sent_ns, marks[1])


async def _further_tick(
    testbed: Testbed, connection: Connection, held: list[Selection], since_ns: int, after: Frame
) -> Published:
    """Wait for a tick of what a client holds that was handed to the broker after `since_ns`.

    Raises:
        Refuted: none came.
    """
    found: list[Published] = []

    def is_one(frame: Frame) -> bool:
        key = key_of(frame)
        tick = testbed.ledger.find(key) if key else None
        if (
            tick
            and tick.sent_ns > since_ns
            and any(h.takes(tick.kind, tick.symbol, tick.instrument) for h in held)
        ):
            found.append(tick)
        return bool(found)

    if not await connection.wait_for(is_one, after, fences.WELL_PAST * testbed.grace_s):
        testbed.scenario.checks.never(
            f"a further tick of {' or '.join(map(str, held))} to {connection.name}",
            since_ns,
            time.monotonic_ns(),
            testbed.grace_s * 1e3,
            account(testbed, connection),
        )
    return found[0]


def _note(testbed: Testbed, connection: Connection, selection: Selection, times: int) -> None:
    """Show how much there was to get wrong."""
    parts = testbed.dialect.sayable(selection).parts()
    mine = [e for e in connection.entitlements if e.selection in parts]
    ticks = [t for t in testbed.ledger.ticks if selection.takes(t.kind, t.symbol, t.instrument)]
    breaks = [(e.ended_ns, f.asked_ns) for e, f in itertools.pairwise(mine) if e.ended_ns]
    away = [t for t in ticks if any(end <= t.sent_ns < again for end, again in breaks)]
    testbed.scenario.figures += [
        (f"times that {connection.name} unsubscribed from {selection}", str(times)),
        (f"ticks of {selection} published meanwhile", str(len(ticks))),
        (f"of these, to be kept from {connection.name}", str(len(away))),
    ]
