"""The broker goes away and comes back: what is done to it, and what clients must see of it.

Every function takes the testbed first and runs on its loop thread. Pings show throughout that the
service lives. From the broker's return on until ticks come again no client says anything but
WebSocket pings, so that nothing of theirs can have helped the service to its feed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple

from qaws.behaviours import fences, lifecycle, liveness
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import key_of
from qaws.oracle.announcements import DEGRADED, RECOVERED, Outage, recoveries
from qaws.oracle.ledger import Published
from qaws.protocol.market import Selection
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

LOST_TICKS = 3
"""How many ticks are published in one breath with a cut, so that even the shortest costs some."""

OVERFLOW_LIMIT = "client-output-buffer-limit"
OVERFLOW_BYTES = 1024 * 1024
OVERFLOW_PADDING_BYTES = 8 * 1024
"""What the broker may keep for a subscriber when that is to overflow, and the size of a tick of the
twice as many bytes that it gets at once. Valkey does not count payloads above 16 kB: it keeps those
by reference."""


TICKS_AGAIN_MS = 5_000.0
"""In how many milliseconds ticks resume (docs/specification.md, section 3: QA-WS-017)."""


class Change(NamedTuple):
    """What a client subscribes to while the broker is away, and what it unsubscribes from."""

    taken: Selection
    given_up: Selection | None = None


# --- what is done ---------------------------------------------------------------------------------


async def cut_feed(testbed: Testbed, client: str, change: Change) -> None:
    """Let the broker cut its subscribers off, and publish ticks in the same breath.

    Args:
        testbed: the testbed.
        client: who changes its subscriptions right behind the cut.
        change: to what.
    """
    await _hang_up(testbed, "the broker cut the service's feed")
    await meanwhile(testbed, client, change)


async def cut_feed_twice(testbed: Testbed, client: str, change: Change) -> None:
    """Do so twice, the second time when all have been told of the first and get ticks again.

    Who is told of one loss has to be told of the next.
    """
    await _hang_up(testbed, "the broker cut the service's feed")
    await ticks_resume(testbed, TICKS_AGAIN_MS)
    await receive_recovered(testbed)
    await _hang_up(testbed, "the broker cut the service's feed for the second time")
    await meanwhile(testbed, client, change)


async def _hang_up(testbed: Testbed, name: str) -> None:
    outage = await _begin(testbed, name)
    await _cut(testbed, outage, _ticks(testbed, LOST_TICKS), ["CLIENT", "KILL", "TYPE", "pubsub"])


async def overflow_feed(testbed: Testbed, client: str, change: Change) -> None:
    """Publish more in one breath than the broker may keep for a subscriber: it cuts that off."""
    outage = await _begin(testbed, "the broker's output buffer for the service overflowed")
    count = 2 * OVERFLOW_BYTES // OVERFLOW_PADDING_BYTES
    before = await testbed.feed.configure(OVERFLOW_LIMIT, f"pubsub {OVERFLOW_BYTES} 0 0")
    try:
        await _cut(testbed, outage, _ticks(testbed, count, "x" * OVERFLOW_PADDING_BYTES))
    finally:
        await testbed.feed.configure(OVERFLOW_LIMIT, before)
    await meanwhile(testbed, client, change)


async def take_broker_down(testbed: Testbed, client: str, change: Change, length_ms: float) -> None:
    """Stop the broker for a time; a client changes its subscriptions as soon as it is down."""
    await take_broker_away(testbed, length_ms, partial(_change, testbed, client, change))


async def take_broker_away(
    testbed: Testbed, length_ms: float, act: Callable[[], Awaitable[None]]
) -> None:
    """Stop the broker for a time, from when it is down; `act` is done as soon as it is."""
    length_s = length_ms / 1e3
    outage = await _begin(testbed, f"the broker was down for {length_s:g} s")
    assert testbed.broker
    await asyncio.to_thread(testbed.broker.take_down)
    outage.gone_ns = time.monotonic_ns()
    await testbed.feed.hang_up()
    back = asyncio.Event()
    asking = [
        asyncio.ensure_future(liveness.keep_asking(testbed, c, back))
        for c in liveness.open_clients(testbed)
    ]
    try:
        await act()
        await asyncio.sleep(outage.gone_ns / 1e9 + length_s - time.monotonic())
    finally:
        back.set()
        await asyncio.gather(*asking)
        await asyncio.to_thread(testbed.broker.bring_up)
        outage.returned_ns = time.monotonic_ns()


async def foresee(testbed: Testbed, name: str) -> Outage:
    """Make sure that all clients are served and ping, and note that they may lose ticks.

    Raises:
        Broken: there is no broker to lose, or nobody pings.
        Refuted: a client receives no ticks.
    """
    _ = testbed.scenario.stash[liveness.PROBES]
    if testbed.broker is None:
        raise Broken(f"{testbed.target.file}: has no [feed]: there is no broker to lose")
    outage = Outage(name, time.monotonic_ns())
    for connection, arrived in await fences.fence(testbed, liveness.open_clients(testbed)):
        if not arrived:
            raise Refuted(
                f"{connection.name} got no tick before any outage: {connection.summary()}"
            )
    testbed.scenario.outages.append(outage)
    return outage


async def _begin(testbed: Testbed, name: str) -> Outage:
    """Do as `foresee` does, and provide for the scenario's end; all services lose the broker."""
    outage = await foresee(testbed, name)
    testbed.scenario.on_end.append(partial(_restore, testbed))
    return outage


def _restore(testbed: Testbed) -> None:
    """Bring the broker back, and end the other services: nobody has seen whether they listen."""
    assert testbed.broker
    assert testbed.services
    try:
        if testbed.broker.is_away:
            testbed.broker.bring_up()
    finally:
        testbed.services.retire_others(testbed.service)


def _ticks(testbed: Testbed, count: int, padding: str = "") -> list[partial[dict[str, object]]]:
    """Return makers of ticks that the first client is due."""
    kind, symbol, instrument = _held(liveness.open_clients(testbed)[0])[0].sample()
    more = {"padding": padding} if padding else {}
    market = testbed.feed.market
    return [partial(lambda: market.tick(kind, symbol, instrument) | more) for _ in range(count)]


async def _cut(
    testbed: Testbed,
    outage: Outage,
    ticks: Sequence[partial[dict[str, object]]],
    command: Sequence[str] = (),
) -> None:
    """Publish ticks in one breath, behind a command; nobody who listened before may get them.

    Raises:
        Broken: somebody who listened before still does.
    """
    before = await testbed.feed.subscribers()
    published = await testbed.feed.publish_together(ticks, command)
    outage.gone_ns, outage.returned_ns = published[0].sent_ns, published[-1].taken_ns
    if not before or before & await testbed.feed.subscribers():
        raise Broken(f"{testbed.feed.broker.shown_url}: {outage.name} - but it did not: {before}")


async def meanwhile(testbed: Testbed, client: str, change: Change) -> None:
    """Let a client change its subscriptions, and all of them send ping messages."""
    back = asyncio.Event()
    back.set()
    await asyncio.gather(
        _change(testbed, client, change),
        *(
            liveness.keep_asking(testbed, connection, back)
            for connection in liveness.open_clients(testbed)
        ),
    )


async def _change(testbed: Testbed, client: str, change: Change) -> None:
    await lifecycle.subscribe(testbed, [client], change.taken)
    if change.given_up:
        await lifecycle.unsubscribe(testbed, [client], change.given_up)


def _held(connection: Connection) -> list[Selection]:
    return [e.selection for e in connection.entitlements if e.ending_ns is None]


# --- what must be seen ----------------------------------------------------------------------------


async def ticks_resume(testbed: Testbed, within_ms: float) -> None:
    """Require that ticks of all that clients hold come again in time after the broker's return."""
    back_ns = back_ns_of(last_outage(testbed))
    deadline = back_ns / 1e9 + within_ms / 1e3 + testbed.grace_s
    pairs = [
        (connection, selection)
        for connection in testbed.scenario.connections.all
        for selection in _held(connection)
    ]

    def is_new(selection: Selection, frame: Frame) -> bool:
        tick = tick_of(testbed, frame)
        return (
            tick is not None
            and tick.sent_ns >= back_ns
            and selection.takes(tick.kind, tick.symbol, tick.instrument)
        )

    frames = await asyncio.gather(
        *(
            connection.wait_for(
                partial(is_new, selection), None, max(0.0, deadline - time.monotonic())
            )
            for connection, selection in pairs
        )
    )
    returned = "link" if last_outage(testbed).of_link else "broker"
    what = f"from the {returned}'s return to the first new tick of {{}} at {{}}"
    arrived = []
    for (connection, selection), frame in zip(pairs, frames, strict=True):
        if frame is None:
            now_ns = time.monotonic_ns()
            name = what.format(selection, connection.name)
            testbed.scenario.checks.never(name, back_ns, now_ns, within_ms, connection.summary())
        arrived.append((frame.at_ns, selection, connection.name))
    at_ns, selection, name = max(arrived, key=lambda one: one[0])
    slowest = what.format(selection, f"{name}, the last of {len(pairs)}")
    testbed.scenario.checks.at_most_ms(slowest, back_ns, at_ns, within_ms)


async def receive_loss_status(testbed: Testbed, within_ms: float) -> None:
    """Require that every client was told `degraded` in time, and `recovered` before new ticks."""
    outage = last_outage(testbed)
    told = await _require_accounts(testbed, outage)
    at_ns, name, _ = max(told)
    what = f"from the loss to degraded at {name}, the last of {len(told)}"
    lost_ns = min(outage.could_be_seen_ns, at_ns)  # it may be told while the broker is stopping
    testbed.scenario.checks.at_most_ms(what, lost_ns, at_ns, within_ms)


async def receive_recovered(testbed: Testbed) -> None:
    """Require that every client was told `recovered`, behind `degraded` and before new ticks."""
    await _require_accounts(testbed, last_outage(testbed))


async def _require_accounts(testbed: Testbed, outage: Outage) -> list[tuple[int, str, str]]:
    """Require both words around the gap; return when each client was degraded, and its account."""
    clients = testbed.scenario.connections.all
    recovered = partial(is_status, RECOVERED, outage.began_ns)
    await asyncio.gather(*(c.wait_for(recovered, None, testbed.grace_s) for c in clients))
    told = []
    for connection in clients:
        account, complaint, degraded_ns = _account(testbed, connection, outage)
        testbed.scenario.checks.require(
            not complaint,
            f"what {connection.name} was told when {outage.name}",
            f"{complaint}: {account}" if complaint else account,
            "degraded, then recovered, then the first new tick",
        )
        told.append((degraded_ns, connection.name, account))
    _, name, account = max(told)
    testbed.scenario.figures.append((f"when {outage.name}, {name} was told", account))
    return told


def is_status(status: str, after_ns: int, frame: Frame) -> bool:
    """Tell whether a frame is this word about the feed, and came after an instant."""
    said = frame.message.get("status") if isinstance(frame.message, dict) else None
    return said == status and frame.at_ns > after_ns


def _account(testbed: Testbed, connection: Connection, outage: Outage) -> tuple[str, str, int]:
    """Return what a client got in an outage, what is wrong with it, and when it was degraded."""
    said = [
        w
        for w in testbed.scenario.connections.status_messages(connection)
        if w.at_ns > outage.began_ns
    ]
    came = [(word.at_ns, word.status) for word in said]
    back_ns = back_ns_of(outage)
    for frame in connection.received("tick"):
        tick = tick_of(testbed, frame)
        if tick and tick.sent_ns >= back_ns:
            came.append((frame.at_ns, "the first new tick"))
            break
    came.sort()
    account = ", ".join(
        f"{what} after {(at_ns - outage.began_ns) / 1e6:.0f} ms" for at_ns, what in came
    )
    healed = recoveries(said)
    first_new_ns = next((at_ns for at_ns, what in came if what.startswith("the first")), None)
    if not said:
        complaint = "no word of it"
    elif said[0].status != DEGRADED:
        complaint = "recovered without having been degraded"
    elif not healed or said[-1].status == DEGRADED:
        complaint = "degraded for good"
    elif first_new_ns is not None and first_new_ns < healed[0]:
        complaint = "a new tick before recovered"
    else:
        complaint = ""
    return account or "nothing came", complaint, said[0].at_ns if said else 0


def last_outage(testbed: Testbed) -> Outage:
    """Return what "the loss" means; `Broken` where there has been none."""
    if not testbed.scenario.outages:
        raise Broken("there has been no outage in this scenario yet")
    return testbed.scenario.outages[-1]


def back_ns_of(outage: Outage) -> int:
    """Return when the broker, or the link to it, was back; `Broken` where it is still away."""
    if outage.returned_ns is None:
        raise Broken(f"{outage.name}: it has not come back yet")
    return outage.returned_ns


def tick_of(testbed: Testbed, frame: Frame) -> Published | None:
    """Return the tick of the ledger that a frame is; None if it is none."""
    key = key_of(frame) if frame.direction == "←" else None
    return testbed.ledger.find(key) if key else None
