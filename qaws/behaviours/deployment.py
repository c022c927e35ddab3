"""Services end, and others take their place: a second node, a successor, and the end itself.

What clients still get from a service that received SIGTERM, how they are told, and who comes too
late. Every async function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from qaws.behaviours import lifecycle
from qaws.behaviours.lifecycle import shown
from qaws.clients.address import redacted
from qaws.clients.connection import OPEN_ALLOWANCE_S, Connection
from qaws.clients.endings import ExpectedClose
from qaws.clients.frame_log import Frame
from qaws.measure.socket_buffers import held_bytes
from qaws.oracle.audit import SHOWN, was_held
from qaws.protocol.market import Selection
from qaws.sut.service import MIB, Service
from qaws.testbed.stash import Key
from qaws.testbed.testbed import STEP_LIMIT_S, Testbed
from qaws.verdict import Broken, NotVerified

SECOND_NODE = Key[Service]("no second node is running in this scenario")
RETURNED_NS = Key[int]("the service has not been restarted in this scenario")

GIVEN_UP_S = 15.0
"""How long a client that comes back waits for its welcome, and again for its acknowledgement."""


def node(testbed: Testbed, name: str) -> Service:
    """Return "the service" or "the second node".

    Raises:
        Broken: no step has started it.
    """
    if name == "the service":
        return testbed.service
    return testbed.scenario.stash[SECOND_NODE]


def start_two(testbed: Testbed) -> None:
    """Start two services with the same settings, on the same feed."""
    testbed.use_service()
    start_second(testbed)


def start_second(testbed: Testbed) -> None:
    """Start a second service beside the scenario's own."""
    testbed.scenario.stash[SECOND_NODE] = testbed.second_node()


async def join(testbed: Testbed, clients: Sequence[str], selection: Selection, name: str) -> None:
    """Connect clients to "the service" or "the second node", and subscribe them."""
    await lifecycle.be_subscribed(testbed, clients, selection, node(testbed, name))


async def reconnect_all(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Let clients whose service has been replaced connect and subscribe, all at the same time."""
    for connection in testbed.scenario.connections.of(clients):
        connection.end_was_due = True
    token = testbed.tokens.valid()
    testbed.scenario.stash[RETURNED_NS] = time.monotonic_ns()

    async def one(client: str) -> None:
        (connection,) = await lifecycle.connect(testbed, [client], token)
        await connection.wait_for(lifecycle.is_kind(testbed, "welcome"), None, GIVEN_UP_S)
        await connection.subscribe(selection, GIVEN_UP_S)

    await asyncio.gather(*(one(client) for client in clients))


async def are_back(testbed: Testbed, clients: Sequence[str], within_ms: float) -> None:
    """Require that all are welcomed and subscribed again in time, each in a session of its own."""
    registry, start_ns = testbed.scenario.connections, testbed.scenario.stash[RETURNED_NS]
    connections = registry.of(clients)
    out = [c for c in connections if not c.is_open or not c.entitlements]
    testbed.scenario.checks.require(
        not out,
        f"{shown(connections)} that came back at once",
        f"{len(out)} not served: {out[0].name}: {out[0].summary()}" if out else "all served",
        "all welcomed and subscribed",
    )
    times = Counter(c.session_id for c in registry.all if c.session_id)
    twice = sum(times[c.session_id] > 1 for c in connections if c.session_id)
    testbed.scenario.checks.require(
        not twice, "session ids that were there before", str(twice), "0, each session is a new one"
    )
    last = max(connections, key=lambda c: c.entitlements[-1].held_ns)
    what = f"from the service's return to the acknowledgement of {last.name}, the last"
    end_ns = last.entitlements[-1].held_ns
    testbed.scenario.checks.at_most_ms(what, start_ns, end_ns, within_ms)


# --- the end of a service -------------------------------------------------------------------------

STALLED_BUFFER = 1024
"""SO_RCVBUF of a client that does not read, in bytes; the kernel makes it its own least."""

FILLING_BYTES = 3 * 1024 * 1024
FILLING_TICK_BYTES = 48 * 1024
"""What a client that does not read is sent, and in ticks of which size: more than the kernel takes
(1.6 MB were measured), less than the service may keep for it before it is evicted."""

SETTLED_S = 0.05
"""A line that holds as much as before after this time is full."""

GOOD_ENDS = (0, -signal.SIGTERM, 128 + signal.SIGTERM)
"""Exit codes of a process that SIGTERM has ended as it should: by itself; by that very signal, as
the system tells it, and as shells and containers do."""

ATTEMPT_EVERY_S = 0.25
LOOK_EVERY_S = 0.01
"""How often newcomers knock while the service ends, and how often its process is looked at."""


@dataclass(slots=True)
class Shutdown:
    """The end of one service. Instants are `time.monotonic_ns()`; `ended_ns` is its process's."""

    service: Service
    told_ns: int
    clients: list[Connection]
    ended_ns: int | None = None
    attempts: list[Connection] = field(default_factory=list)
    watch: asyncio.Task[None] | None = None
    attempting: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class StalledReader:
    """A client that does not read, and how many bytes were published to it until it was full."""

    connection: Connection
    published: int


SHUTDOWN = Key[Shutdown]("no service has been told to end in this scenario")
STALLED = Key[list[StalledReader]]("no client has stopped reading in this scenario")


# --- what is done ---------------------------------------------------------------------------------


async def stall_reader(testbed: Testbed, client: str, selection: Selection) -> None:
    """Connect a client that subscribes and then no longer reads, and fill its line with ticks.

    No more than it takes: once the kernel takes no more the service has the rest to keep, and one
    that evicts early shall not be made to.

    Raises:
        Broken: the kernel has taken all of them, so that the service has nothing to keep for it.
    """
    (connection,) = await lifecycle.connect(testbed, [client], receive_buffer=STALLED_BUFFER)
    await lifecycle.subscribe(testbed, [client], selection)
    connection.stop_reading()
    padding, published = {"padding": "x" * FILLING_TICK_BYTES}, 0
    while published < FILLING_BYTES:
        tick = testbed.feed.market.tick(*selection.sample()) | padding
        published += len((await testbed.feed.publish(tick)).text)
        if await _is_full(connection, published):
            break
    readers = testbed.scenario.stash.setdefault(STALLED, [])
    readers.append(StalledReader(connection, published))
    await _require_full_line(testbed, readers[-1])


async def _is_full(connection: Connection, published: int) -> bool:
    """Tell whether the kernel takes no more for a client, with a tick at least left over."""
    before, held = None, _held(connection)
    while held is not None and held != before and published - held > FILLING_TICK_BYTES:
        await asyncio.sleep(SETTLED_S)
        before, held = held, _held(connection)
    return held is not None and published - held > FILLING_TICK_BYTES


def _held(connection: Connection) -> int | None:
    """Return what the kernel holds for a client; None if nobody here can look into its line."""
    return held_bytes(*connection.ports) if connection.ports else None


async def _require_full_line(testbed: Testbed, reader: StalledReader) -> None:
    """Require that the kernel takes no more for a client, and that ticks are left over."""
    connection, published = reader.connection, reader.published
    if _held(connection) is None:
        return  # the service is on another machine
    deadline = time.monotonic() + testbed.grace_s
    while True:
        full = await _is_full(connection, published)
        if full or time.monotonic() >= deadline:
            break
        await asyncio.sleep(SETTLED_S)
    held = _held(connection) or 0
    what = f"the system holds {held / MIB:.1f} of {published / MIB:.1f} MB published to it"
    if not full:
        raise Broken(
            f"{connection.name} does not read, but nothing shows that its line is full: {what}; "
            "if socket buffers are larger on this machine, raise FILLING_BYTES"
        )
    testbed.scenario.figures.append((f"{connection.name}'s line", f"full: {what}, and no more"))


async def terminate_mid_stream(
    testbed: Testbed, count: int, selection: Selection, service: str = "the service"
) -> None:
    """Publish ticks in one breath and tell the service to end as soon as the broker has them.

    Args:
        testbed: the testbed.
        count: how many ticks.
        selection: of this.
        service: "the service" or "the second node".
    """
    assert testbed.services
    ending = node(testbed, service)
    ending.require_alive()
    url = redacted(ending.url)
    mine = [c for c in testbed.scenario.connections.all if c.url == url and c.is_open]
    await _require_stalled(testbed, ending, mine)
    make = partial(testbed.feed.market.tick, *selection.sample())
    testbed.services.forget(ending)
    testbed.scenario.on_end.append(ending.stop)
    ticks = await testbed.feed.publish_together([make] * count, at_once=ending.tell_to_end)
    end = testbed.scenario.stash[SHUTDOWN] = Shutdown(ending, ticks[-1].taken_ns, mine)
    loop = asyncio.get_running_loop()
    end.watch = loop.create_task(_watch(testbed, end))
    end.attempting = loop.create_task(_attempt_connections(testbed, end))
    testbed.scenario.background += [end.watch, end.attempting]


async def _require_stalled(
    testbed: Testbed, ending: Service, clients: Sequence[Connection]
) -> None:
    """Make sure that the clients that do not read are still there, with ticks owed to them.

    Raises:
        NotVerified: one of them was evicted before, so that the end is one of readers only.
    """
    url = redacted(ending.url)
    stalled = [r for r in testbed.scenario.stash.get(STALLED) or () if r.connection.url == url]
    if not stalled:
        return
    unshown = "so nothing shows how the service ends with a client that does not read"
    for reader in stalled:
        name, held = reader.connection.name, _held(reader.connection)
        if not reader.connection.is_open or held is None:
            seen = reader.connection.ending or "its line cannot be seen"
            raise NotVerified(f"{name} was not there any more at SIGTERM ({seen}): {unshown}")
        if held >= reader.published:
            raise NotVerified(f"at SIGTERM no tick was owed to {name}: {unshown}")
    counted = (await asyncio.to_thread(ending.snapshot, ("sessions",))).sessions
    if counted is not None and counted < len(clients):
        names = shown([reader.connection for reader in stalled])
        raise NotVerified(
            f"the service counted {counted} sessions before SIGTERM, where {len(clients)} clients "
            f"had not been closed: {names} may have been evicted; {unshown}"
        )


async def _watch(testbed: Testbed, end: Shutdown) -> None:
    """Note when the process has ended; the line of a client that does not read is dead then."""
    while True:
        if end.service.has_ended():
            break
        await asyncio.sleep(LOOK_EVERY_S)
    end.ended_ns = time.monotonic_ns()
    for reader in testbed.scenario.stash.get(STALLED) or ():
        await reader.connection.reset()


async def _attempt_connections(testbed: Testbed, end: Shutdown) -> None:
    """Try to get in from the first close on, until the process has ended, and once more then."""
    await _first_close(end.clients)
    token = testbed.tokens.valid()
    while True:
        gone = end.ended_ns is not None
        name = f"newcomer {len(end.attempts) + 1}"
        (newcomer,) = await lifecycle.connect(
            testbed, [name], token, service=end.service, may_be_gone=True
        )
        end.attempts.append(newcomer)
        if gone:
            return
        await asyncio.sleep(ATTEMPT_EVERY_S)


async def _first_close(clients: Sequence[Connection]) -> None:
    """Wait until one of the clients is closed."""
    waits = [asyncio.ensure_future(c.wait_for(is_over, None, STEP_LIMIT_S)) for c in clients]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def is_over(frame: Frame) -> bool:
    """Return whether a frame is the end of a connection."""
    return frame.kind in ("close", "end")


# --- what must be seen ----------------------------------------------------------------------------


async def closed_in_time(
    testbed: Testbed,
    clients: Sequence[str],
    expected: ExpectedClose,
    within_ms: float,
) -> None:
    """Require that the service has closed every client, with code and reason, after it was told."""
    end, checks = testbed.scenario.stash[SHUTDOWN], testbed.scenario.checks
    connections = testbed.scenario.connections.of(clients)
    deadline = end.told_ns / 1e9 + within_ms / 1e3 + testbed.grace_s
    left_s = max(0.0, deadline - time.monotonic())
    await asyncio.gather(*(c.wait_for(is_over, None, left_s) for c in connections))
    allowed = f"closed with {expected}"
    last = connections[0]
    for connection in connections:
        ending = connection.ending
        if ending is None:
            what = f"from SIGTERM to the close of {connection.name}"
            checks.never(what, end.told_ns, time.monotonic_ns(), within_ms, connection.summary())
        if not (connection.ended_by_service and expected.fits_ending(ending)):
            what = f"end of {connection.name}'s connection"
            checks.require(False, what, connection.summary(), f"{allowed} by the service")
        connection.end_was_due = True
        last = max(last, connection, key=_ended_ns)
    checks.require(True, f"ends of {shown(connections)}", f"all {len(connections)}", allowed)
    what = f"from SIGTERM to the close of {last.name}, the last of {len(connections)}"
    checks.at_most_ms(what, end.told_ns, _ended_ns(last), within_ms)


def _ended_ns(connection: Connection) -> int:
    return connection.ending.at_ns if connection.ending else 0


async def received_what_came_before(testbed: Testbed, clients: Sequence[str]) -> None:
    """Require that clients, which are closed now, had every tick that came before SIGTERM."""
    end = testbed.scenario.stash[SHUTDOWN]
    before = [t for t in testbed.ledger.ticks if 0 < t.taken_ns <= end.told_ns]
    registry, lacking, due = testbed.scenario.connections, [], 0
    for connection in registry.of(clients):
        got = {arrival.key for arrival in registry.arrivals(connection)}
        mine = [tick for tick in before if was_held(tick, connection.entitlements)]
        due += len(mine)
        if lost := [tick for tick in mine if tick.key not in got]:
            lacking.append(f"{connection.name} lacks {len(lost)}, the first is {lost[0]}")
    if not due:
        raise Broken("no tick was published before the service was told to end")
    testbed.scenario.checks.require(
        not lacking,
        "ticks that the broker had before SIGTERM, at all clients",
        "; ".join(lacking[:SHOWN]) or f"all {due}",
        f"all {due}",
    )


async def ends_in_good_order(testbed: Testbed, within_ms: float) -> None:
    """Require that the process has ended in time after it was told, and in good order.

    That is: with exit code 0, or by the very signal that it was sent (docs/specification.md,
    section 3).
    """
    end = testbed.scenario.stash[SHUTDOWN]
    assert end.watch
    assert end.service.process
    what = "from SIGTERM to the end of the service's process"
    deadline = end.told_ns / 1e9 + within_ms / 1e3 + testbed.grace_s
    await asyncio.wait([end.watch], timeout=max(0.0, deadline - time.monotonic()))
    if end.ended_ns is None:
        last = end.service.process.last_line()
        testbed.scenario.checks.never(what, end.told_ns, time.monotonic_ns(), within_ms, last)
    testbed.scenario.checks.at_most_ms(what, end.told_ns, end.ended_ns, within_ms)
    got = end.service.process.exit_code()
    testbed.scenario.checks.require(
        got in GOOD_ENDS,
        "exit code of the service's process",
        str(got),
        f"{GOOD_ENDS[0]}, or by SIGTERM: {' or '.join(map(str, GOOD_ENDS[1:]))}",
    )


async def nobody_was_let_in(testbed: Testbed) -> None:
    """Require that newcomers were turned away while the service ended, and after that."""
    end = testbed.scenario.stash[SHUTDOWN]
    assert end.attempting
    await asyncio.wait([end.attempting], timeout=OPEN_ALLOWANCE_S + testbed.grace_s)
    let_in = [c for c in end.attempts if any(c.received("welcome"))]
    seen = dict.fromkeys(c.summary() for c in let_in or end.attempts)
    testbed.scenario.checks.require(
        bool(end.attempts) and not let_in,
        f"{len(end.attempts)} newcomers behind the first close",
        f"{len(let_in)} let in: {'; '.join([*seen][:SHOWN])}",
        "none let in",
    )
