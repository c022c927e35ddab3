"""Faults of several nodes on one feed, and of a node that takes another's place: 105 and 111."""

from __future__ import annotations

import asyncio
import hashlib
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

import redis
from websockets.asyncio.server import Server, ServerConnection

from app import closes
from app.auth import Claims
from app.fanout import Fanout
from app.server import TickerService
from app.sessions import Session, SessionRegistry
from app.subscriptions import Keys, Totals
from faults.fault import fault, replace

NODE = uuid.uuid4().hex.encode()
YOUNG_S = 5.0
RUSH_PER_SECOND = 200
CROWD = 400
SERVED_AGAIN = "clients that came back at once"


def _cluster(service: TickerService) -> bytes:
    """Return what nodes with the same settings have in common, as a part of channels and keys."""
    shared = service.settings.model_dump_json()
    return hashlib.sha1(shared.encode()).hexdigest().encode()


def _broker(service: TickerService) -> redis.Redis:
    return redis.Redis.from_url(service.settings.feed_url)


class Herd:
    """Tells whether many come to a service that has just taken the place of one that had many."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._successor = False
        self._arrivals: deque[float] = deque()
        self._visitors = 0
        self._mark_crowd: Callable[[], object] = lambda: None
        original = TickerService.__init__

        def __init__(service: TickerService, *parts: Any) -> None:
            original(service, *parts)
            mark = b"crowd:" + _cluster(service)
            with _broker(service) as broker:
                self._successor = broker.getdel(mark) is not None

            def mark_crowd() -> None:
                with _broker(service) as broker:
                    broker.set(mark, 1)

            self._mark_crowd = mark_crowd

        replace(TickerService, "__init__", __init__)

    def is_here(self) -> bool:
        """Note an arrival; return whether it is one of a herd."""
        now = time.monotonic()
        self._visitors += 1
        if self._visitors == CROWD and not self._successor:
            self._mark_crowd()
        self._arrivals.append(now)
        while self._arrivals[0] < now - 1:
            self._arrivals.popleft()
        young = self._successor and now - self._started < YOUNG_S
        return young and len(self._arrivals) > RUSH_PER_SECOND


# --- several nodes --------------------------------------------------------------------------------


@fault(
    story="Nodes share the ticks out among themselves as workers share a queue, so that with two "
    "nodes every client sees half of the market.",
    caught_by={"QA-WS-111": "ticks that the broker had before SIGTERM, at all clients"},
    also=("QA-WS-016",),
)
def ticks_shared_out_between_nodes() -> None:
    """Let the first node that claims a tick have it."""
    original = TickerService.on_tick

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        claim = b"claim:" + _cluster(self) + hashlib.sha1(payload).hexdigest().encode()
        with _broker(self) as broker:
            if broker.set(claim, NODE, nx=True, ex=60):
                original(self, channel, payload)

    replace(TickerService, "on_tick", on_tick)


@fault(
    story="Each node passes the ticks on to its peers, which have them already, so that with two "
    "nodes every client gets everything twice.",
    caught_by={"QA-WS-111": "more than once"},
    also=("QA-WS-024",),
)
def ticks_passed_on_to_the_other_node() -> None:
    """Publish what comes in, for the others."""
    original = TickerService.on_tick

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        mine = b"ticker:peers:" + _cluster(self) + b":"
        if channel.startswith(mine):
            node, _, first_channel = channel.removeprefix(mine).partition(b":")
            if node != NODE:
                original(self, first_channel, payload)
        elif not channel.startswith(b"ticker:peers:"):
            original(self, channel, payload)
            with _broker(self) as broker:
                broker.publish(mine + NODE + b":" + channel, payload)

    replace(TickerService, "on_tick", on_tick)


@fault(
    story="A node that ends tells the others through the broker, and they close their clients too, "
    "so that a rolling deployment throws everybody out.",
    caught_by={"QA-WS-111": 'closed with 1001 "server shutdown" by the service'},
)
def one_node_ends_for_all() -> None:
    """Let a shutdown go round."""
    shut_down, take = TickerService._shut_down, TickerService.on_tick

    async def _shut_down(self: TickerService, server: Server) -> None:
        with _broker(self) as broker:
            broker.publish(b"ticker:end:" + _cluster(self), NODE)
        await shut_down(self, server)

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        if not channel.startswith(b"ticker:end:"):
            take(self, channel, payload)
        elif channel.endswith(_cluster(self)) and payload != NODE:
            for session in self.sessions:
                session.close(closes.SERVER_SHUTDOWN)

    replace(TickerService, "_shut_down", _shut_down)
    replace(TickerService, "on_tick", on_tick)


# --- a herd ---------------------------------------------------------------------------------------


@fault(
    story="A service that has just been restarted turns away whoever comes beyond the two "
    "hundredth in a second, so that most of its clients are locked out.",
    caught_by={"QA-WS-105": SERVED_AGAIN},
)
def herd_turned_away_after_a_restart() -> None:
    """Pretend to be full."""
    original, herd = SessionRegistry.admit, Herd()

    def admit(
        self: SessionRegistry, connection: ServerConnection, claims: Claims
    ) -> Session | None:
        return None if herd.is_here() else original(self, connection, claims)

    replace(SessionRegistry, "admit", admit)


@fault(
    story="After a restart the caches are cold, and the clients that come back are welcomed one by "
    "one, so that the last of them has been without prices for ten seconds.",
    caught_by={"QA-WS-105": "from the service's return to the acknowledgement of "},
)
def herd_served_one_by_one() -> None:
    """Take 30 ms for each welcome, and let the others wait."""
    original, herd = TickerService.greet, Herd()
    free_at = 0.0

    def greet(self: TickerService, session: Session) -> None:
        nonlocal free_at
        loop = asyncio.get_running_loop()
        if herd.is_here() or free_at > loop.time():
            free_at = max(free_at, loop.time()) + 0.03
            loop.call_at(free_at, original, self, session)
        else:
            original(self, session)

    replace(TickerService, "greet", greet)


@fault(
    story="When many subscribe at once after a restart some subscriptions are acknowledged but get "
    "lost, so that those clients look at a market that stands still.",
    caught_by={"QA-WS-105": "it reached "},
)
def subscriptions_of_a_herd_lost() -> None:
    """Acknowledge and do nothing."""
    original, herd = Fanout.subscribe, Herd()

    def subscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        if herd.is_here():
            return Totals.of(keys)
        return original(self, session, keys)

    replace(Fanout, "subscribe", subscribe)
