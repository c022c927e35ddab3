"""A service that starts while its broker is away: QA-WS-122.

It may soundly not be ready, or not even listen, before the broker is there; but it lives, lets
nobody hang, and needs no second start. Every function takes the testbed first and runs on its loop
thread (`Testbed.do`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from qaws.behaviours import lifecycle
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.registry import key_of
from qaws.oracle.announcements import DEGRADED, Outage
from qaws.protocol.market import Selection
from qaws.sut.target import Agreement
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified

TRIES_AGAIN_S = 0.2
"""How long a client that was turned away waits before it tries again."""

USUAL_STARTS = 2.0
"""For so many times its quickest start the broker stays away at least: else no client could try."""

TO_NEWCOMERS: Agreement = "outage told to newcomers"
"""A target that declines this may welcome clients without a word of the loss."""


@dataclass(slots=True)
class Start:
    """How a service has started.

    `early` is what clients got while the broker was away, the last attempt of each, none where the
    service never told its port; `problem` is why it did not become ready behind the broker's
    return, "" when it did.
    """

    outage: Outage
    early: list[Connection]
    usual_s: float = 0.0
    away_s: float = 0.0
    exit_code: int | None = None
    ready_ns: int = 0
    problem: str = ""


START = Key[Start]("no service has been started while the broker is down")


async def take_broker_down(testbed: Testbed) -> None:
    """Stop the broker, before the scenario's service starts.

    Raises:
        Broken: the target has no feed, or its command failed.
    """
    if testbed.broker is None:
        raise Broken(f"{testbed.target.file}: has no [feed]: there is no broker to be down")
    assert testbed.services
    usual_s = await asyncio.to_thread(testbed.services.usual_start_s)
    testbed.scenario.on_end.append(partial(_restore, testbed))
    outage = Outage("the broker was down at the start", time.monotonic_ns())
    testbed.scenario.outages.append(outage)
    # one that runs would have the port of the one that is to start
    await asyncio.to_thread(testbed.services.stop)
    await asyncio.to_thread(testbed.broker.take_down)
    await testbed.feed.hang_up()
    testbed.scenario.stash[START] = Start(outage, [], usual_s)


def _restore(testbed: Testbed) -> None:
    """Bring the broker back, and end all services: nobody has seen whether the others listen."""
    assert testbed.broker
    assert testbed.services
    try:
        if testbed.broker.is_away:
            testbed.broker.bring_up()
    finally:
        testbed.services.stop()


async def start_early(testbed: Testbed, client: str, selection: Selection, away_ms: float) -> None:
    """Start the service while the broker is away; a client tries to connect and subscribe.

    Args:
        testbed: the run's.
        client: who tries, again and again.
        selection: to what.
        away_ms: for how long the broker stays away; longer for a service that starts slowly.
    """
    start = testbed.scenario.stash[START]
    assert testbed.services
    start.away_s = max(away_ms / 1e3, USUAL_STARTS * start.usual_s)
    service = await asyncio.to_thread(testbed.launch_service)
    assert service.process
    over_s = time.monotonic() + start.away_s
    while time.monotonic() < over_s and service.process.exit_code() is None:
        if testbed.services.told_port(service) is not None and not _is_served(start):
            start.early = await lifecycle.connect(testbed, [client], may_be_gone=True)
            if _is_served(start):
                await lifecycle.subscribe(testbed, [client], selection)
        await asyncio.sleep(min(TRIES_AGAIN_S, max(0.0, over_s - time.monotonic())))
    start.exit_code = service.process.exit_code()


def _is_served(start: Start) -> bool:
    return any(c.is_open and c.is_welcomed for c in start.early)


async def bring_broker_up(
    testbed: Testbed, selection: Selection, every_ms: float, clients: Sequence[str]
) -> None:
    """Start the broker, with ticks; clients that are not yet connect once the service is ready."""
    start = testbed.scenario.stash[START]
    assert testbed.broker
    assert testbed.services
    await asyncio.to_thread(testbed.broker.bring_up)
    start.outage.returned_ns = time.monotonic_ns()
    testbed.feed.start_flow(selection, every_ms / 1e3)
    try:
        await asyncio.to_thread(testbed.services.await_ready, testbed.service)
    except Broken as problem:
        start.problem = str(problem)
        return
    start.ready_ns = time.monotonic_ns()
    served = {c.name for c in start.early if c.is_open and c.is_welcomed}
    await lifecycle.be_subscribed(testbed, [c for c in clients if c not in served], selection)


# --- what must hold -------------------------------------------------------------------------------


async def nobody_hung(testbed: Testbed) -> None:
    """Require that the service lived, and that whoever came was told how things are.

    A client was welcomed and told `degraded`, or refused in the handshake, by a close, or because
    nobody listened yet. One that nobody answered, or was cut in mid-handshake, was not told. That
    one was welcomed who need not be told more is said behind all else.
    """
    start, checks = testbed.scenario.stash[START], testbed.scenario.checks
    process = testbed.service.process
    assert process
    code = start.exit_code
    checks.require(
        code is None,
        "the service that was started before its broker",
        "runs" if code is None else f"ended with exit code {code}: {process.last_line()}",
        "runs",
    )
    if not start.early and code is None:
        checks.require(
            True,
            "what clients were told while the broker was away",
            f"nothing: for {start.away_s:.1f} s the service told no port to connect to; its "
            f"quickest start took {start.usual_s:.1f} s",
            f"a welcome and the status {DEGRADED}, a refusal, or nobody listens yet",
        )
    for connection in start.early:
        if _is_served(start):
            await connection.wait_for(_is_degraded, None, testbed.grace_s)
            words = [w.status for w in testbed.scenario.connections.status_messages(connection)]
            told = DEGRADED in words
            if not told and (why := _why_unsaid(testbed)):
                said = f"{connection.name} was welcomed while the broker was away, and {why}"
                unseen = NotVerified(f"{said}: nothing shows that it was told")
                testbed.scenario.reservations.append(unseen)
                continue
        else:
            is_absent = connection.http_error.startswith("cannot connect")
            told = bool(connection.refusal or is_absent or connection.ended_by_service)
        checks.require(
            told,
            f"what {connection.name} was told while the broker was away",
            connection.summary(),
            f"a welcome and the status {DEGRADED}, or a refusal",
        )


def _why_unsaid(testbed: Testbed) -> str:
    """Say why a client that is served without its feed need not be told so; "" where it must."""
    if "announcements" not in testbed.target.capabilities:
        return f"the dialect {testbed.dialect.name} has no words for {DEGRADED}"
    if TO_NEWCOMERS in testbed.target.declines:
        return f"the target declines: {TO_NEWCOMERS}"
    return ""


def _is_degraded(frame: Frame) -> bool:
    return isinstance(frame.message, dict) and frame.message.get("status") == DEGRADED


async def became_ready(testbed: Testbed) -> None:
    """Require that the service was ready within the target's `ready_within_s` of the return."""
    start = testbed.scenario.stash[START]
    back_ns = start.outage.returned_ns
    assert back_ns is not None
    testbed.scenario.checks.require(
        not start.problem,
        "the service, once its broker was there",
        start.problem or f"ready after {(start.ready_ns - back_ns) / 1e6:.0f} ms",
        "ready, without another start, within the time that the target gives a start",
    )


async def ticks_arrive(testbed: Testbed, clients: Sequence[str], within_ms: float) -> None:
    """Require ticks in time: after the broker's return, or after a client's later subscription."""
    back_ns = testbed.scenario.stash[START].outage.returned_ns
    assert back_ns is not None
    for connection in testbed.scenario.connections.of(clients):
        since_ns = max(back_ns, *(e.held_ns for e in connection.entitlements))
        wait_s = (since_ns - time.monotonic_ns()) / 1e9 + within_ms / 1e3 + testbed.grace_s

        def is_new(frame: Frame) -> bool:
            key = key_of(frame) if frame.direction == "←" else None
            return key is not None and testbed.ledger.find(key) is not None

        frame = await connection.wait_for(is_new, None, max(0.0, wait_s))
        lifecycle.in_time(
            testbed,
            f"first tick of {connection.name} with the broker there",
            since_ns,
            frame.at_ns if frame else None,
            within_ms,
            connection,
        )
