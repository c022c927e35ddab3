"""Services start, and take another's place: a second node, and a successor.

How a service ends is in `shutdown`. Every async function takes the testbed first and runs on its
loop thread.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence

from qaws.behaviours import lifecycle, persons
from qaws.behaviours.lifecycle import shown
from qaws.behaviours.presence import require_present
from qaws.protocol.market import Selection
from qaws.sut.service import Service
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed

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


async def expect_restart(testbed: Testbed, clients: Sequence[str]) -> None:
    """Make sure that clients are connected right before their service is replaced.

    Raises:
        Refuted, NotVerified: one of them is not; see `require_present`.
    """
    connections = testbed.scenario.connections.of(clients)
    require_present(connections, "before the service was restarted")


async def reconnect_all(testbed: Testbed, clients: Sequence[str], selection: Selection) -> None:
    """Let clients whose service has been replaced connect and subscribe, all at the same time."""
    for connection in testbed.scenario.connections.of(clients):
        connection.end_was_due = True
    tokens = await persons.tokens_of(testbed, clients)
    testbed.scenario.stash[RETURNED_NS] = time.monotonic_ns()

    async def one(client: str, token: str) -> None:
        (connection,) = await lifecycle.connect(testbed, [client], token)
        await connection.wait_for(lifecycle.lets_in(testbed), None, GIVEN_UP_S)
        await connection.subscribe(selection, GIVEN_UP_S)

    await asyncio.gather(*map(one, clients, tokens))


async def are_back(testbed: Testbed, clients: Sequence[str], within_ms: float) -> None:
    """Require that all are welcomed and subscribed again in time, each in a session of its own.

    Where the dialect has no session ids the scenario is not verified.
    """
    registry, start_ns = testbed.scenario.connections, testbed.scenario.stash[RETURNED_NS]
    connections = registry.of(clients)
    out = [c for c in connections if not c.is_open or not c.entitlements]
    testbed.scenario.checks.require(
        not out,
        f"{shown(connections)} that came back at once",
        f"{len(out)} not served: {out[0].name}: {out[0].summary()}" if out else "all served",
        "all welcomed and subscribed",
    )
    with testbed.scenario.told_last():
        testbed.dialect.require_sessions()
        times = Counter(c.session_id for c in registry.all if c.session_id)
        twice = sum(times[c.session_id] > 1 for c in connections if c.session_id)
        testbed.scenario.checks.require(
            not twice,
            "session ids that were there before",
            str(twice),
            "0, each session is a new one",
        )
    last = max(connections, key=lambda c: c.entitlements[-1].held_ns)
    what = f"from the service's return to the acknowledgement of {last.name}, the last"
    end_ns = last.entitlements[-1].held_ns
    testbed.scenario.checks.at_most_ms(what, start_ns, end_ns, within_ms)
