"""The link to the broker goes silent without closing, and what clients must be told of it.

The service is started with the address of a relay in the place of the broker's; the suite publishes
straight to the broker. What follows the link's return is judged as after any other outage, by
`outage`. How a link breaks is in `broken_link`, how it is slow in `slow_link`.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial

from qaws.behaviours import lifecycle, liveness, outage
from qaws.oracle.announcements import DEGRADED
from qaws.protocol.market import Selection
from qaws.sut.relay import Relay
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified, bound_words

RELAY = Key[Relay](
    'the link to the broker is not in our hands: say "Given the ticker service is running, linked '
    'to the broker through a relay"'
)


def start_behind_relay(testbed: Testbed) -> None:
    """Start a service of the scenario's own that finds at the broker's address a relay."""
    if testbed.broker is None:
        raise Broken(f"{testbed.target.file}: has no [feed]: there is no broker to link to")
    relay = testbed.scenario.stash[RELAY] = Relay(testbed.broker.url)
    testbed.scenario.on_end.append(relay.stop)
    service = testbed.use_service(
        placeholders={"broker_url": testbed.broker.server.told(relay.url)}
    )
    assert testbed.services
    testbed.scenario.on_end.append(partial(testbed.services.retire, service))


def relay_in_use(testbed: Testbed) -> Relay:
    """Return the scenario's relay, through which the service must have heard its broker by now.

    Raises:
        Broken: the service was not started behind a relay.
        NotVerified: it has not.
    """
    relay = testbed.scenario.stash[RELAY]
    if not relay.has_carried:
        raise NotVerified(
            "the service did not reach its broker through the relay: it does not use the address "
            "that {broker_url} gives it, so that its link is not in our hands"
        )
    return relay


async def silence_link(
    testbed: Testbed, client: str, selection: Selection, at_most_ms: float
) -> None:
    """Let the link to the broker go silent until all clients were told `degraded`.

    Args:
        testbed: the testbed.
        client: subscribes as soon as the link is silent.
        selection: to this.
        at_most_ms: when the link comes back although somebody was not told.

    Raises:
        NotVerified: the service has another link to the broker, or the relay had nothing to lose.
    """
    _ = testbed.scenario.stash[RELAY]
    loss = await outage.foresee(testbed, "the link to the broker went silent")
    relay = relay_in_use(testbed)
    await asyncio.to_thread(relay.fall_silent)
    silent_ns = time.monotonic_ns()
    loss.last_byte_ns = relay.last_byte_ns
    deadline = loss.last_byte_ns / 1e9 + at_most_ms / 1e3
    back, clients = asyncio.Event(), liveness.open_clients(testbed)
    asking = [asyncio.ensure_future(liveness.keep_asking(testbed, c, back)) for c in clients]
    told = partial(outage.is_status, DEGRADED, loss.last_byte_ns)
    try:
        await lifecycle.subscribe(testbed, [client], selection)
        await asyncio.gather(
            *(c.wait_for(told, None, max(0.0, deadline - time.monotonic())) for c in clients)
        )
    finally:
        back.set()
        await asyncio.gather(*asking)
        over_ns = time.monotonic_ns()
        relay.let_through()
        loss.returned_ns = time.monotonic_ns()
    _require_silence(testbed, relay, silent_ns, over_ns)


def _require_silence(testbed: Testbed, relay: Relay, silent_ns: int, over_ns: int) -> None:
    """Make sure that the link has cost ticks, and that none came by another one.

    Raises:
        NotVerified: it has not, or one came.
    """
    feed = testbed.target.feed
    asked = relay.swallowed_question_bytes if feed and feed.is_pulled else 0
    if not (relay.swallowed_bytes or asked):
        raise NotVerified("the silent link had nothing to lose: the broker sent nothing through it")
    for connection in testbed.scenario.connections.all:
        for frame in connection.received("tick"):
            tick = outage.tick_of(testbed, frame)
            if tick and silent_ns <= tick.sent_ns and frame.at_ns < over_ns:
                raise NotVerified(
                    f"{connection.name} got {tick.symbol} #{tick.sequence}, published while the "
                    "link to the broker was silent: the service has another link, past the relay"
                )


async def receive_degraded(testbed: Testbed, within_ms: float) -> None:
    """Require that every client was told `degraded` in time after the link's last byte.

    Raises:
        Broken: the link was not silent for as long as the bound, so that nothing follows.
    """
    loss = outage.last_outage(testbed)
    if loss.last_byte_ns is None:
        raise Broken("no link to the broker has gone silent in this scenario")
    what, told = "from the link's last byte to degraded at {}", []
    for connection in testbed.scenario.connections.all:
        words = testbed.scenario.connections.status_messages(connection)
        came = [w.at_ns for w in words if w.status == DEGRADED and w.at_ns > loss.last_byte_ns]
        if came:
            told.append((came[0], connection.name))
            continue
        silent_ms = (outage.back_ns_of(loss) - loss.last_byte_ns) / 1e6
        if connection.is_open and silent_ms < within_ms:
            allowed = bound_words(within_ms)
            raise Broken(
                f"the link was silent for {silent_ms:.0f} ms only, and {connection.name} was not "
                f"told: let it be silent for longer than the {allowed} that are allowed"
            )
        testbed.scenario.checks.never(
            what.format(connection.name),
            loss.last_byte_ns,
            time.monotonic_ns(),
            within_ms,
            f"no word of it: {connection.summary()}",
        )
    at_ns, name = max(told)
    slowest = what.format(f"{name}, the last of {len(told)}")
    testbed.scenario.checks.at_most_ms(slowest, loss.last_byte_ns, at_ns, within_ms)
