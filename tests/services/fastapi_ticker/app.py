"""A ticker service as a team writes it with FastAPI: docs/specification.md, sections 1 and 2.

It runs on any ASGI server that knows `websocket.http.response`; `serve` beside it has the settings
that three of them need.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

from tests.services.fastapi_ticker.clients import Client, Clients
from tests.services.fastapi_ticker.desk import open_desk
from tests.services.fastapi_ticker.feed import Feed
from tests.services.fastapi_ticker.keys import Keys
from tests.services.fastapi_ticker.messages import Invalid, Tick
from tests.services.fastapi_ticker.posted import Posted, open_ingest
from tests.services.fastapi_ticker.settings import Settings
from tests.services.fastapi_ticker.tickets import Tickets
from tests.services.fastapi_ticker.tokens import Bearer, Refused, Tokens
from tests.services.fastapi_ticker.words import WORDS

log = logging.getLogger("ticker")

MOST_HEADERS = 100
DRAIN_S = 1.0
GOODBYE_S = 2.0
CLOSE_S = 2.0
"""How long a close frame may wait for a client that does not read."""


class Ticker:
    """The service: who is connected, and what feeds them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.words = WORDS[settings.protocol]()
        self.tokens = (
            Keys(settings.api_keys)
            if settings.api_keys
            else Tokens(
                settings.jwks_path,
                settings.issuer,
                settings.audience,
                settings.symbols_claim,
                settings.jwt_secret,
            )
        )
        self.tickets = Tickets(settings.ticket_s)
        self.clients = Clients(settings)
        self.feed = (
            Posted()
            if settings.feed_key
            else Feed(settings.redis_url, self._on_payload, self._on_status)
        )
        self.clients.degraded = self.words.tells_status and not settings.feed_key

    def _on_status(self, connected: bool) -> None:
        if self.words.tells_status:
            self.clients.tell_status(connected)

    def _on_payload(self, data: bytes) -> None:
        try:
            self.take(data)
        except Invalid as problem:
            log.warning("a payload of the feed is no tick: %s", problem)

    def take(self, data: bytes) -> None:
        """Give a tick to those who want it.

        Raises:
            Invalid: it is none.
        """
        found: Tick = self.words.tick(data)
        self.clients.broadcast(found)

    async def drain(self) -> None:
        """Pass on what the broker has, and take leave of everybody."""
        log.info("draining")
        await self.feed.drain(DRAIN_S)
        await self.clients.say_goodbye(GOODBYE_S)
        log.info("drained, %d clients left", len(self.clients))

    # --- a client comes -----------------------------------------------------------------------

    def bearer(self, websocket: WebSocket) -> Bearer | Response:
        """Return who wants in, or with what it is turned away."""
        if len(websocket.headers.raw) > MOST_HEADERS:
            return Response("Too many headers", 431)
        origins = websocket.headers.getlist("origin")
        if not self.settings.admits(origins):
            return Response("Origin not allowed", 403)
        if self.clients.draining:
            return Response("Shutting down", 503)
        if self.settings.api_keys:
            return self._bearer_of(websocket.headers.getlist("x-api-key"))
        if self.settings.ticket_s:
            return self._bearer_of(websocket.query_params.getlist("ticket"), self.tickets.take)
        shown = websocket.query_params.getlist("token")
        for header in websocket.headers.getlist("authorization"):
            scheme, _, value = header.partition(" ")
            shown.append(value if scheme.lower() == "bearer" else "")
        shown += [websocket.cookies["session"]] if "session" in websocket.cookies else []
        shown += websocket.scope["subprotocols"][1:2] if _speaks_bearer(websocket) else []
        return self._bearer_of(shown)

    def ticket(self, authorization: list[str]) -> Response:
        """Return the answer to who asks for a ticket: it, or 401."""
        parts = [header.partition(" ") for header in authorization]
        bearer = self._bearer_of([v for scheme, _, v in parts if scheme.lower() == "bearer"])
        if isinstance(bearer, Response):
            return bearer
        ticket = {"ticket": self.tickets.give(bearer), "expires_in": self.settings.ticket_s}
        return JSONResponse({"data": ticket}, 201, {"Cache-Control": "no-store"})

    def _bearer_of(
        self, shown: list[str], bearer: Callable[[str], Bearer] | None = None
    ) -> Bearer | Response:
        if len(shown) != 1:
            return _unauthorised("none, or more than one")
        try:
            return (bearer or self.tokens.bearer)(shown[0])
        except Refused as refused:
            return _unauthorised(str(refused))

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one client until it or the service ends that."""
        bearer = self.bearer(websocket)
        if isinstance(bearer, Response):
            if self.words.refuses_in_words:
                await websocket.send_denial_response(bearer)
            else:
                await websocket.close(1008, "Authentication required")  # which nobody ever sees
            return
        client = Client(bearer, self.settings)
        refusal = self.clients.enter(client)
        try:
            await websocket.accept(subprotocol="bearer" if _speaks_bearer(websocket) else None)
            if refusal:
                await websocket.close(1008, refusal)
                return
            log.info("a client of %d", len(self.clients))
            await self._talk(websocket, client)
        except (WebSocketDisconnect, OSError):
            pass
        finally:
            self.clients.leave(client)

    async def _talk(self, websocket: WebSocket, client: Client) -> None:
        client.say(self.words.welcome(client.session_id))
        if self.clients.degraded:
            client.say(self.clients.status)
        tasks = [
            asyncio.create_task(work)
            for work in (
                self._read(websocket, client),
                self._write(websocket, client),
                self._watch(client),
                client.over.wait(),
            )
        ]
        reading, writing, *_ = tasks
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.clients.leave(client)
            if reading.done() and not client.ending:
                # Granian answers no close frame when a message under way is given up.
                client.hush()
                await asyncio.wait([writing], timeout=CLOSE_S)
            for task in tasks:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
        gone = any(isinstance(each, WebSocketDisconnect | OSError) for each in done)
        for each in done:
            if isinstance(each, Exception) and not isinstance(each, WebSocketDisconnect | OSError):
                log.error("a connection failed: %s", type(each).__name__)
                client.end(1011, "internal error")
        if client.ending and not gone:
            log.info("closing a client: %s", client.ending[1])
            with suppress(RuntimeError, TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await websocket.close(*client.ending)
                    # Some servers see the end only once what they have read was taken.
                    while (await websocket.receive())["type"] != "websocket.disconnect":
                        pass

    async def _read(self, websocket: WebSocket, client: Client) -> None:
        while True:
            event = await websocket.receive()
            if event["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(event.get("code") or 1005)
            client.heard = time.monotonic()
            if not client.may_speak():
                client.end(1008, "rate limit exceeded")
                return
            text = event.get("text")
            if len(text or event.get("bytes") or b"") > self.settings.message_bytes:
                client.end(1009, "message too large")
                return
            self._answer(client, text)

    def _answer(self, client: Client, text: str | None) -> None:
        try:
            if text is None:
                raise Invalid("it is not text")
            command = self.words.parse(text)
            if command.action == "ping":
                client.say({"type": "pong"})
                return
            held = set(client.keys)
            if command.action == "unsubscribe":
                self.clients.unsubscribe(client, command.keys)
            elif not self.clients.may_hold(client, command.keys):
                raise Invalid("you are not entitled to that")
            elif not self.clients.subscribe(client, command.keys):
                raise Invalid("these are too many subscriptions")
        except Invalid as problem:
            log.debug("a message was invalid: %s", problem)
            client.say({"type": "error", "message": f"Invalid message format: {problem}"})
            return
        changed = held ^ client.keys
        client.say(self.words.acknowledgement(command, changed, client.keys))

    async def _write(self, websocket: WebSocket, client: Client) -> None:
        while (text := await client.next()) is not None:
            await websocket.send_text(text)

    async def _watch(self, client: Client) -> None:
        """End the session when its token expires, or when nothing was heard for too long."""
        spoken = time.monotonic()
        while True:
            now = time.monotonic()
            expires_in = client.bearer.expires_at - time.time()
            if expires_in <= 0:
                client.end(1008, "token expired")
                return
            idle_in = client.heard + self.settings.idle_s - now
            if idle_in <= 0:
                client.end(1001, "idle timeout")
                return
            waits = [expires_in, idle_in]
            if self.settings.heartbeat_s:
                beat_in = spoken + self.settings.heartbeat_s - now
                if beat_in <= 0:
                    client.say({"type": "heartbeat"})
                    spoken, beat_in = now, self.settings.heartbeat_s
                waits.append(beat_in)
            await asyncio.sleep(min(waits) + 0.005)


def _speaks_bearer(websocket: WebSocket) -> bool:
    """Return whether a client shows its token as a page does that cannot set a header."""
    return websocket.scope["subprotocols"][:1] == ["bearer"]


def _unauthorised(why: str) -> Response:
    """Turn somebody away; only the log says why."""
    log.info("a client was turned away: %s", why)
    return Response("Authentication required", 401, headers={"WWW-Authenticate": "Bearer"})


def make_app(settings: Settings) -> Any:
    """Return the application; `app.state.ticker` is the service."""
    ticker = Ticker(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        listening = asyncio.create_task(ticker.feed.run())
        yield
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.state.ticker = ticker

    @app.get("/health")
    async def health() -> Response:
        ready = ticker.feed.connected and not ticker.clients.draining
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    @app.get("/stats")
    async def stats(request: Request) -> Response:
        shown = request.headers.get("authorization", "")
        if not hmac.compare_digest(shown.encode(), f"Bearer {settings.stats_token}".encode()):
            return _unauthorised("statistics")
        clients = ticker.clients
        return JSONResponse({"clients": len(clients), "subscriptions": clients.subscriptions})

    if settings.feed_key:
        open_ingest(app, settings.feed_key, ticker.take, lambda: ticker.clients.draining)
    if settings.desk_secret:
        open_desk(app, settings, ticker.tickets, ticker.tokens.bearer)
    elif settings.ticket_s:

        @app.post("/ticket")
        async def ticket(request: Request) -> Response:
            return ticker.ticket(request.headers.getlist("authorization"))

    @app.websocket("/ws/ticks")
    async def ticks(websocket: WebSocket) -> None:
        await ticker.serve(websocket)

    return app
