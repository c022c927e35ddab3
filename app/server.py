"""The service as a whole: its parts, its HTTP face, its start and its end."""

import asyncio
import hmac
import logging
import ssl
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msgspec
from redis.exceptions import RedisError
from websockets import http11
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from app import closes, compression, messages, routes_websocket
from app.auth import TokenVerifier, bearer_token
from app.counters import Counters
from app.entitlements import forbidden
from app.fanout import Fanout
from app.feed import Feed
from app.limits import CLOSE_GRACE_S
from app.messages import InvalidMessage, InvalidTick, NotEntitled
from app.origins import ORIGIN_NOT_ALLOWED, OriginPolicy
from app.revocation import LOOK_EVERY_S
from app.sessions import MAX_LINE_BYTES, Session, SessionRegistry, TickerConnection
from app.settings import Settings
from app.subscriptions import Selector, Subscriptions
from app.tasks import end, first_of
from app.tls import HANDSHAKE_TIMEOUT_S as TLS_TIMEOUT_S

logger = logging.getLogger(__name__)

WEBSOCKET_PATH = "/ws/ticks"
BACKLOG = 1024
"""How many may wait at the door when all clients come back at once, after a restart."""
HANDSHAKE_TIMEOUT_S = 5.0
"""For the whole of it: a client that has not asked properly by then is cut off."""
LAST_TICKS_TIMEOUT_S = 1.0
"""At the end, how long to wait for ticks that the broker has already sent."""
MALFORMED_LOG_INTERVAL_S = 1.0
NAMED_AT_MOST = 10
"""So many of the names that a client may not see are named to it in one error."""


class TickerService:
    """One running service."""

    def __init__(
        self, settings: Settings, verifier: TokenVerifier, tls: ssl.SSLContext | None = None
    ) -> None:
        self.settings = settings
        self.verifier = verifier
        self.tls = tls
        self.origins = OriginPolicy(settings.allowed_origins)
        self.counters = Counters()
        self.subscriptions: Subscriptions[Session] = Subscriptions()
        self.sessions = SessionRegistry(
            settings.max_connections,
            settings.idle_timeout_s,
            self.counters,
            settings.max_connections_per_user,
        )
        self.fanout = Fanout(
            self.subscriptions,
            self.sessions,
            self.counters,
            flush_ms=settings.flush_ms,
            max_unsent_bytes=settings.max_unsent_bytes,
        )
        self.feed = Feed(settings.feed_url, settings.feed_pattern, self)
        self._malformed_logged_at = -MALFORMED_LOG_INTERVAL_S

    # --- life -------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set, then end in good order.

        Raises:
            OSError: the port cannot be listened on.
        """
        server = await self._listen()
        listening = asyncio.create_task(self.feed.run())
        revoking = asyncio.create_task(self._end_revoked())
        try:
            await first_of(stop, self.feed.attempted.wait())
            if not stop.is_set():
                host, port = server.sockets[0].getsockname()[:2]
                host = f"[{host}]" if ":" in host else host
                scheme = "wss" if self.tls else "ws"
                print(f"ticker listening on {scheme}://{host}:{port}{WEBSOCKET_PATH}", flush=True)
            await first_of(stop, listening)
            if not stop.is_set():
                listening.result()  # the listener never ends by itself: this raises its failure
            await self._shut_down(server)
        finally:
            await end(listening, revoking)

    async def _listen(self) -> Server:
        http11.MAX_LINE_LENGTH = MAX_LINE_BYTES  # the library has no other way to set it
        return await serve(
            self._serve_connection,
            self.settings.host,
            self.settings.port,
            ssl=self.tls,
            ssl_handshake_timeout=TLS_TIMEOUT_S if self.tls else None,
            process_request=self.respond,
            backlog=BACKLOG,
            create_connection=self._connection,  # type: ignore[arg-type]
            compression=None,  # what the library would do for each client alone
            extensions=compression.EXTENSIONS if self.settings.compression else None,
            max_size=self.settings.max_message_bytes,
            open_timeout=HANDSHAKE_TIMEOUT_S,
            close_timeout=CLOSE_GRACE_S,
            ping_interval=self.settings.keepalive_s,
            ping_timeout=self.settings.keepalive_s,
            server_header=None,
        )

    def _connection(self, *args: Any, **options: Any) -> TickerConnection:
        return TickerConnection(*args, max_frames_per_s=self.settings.max_frames_per_s, **options)

    async def _serve_connection(self, connection: ServerConnection) -> None:
        await routes_websocket.websocket_endpoint(self, connection)

    async def _shut_down(self, server: Server) -> None:
        """Take no one in, hand out the last ticks, say goodbye, and cut off who does not leave."""
        logger.info("shutting down: %d clients", len(self.sessions))
        server.close(close_connections=False)
        with suppress(TimeoutError, OSError, RedisError):
            async with asyncio.timeout(LAST_TICKS_TIMEOUT_S):
                await self.feed.fence()
        self.fanout.flush()
        for session in self.sessions:
            session.close(closes.SERVER_SHUTDOWN, self.settings.shutdown_grace_s)
        try:
            async with asyncio.timeout(self.settings.shutdown_grace_s):
                await server.wait_closed()
        except TimeoutError:
            for session in self.sessions:
                session.connection.transport.abort()

    # --- clients ----------------------------------------------------------------------------

    def greet(self, session: Session) -> None:
        """Welcome a client, and tell it if the feed is lost at this moment."""
        self.fanout.send(session, messages.welcome(session.session_id))
        if not self.feed.connected:
            self.fanout.send(session, messages.DEGRADED)

    def refusal(self, session: Session, selector: Selector) -> InvalidMessage | None:
        """Say why a client may not subscribe to a selector; None when it may."""
        keys, most = selector.keys(), self.settings.max_subscriptions
        if len(keys | self.subscriptions.keys_of(session)) > most:
            return InvalidMessage(f"more than {most:,} subscriptions")
        names = forbidden(keys, session.claims.symbols, self.subscriptions.symbol_of)
        return NotEntitled(names[:NAMED_AT_MOST]) if names else None

    async def _end_revoked(self) -> None:
        """Close, again and again, the sessions of tokens that were revoked meanwhile."""
        known: frozenset[str] = frozenset()
        while revoked := self.verifier.revoked:
            revoked.look_again()
            if revoked.ids is not known:
                known = revoked.ids
                for session in self.sessions:
                    if session.claims.jti in known:
                        session.close_revoked()
            await asyncio.sleep(LOOK_EVERY_S)

    def answer_invalid(self, session: Session, invalid: InvalidMessage) -> None:
        """Tell a client, and no other, what was wrong with its message."""
        self.fanout.send(session, messages.error(invalid))

    # --- feed (see feed.Listener) -----------------------------------------------------------

    def on_tick(self, channel: bytes, payload: bytes) -> None:
        """Take one published payload."""
        routes_websocket.broadcast_tick(self, channel, payload)

    def on_feed_lost(self) -> None:
        """Tell every client that ticks may be missing from now on."""
        self.fanout.broadcast(messages.DEGRADED)

    def on_feed_found(self) -> None:
        """Tell every client that ticks arrive again."""
        self.fanout.broadcast(messages.RECOVERED)

    def note_malformed(self, channel: bytes, invalid: InvalidTick) -> None:
        """Count a payload that is no tick, and log it, though not every one of a flood."""
        self.counters.ticks_malformed += 1
        now = time.monotonic()
        if now - self._malformed_logged_at >= MALFORMED_LOG_INTERVAL_S:
            self._malformed_logged_at = now
            total = self.counters.ticks_malformed
            logger.warning(
                "skipped a malformed tick on %r (%d so far): %s", channel, total, invalid
            )

    # --- HTTP -------------------------------------------------------------------------------

    def respond(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer a plain HTTP request, or return None to go on with the WebSocket handshake."""
        match urlsplit(request.path).path:
            case path if path == WEBSOCKET_PATH:
                if self.origins.admits(request.headers.get_all("Origin")):
                    return None
                return _json_response(HTTPStatus.FORBIDDEN, {"error": ORIGIN_NOT_ALLOWED})
            case "/health":
                status = HTTPStatus.OK if self.feed.connected else HTTPStatus.SERVICE_UNAVAILABLE
                return _json_response(status, self.health())
            case "/ws/stats":
                if self._may_see_stats(request):
                    return _json_response(HTTPStatus.OK, self.stats())
                return _json_response(HTTPStatus.UNAUTHORIZED, {"error": "unauthorized"})
            case _:
                return _json_response(HTTPStatus.NOT_FOUND, {"error": "not found"})

    def _may_see_stats(self, request: Request) -> bool:
        """Tell whether a request shows the token of the statistics, where they have one."""
        wanted = self.settings.stats_token
        if wanted is None:
            return True
        shown = bearer_token("", request.headers) or ""
        return hmac.compare_digest(shown.encode("utf-8", "replace"), wanted.encode())

    def health(self) -> dict[str, str]:
        """Return the state of the service and of its feed."""
        if self.feed.connected:
            return {"status": "ok", "feed": "connected"}
        return {"status": "degraded", "feed": "disconnected"}

    def stats(self) -> dict[str, int | bool]:
        """Return what is going on now, and the totals since the start."""
        counters = self.counters
        return {
            "active_connections": len(self.sessions),
            "total_subscriptions": self.subscriptions.total,
            "max_connections": self.sessions.max_connections,
            "feed_connected": self.feed.connected,
            "ticks_received": counters.ticks_received,
            "ticks_malformed": counters.ticks_malformed,
            "deliveries": counters.deliveries,
            "evicted_slow": counters.evicted_slow,
            "sessions_opened": counters.sessions_opened,
        }


def _json_response(status: HTTPStatus, content: object) -> Response:
    body = msgspec.json.encode(content)
    headers = Headers()
    headers["Content-Type"] = "application/json"
    headers["Content-Length"] = str(len(body))
    headers["Cache-Control"] = "no-store"
    headers["Connection"] = "close"
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(status.value, status.phrase, headers, body)
