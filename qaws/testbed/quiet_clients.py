"""Clients that are connected for the whole run and say nothing: who they are, and where.

They connect before the first scenario, to a service (and, where it is embedded, a broker) that no
scenario uses. `qaws/behaviours/quiet_clients.py` judges them behind the last one.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial

from qaws.auth.tokens import LIFETIME_S
from qaws.clients.connection import Connection
from qaws.clients.frame_log import Frame
from qaws.clients.way_in import way_in
from qaws.feed.channels import Channels
from qaws.feed.outlets import prepare
from qaws.protocol.market import Selection
from qaws.sut.broker import Broker, broker_of
from qaws.sut.service import Service
from qaws.sut.services import Services
from qaws.testbed.stash import Key
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, NotVerified, Refuted

BEFORE_END_S = 10.0
"""How long before the target's idle timeout, or the end of their tokens, nobody looks any more, in
seconds: QA-WS-124."""

QUIET_SYMBOL = "NIFTYNXT50"
"""Of a broker that others use too: no load is published for it."""


class Lasting(Connection):
    """A connection that outlives the scenarios which look at it."""

    async def close(self) -> None:
        """Stay open: the scenario ends, the run does not."""

    async def leave(self) -> None:
        """Close cleanly."""
        await super().close()


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched for the whole run.

    Attributes:
        service: the one that they are connected to.
        clients: "silent" and "subscribed" → its connection.
        began_ns: when both had been welcomed, the subscription acknowledged.
        limit_ns: when looking ends, because idle timeout or expiry is near; None: neither is known.
        idle_s: the target's idle timeout in seconds; None: it is not known.
        is_apart: whether nobody else publishes what they can hear.
    """

    service: Service
    clients: dict[str, Lasting]
    began_ns: int
    limit_ns: int | None
    idle_s: float | None
    is_apart: bool

    def until_ns(self, ns: int) -> int:
        """Return an instant, or the end of looking where that comes first."""
        return ns if self.limit_ns is None else min(ns, self.limit_ns)


WATCH = Key[Watch | Exception]("no quiet client has been connected since the run began")


def begin(testbed: Testbed) -> None:
    """Start a service that no scenario uses, and connect the two clients.

    Nothing is raised: the scenario that is about them says what was amiss.
    """
    try:
        testbed.stash[WATCH] = _begun(testbed)
    except (Broken, Refuted, NotVerified) as problem:
        testbed.stash[WATCH] = problem


def _begun(testbed: Testbed) -> Watch:
    idle_s = testbed.target.idle_timeout_s
    if idle_s is not None and idle_s <= BEFORE_END_S:
        raise NotVerified(
            f"the target's idle timeout of {idle_s:g} s leaves no time in which clients may be "
            f"quiet: it must be more than {BEFORE_END_S:g} s"
        )
    folder = testbed.logs / "quiet-clients"
    folder.mkdir(parents=True, exist_ok=True)
    broker = _own_broker(testbed)
    own = {"broker_url": broker.told_url} if broker else {}
    placeholders = {**testbed.placeholders, **own}
    services = Services(testbed.target, folder, placeholders, testbed.timeout_factor)
    testbed.on_stop.append(services.stop)
    service = services.get()
    try:
        clients = testbed.loop.call(_connected(testbed, service), 60 * testbed.timeout_factor)
    except TimeoutError:
        raise Broken("quiet clients could not connect within a minute") from None
    testbed.on_stop.append(lambda: testbed.loop.call(_leave(testbed, clients), timeout_s=5))
    began_ns = time.monotonic_ns()
    mints = "mint" in testbed.target.capabilities
    ends_s = [s for s in (idle_s, LIFETIME_S if mints else None) if s is not None]
    first_ns = min(client.started_ns for client in clients.values())
    limit_ns = first_ns + int((min(ends_s) - BEFORE_END_S) * 1e9) if ends_s else None
    return Watch(service, clients, began_ns, limit_ns, idle_s, broker is not None)


def _own_broker(testbed: Testbed) -> Broker | None:
    """Start one more broker where the suite's own is embedded and the service is told of it."""
    target = testbed.target
    if not (target.launch and target.feed and target.feed.broker == "embedded"):
        return None
    texts = [*target.launch.command, *target.launch.environment.values()]
    if not any("{broker_url}" in text for text in texts):
        return None
    folder = testbed.logs / "quiet-clients"
    broker = broker_of(target, folder)
    testbed.on_stop.append(broker.stop)
    prepare(broker, target.feed, Channels(target.feed, testbed.dialect).all())
    return broker


async def _connected(testbed: Testbed, service: Service) -> dict[str, Lasting]:
    """Connect both clients, and subscribe one of them.

    Raises:
        Refuted: one was not welcomed, or its subscription not acknowledged.
    """
    auth = testbed.target.auth
    opened = {}
    for kind in ("silent", "subscribed"):
        token = testbed.tokens.valid()
        location = auth.token_locations[0]
        name, trusted = f"the {kind} client", testbed.target.endpoint.authority
        client = Lasting(name, testbed.dialect, token=token, authority=trusted)
        if way := await way_in(client, testbed.target, service.url, location):
            await client.open(way[0], way[1].items())
        await client.wait_for(partial(_is_over, client), None, testbed.grace_s)
        if not client.is_welcomed:
            raise Refuted(f"{client.name} was not welcomed: {client.summary()}")
        opened[kind] = client
    selection = Selection("symbols", symbols=(QUIET_SYMBOL,))
    if await opened["subscribed"].subscribe(selection, testbed.grace_s) is None:
        said = opened["subscribed"].summary()
        raise Refuted(f"the subscribed client's subscription was not acknowledged: {said}")
    return opened


def _is_over(client: Lasting, frame: Frame) -> bool:
    """Return whether a client need not wait for its welcome any more."""
    return client.is_welcomed or frame.kind in ("close", "end")


async def _leave(testbed: Testbed, clients: dict[str, Lasting]) -> None:
    lived = (client.lived_s() for client in clients.values())
    testbed.longest_s = max(testbed.longest_s, *lived)
    leaving = [client.leave() for client in clients.values()]
    await asyncio.gather(*leaving, return_exceptions=True)
