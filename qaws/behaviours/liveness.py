"""Pings of all clients, which show throughout a scenario that the service lives.

Every function takes the testbed first and runs on its loop thread.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from qaws.behaviours import lifecycle
from qaws.behaviours.lifecycle import shown
from qaws.clients.connection import Connection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed

PING_EVERY_S = 0.25
PING_GIVEN_UP_S = 5.0
"""How long a ping is waited for; its bound, which the feature names, is shorter."""


@dataclass(slots=True)
class Probe:
    """A ping of a client; `answered_ns` is None when no answer came in PING_GIVEN_UP_S."""

    what: str
    sent_ns: int
    answered_ns: int | None


@dataclass(slots=True)
class LivenessProbes:
    """The pings of all clients since they began; `over` asks the tasks to end."""

    over: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)


PROBES = Key[LivenessProbes]('no client pings: say "Given all clients ping continuously"')


def open_clients(testbed: Testbed) -> list[Connection]:
    """Return the connections of the scenario that are open now."""
    return [connection for connection in testbed.scenario.connections.all if connection.is_open]


async def keep_pinging(testbed: Testbed) -> None:
    """Let all clients send WebSocket pings one after the other until these are judged."""
    pinging = testbed.scenario.stash[PROBES] = LivenessProbes()
    for connection in open_clients(testbed):
        task = asyncio.get_running_loop().create_task(_keep_pinging(pinging, connection))
        pinging.tasks.append(task)
        testbed.scenario.background.append(task)


async def _keep_pinging(pinging: LivenessProbes, connection: Connection) -> None:
    """Send WebSocket pings one after the other, each when the one before was answered."""
    while connection.is_open and not pinging.over.is_set():
        due = time.monotonic() + PING_EVERY_S
        sent_ns, pong_ns = await connection.ping_frame(PING_GIVEN_UP_S)
        what = f"answer to {connection.name}'s WebSocket ping"
        pinging.probes.append(Probe(what, sent_ns, pong_ns))
        await asyncio.sleep(due - time.monotonic())


async def keep_asking(testbed: Testbed, connection: Connection, until: asyncio.Event) -> None:
    """Send ping messages one after the other, at least one."""
    pinging = testbed.scenario.stash[PROBES]
    while connection.is_open:
        due = time.monotonic() + PING_EVERY_S
        sent = await connection.send(connection.dialect.ping())
        pong = await connection.wait_for(lifecycle.is_kind(testbed, "pong"), sent, PING_GIVEN_UP_S)
        what = f"answer to {connection.name}'s ping message"
        pinging.probes.append(Probe(what, sent.at_ns, pong.at_ns if pong else None))
        if until.is_set():
            return
        await asyncio.sleep(due - time.monotonic())


async def pings_were_answered(testbed: Testbed, within_ms: float) -> None:
    """Require that no client was closed, and that each ping was answered in time."""
    pinging = testbed.scenario.stash[PROBES]
    pinging.over.set()
    await asyncio.gather(*pinging.tasks)
    connections = testbed.scenario.connections.all
    lost = [c for c in connections if not c.is_open]
    testbed.scenario.checks.require(
        not lost,
        f"connections of {shown(connections)} behind the last ping",
        f"{lost[0].name}: {lost[0].summary()}" if lost else f"all {len(connections)} open",
        "all open",
    )
    for probe in pinging.probes:
        if probe.answered_ns is None:
            end_ns = probe.sent_ns + int(PING_GIVEN_UP_S * 1e9)
            testbed.scenario.checks.never(probe.what, probe.sent_ns, end_ns, within_ms, "no answer")
    took = [(p.answered_ns - p.sent_ns, p) for p in pinging.probes if p.answered_ns is not None]
    slowest = max(took, key=lambda pair: pair[0])[1]
    what = f"{slowest.what}, the slowest of {len(pinging.probes)} pings"
    assert slowest.answered_ns is not None
    testbed.scenario.checks.at_most_ms(what, slowest.sent_ns, slowest.answered_ns, within_ms)
