"""Faults of connections and what they leave behind: QA-WS-001, 004, 005."""

from __future__ import annotations

import os
from typing import Any

from websockets.frames import Frame, Opcode

from app import routes_websocket
from app.auth import Claims
from app.closes import Close
from app.fanout import Fanout
from app.server import TickerService
from app.sessions import Session, SessionRegistry, TickerConnection
from app.subscriptions import Keys, Totals
from faults.fault import fault, replace

MOST_KEPT = 200
"""So many leaks prove enough; ten thousand would take the machine down."""

NO_ACK = "got no acknowledgement"

# --- QA-WS-001 -------------------------------------------------------------------------------


@fault(
    story="WebSocket pings are swallowed, so that load balancers take every quiet connection for "
    "dead and cut it.",
    caught_by={
        "QA-WS-001": "open connections of Alice: measured 0 of 1 open",
        "QA-WS-011": "open connections of 4 clients: measured 0 of 4 open",
        "QA-WS-022": "open connections of Nora, Ines: measured 0 of 2 open",
        "QA-WS-017": "WebSocket ping: measured nothing",
        "QA-WS-106": "WebSocket ping: measured nothing",
        "QA-WS-023": "open connections of",
        "QA-WS-101": "open connections of",
        "QA-WS-102": "open connections of",
    },
    also=("QA-WS-012", "QA-WS-131", "QA-WS-132"),
)
def pings_unanswered() -> None:
    """Drop the pong frames that the protocol wants to send."""
    original = TickerConnection.__init__

    def __init__(self: TickerConnection, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        send: Any = self.protocol.send_frame

        def without_pongs(frame: Frame) -> None:
            if frame.opcode is not Opcode.PONG:
                send(frame)

        replace(self.protocol, "send_frame", without_pongs)

    replace(TickerConnection, "__init__", __init__)


@fault(
    story="Every connection is closed right after its welcome, so that clients show a green light "
    "and then nothing.",
    caught_by={
        "QA-WS-001": "open connections of Alice: measured 0 of 1 open",
        **dict.fromkeys([f"QA-WS-{n:03}" for n in [*range(4, 13), *range(16, 19)]], NO_ACK),
        "QA-WS-022": NO_ACK,
        "QA-WS-025": NO_ACK,
        "QA-WS-103": NO_ACK,
        "QA-WS-115": NO_ACK,
        **dict.fromkeys([f"QA-WS-{n}" for n in (105, 106, 111, 117, 128)], NO_ACK),
        "QA-WS-023": "open connections of",
        "QA-WS-024": "got no acknowledgement",
        "QA-WS-101": "got no acknowledgement",
        "QA-WS-102": "got no acknowledgement",
        "QA-WS-116": "got no acknowledgement",
    },
    also=("QA-WS-132", "QA-WS-107", "QA-WS-118", "QA-WS-121", "QA-WS-123"),
)
def closed_after_welcome() -> None:
    """Close each session as soon as it has been greeted."""
    original = TickerService.greet

    def greet(self: TickerService, session: Session) -> None:
        original(self, session)
        session.close(Close(1000, "welcome and goodbye"))

    replace(TickerService, "greet", greet)


# --- QA-WS-004 -------------------------------------------------------------------------------


@fault(
    story="The subscriptions of clients that left are never dropped, so that each day's fan-out "
    "is slower than that of the day before.",
    caught_by={
        "QA-WS-004": "sockets, sessions and subscriptions of the service",
        "QA-WS-101": "sockets, sessions and subscriptions of the service: measured",
    },
)
def subscriptions_survive_close() -> None:
    """Clean up everything but the subscriptions."""

    def cleanup_connection(service: TickerService, session: Session) -> None:
        service.sessions.release(session)
        session.dispose()

    replace(routes_websocket, "cleanup_connection", cleanup_connection)


@fault(
    story="The statistics count clients that have left, so that operations scale up for an "
    "audience that is not there.",
    caught_by={
        "QA-WS-004": "sockets, sessions and subscriptions of the service",
        "QA-WS-024": "sockets, sessions and subscriptions of the service: measured",
        "QA-WS-101": "sockets, sessions and subscriptions of the service: measured",
    },
)
def departed_clients_counted() -> None:
    """Report as active whoever was ever admitted."""
    original = TickerService.stats

    def stats(self: TickerService) -> dict[str, int | bool]:
        return original(self) | {"active_connections": self.counters.sessions_opened}

    replace(TickerService, "stats", stats)


@fault(
    story="The service keeps the socket of every client that left, and falls over when it runs "
    "out of file descriptors.",
    caught_by={
        "QA-WS-004": "sockets, sessions and subscriptions of the service",
        "QA-WS-101": "sockets, sessions and subscriptions of the service: measured",
    },
    also=("QA-WS-024",),
)
def sockets_leak() -> None:
    """Hold a second handle of each socket, which nobody ever closes."""
    original = SessionRegistry.admit
    kept: list[int] = []

    def admit(self: SessionRegistry, connection: Any, claims: Claims) -> Session | None:
        session = original(self, connection, claims)
        if session and len(kept) < MOST_KEPT:
            kept.append(os.dup(connection.transport.get_extra_info("socket").fileno()))
        return session

    replace(SessionRegistry, "admit", admit)


@fault(
    story="Two megabytes stay behind for every client that was ever connected, until the service "
    "is killed for want of memory.",
    caught_by={"QA-WS-004": "growth of the service's private memory"},
    also=("QA-WS-024",),
)
def memory_leaks() -> None:
    """Keep a buffer per session for ever."""
    kept: list[bytearray] = []
    original = SessionRegistry.release

    def release(self: SessionRegistry, session: Session) -> None:
        original(self, session)
        if len(kept) < MOST_KEPT:
            kept.append(bytearray(b"\1" * (2 * 1024 * 1024)))

    replace(SessionRegistry, "release", release)


# --- QA-WS-005 -------------------------------------------------------------------------------


@fault(
    story="Every connection of a user bears the same session id, so that support cannot tell "
    "one visit from the next.",
    caught_by={
        "QA-WS-005": "session id of Alice after reconnecting",
        "QA-WS-025": "different session ids among",
    },
    also=("QA-WS-105", "QA-WS-119"),
)
def session_id_reused() -> None:
    """Name the session after the user."""
    original = TickerService.greet

    def greet(self: TickerService, session: Session) -> None:
        session.session_id = f"session-of-{session.claims.sub}"
        original(self, session)

    replace(TickerService, "greet", greet)


@fault(
    story="A client that comes back is given the subscriptions of a client that left, and is "
    "flooded with ticks that it has not asked for.",
    caught_by={
        "QA-WS-005": "Alice received ticks that it had not subscribed to",
        "QA-WS-012": "Zoe received ticks that it had not subscribed to",
        "QA-WS-117": "the shortest that does",
        "QA-WS-115": "ticks that Alice missed",
    },
    also=(
        "QA-WS-118",
        "QA-WS-016",
        "QA-WS-017",
        "QA-WS-025",
        "QA-WS-102",
        "QA-WS-103",
        "QA-WS-008",
        "QA-WS-006",
    ),
)
def subscriptions_restored() -> None:
    """Hand the keys of the last client that left to the next that comes, while others are here."""
    left: list[Any] = []
    greet, cleanup = TickerService.greet, routes_websocket.cleanup_connection

    def greet_and_restore(self: TickerService, session: Session) -> None:
        greet(self, session)
        if left and len(self.sessions) > 1:
            self.fanout.subscribe(session, left.pop())

    def cleanup_and_remember(service: TickerService, session: Session) -> None:
        left[:] = [service.subscriptions.keys_of(session)]
        cleanup(service, session)

    replace(TickerService, "greet", greet_and_restore)
    replace(routes_websocket, "cleanup_connection", cleanup_and_remember)


@fault(
    story="A client that comes back after its line was cut is given its old session id, so that "
    "two visits are billed and audited as one.",
    caught_by={
        "QA-WS-005": "session id of Alice after reconnecting",
        "QA-WS-025": "different session ids among",
    },
)
def session_resumed_after_reset() -> None:
    """Hand the id of the last client that left without a close frame to the next that comes."""
    lost: list[str] = []
    greet, cleanup = TickerService.greet, routes_websocket.cleanup_connection

    def greet_again(self: TickerService, session: Session) -> None:
        if lost:
            session.session_id = lost.pop()
        greet(self, session)

    def cleanup_and_remember(service: TickerService, session: Session) -> None:
        if session.connection.protocol.close_rcvd is None:
            lost[:] = [session.session_id]
        cleanup(service, session)

    replace(TickerService, "greet", greet_again)
    replace(routes_websocket, "cleanup_connection", cleanup_and_remember)


@fault(
    story="To subscribe to what one has already is counted once more and taken back once, so that "
    "operations see an audience that grows by every click.",
    caught_by={"QA-WS-004": "sockets, sessions and subscriptions of the service"},
    also=("QA-WS-024",),
)
def repeated_subscriptions_counted() -> None:
    """Add up what was held already."""
    repeated = [0]
    subscribe, stats = Fanout.subscribe, TickerService.stats

    def subscribe_and_count(self: Fanout, session: Session, keys: Keys) -> Totals:
        repeated[0] += len(keys & self._subscriptions.keys_of(session))
        return subscribe(self, session, keys)

    def stats_with_them(self: TickerService) -> dict[str, int | bool]:
        shown = stats(self)
        return {**shown, "total_subscriptions": shown["total_subscriptions"] + repeated[0]}

    replace(Fanout, "subscribe", subscribe_and_count)
    replace(TickerService, "stats", stats_with_them)


@fault(
    story="What a client has given up again stays in the statistics for ever, so that the busiest "
    "symbol is the one that nobody wants.",
    caught_by={"QA-WS-004": "sockets, sessions and subscriptions of the service"},
    also=("QA-WS-024",),
)
def given_up_subscriptions_counted() -> None:
    """Add up what was unsubscribed."""
    given_up = [0]
    unsubscribe, stats = Fanout.unsubscribe, TickerService.stats

    def unsubscribe_and_count(self: Fanout, session: Session, keys: Keys) -> Totals:
        given_up[0] += len(keys & self._subscriptions.keys_of(session))
        return unsubscribe(self, session, keys)

    def stats_with_them(self: TickerService) -> dict[str, int | bool]:
        shown = stats(self)
        return {**shown, "total_subscriptions": shown["total_subscriptions"] + given_up[0]}

    replace(Fanout, "unsubscribe", unsubscribe_and_count)
    replace(TickerService, "stats", stats_with_them)
