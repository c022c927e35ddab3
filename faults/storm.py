"""Faults that show when very many come at once: QA-WS-020."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame
from websockets.http11 import Request, Response

from app import closes, routes_websocket, sessions
from app.auth import Claims
from app.closes import Close
from app.fanout import Fanout, text_frame
from app.messages import Tick
from app.server import TickerService
from app.sessions import Session, SessionRegistry, TickerConnection
from app.subscriptions import Group, Keys, Totals
from faults.fault import edited, fault, replace

LIVE = "clients live at the same time, at the peak: measured "
LOCKED_OUT = "newcomers that were let in while others reset: measured "
LEFT_BEHIND = "sockets, sessions, subscriptions, files and threads of the service: measured "

BUSY_PER_SECOND = 100
"""More arrivals within a second than this are a storm."""


class Rush:
    """Tells a storm from an ordinary day."""

    def __init__(self) -> None:
        self._arrivals: deque[float] = deque()

    def is_on(self) -> bool:
        """Note an arrival; return whether more have come within the last second than usual."""
        now = time.monotonic()
        self._arrivals.append(now)
        while self._arrivals[0] < now - 1:
            self._arrivals.popleft()
        return len(self._arrivals) > BUSY_PER_SECOND


def _before_admission(act: Any) -> None:
    """Let something happen whenever an authenticated client asks for a place."""
    original = SessionRegistry.admit

    def admit(
        self: SessionRegistry, connection: ServerConnection, claims: Claims
    ) -> Session | None:
        act(self)
        return original(self, connection, claims)

    replace(SessionRegistry, "admit", admit)


@fault(
    story="The limit is checked first and the place taken a moment later, so that a crowd that "
    "comes at once passes the check together and exceeds the limit.",
    caught_by={"QA-WS-020": LIVE},
)
def limit_passed_by_a_burst() -> None:
    """Put a pause between the check and the entry."""
    admit, endpoint = SessionRegistry.admit, routes_websocket.websocket_endpoint

    def admit_unseen(
        self: SessionRegistry, connection: ServerConnection, claims: Claims
    ) -> Session | None:
        limit, self.max_connections = self.max_connections, len(self) + 1
        try:
            return admit(self, connection, claims)
        finally:
            self.max_connections = limit

    async def websocket_endpoint(service: TickerService, connection: ServerConnection) -> None:
        if service.sessions.is_full():
            await connection.close(*closes.MAX_CONNECTIONS)
            return
        await asyncio.sleep(0.1)
        await endpoint(service, connection)

    replace(SessionRegistry, "admit", admit_unseen)
    replace(routes_websocket, "websocket_endpoint", websocket_endpoint)


@fault(
    story="The place of a client whose line is cut is not given back, so that a bad network "
    "locks everybody out.",
    caught_by={"QA-WS-020": LOCKED_OUT},
)
def place_not_freed_on_reset() -> None:
    """Release only those that have said goodbye."""
    original = SessionRegistry.release

    def release(self: SessionRegistry, session: Session) -> None:
        if session.connection.protocol.close_rcvd is not None:
            original(self, session)

    replace(SessionRegistry, "release", release)


@fault(
    story="Session ids are made from the clock, so that two clients of a crowd get the same, and "
    "one is billed for the other.",
    caught_by={"QA-WS-020": "session ids: measured "},
)
def session_ids_repeat_in_a_burst() -> None:
    """Take the hundredth of a second for an id."""
    replace(sessions, "new_session_id", lambda: f"session-{int(time.time() * 100)}")


@fault(
    story="When many come at once each waits three seconds for its welcome, and most give up.",
    caught_by={"QA-WS-020": "welcome latency p99: measured "},
)
def welcome_delayed_in_a_storm() -> None:
    """Hold the welcome back while there is a rush."""
    original, rush = TickerService.greet, Rush()

    def greet(self: TickerService, session: Session) -> None:
        delay_s = 3.0 if rush.is_on() else 0.0
        asyncio.get_running_loop().call_later(delay_s, original, self, session)

    replace(TickerService, "greet", greet)


@fault(
    story="Every fiftieth admission blocks the service for 300 ms, so that whoever is connected "
    "gets late prices while others log in.",
    caught_by={"QA-WS-020": "broadcast latency p99: measured "},
)
def admission_blocks_the_others() -> None:
    """Stand still where something slow should have been awaited."""
    count = 0

    def block(registry: SessionRegistry) -> None:
        nonlocal count
        count += 1
        if count % 50 == 0:
            time.sleep(0.3)

    _before_admission(block)


@fault(
    story="When many are turned away at once the reason is left out, so that they all come again "
    "at once and make the crowd worse.",
    caught_by={"QA-WS-020": "closed with 1008 without a reason"},
)
def excess_without_reason_in_a_storm() -> None:
    """Take the reason out of the close while there is a rush."""
    rush, usual = Rush(), closes.MAX_CONNECTIONS

    def choose(registry: SessionRegistry) -> None:
        closes.MAX_CONNECTIONS = Close(1008, "") if rush.is_on() else usual

    _before_admission(choose)


@fault(
    story="A client that vanishes in the middle of its handshake leaves a socket behind, so that "
    "a port scan brings the service down.",
    caught_by={"QA-WS-020": LEFT_BEHIND},
)
def broken_handshakes_leak_sockets() -> None:
    """Hold a second handle of each socket until its handshake's request has come."""
    made, process_event = TickerConnection.connection_made, TickerConnection.process_event
    handles: dict[TickerConnection, int] = {}

    def connection_made(self: TickerConnection, transport: Any) -> None:
        handles[self] = os.dup(transport.get_extra_info("socket").fileno())
        made(self, transport)

    def process(self: TickerConnection, event: Request | Response | Frame) -> None:
        if self in handles:
            os.close(handles.pop(self))
        process_event(self, event)

    replace(TickerConnection, "connection_made", connection_made)
    replace(TickerConnection, "process_event", process)


@fault(
    story="Ticks are handed out in the order in which clients came, and the round ends at one that "
    "has just said goodbye: whoever came after that one misses ticks.",
    caught_by={"QA-WS-020": "x gap: "},
)
def round_ends_at_one_that_left() -> None:
    """Stop a round at who has left politely within the last tenth of a second."""
    admit, release = SessionRegistry.admit, SessionRegistry.release
    places: dict[int, int] = {}
    left: deque[tuple[float, int]] = deque()

    def admit_in_order(
        self: SessionRegistry, connection: ServerConnection, claims: Claims
    ) -> Session | None:
        session = admit(self, connection, claims)
        if session is not None:
            places[id(session)] = self._counters.sessions_opened
        return session

    def release_in_order(self: SessionRegistry, session: Session) -> None:
        place = places.pop(id(session), 0)
        if session.connection.protocol.close_rcvd is not None:
            left.append((time.monotonic(), place))
        release(self, session)

    def recipients(_: Fanout, group: Group[Session]) -> tuple[Session, ...]:
        while left and left[0][0] < time.monotonic() - 0.1:
            left.popleft()
        end = min((place for _, place in left), default=None)
        return tuple(
            member for member in group.members if end is None or places.get(id(member), 0) < end
        )

    replace(SessionRegistry, "admit", admit_in_order)
    replace(SessionRegistry, "release", release_in_order)
    replace(Fanout, "recipients", recipients)


@fault(
    story="When many leave at the same moment their places are swept up seconds later, so that "
    "after a failure of the network a half empty service turns its clients away.",
    caught_by={"QA-WS-020": "clients that came when 20 places had been free for 1 s: measured "},
)
def places_swept_up_late() -> None:
    """Keep the places of a crowd that leaves for three seconds."""
    release = SessionRegistry.release
    left: deque[float] = deque()

    def release_late(self: SessionRegistry, session: Session) -> None:
        now = time.monotonic()
        left.append(now)
        while left[0] < now - 0.2:
            left.popleft()
        if len(left) > 20:
            asyncio.get_running_loop().call_later(3.0, release, self, session)
        else:
            release(self, session)

    replace(SessionRegistry, "release", release_late)


@fault(
    story="A third of the places is kept for customers who never come, so that others are turned "
    "away from a service that is far from full.",
    caught_by={"QA-WS-020": "clients that came when 20 places had been free for 1 s: measured "},
)
def places_kept_for_others() -> None:
    """Have only two thirds of the places of a large house."""
    is_full = SessionRegistry.is_full

    def has_none_for_these(self: SessionRegistry) -> bool:
        kept = self.max_connections // 3 if self.max_connections > BUSY_PER_SECOND else 0
        return is_full(self) or len(self) >= self.max_connections - kept

    replace(SessionRegistry, "is_full", has_none_for_these)


class Cuts:
    """Tells whether lines are being cut all the time, as on a bad network."""

    def __init__(self) -> None:
        self._cuts: deque[float] = deque(maxlen=CUTS)
        release = SessionRegistry.release

        def release_and_note(registry: SessionRegistry, session: Session) -> None:
            if session.connection.protocol.close_rcvd is None:
                self._cuts.append(time.monotonic())
            release(registry, session)

        replace(SessionRegistry, "release", release_and_note)

    def go_on(self) -> bool:
        """Return whether some lines were cut within the last moments."""
        return len(self._cuts) == CUTS and self._cuts[0] > time.monotonic() - CUTS_WITHIN_S


CUTS, CUTS_WITHIN_S = 4, 0.2
"""So many cut lines within such a time, in seconds, are a bad network."""


class StalePrices:
    """Gives single clients ticks with the price that their instrument had before."""

    def __init__(self, is_stale: Callable[[Session], bool]) -> None:
        self._prices: dict[int, deque[tuple[bytes, Any]]] = {}
        publish, deliver = Fanout.publish, Fanout._deliver

        def publish_and_keep(fanout: Fanout, tick: Tick) -> None:
            token = tick.route.instrument_token
            if token is not None:
                kept = self._prices.setdefault(token, deque(maxlen=64))
                kept.append((tick.payload, json.loads(tick.payload)["last_price"]))
            publish(fanout, tick)

        def deliver_stale(fanout: Fanout, session: Session, frames: bytes, ticks: int) -> None:
            stale = ticks and is_stale(session)
            deliver(
                fanout, session, self._with_the_price_before(frames) if stale else frames, ticks
            )

        replace(Fanout, "publish", publish_and_keep)
        replace(Fanout, "_deliver", deliver_stale)

    def _with_the_price_before(self, frames: bytes) -> bytes:
        """Change the first tick of some frames; one without a tick before it stays as it is."""
        start, end = 4, 4 + int.from_bytes(frames[2:4], "big")  # as frames of 126 B to 64 kB are
        payload, rest = frames[start:end], frames[end:]
        kept = self._prices.get(json.loads(payload).get("instrument_token"), deque())
        place = next((n for n, (each, _) in enumerate(kept) if each == payload), 0)
        if not place:
            return frames
        before = kept[place - 1][1]
        return text_frame(edited(payload, lambda tick: tick.update(last_price=before))) + rest


@fault(
    story="While lines are being cut, who comes new is given with its first tick the price that "
    "the instrument had before, out of a cache that is being swept, and trades on it.",
    caught_by={
        "QA-WS-015": "x content: client ",
        "QA-WS-020": "x content: newcomer ",
    },
)
def newcomers_given_the_price_of_before() -> None:
    """Change the first tick of who has subscribed while lines were being cut."""
    cuts, new = Cuts(), set[Session]()
    subscribe, release = Fanout.subscribe, SessionRegistry.release

    def subscribe_and_note(self: Fanout, session: Session, keys: Keys) -> Totals:
        totals = subscribe(self, session, keys)
        if cuts.go_on():
            new.add(session)
        return totals

    def is_stale(session: Session) -> bool:
        was_new = session in new
        new.discard(session)
        return was_new

    def release_and_forget(self: SessionRegistry, session: Session) -> None:
        new.discard(session)
        release(self, session)

    replace(Fanout, "subscribe", subscribe_and_note)
    replace(SessionRegistry, "release", release_and_forget)
    StalePrices(is_stale)
