"""What happens at ``/ws/ticks``: the six steps in the life of a connection and of a tick.

A client is served, authenticated, subscribed, unsubscribed and cleaned up after; a tick is
broadcast. Each step is a function of the service, which is handed in.
"""

import logging
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from app import auth, closes, messages
from app.auth import AuthenticationError, Claims, TokenVerifier
from app.counters import Counters
from app.fanout import Fanout
from app.messages import InvalidMessage, InvalidTick, Ping, Subscribe, Unsubscribe
from app.sessions import Session, SessionRegistry
from app.settings import Settings
from app.subscriptions import Selector, Subscriptions

logger = logging.getLogger(__name__)


class Service(Protocol):
    """What the steps need of the service: ``server.TickerService``, seen from here."""

    settings: Settings
    verifier: TokenVerifier
    counters: Counters
    subscriptions: Subscriptions[Session]
    sessions: SessionRegistry
    fanout: Fanout

    def greet(self, session: Session) -> None:
        """Welcome a client."""

    def refusal(self, session: Session, selector: Selector) -> InvalidMessage | None:
        """Say why a client may not subscribe to a selector; None when it may."""

    def answer_invalid(self, session: Session, invalid: InvalidMessage) -> None:
        """Tell a client, and no other, what was wrong with its message."""

    def note_malformed(self, channel: bytes, invalid: InvalidTick) -> None:
        """Count and log a payload that is no tick."""


async def websocket_endpoint(service: Service, connection: ServerConnection) -> None:
    """Serve one client: authenticate, admit, welcome, then answer until it leaves."""
    claims = await authenticate_ws(service, connection)
    if claims is None:
        return
    session = service.sessions.admit(connection, claims)
    if session is None:
        await connection.close(*service.sessions.why_not(claims))
        return
    try:
        service.greet(session)
        while True:
            message = await connection.recv()
            if not session.is_open:
                continue  # sent before the client saw our close frame
            try:
                command = messages.parse_command(message)
            except InvalidMessage as invalid:
                service.answer_invalid(session, invalid)
                continue
            match command:
                case Ping():
                    service.fanout.send(session, messages.PONG)
                case Subscribe(selector):
                    handle_subscribe(service, session, selector)
                case Unsubscribe(selector):
                    handle_unsubscribe(service, session, selector)
    except ConnectionClosed as closed:
        logger.debug("client left: %s", closed)
    finally:
        cleanup_connection(service, session)


async def authenticate_ws(service: Service, connection: ServerConnection) -> Claims | None:
    """Return the claims of a connection's token, or close the connection and return None.

    This comes after the opening handshake and before any message, so that the client is told by
    a close frame: a refused handshake would lose code and reason.
    """
    request = connection.request
    token = auth.bearer_token(request.path, request.headers) if request else None
    try:
        return service.verifier.verify(token)
    except AuthenticationError:
        await connection.close(*closes.AUTHENTICATION_REQUIRED)
        return None


def handle_subscribe(service: Service, session: Session, selector: Selector) -> None:
    """Add a selector and acknowledge it, in one go: every later tick reaches the client.

    A selector that is refused in part is refused whole.
    """
    if refusal := service.refusal(session, selector):
        service.answer_invalid(session, refusal)
        return
    totals = service.fanout.subscribe(session, selector.keys())
    service.fanout.send(session, messages.subscribed(selector, totals))


def handle_unsubscribe(service: Service, session: Session, selector: Selector) -> None:
    """Remove a selector and acknowledge it, in one go: no later tick of it reaches the client."""
    totals = service.fanout.unsubscribe(session, selector.keys())
    service.fanout.send(session, messages.unsubscribed(selector, totals))


def broadcast_tick(service: Service, channel: bytes, payload: bytes) -> None:
    """Hand a published tick on to everybody who wants it; skip, count and log what is none."""
    service.counters.ticks_received += 1
    try:
        tick = messages.parse_tick(channel, payload)
    except InvalidTick as invalid:
        service.note_malformed(channel, invalid)
        return
    service.fanout.publish(tick)


def cleanup_connection(service: Service, session: Session) -> None:
    """Leave no trace of a client: its subscriptions, its place, and its timers go."""
    service.subscriptions.drop(session)
    service.sessions.release(session)
    session.dispose()
