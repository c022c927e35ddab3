"""From when a client is idle: from what it did last, and not from when it connected.

Every function takes the testbed first and runs on its loop thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple

from qaws.behaviours import closes, lifecycle
from qaws.clients.endings import ExpectedClose
from qaws.protocol.market import Selection
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Refuted, bound_words, time_words


class Sent(NamedTuple):
    """When a ping was sent, by `time.monotonic_ns()`: right before, and right after."""

    before_ns: int
    after_ns: int


IN_TIME = 0.75
"""A ping that is sent later than this share of the idle time, counted from the connect, may meet
a close on its way that is right."""

PINGS = Key[dict[str, Sent]]("no client has pinged once in this scenario")


async def be_pinging_once(testbed: Testbed, client: str, delay_ms: float) -> None:
    """Connect a client that sends one ping message, `delay_ms` after it has begun to connect."""
    await lifecycle.be_connected(testbed, [client])
    connection = testbed.scenario.connections.named(client)
    pings = testbed.scenario.stash.setdefault(PINGS, {})

    async def chore() -> None:
        passed_s = (time.monotonic_ns() - connection.started_ns) / 1e9
        await asyncio.sleep(max(0.0, delay_ms / 1e3 - passed_s))
        if connection.is_open:
            before_ns = time.monotonic_ns()
            await connection.send(connection.dialect.ping())
            pings[client] = Sent(before_ns, time.monotonic_ns())

    testbed.scenario.background.append(asyncio.get_running_loop().create_task(chore()))


async def be_changing_beside(
    testbed: Testbed, client: str, other: str, selection: Selection, every_ms: float
) -> None:
    """Connect two clients of one user: one subscribes and unsubscribes, and the other is silent.

    The first goes on until the scenario ends. What it asks for must not tick meanwhile: it is
    entitled to none of it. In another dialect it pings. Where a service lets one user connect once
    only, or nobody can mint, the second is a user of its own.

    Raises:
        Refuted: one was not welcomed.
    """
    await _be_two_of_one_user(testbed, client, other)
    if not testbed.dialect.is_plain:
        why = f"the dialect {testbed.dialect.name} may have other words for it"
        testbed.scenario.leave_out(f"{client}, who only subscribes and unsubscribes: {why}")
        await lifecycle.keep_pinging(testbed, [client], every_ms / 1e3)
        return
    connection = testbed.scenario.connections.named(client)
    said = connection.dialect
    requests = (*said.subscribing(selection), *said.unsubscribing(selection))

    async def chore() -> None:
        while connection.is_open:
            for request in requests:
                await connection.send(request)
            await asyncio.sleep(every_ms / 1e3)

    testbed.scenario.background.append(asyncio.get_running_loop().create_task(chore()))


async def _be_two_of_one_user(testbed: Testbed, client: str, other: str) -> None:
    await lifecycle.be_connected(testbed, [client])
    first = testbed.scenario.connections.named(client)
    (own,) = await testbed.tokens.for_clients(1)
    same = testbed.tokens.renewed(first.token) or own
    if same == own:
        testbed.scenario.leave_out(f"{other} as the same user as {client}: the target cannot mint")
    which = f"a valid token of the same user as {client}'s"
    (second,) = await lifecycle.connect(testbed, [other], same, which=which)
    await first.ping_frame(testbed.grace_s)
    if not (second.is_welcomed and first.is_open):
        testbed.scenario.remarks.append(f"one user connects once only here: {second.summary()}")
        await second.close()
        if not first.is_open:
            await lifecycle.be_connected(testbed, [client])
        await lifecycle.be_connected(testbed, [other], own)


async def closed_after_ping(
    testbed: Testbed,
    clients: Sequence[str],
    expected: ExpectedClose,
    low_ms: float,
    high_ms: float,
) -> None:
    """Require that the service closed clients between two times after their only ping.

    Its clock starts anew with the ping: not before that was sent, and hardly later than it was.

    Raises:
        Refuted: it closed one at another time, or one that had no time to ping.
        Inconclusive: the harness sent a ping too late, or not before the client was idle already.
    """
    pings, checks = testbed.scenario.stash[PINGS], testbed.scenario.checks
    await closes.closed_by_service(testbed, clients, expected)
    for connection in testbed.scenario.connections.of(clients):
        sent, ending = pings.get(connection.name), connection.ending
        assert ending
        what = f"time from the ping of {connection.name} until it was closed"
        silent_ms = ((sent.after_ns if sent else ending.at_ns) - connection.started_ns) / 1e6
        if silent_ms > IN_TIME * low_ms:
            measured = f"{time_words(silent_ms, digits=0)} without a ping from the connect on"
            doubt = "the harness had sent none by then; run it again on a quieter machine"
            checks.undecided(what, measured, f"not before {bound_words(low_ms)}", doubt)
        if sent is None:
            raise Refuted(f"{connection.name} was closed before its ping: {connection.summary()}")
        checks.not_before_ms(what, sent.before_ns, ending.at_ns, low_ms)
        checks.at_most_ms(what, sent.after_ns, ending.at_ns, high_ms)
