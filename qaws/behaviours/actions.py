"""What clients, feed and service are made to do: the Given and When of the features.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from qaws.clients.connection import Connection, Frame
from qaws.oracle.ledger import Published
from qaws.protocol import origins
from qaws.protocol.dialect import malformed
from qaws.protocol.malformed import payload
from qaws.protocol.market import (
    SEQUENCE_FIELD,
    SPOT,
    Selection,
    TickKind,
    instrument_of,
    samples_of,
    trading,
)
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Refuted

WELL_PAST = 1.5
"""How many times its bound an absence is waited for, so that no short stall can explain it."""

TOGETHER = 50
"""How many ticks each of several publishers hands to the broker at a time."""

BURST_PER_SECOND = 500.0
"""Rate at which a scenario's handful of ticks is published."""


async def connect(
    testbed: Testbed,
    clients: Sequence[str],
    token: bool = True,
    carrier: str | None = None,
    origin: str = origins.NONE,
) -> list[Connection]:
    """Connect clients, and wait until each was welcomed or turned away, whichever it is.

    Args:
        testbed: the testbed.
        clients: their names.
        token: whether they show a valid token.
        carrier: how; default the first that the target knows.
        origin: from which page they come, in the words of the features.

    Raises:
        Broken: nobody listens there, or there is no such carrier or origin.
    """
    carriers = testbed.target.auth.carriers
    if carrier is not None and carrier not in carriers:
        raise Broken(
            f'{testbed.target.file}: [auth] carriers has no "{carrier}"; '
            f"it has {', '.join(carriers)}"
        )
    valid = testbed.tokens.valid() if token else None
    testbed.service.require_alive()
    opened = await testbed.scenario.connections.connect(
        clients, testbed.service, valid, carrier or carriers[0], origins.headers(origin)
    )
    await asyncio.gather(*(settled(testbed, connection) for connection in opened))
    return opened


async def settled(testbed: Testbed, connection: Connection) -> None:
    """Wait until a connection was welcomed or has ended, or the allowance is over."""
    welcomed = is_kind(testbed, "welcome")
    if connection.http_status == 101:
        await connection.wait_for(lambda f: welcomed(f) or f.kind == "close", None, testbed.grace_s)


async def be_connected(
    testbed: Testbed, clients: Sequence[str], origin: str = origins.NONE
) -> None:
    """Connect clients that the scenario presupposes, from a page of `origin`.

    Raises:
        Refuted: one of them was not welcomed.
    """
    await connect(testbed, clients, origin=origin)
    for connection in testbed.scenario.connections.of(clients):
        if not any(connection.received("welcome")):
            raise Refuted(
                f"{connection.name} has a valid token but was not welcomed: {connection.summary()}"
            )


async def unsubscribe(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Unsubscribe clients and wait for every acknowledgement.

    Raises:
        Refuted: one was not acknowledged.
    """
    connections = testbed.scenario.connections.of(clients)
    acks = await asyncio.gather(*(c.unsubscribe(selection, testbed.grace_s) for c in connections))
    _require_acks(testbed, connections, acks, f"to unsubscribe from {selection}")


async def subscribe(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Subscribe clients and wait for every acknowledgement.

    Raises:
        Refuted: one was not acknowledged.
    """
    connections = testbed.scenario.connections.of(clients)
    acks = await asyncio.gather(*(c.subscribe(selection, testbed.grace_s) for c in connections))
    _require_acks(testbed, connections, acks, f"to subscribe to {selection}")


def _require_acks(
    testbed: Testbed, connections: Sequence[Connection], acks: Sequence[Frame | None], asked: str
) -> None:
    for connection, ack in zip(connections, acks, strict=True):
        if ack is None:
            raise Refuted(
                f"{connection.name} asked {asked} and got no acknowledgement "
                f"within {testbed.grace_s:g} s: {connection.summary()}"
            )


async def publish(testbed: Testbed, selection: Selection, kind: TickKind) -> None:
    """Publish one tick of a kind that the selection takes."""
    _, symbol, instrument = selection.sample()
    await _publish_all(testbed, [partial(testbed.feed.market.tick, kind, symbol, instrument)])


async def publish_rows(testbed: Testbed, symbol: str, rows: Iterable[dict[str, str]]) -> None:
    """Publish ticks of one symbol in turn, with the values that a table gives them.

    Args:
        testbed: the testbed.
        symbol: their symbol.
        rows: one mapping per tick: "tick" is "bar" or "option tick", other columns are fields;
            an empty cell leaves the field as the market made it.

    Raises:
        Broken: a row has no known kind, an unknown field, or a value that is no number.
    """
    ticks = [_tick_of(testbed, symbol, row) for row in rows]
    await _publish_all(testbed, [partial(dict, tick) for tick in ticks])


async def publish_malformed(testbed: Testbed, name: str) -> None:
    """Publish a payload that is no tick, by the name that the features give it."""
    await testbed.feed.publish_raw(*payload(name))


def _tick_of(testbed: Testbed, symbol: str, row: dict[str, str]) -> dict[str, Any]:
    kinds: dict[str, TickKind] = {"bar": "underlying_bar", "option tick": "option_tick"}
    if row.get("tick") not in kinds:
        raise Broken(f'the table has tick = "{row.get("tick")}"; known are {", ".join(kinds)}')
    tick = testbed.feed.market.tick(kinds[row["tick"]], symbol, None)
    for column, cell in row.items():
        if column == "tick" or not cell:
            continue
        if column not in tick:
            raise Broken(
                f'the table has a column "{column}"; a {row["tick"]} has {", ".join(tick)}'
            )
        try:
            tick[column] = float(cell) if "." in cell else int(cell)
        except ValueError:
            raise Broken(f'the table has {column} = "{cell}", which is no number') from None
    return tick


async def publish_in_turn(testbed: Testbed, symbols: Sequence[str], each: int) -> None:
    """Publish `each` option ticks of every symbol, the symbols taking turns."""
    market = testbed.feed.market
    makers = [partial(market.option_tick, instrument_of(symbol)) for symbol in symbols]
    await _publish_all(testbed, makers * each)


async def publish_side_by_side(testbed: Testbed, symbols: Sequence[str], each: int) -> None:
    """Publish `each` ticks of every symbol, bars among them, each symbol by its own publisher."""
    lines = [list(itertools.islice(itertools.cycle(samples_of(s)), each)) for s in symbols]
    await testbed.feed.publish_side_by_side(lines, TOGETHER)


async def _publish_all(testbed: Testbed, make: Sequence[Callable[[], dict[str, Any]]]) -> None:
    await testbed.feed.publish_at(make, BURST_PER_SECOND)


async def fence(
    testbed: Testbed, connections: Sequence[Connection]
) -> list[tuple[Connection, bool]]:
    """Publish a last tick of all that the clients hold, and wait for those that each is due.

    When the fences have come, everything published before them has either come or is lost: that is
    how absence is proven here, and not by a pause. What one client holds may take the last tick of
    another's too, so each waits for every one that it is due.

    Returns:
        Each open, subscribed connection, and whether its fences came.
    """
    waiting = [(c, held) for c in connections if c.is_open and (held := c.holds())]
    marks: dict[Selection, Published] = {}
    for selection in itertools.chain.from_iterable(held for _, held in waiting):
        if selection not in marks:
            marks[selection] = await testbed.feed.publish_fence(selection)
    wait_s = WELL_PAST * testbed.grace_s

    async def came(connection: Connection, held: Sequence[Selection]) -> bool:
        due = (
            mark
            for mark in marks.values()
            if any(s.takes(mark.kind, mark.symbol, mark.instrument) for s in held)
        )
        return all(await asyncio.gather(*(arrival(connection, mark, wait_s) for mark in due)))

    outcome = await asyncio.gather(*(came(c, held) for c, held in waiting))
    return [(c, all_came) for (c, _), all_came in zip(waiting, outcome, strict=True)]


async def arrival(connection: Connection, tick: Published, within_s: float) -> Frame | None:
    """Wait until a tick reaches a client; None when it did not within `within_s` seconds."""
    return await connection.wait_for(lambda f: is_the_tick(f, tick), None, within_s)


def is_the_tick(frame: Frame, tick: Published) -> bool:
    """Return whether a frame is this tick."""
    message = frame.message
    return (
        isinstance(message, dict)
        and message.get("symbol") == tick.symbol
        and message.get(SEQUENCE_FIELD) == tick.sequence
        and message.get("type") == tick.kind
    )


# --- comings and goings -------------------------------------------------------------------------


async def come_and_go(
    testbed: Testbed, clients: Sequence[str], selection: Selection, ending: str
) -> None:
    """Let clients connect, subscribe, ping, and leave by an ending that features name.

    Raises:
        Broken: no such ending is known.
        Refuted: one was not welcomed, acknowledged, or answered.
    """
    await be_connected(testbed, clients)
    await subscribe(testbed, clients, selection)
    for connection in testbed.scenario.connections.of(clients):
        asked = await connection.send(testbed.dialect.ping())
        if not await connection.wait_for(is_kind(testbed, "pong"), asked, testbed.grace_s):
            raise Refuted(f"{connection.name} got no pong: {connection.summary()}")
    await asyncio.gather(*(end_connection(testbed, client, ending) for client in clients))


def is_kind(testbed: Testbed, kind: str) -> Callable[[Frame], bool]:
    """Return a condition: the frame is a message of this kind, in the words of the features."""
    return lambda f: isinstance(f.message, dict) and testbed.dialect.kind(f.message) == kind


async def end_connection(testbed: Testbed, client: str, ending: str) -> None:
    """End a client's connection by "a clean close" or "an abrupt reset".

    Raises:
        Broken: no such ending is known.
    """
    connection = testbed.scenario.connections.named(client)
    ways = {"a clean close": connection.close, "an abrupt reset": connection.reset}
    if ending not in ways:
        raise Broken(f'no ending "{ending}"; known are {", ".join(ways)}')
    await ways[ending]()


async def send_malformed(testbed: Testbed, client: str, name: str) -> None:
    """Send a malformed message by the name that the features give it."""
    await testbed.scenario.connections.named(client).send(malformed(name))


async def vanish(testbed: Testbed, client: str) -> None:
    """Let a client stop reading and answering: its machine is gone, and no packet tells of it."""
    testbed.scenario.connections.named(client).vanish()


async def be_pinging(testbed: Testbed, clients: Sequence[str], every_ms: float) -> None:
    """Connect clients that send a ping message every `every_ms` until the scenario ends."""
    await be_connected(testbed, clients)
    for client in clients:
        await keep_pinging(testbed, client, every_ms / 1e3)


async def keep_pinging(testbed: Testbed, client: str, every_s: float) -> None:
    """Let a client send a ping message every `every_s` seconds until the scenario ends."""
    connection = testbed.scenario.connections.named(client)

    async def chore() -> None:
        while connection.is_open:
            await connection.send(testbed.dialect.ping())
            await asyncio.sleep(every_s)

    testbed.scenario.background.append(asyncio.get_running_loop().create_task(chore()))


async def keep_publishing(testbed: Testbed, selection: Selection, every_ms: float | None) -> None:
    """Publish a tick of a selection every `every_ms` until the scenario ends; None: not at all."""
    if every_ms is not None:
        testbed.feed.start_flow(selection, every_ms / 1e3)


async def open_market(testbed: Testbed, every_ms: float) -> None:
    """Publish a tick of every symbol every `every_ms` until the scenario ends.

    The symbols take turns, and so do each symbol's instruments and bars.
    """
    testbed.feed.start_mixed_flow(trading(), every_ms / 1e3 / len(SPOT))


async def stay_silent(testbed: Testbed, client: str, at_most_s: float) -> None:
    """Let a client neither send nor receive until its connection ends, or the time is over.

    Raises:
        Refuted: ticks reached it although it had not subscribed.
        Broken: it had subscribed, and so was not silent.
    """
    connection = testbed.scenario.connections.named(client)
    remaining = at_most_s - (time.monotonic_ns() - connection.started_ns) / 1e9
    await connection.wait_for(lambda f: f.kind == "close", None, max(0.0, remaining))
    if connection.entitlements:
        raise Broken(f"{client} was to stay silent but has subscribed: the scenario is wrong")
    if any(connection.received("tick")):
        raise Refuted(f"{client} received ticks that it had not subscribed to")
