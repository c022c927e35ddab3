"""A service is told to end: who gets what until then, how clients are told, who comes too late.

Every async function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from qaws.behaviours import deviations, lifecycle, senders, stalled_readers, unfinished
from qaws.behaviours.deployment import node
from qaws.behaviours.lifecycle import shown
from qaws.behaviours.presence import require_present
from qaws.clients.address import redacted
from qaws.clients.connection import OPEN_ALLOWANCE_S, Connection
from qaws.clients.endings import ExpectedClose
from qaws.clients.frame_log import Frame
from qaws.oracle.audit import SHOWN, was_held
from qaws.oracle.ledger import Published
from qaws.protocol.market import Selection
from qaws.sut.service import Service
from qaws.testbed.stash import Key
from qaws.testbed.testbed import STEP_LIMIT_S, Testbed
from qaws.verdict import Broken, NotVerified

GOOD_ENDS = (0, -signal.SIGTERM, 128 + signal.SIGTERM)
"""Exit codes of a process that SIGTERM has ended as it should: by itself; by that very signal, as
the system tells it, and as shells and containers do."""

BEHIND = 20
"""How many ticks follow upon the signal in the same breath."""

NEXT_TICK_S = 0.025
"""The pause between further ticks, which are published until the scenario ends."""

BEFORE = "before SIGTERM"

ENDS_WITHIN_S = 10.0
"""In what time a service ends (docs/specification.md, section 3: QA-WS-018)."""

ATTEMPT_EVERY_S = 0.25
LOOK_EVERY_S = 0.01
"""How often newcomers knock while the service ends, and how often its process is looked at."""


@dataclass(slots=True)
class Shutdown:
    """The end of one service. Instants are `time.monotonic_ns()`.

    `began_ns` is when the first of the ticks was published, `told_ns` when the signal was sent,
    `ended_ns` when the process had ended.
    """

    service: Service
    told_ns: int
    clients: list[Connection]
    began_ns: int
    ended_ns: int | None = None
    attempts: list[Connection] = field(default_factory=list)
    watch: asyncio.Task[None] | None = None
    attempting: asyncio.Task[None] | None = None


SHUTDOWN = Key[Shutdown]("no service has been told to end in this scenario")
# --- what is done ---------------------------------------------------------------------------------


async def terminate_mid_stream(
    testbed: Testbed, count: int, selection: Selection, service: str = "the service"
) -> None:
    """Publish ticks without a break, and tell the service to end in the middle of them.

    Those that come before the signal come in one breath, right before it, and those who serve get
    no turn between the second half of them and the signal: it meets ticks that wait, or it could
    not be seen what becomes of them. Behind it tick follows upon answer, and a little later one
    every `NEXT_TICK_S`, until the scenario ends. Owed is what the broker had answered before it.
    Clients that are to send do so meanwhile, and read later than others what comes behind it.

    Args:
        testbed: the testbed.
        count: how many ticks come before the signal.
        selection: of this, of each of its parts in turn.
        service: "the service" or "the second node".

    Raises:
        NotVerified: a client that does not read is not there any more, or nothing is owed to it.
        Refuted: a client that was subscribed has lost its connection before any signal.
    """
    assert testbed.services
    ending = node(testbed, service)
    ending.require_alive()
    url = redacted(ending.url)
    unfinished.note_handshakes(testbed)
    mine = [c for c in testbed.scenario.connections.all if c.url == url and c.is_open]
    await stalled_readers.require_sessions(testbed, ending, mine)
    await stalled_readers.refill(testbed, ending)
    await asyncio.to_thread(ending.note_who_serves)
    samples = itertools.cycle([part.sample() for part in selection.parts()])
    told_ns, sending = [], senders.of(testbed, mine)

    def tell() -> None:
        told_ns.append(time.monotonic_ns())
        ending.tell_to_end()
        for client in sending:
            client.pause_reading()

    await senders.begin(testbed, sending)
    testbed.services.forget(ending)
    testbed.scenario.on_end.append(ending.stop)
    ticks = await testbed.feed.publish_across(
        [partial(testbed.feed.market.tick, *next(samples)) for _ in range(count + BEHIND)],
        count,
        tell,
        first=partial(_require_clients, testbed, ending),
        held=ending.held(),
    )
    testbed.feed.start_mixed_flow(samples, NEXT_TICK_S)
    end = testbed.scenario.stash[SHUTDOWN] = Shutdown(ending, told_ns[0], mine, ticks[0].sent_ns)
    loop = asyncio.get_running_loop()
    end.watch = loop.create_task(_watch(testbed, end))
    end.attempting = loop.create_task(_attempt_connections(testbed, end))
    late = [*sending, *(r.connection for r in stalled_readers.stalled_at(testbed, ending))]
    others = _closed([c for c in mine if c not in late] or mine, asyncio.ALL_COMPLETED)
    closed = loop.create_task(others)
    reading = loop.create_task(senders.read_late(sending, closed))
    testbed.scenario.background += [end.watch, end.attempting, closed, reading]


def _require_clients(testbed: Testbed, ending: Service) -> None:
    """Make sure that the clients of a service are there, those that do not read among them."""
    stalled_readers.require_stalled(testbed, ending)
    all_ = testbed.scenario.connections.all
    require_present((c for c in all_ if c.url == redacted(ending.url) and c.was_lost), BEFORE)


async def _watch(testbed: Testbed, end: Shutdown) -> None:
    """Note when the process has ended; the line of a client that does not read is dead then."""
    assert end.service.process
    while True:
        if end.service.has_ended():
            break
        await asyncio.sleep(LOOK_EVERY_S)
    end.ended_ns = time.monotonic_ns()
    for reader in stalled_readers.stalled_at(testbed, end.service):
        await reader.connection.reset()


async def _attempt_connections(testbed: Testbed, end: Shutdown) -> None:
    """Try to get in from the first close on, until the process has ended, and once more then."""
    await _closed(end.clients, asyncio.FIRST_COMPLETED)
    while True:
        gone = end.ended_ns is not None
        name = f"newcomer {len(end.attempts) + 1}"
        (newcomer,) = await lifecycle.connect(
            testbed, [name], service=end.service, may_be_gone=True
        )
        end.attempts.append(newcomer)
        if gone:
            return
        await asyncio.sleep(ATTEMPT_EVERY_S)


async def _closed(clients: Sequence[Connection], return_when: str) -> None:
    """Wait until one of the clients is closed, or all are, in the words of `asyncio.wait`."""
    waits = [asyncio.ensure_future(c.wait_for(is_over, None, STEP_LIMIT_S)) for c in clients]
    try:
        await asyncio.wait(waits, return_when=return_when)
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
    expected = deviations.expected_of(testbed, expected)
    allowed = f"closed with {expected}"
    last, sending = connections[0], senders.of(testbed, connections)
    for connection in connections:
        ending = connection.ending
        if ending is None:
            if not any(c.ending for c in end.clients) and (why := end.service.out_of_reach()):
                raise NotVerified(why)
            what = f"from SIGTERM to the close of {connection.name}"
            checks.never(what, end.told_ns, time.monotonic_ns(), within_ms, connection.summary())
        right = connection.ended_by_service and expected.fits_ending(ending)
        if not right or ending.at_ns < end.told_ns:
            what = f"end of {connection.name}'s connection"
            seen = f"{connection.summary()}{f', {BEFORE}' if right else ''}"
            seen += ", while it was sending" if connection in sending else ""
            amid = unfinished.is_amid_a_message(testbed, connection)
            seen += ", in the middle of a message of its own" if amid else ""
            checks.require(False, what, seen, f"{allowed} by the service, behind the signal")
        connection.end_was_due = True
        last = max(last, connection, key=_ended_ns)
    senders.require_sent(sending, end.told_ns)
    while_sending = f", {len(sending)} of them while they were sending" if sending else ""
    seen = f"all {len(connections)}{while_sending}"
    checks.require(True, f"ends of {shown(connections)}", seen, allowed)
    what = f"from SIGTERM to the close of {last.name}, the last of {len(connections)}"
    checks.at_most_ms(what, end.told_ns, _ended_ns(last), within_ms)


def _ended_ns(connection: Connection) -> int:
    return connection.ending.at_ns if connection.ending else 0


async def received_what_came_before(testbed: Testbed, clients: Sequence[str]) -> None:
    """Require that clients had every tick that came before SIGTERM, once they are closed.

    That is every tick whose publish the broker had answered before the signal was sent. What was
    published behind it may come or not. Who is not closed in the time that a service has for its
    end is judged by what has come until then.
    """
    end = testbed.scenario.stash[SHUTDOWN]
    registry, lacking, due, owed = testbed.scenario.connections, [], 0, set()
    connections = registry.of(clients)
    left_s = max(0.0, end.told_ns / 1e9 + ENDS_WITHIN_S + testbed.grace_s - time.monotonic())
    await asyncio.gather(*(each.wait_for(is_over, None, left_s) for each in connections))
    before = [t for t in _wanted(testbed, connections) if 0 < t.taken_ns <= end.told_ns]
    for connection in connections:
        got = {arrival.key for arrival in registry.arrivals(connection)}
        mine = [tick for tick in before if was_held(tick, connection.entitlements)]
        due += len(mine)
        owed |= {tick.key for tick in mine}
        if lost := [tick for tick in mine if tick.key not in got]:
            lacking.append(f"{connection.name} lacks {len(lost)}, the first is {lost[0]}")
    if not due:
        raise Broken("no tick was published before the service was told to end")
    _note_flow(testbed, end, connections)
    testbed.scenario.checks.require(
        not lacking,
        f"{len(owed)} ticks that the broker had before SIGTERM, at all clients",
        "; ".join(lacking[:SHOWN]) or f"all {due}",
        f"all {due}",
    )


def _note_flow(testbed: Testbed, end: Shutdown, clients: Sequence[Connection]) -> None:
    """Show for a reviewer that ticks were published across the signal, and how many came."""
    last_ns = max(map(_ended_ns, clients)) or time.monotonic_ns()
    mine = _wanted(testbed, clients)
    sent = sorted(t.sent_ns for t in mine if end.began_ns <= t.sent_ns <= last_ns)
    behind = {t.key for t in mine if end.told_ns < t.sent_ns <= last_ns}
    arrivals = testbed.scenario.connections.arrivals
    came = max(len(behind & {a.key for a in arrivals(c)}) for c in clients)
    gaps = [b - a for a, b in itertools.pairwise([*sent, last_ns])]
    testbed.scenario.figures += [
        ("ticks between SIGTERM and the last close", f"{len(behind)}, of which {came} came"),
        ("longest pause between ticks until then", f"{max(gaps, default=0) / 1e6:.0f} ms"),
    ]


def _wanted(testbed: Testbed, clients: Sequence[Connection]) -> list[Published]:
    """Return the ticks that one of the clients takes: one look at each kind, symbol and instrument.

    Those of a client that does not read may be thousands, and none of theirs.
    """
    alike = {(t.kind, t.symbol, t.instrument): t for t in testbed.ledger.ticks}
    taken = {key for key, t in alike.items() if any(_takes(c, t) for c in clients)}
    return [t for t in testbed.ledger.ticks if (t.kind, t.symbol, t.instrument) in taken]


def _takes(connection: Connection, tick: Published) -> bool:
    return any(each.takes(tick) for each in connection.entitlements)


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
    await _done(testbed, end.watch, deadline - time.monotonic())
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


async def _done(testbed: Testbed, task: asyncio.Task[None], within_s: float) -> None:
    """Wait for a task; what the machine holds up meanwhile is waited in addition."""
    begin_ns = time.monotonic_ns()
    while not task.done():
        now_ns = time.monotonic_ns()
        held_up_ms = testbed.held_up.ms(begin_ns, now_ns)
        left_s = within_s + held_up_ms / 1e3 - (now_ns - begin_ns) / 1e9
        if left_s <= 0:
            return
        await asyncio.wait([task], timeout=left_s)


async def nobody_was_let_in(testbed: Testbed) -> None:
    """Require that newcomers were turned away while the service ended, and after that."""
    end = testbed.scenario.stash[SHUTDOWN]
    assert end.attempting
    await asyncio.wait([end.attempting], timeout=OPEN_ALLOWANCE_S + testbed.grace_s)
    if not end.attempts:
        raise NotVerified("nobody tried to get in: the service closed no client while it ended")
    let_in = [c for c in end.attempts if c.is_welcomed]
    seen = dict.fromkeys(c.summary() for c in let_in or end.attempts)
    testbed.scenario.checks.require(
        not let_in,
        f"{len(end.attempts)} newcomers behind the first close",
        f"{len(let_in)} let in: {'; '.join([*seen][:SHOWN])}",
        "none let in",
    )
