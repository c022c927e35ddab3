"""What must hold of deliveries: who receives what, how often, how fast, and who does not.

Every function takes the testbed first and runs on its loop thread. Absence is proven by a fence: a
later tick on the same path, which must arrive.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NoReturn

from qaws.behaviours import answers, fences, lifecycle
from qaws.behaviours.lifecycle import shown
from qaws.behaviours.load import LOAD
from qaws.clients.connection import Connection
from qaws.oracle.announcements import announced, excused
from qaws.oracle.audit import SENTENCES, audit, missing, was_held
from qaws.oracle.contents import compare_member
from qaws.oracle.ledger import Arrival, Key, Published
from qaws.protocol.exact import exact
from qaws.protocol.market import Selection
from qaws.protocol.rows import unknown_name
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

PRICES = {name: f"{name} price" for name in ("open", "high", "low", "close")}
"""What a bar's members are called where their names alone could mean something else."""


async def receives_that_tick(testbed: Testbed, clients: Sequence[str], within_ms: float) -> None:
    """Require that the last tick reaches every one of the clients exactly once, in time.

    Latency runs from the tick's due time. A fence behind the tick shows that no second copy comes.

    Raises:
        Broken: one of them has never subscribed to it: the scenario awaits what is not due.
    """
    tick = testbed.last_tick
    connections = testbed.scenario.connections.of(clients)
    if strangers := [c for c in connections if not _due_to(tick, c)]:
        held = ", ".join(str(each.selection) for each in strangers[0].entitlements) or "nothing"
        raise Broken(
            f"the scenario awaits {tick} at {_some([c.name for c in strangers])}, who has not "
            f"subscribed to it: {strangers[0].name} has subscribed to {held}"
        )
    wait_s = within_ms / 1e3 + testbed.grace_s
    frames = await asyncio.gather(*(fences.arrival(c, tick, wait_s) for c in connections))
    if lacking := [c for c, f in zip(connections, frames, strict=True) if f is None]:
        heard = "" if tick.heard_by != 0 else "; the broker had no subscriber for it"
        reached = len(connections) - len(lacking)
        testbed.scenario.checks.never(
            f"{tick} to {shown(connections)}",
            tick.due_ns,
            time.monotonic_ns(),
            within_ms,
            f"it reached {reached} of {len(connections)}; not {_some([c.name for c in lacking])}: "
            f"{account(testbed, lacking[0])}{heard}",
        )
    slowest, frame = max(
        ((c, f) for c, f in zip(connections, frames, strict=True) if f), key=lambda p: p[1].at_ns
    )
    what = f"latency of {tick} to {shown(connections)}"
    if len(connections) > 1:
        what += f" (the slowest, {slowest.name})"
    testbed.scenario.checks.at_most_ms(what, tick.due_ns, frame.at_ns, within_ms)
    await _require_fences(testbed, connections)
    copies = {
        c.name: sum(1 for f in c.received("tick") if fences.is_the_tick(f, tick))
        for c in connections
    }
    wrong = [f"{name} got {count}" for name, count in copies.items() if count != 1]
    testbed.scenario.checks.require(
        not wrong,
        f"copies of {tick} per client",
        _some(wrong) or f"1 for each of {len(connections)}",
        "exactly 1 for each",
    )


async def receives_each(testbed: Testbed, client: str, within_ms: float) -> None:
    """Require that all ticks that steps published for a client reach it once, each in time."""
    connection = testbed.scenario.connections.named(client)
    ticks = _steps_ticks_for(testbed, connection)
    arrived = []
    for tick in ticks:
        frame = await fences.arrival(connection, tick, within_ms / 1e3 + testbed.grace_s)
        if frame is None:
            testbed.scenario.checks.never(
                f"{tick} to {client}",
                tick.due_ns,
                time.monotonic_ns(),
                within_ms,
                account(testbed, connection),
            )
        else:
            arrived.append((frame.at_ns - tick.due_ns, tick, frame.at_ns))
    _, slowest, at_ns = max(arrived, key=lambda each: each[0])
    what = f"latency of {slowest} to {client}, the slowest of {len(ticks)}"
    testbed.scenario.checks.at_most_ms(what, slowest.due_ns, at_ns, within_ms)
    await _require_fences(testbed, [connection])
    copies = {
        t.key: sum(fences.is_the_tick(f, t) for f in connection.received("tick")) for t in ticks
    }
    wrong = next((tick for tick in ticks if copies[tick.key] != 1), None)
    testbed.scenario.checks.require(
        wrong is None,
        f"copies of {wrong or f'each of {len(ticks)} ticks'} per client",
        f"{client} got {copies[wrong.key] if wrong else 1}",
        "exactly 1 for each",
    )


async def have_seen_it(testbed: Testbed, clients: Sequence[str]) -> None:
    """Require that the last tick has reached clients: its broadcast is over then."""
    tick = testbed.last_tick
    for connection in testbed.scenario.connections.of(clients):
        if not await fences.arrival(connection, tick, fences.WELL_PAST * testbed.grace_s):
            _never(testbed, f"{tick} to {connection.name}", tick.due_ns, connection)


async def _require_fences(testbed: Testbed, connections: Sequence[Connection]) -> None:
    outcome = await fences.fence(testbed, connections)
    if not (lacking := [c for c, arrived in outcome if not arrived]):
        return
    last = [tick for tick in testbed.ledger.ticks if tick.role == "fence"][-1]
    _never(testbed, f"the end marker to {shown(lacking)}", last.sent_ns, lacking[0])


def _never(testbed: Testbed, what: str, since_ns: int, connection: Connection) -> NoReturn:
    """Raise that a tick has not come, with what the client has seen instead."""
    bound_ms, seen = testbed.grace_s * 1e3, account(testbed, connection)
    testbed.scenario.checks.never(what, since_ns, time.monotonic_ns(), bound_ms, seen)


def account(testbed: Testbed, connection: Connection) -> str:
    """Say what a client has seen, and what is wrong with its deliveries so far."""
    return "; ".join([connection.summary(), *_audit(testbed, [connection])])


async def equals_published(testbed: Testbed, client: str, fields: Sequence[str]) -> None:
    """Require that each of the scenario's ticks reached a client with fields as published.

    Only ticks that the client is entitled to count. Numbers are compared digit for digit, as
    decimals: a double rounded on the way differs.

    Raises:
        NotVerified: the rest is as published, and the dialect does not say where a field is.
    """
    connection = testbed.scenario.connections.named(client)
    unknown: list[str] = []
    for tick in _steps_ticks_for(testbed, connection):
        frame = await fences.arrival(connection, tick, fences.WELL_PAST * testbed.grace_s)
        if frame is None:
            _never(testbed, f"{tick} to {client}", tick.due_ns, connection)
        sent, got = exact(tick.text), connection.exactly(frame)
        for field in fields:
            if field not in sent and not testbed.dialect.is_plain:
                unknown.append(field)
                continue
            if field not in sent:
                raise Broken(f"a tick of {tick.symbol} {unknown_name('field', field, sent)}")
            is_right, came, wanted = compare_member(tick, field, got, testbed.ledger.ticks)
            what = f"{PRICES.get(field, field)} of {tick} at {client}"
            testbed.scenario.checks.require(is_right, what, came, wanted)
    if unknown:
        names = " and ".join(dict.fromkeys(unknown))
        raise NotVerified(
            f"the dialect {testbed.dialect.name} does not say where a tick has {names}"
        )


def _steps_ticks_for(testbed: Testbed, connection: Connection) -> list[Published]:
    """Return the ticks that steps published for a client, not those that flow or mark an end."""
    ticks = [t for t in testbed.ledger.ticks if t.role == "tick" and _due_to(t, connection)]
    if not ticks:
        raise Broken(f"no tick that {connection.name} subscribed to was published in this scenario")
    return ticks


def _due_to(tick: Published, connection: Connection) -> bool:
    return any(
        e.selection.takes(tick.kind, tick.symbol, tick.instrument) for e in connection.entitlements
    )


async def received_none(testbed: Testbed, clients: Sequence[str], kinds: Sequence[str]) -> None:
    """Require that clients have received no message of these kinds.

    For a client that holds a subscription a fence comes first; one whose connection has ended can
    receive nothing more; any other is asked for a pong, behind which nothing older can come.
    """
    connections = testbed.scenario.connections.of(clients)
    await _require_fences(testbed, connections)
    for connection in connections:
        if connection.is_open and not connection.holds():
            await _require_pong(testbed, connection)
        came = [frame for kind in kinds for frame in connection.received(kind)]
        marks = sum(fences.marks_an_end(testbed, frame) for frame in came)
        besides = f", of which the suite's own end markers are {marks}" if marks else ""
        testbed.scenario.checks.require(
            len(came) == marks,
            f"messages that {connection.name} received",
            connection.summary() + besides,
            f"no {' and no '.join(kinds)}",
        )


async def _require_pong(testbed: Testbed, connection: Connection) -> None:
    """Require a pong: nothing that was sent to the client earlier can come behind it."""
    sent = await connection.send(connection.dialect.ping())
    wait_s = fences.WELL_PAST * testbed.grace_s
    pong = await connection.wait_for(lifecycle.is_kind(testbed, "pong"), sent, wait_s)
    if pong is None and connection.is_open:
        testbed.scenario.checks.never(
            f"the last pong to {connection.name}",
            sent.at_ns,
            time.monotonic_ns(),
            testbed.grace_s * 1e3,
            connection.summary(),
        )


async def received_exactly(testbed: Testbed, client: str, selection: Selection) -> None:
    """Require every tick of a selection that was published while subscribed, and none beyond.

    What the client holds besides may come too, each tick once and in order.

    Raises:
        Broken: ticks still flow, no tick of the selection was due, or none could be kept away.
    """
    connection = testbed.scenario.connections.named(client)
    await all_has_come(testbed, [connection])
    ticks = [t for t in testbed.ledger.ticks if selection.takes(t.kind, t.symbol, t.instrument)]
    others = [t for t in testbed.ledger.ticks if not was_held(t, connection.entitlements)]
    due = [t for t in ticks if t.role != "fence" and was_held(t, connection.entitlements)]
    if not due:
        raise Broken(f"no tick of {selection} was published while {client} was subscribed to it")
    if not others:
        raise Broken(
            f"{client} was subscribed to all that was published: nothing could be kept away"
        )
    findings = _audit(testbed, [connection])
    keys = {tick.key for tick in due}
    got = sum(each.key in keys for each in testbed.scenario.connections.arrivals(connection))
    _require(
        testbed,
        findings,
        f"ticks of {selection} to {client}",
        "; ".join(findings) or f"{got}, each once and in order, and none of {len(others)} others",
        f"all that were published while {client} was subscribed, once and in order, and no tick "
        "without a subscription",
    )


async def all_has_come(testbed: Testbed, connections: Sequence[Connection]) -> None:
    """Require a fence of all that the clients hold: behind it, everything published has come.

    Raises:
        Broken: ticks still flow, so that there is no end of them.
    """
    if testbed.feed.is_flowing:
        raise Broken('the market is still open: say "When the market closes" before')
    await _require_fences(testbed, connections)


async def everything_was_exact(testbed: Testbed) -> None:
    """Require, of every client, exact deliveries in frames that conform to the contract.

    Raises:
        Broken: somebody else has published to the service meanwhile.
    """
    await testbed.hush()
    await testbed.require_alone()
    connections = testbed.scenario.connections.all
    if not connections and LOAD in testbed.scenario.stash:
        return  # the swarm has checked every frame of its clients itself
    for connection in connections:
        if connection.breaches:
            raise_breach(testbed, connection)
    if testbed.ledger.ticks:
        await _require_fences(testbed, connections)
    unfenced = [c for c in connections if c.is_open and not (testbed.ledger.ticks and c.holds())]
    await asyncio.gather(*(_require_pong(testbed, connection) for connection in unfenced))
    faults = findings(testbed, connections)
    frames = sum(1 for c in connections for _ in c.received())
    ticks = sum(1 for c in connections for _ in c.received("tick"))
    sound = (
        f"{ticks} ticks, each due, once, in order, and as published"
        if ticks
        else "no tick was due, none came"
    )
    many = "" if len(connections) == 1 else "s"
    _require(
        testbed,
        faults,
        f"deliveries to {len(connections)} connection{many}",
        "; ".join(faults[:3]) or sound,
        "every tick that was due, once, in order, as published, and no other",
    )
    for connection in connections:
        if connection.breaches:
            raise_breach(testbed, connection)
    testbed.scenario.checks.require(
        True, "frames that keep the message contract", f"all {frames}", "all"
    )


def _require(
    testbed: Testbed, faults: Sequence[str], what: str, measured: str, allowed: str
) -> None:
    """Require that nothing is wrong; ticks of nobody may be theirs whom the suite cannot hear."""
    checks = testbed.scenario.checks
    deafness = testbed.feed.others.deafness if faults and testbed.target.feed else ""
    if deafness and all(SENTENCES["unknown"] in fault for fault in faults):
        checks.undecided(what, measured, allowed, deafness)
    checks.require(not faults, what, measured, allowed)


def findings(testbed: Testbed, connections: Sequence[Connection]) -> list[str]:
    """Say what is wrong with what these connections received, one sentence per violation."""
    return [
        *_audit(testbed, connections),
        *answers.welcome_faults(testbed, connections),
        *answers.acknowledgement_faults(testbed, connections),
        *answers.pong_faults(testbed, connections),
    ]


def lacking(testbed: Testbed, connection: Connection) -> list[Published]:
    """Return the ticks that a client should have by now, and has not."""
    arrivals = testbed.scenario.connections.arrivals(connection)
    return missing(arrivals, connection.entitlements, testbed.ledger, _broadcast_complete(testbed))


def raise_breach(testbed: Testbed, connection: Connection) -> None:
    """Record a breach of the message contract and raise it."""
    testbed.scenario.checks.require(
        False,
        f"frames of {connection.name} against the message contract",
        connection.breaches[0],
        "no breach",
    )


def _audit(testbed: Testbed, connections: Sequence[Connection]) -> list[str]:
    """Hold what these connections received against the ledger; one sentence per violation."""
    registry, ledger = testbed.scenario.connections, testbed.ledger
    broadcast_complete = _broadcast_complete(testbed)
    gone = (c for c in connections if c.was_lost)
    lost = [f"{c.name} lost its connection while subscribed: {c.ending}" for c in gone]
    found: dict[str, list[str]] = {}
    for c in connections:
        for finding in audit(
            c.name,
            registry.arrivals(c),
            c.entitlements,
            ledger,
            broadcast_complete,
            complete=c.is_open,
            announced=_announced(testbed, c, registry.arrivals(c)),
        ):
            found.setdefault(finding.removeprefix(c.name), []).append(c.name)
    return lost + [f"{_all_of(names)}{finding}" for finding, names in found.items()]


def _all_of(names: Sequence[str]) -> str:
    """Name those of whom the same is true."""
    if len(names) > 5:
        return f"{len(names)} clients ({_some(names)})"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _broadcast_complete(testbed: Testbed) -> dict[Key, int]:
    registry = testbed.scenario.connections
    return testbed.ledger.broadcast_complete(
        (c.entitlements, a) for c in registry.all for a in registry.arrivals(c)
    )


def _announced(testbed: Testbed, connection: Connection, arrivals: Sequence[Arrival]) -> set[Key]:
    """Return the ticks whose loss in an outage a client was told of, or could not be told of."""
    received: dict[Key, int] = {}
    for arrival in arrivals:
        if arrival.key:
            received.setdefault(arrival.key, arrival.at_ns)
    ticks, outages = testbed.ledger.ticks, testbed.scenario.outages
    words = testbed.scenario.connections.status_messages(connection)
    came_ns, offered = connection.log[0].at_ns if connection.log else 0, testbed.target.capabilities
    untold = [outage for outage in outages if not outage.is_told(came_ns, offered)]
    return announced(ticks, received, words, outages) | excused(ticks, received, untold)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
