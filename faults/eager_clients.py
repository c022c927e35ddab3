"""Faults that clients bring to light who do not wait for an answer: QA-WS-004, 006."""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response

from app import messages, routes_websocket
from app.auth import Claims
from app.routes_websocket import Service
from app.server import TickerService
from app.sessions import Session, TickerConnection
from app.subscriptions import Selector
from faults.fault import fault, replace

LOOK_UP_S = 0.02
"""How long it takes to ask a store of tokens, or of subscriptions, over the network."""
SLOW_LOOK_UP_S = 0.15
"""The same where the store is busy: longer than a client takes to leave."""


def _authenticate_slowly() -> None:
    """Ask somewhere else whether a token is good."""
    original = routes_websocket.authenticate_ws

    async def authenticate_ws(service: Service, connection: ServerConnection) -> Claims | None:
        await asyncio.sleep(LOOK_UP_S)
        return await original(service, connection)

    replace(routes_websocket, "authenticate_ws", authenticate_ws)


@fault(
    story="The handler of messages is put in place once the token has been looked up, and what "
    "comes before is lost: pages that subscribe as soon as their connection opens now and "
    "then get nothing.",
    caught_by={"QA-WS-006": "Dora asked to subscribe to instrument 256265, to unsubscribe from it"},
    also=("QA-WS-024",),
)
def messages_before_the_welcome_lost() -> None:
    """Throw away what a client says that has no session yet."""
    _authenticate_slowly()
    original = TickerConnection.process_event

    def process_event(self: TickerConnection, event: Request | Response | Frame) -> None:
        data = isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.CONT)
        if self.session is not None or not data:
            original(self, event)

    replace(TickerConnection, "process_event", process_event)


@fault(
    story="What a client has is read from a store, added to, and written back: of two requests "
    "that are under way at a time the second writes over the first, and one chart of a page"
    " stays empty.",
    caught_by={"QA-WS-006": "Dora never received ticks that it was due"},
)
def requests_under_way_overwrite_each_other() -> None:
    """Write back a moment later what was read before."""

    def handle_subscribe(service: TickerService, session: Session, selector: Selector) -> None:
        if refusal := service.refusal(session, selector):
            service.answer_invalid(session, refusal)
            return
        keys = service.subscriptions.keys_of(session) | selector.keys()

        def write_back() -> None:
            if session.is_open:
                service.fanout._flush_session(session)
                totals = service.subscriptions._place(session, keys)
                service.fanout.send(session, messages.subscribed(selector, totals))

        asyncio.get_running_loop().call_later(LOOK_UP_S, write_back)

    replace(routes_websocket, "handle_subscribe", handle_subscribe)


@fault(
    story="A subscription is made once the store has answered, whether its client is still there "
    "or not: who leaves in that moment stays in the books for ever, and each day's fan-out "
    "is slower.",
    caught_by={"QA-WS-004": "subscriptions"},
    also=("QA-WS-006",),
)
def subscription_made_for_who_has_left() -> None:
    """Subscribe a moment later, or as soon as the client has left, and look at nothing then."""
    subscribe, cleanup = routes_websocket.handle_subscribe, routes_websocket.cleanup_connection
    waiting: dict[Session, list[tuple[Selector, asyncio.TimerHandle]]] = {}

    def handle_subscribe(service: Service, session: Session, selector: Selector) -> None:
        loop = asyncio.get_running_loop()
        timer = loop.call_later(SLOW_LOOK_UP_S, answered, service, session)
        waiting.setdefault(session, []).append((selector, timer))

    def answered(service: Service, session: Session) -> None:
        for selector, timer in waiting.pop(session, []):
            timer.cancel()
            subscribe(service, session, selector)

    def cleanup_connection(service: Service, session: Session) -> None:
        cleanup(service, session)
        answered(service, session)

    replace(routes_websocket, "handle_subscribe", handle_subscribe)
    replace(routes_websocket, "cleanup_connection", cleanup_connection)


@fault(
    story="To subscribe takes a look into a store and to unsubscribe does not, and each request is "
    "worked on by itself: who closes a chart as soon as it has opened it gets its ticks for ever.",
    caught_by={"QA-WS-006": "Dora received ticks"},
)
def unsubscribe_overtakes_its_subscribe() -> None:
    """Subscribe a moment later, and unsubscribe at once."""
    subscribe = routes_websocket.handle_subscribe

    def handle_subscribe(service: Service, session: Session, selector: Selector) -> None:
        def answered() -> None:
            if session.is_open:
                subscribe(service, session, selector)

        asyncio.get_running_loop().call_later(LOOK_UP_S, answered)

    replace(routes_websocket, "handle_subscribe", handle_subscribe)


@fault(
    story="Requests under way lie on a stack while a store is looked into, and the answer that "
    "comes first goes to who asked last: two who ask at the same moment get each other's ticks.",
    caught_by={"QA-WS-008": "Alice received ticks that it had not subscribed to"},
    also=("QA-WS-006",),
)
def answers_given_to_who_asked_last() -> None:
    """Take the newest of those who wait."""
    subscribe = routes_websocket.handle_subscribe
    asking: list[Session] = []

    def handle_subscribe(service: Service, session: Session, selector: Selector) -> None:
        def answered() -> None:
            newest = asking.pop()
            if newest.is_open:
                subscribe(service, newest, selector)

        asking.append(session)
        asyncio.get_running_loop().call_later(LOOK_UP_S, answered)

    replace(routes_websocket, "handle_subscribe", handle_subscribe)


@fault(
    story="To unsubscribe takes a look into a store and to subscribe does not, and each request is "
    "worked on by itself: who closes a chart and opens it again at once never sees it tick.",
    caught_by={"QA-WS-006": "Dora never received ticks that it was due"},
)
def subscribe_overtakes_an_unsubscribe() -> None:
    """Unsubscribe a moment later, and subscribe at once."""
    unsubscribe = routes_websocket.handle_unsubscribe

    def handle_unsubscribe(service: Service, session: Session, selector: Selector) -> None:
        def answered() -> None:
            if session.is_open:
                unsubscribe(service, session, selector)

        asyncio.get_running_loop().call_later(LOOK_UP_S, answered)

    replace(routes_websocket, "handle_unsubscribe", handle_unsubscribe)
