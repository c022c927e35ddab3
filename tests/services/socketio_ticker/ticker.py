"""A ticker service on python-socketio, as a team writes it: `python -m …socketio_ticker.ticker`.

Clients subscribe by events that are acknowledged, and ticks come as events. Who has no good token
gets HTTP 401 to the handshake. `BREAKS`="doubles": each tenth tick comes twice.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
import socketio
import uvicorn

from tests.services.fastapi_ticker.clients import Client, Clients
from tests.services.fastapi_ticker.feed import Feed
from tests.services.fastapi_ticker.messages import Command, Invalid, parse, tick
from tests.services.fastapi_ticker.settings import Settings, from_environment
from tests.services.fastapi_ticker.tokens import Bearer, Refused, Tokens

log = logging.getLogger("ticker")
BREAKS = os.environ.get("BREAKS", "")
PING_S = 20


class Digits:
    """JSON for python-socketio in which numbers keep their digits."""

    _encoder = msgspec.json.Encoder(decimal_format="number")

    @classmethod
    def dumps(cls, value: Any, **_options: Any) -> str:
        """Return the text of a value; a text that is JSON already stays what it is."""
        return cls._encoder.encode(value).decode()

    @staticmethod
    def loads(text: str, **_options: Any) -> Any:
        """Return the value of a text."""
        return json.loads(text, parse_float=Decimal)


class Ticker:
    """The service: an ASGI application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tokens = Tokens(
            settings.jwks_path, settings.issuer, settings.audience, settings.symbols_claim
        )
        self.clients = Clients(settings)
        self.feed = Feed(settings.redis_url, self._on_payload, self._on_status)
        self.sio = socketio.AsyncServer(
            async_mode="asgi",
            json=Digits,
            transports=["websocket"],
            ping_interval=PING_S,
            max_http_buffer_size=settings.message_bytes,
            cors_allowed_origins="*",
        )
        self._of_sid: dict[str, tuple[Client, asyncio.Task[None]]] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._inner = socketio.ASGIApp(self.sio)
        self.sio.on("connect", self._connect)
        self.sio.on("disconnect", self._disconnect)
        self.sio.on("*", self._event)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or hand a client on whose token is good."""
        if scope["type"] == "http":
            await self._http(scope, send)
            return
        if scope["type"] == "websocket":
            try:
                scope["bearer"] = self._bearer(scope)
            except Refused as refused:
                log.info("a client was turned away: %s", refused)
                await receive()
                await _deny(send, HTTPStatus.UNAUTHORIZED, b"Authentication required")
                return
        await self._inner(scope, receive, send)

    def _bearer(self, scope: Any) -> Bearer:
        shown = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(shown) != 1 or not shown[0].startswith(b"Bearer "):
            raise Refused("none, or more than one")
        return self.tokens.bearer(shown[0].removeprefix(b"Bearer ").decode("latin-1"))

    async def _http(self, scope: Any, send: Any) -> None:
        found: dict[str, Any] = {}
        if scope["path"] == "/health":
            found = {"ready": self.feed.connected}
        elif scope["path"] == "/counts":
            found = {"clients": len(self.clients), "subscriptions": self.clients.subscriptions}
        body = json.dumps(found).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        status = 200 if found and found.get("ready", True) else 503 if found else 404
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    # --- clients --------------------------------------------------------------------------------

    async def _connect(self, sid: str, environ: Any, _auth: Any = None) -> None:
        client = Client(environ["asgi.scope"]["bearer"], self.settings)
        if self.clients.enter(client):
            raise socketio.exceptions.ConnectionRefusedError("max connections reached")
        self._turns[sid] = asyncio.Lock()
        self._of_sid[sid] = client, asyncio.create_task(self._write(sid, client))
        if self.clients.degraded:
            client.say(self.clients.status)

    async def _disconnect(self, sid: str, _reason: str = "") -> None:
        self._turns.pop(sid, None)
        client, writing = self._of_sid.pop(sid, (None, None))
        if client and writing:
            self.clients.leave(client)
            client.hush()
            await asyncio.wait([writing], timeout=1)
            writing.cancel()

    async def _write(self, sid: str, client: Client) -> None:
        while (text := await client.next()) is not None:
            message = msgspec.Raw(text.encode())
            name = "status" if text.startswith('{"type": "status"') else "tick"
            async with self._turns.get(sid, asyncio.Lock()):
                await self.sio.emit(name, message, to=sid)
        if client.ending:
            await self.sio.disconnect(sid)

    async def _event(self, name: str, sid: str, *data: Any) -> dict[str, Any]:
        client, _ = self._of_sid[sid]
        try:
            command = _command(name, data)
            if command.action == "ping":
                return {"pong": True}
            if command.action == "unsubscribe":
                self.clients.unsubscribe(client, command.keys)
                while client.waits:  # noqa: ASYNC110 (what it had asked for comes first)
                    await asyncio.sleep(0.001)
                async with self._turns[sid]:
                    pass
            elif not self.clients.may_hold(client, command.keys):
                raise Invalid("you are not entitled to that")
            elif not self.clients.subscribe(client, command.keys):
                raise Invalid("these are too many subscriptions")
        except Invalid as problem:
            return {"error": f"Invalid message format: {problem}"}
        return {"done": command.action}

    # --- the feed -------------------------------------------------------------------------------

    def _on_status(self, connected: bool) -> None:
        self.clients.tell_status(connected)

    def _on_payload(self, data: bytes) -> None:
        try:
            found = tick(data)
        except Invalid as problem:
            log.warning("a payload of the feed is no tick: %s", problem)
            return
        self.clients.broadcast(found)
        if BREAKS == "doubles" and json.loads(data).get("seq", 1) % 10 == 0:
            self.clients.broadcast(found)


def _command(name: str, data: tuple[Any, ...]) -> Command:
    """Return what an event asks for: the first thing in it has what a message of qa-ws has."""
    if len(data) != 1 or not isinstance(data[0], dict):
        raise Invalid("it is not an object")
    return parse(Digits.dumps({"action": name, **data[0]}))


async def _deny(send: Callable[[Any], Any], status: int, body: bytes) -> None:
    headers = [(b"www-authenticate", b"Bearer"), (b"content-length", b"%d" % len(body))]
    await send({"type": "websocket.http.response.start", "status": int(status), "headers": headers})
    await send({"type": "websocket.http.response.body", "body": body})


async def main() -> None:
    """Serve until SIGTERM."""
    settings = from_environment()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
    ticker = Ticker(settings)
    listening = asyncio.create_task(ticker.feed.run())
    config = uvicorn.Config(
        ticker,
        host=settings.host,
        port=settings.port,
        ws="websockets-sansio",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    try:
        await server.serve()
    finally:
        listening.cancel()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    asyncio.run(main())
