"""When things happen: what the bounds of the specification leave to a service."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Any
from weakref import WeakKeyDictionary

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response

from app import expiry, idle, messages, routes_websocket
from app.routes_websocket import Service
from app.server import TickerService
from app.sessions import Session, TickerConnection
from tests.services.variants.variation import replace, variation

DATA = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})
HANDSHAKE_S = 0.1
COMMAND_S = 0.02
CLEAN_UP_S = 0.2
STATISTICS_S = 0.25
IDLE_S = 1.0
EXPIRY_S = 0.7
TELL_AGAIN_S = 1.0
RETURN_S = 0.5


@variation(
    "A handshake is answered after 100 ms, as where somebody else is asked about the token.",
    "QA-WS-003 and 020: welcomed within 2 s",
)
def handshakes_that_take_a_while() -> None:
    """Wait before each answer."""
    original = TickerService.respond

    async def respond(
        self: TickerService, connection: ServerConnection, request: Request
    ) -> Response | None:
        await asyncio.sleep(HANDSHAKE_S)
        return original(self, connection, request)

    replace(TickerService, "respond", respond)


@variation(
    "What a client says is done 20 ms after it came.",
    "no test states how soon an acknowledgement comes",
)
def commands_that_take_a_while() -> None:
    """Hand over each message so long after its arrival."""
    recv, process_event = TickerConnection.recv, TickerConnection.process_event
    arrivals: WeakKeyDictionary[TickerConnection, deque[float]] = WeakKeyDictionary()

    def note(self: TickerConnection, event: Any) -> None:
        process_event(self, event)
        if isinstance(event, Frame) and event.opcode in DATA and event.fin:
            arrivals.setdefault(self, deque()).append(time.monotonic())

    async def receive(self: TickerConnection, *args: Any, **options: Any) -> Any:
        message = await recv(self, *args, **options)
        due = arrivals[self].popleft() + COMMAND_S
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        return message

    replace(TickerConnection, "process_event", note)
    replace(TickerConnection, "recv", receive)


@variation(
    "The place of a client that has left is free 200 ms later, and so long it is counted.",
    "QA-WS-012 and 020: whoever comes while places have been free for a second",
)
def places_that_are_free_a_little_later() -> None:
    """Clean up later."""
    original = routes_websocket.cleanup_connection

    def cleanup_connection(service: Service, session: Session) -> None:
        service.subscriptions.drop(session)
        asyncio.get_running_loop().call_later(CLEAN_UP_S, original, service, session)

    replace(routes_websocket, "cleanup_connection", cleanup_connection)


@variation(
    "Statistics are taken four times a second, and told from memory in between.",
    "QA-WS-004: what they return to, not how soon",
)
def statistics_from_memory() -> None:
    """Keep the last ones for a while."""
    original = TickerService.stats
    taken: list[tuple[float, dict[str, Any]]] = []

    def stats(self: TickerService) -> dict[str, Any]:
        if not taken or time.monotonic() - taken[0][0] > STATISTICS_S:
            taken[:] = [(time.monotonic(), dict(original(self)))]
        return taken[0][1]

    replace(TickerService, "stats", stats)


@variation(
    "An idle client is closed a second after its time.",
    "QA-WS-011: between N and N + 2 s",
)
def idle_clients_closed_a_second_late() -> None:
    """Add a second."""
    replace(idle, "MARGIN_S", IDLE_S)


@variation(
    "A session ends 0.7 s after its token.",
    "QA-WS-022: within 2 s of the expiry",
)
def sessions_that_end_a_little_late() -> None:
    """Wait before the close."""
    original = expiry.ExpiryTimer.__init__

    def init(self: expiry.ExpiryTimer, expires_at: float, on_expiry: Any) -> None:
        original(self, expires_at + EXPIRY_S, on_expiry)

    replace(expiry.ExpiryTimer, "__init__", init)


@variation(
    "While the feed is lost each client is told so again every second; its return is told half a "
    "second later, and ticks wait for that.",
    "QA-WS-017: announced, never silent; ticks resume within 5 s",
)
def loss_told_again_and_again() -> None:
    """Repeat it, and hold back what comes until the return is told."""
    on_lost, on_found = TickerService.on_feed_lost, TickerService.on_feed_found
    on_tick, greet = TickerService.on_tick, TickerService.greet
    held: list[tuple[bytes, bytes]] = []
    pending: list[asyncio.TimerHandle] = []
    returning: list[asyncio.TimerHandle] = []
    ever_lost: list[bool] = []

    def lost(self: TickerService) -> None:
        if not returning:
            tell_again(self)

    def tell_again(self: TickerService) -> None:
        ever_lost[:] = [True]
        on_lost(self)
        pending[:] = [asyncio.get_running_loop().call_later(TELL_AGAIN_S, tell_again, self)]

    def found(self: TickerService) -> None:
        if not ever_lost:
            on_found(self)  # for the first time: who has come before was told of the loss
        elif not returning:
            returning.append(asyncio.get_running_loop().call_later(RETURN_S, returned, self))

    def returned(self: TickerService) -> None:
        for timer in pending:
            timer.cancel()
        on_found(self)
        kept, held[:], returning[:] = held[:], [], []
        for channel, payload in kept:
            on_tick(self, channel, payload)
        if not self.feed.connected:
            tell_again(self)

    def welcome(self: TickerService, session: Session) -> None:
        greet(self, session)
        if returning and self.feed.connected:
            self.fanout.send(session, messages.DEGRADED)

    def tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        if returning:
            held.append((channel, payload))
        else:
            on_tick(self, channel, payload)

    replace(TickerService, "on_feed_lost", lost)
    replace(TickerService, "on_feed_found", found)
    replace(TickerService, "on_tick", tick)
    replace(TickerService, "greet", welcome)
