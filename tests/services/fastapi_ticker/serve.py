"""Start the FastAPI ticker on one of three servers: `python -m …fastapi_ticker.serve uvicorn`.

Each server is given what the application cannot do itself: limits for what comes before it is
asked, pings, compression, and the order of a shutdown, which is the same everywhere: first the
application takes leave of its clients, then the server ends.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from tests.services.fastapi_ticker.app import make_app
from tests.services.fastapi_ticker.settings import Settings, from_environment

HANDSHAKE_S = 6
"""How long a client may take to ask for something."""
LONGEST_LINE = 8000
MOST_HEADERS = 100
STOP_S = 2
LATEST_S = 4
"""When the process ends at the latest, once everybody was told."""


def on_sigterm(drain: Callable[[], Awaitable[None]], stop: Callable[[], None]) -> None:
    """Have SIGTERM drain the application first, and stop the server then.

    Who does not read can hold a server up for ever (Hypercorn waits for its last words to be
    taken), so that the end has a deadline.
    """
    loop = asyncio.get_running_loop()
    tasks = set()

    async def end() -> None:
        await drain()
        loop.call_later(LATEST_S, os._exit, 0)
        stop()

    loop.add_signal_handler(signal.SIGTERM, lambda: tasks.add(loop.create_task(end())))


async def on_uvicorn(settings: Settings) -> None:
    """Serve on uvicorn: its own drop of WebSockets at SIGTERM (1012) comes behind the farewell.

    uvicorn waits for ever for a request that does not come, and its WebSocket half never answers a
    handshake with lines or headers beyond the limits of `websockets`; so both are looked at here.
    """
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Bounded(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.deadline = self.loop.call_later(HANDSHAKE_S, self.give_up)

        def give_up(self) -> None:
            if self.cycle is None and not self.transport.is_closing():
                self.transport.close()

        def connection_lost(self, exc: Exception | None) -> None:
            self.deadline.cancel()
            super().connection_lost(exc)

        def handle_websocket_upgrade(self, event: Any) -> None:
            self.deadline.cancel()
            lines = [event.target, *(name + value for name, value in event.headers)]
            if len(event.headers) > MOST_HEADERS or max(map(len, lines)) > LONGEST_LINE:
                self.send_400_response("Request too large")
                return
            super().handle_websocket_upgrade(event)

    app = make_app(settings)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        http=Bounded,
        ws="websockets-sansio",
        ws_max_size=settings.message_bytes,
        ws_ping_interval=settings.ping_s,
        ws_ping_timeout=settings.ping_s,
        timeout_graceful_shutdown=STOP_S,
        h11_max_incomplete_event_size=64 * 1024,
        access_log=False,  # it has the query, and in it tokens
        log_config=None,
        log_level="warning",
        server_header=False,
    )

    class Server(uvicorn.Server):
        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if settings.protocol != "plan":  # which leaves that to the server
                on_sigterm(app.state.ticker.drain, lambda: self.handle_exit(signal.SIGTERM, None))

    await Server(config).serve()


async def on_hypercorn(settings: Settings) -> None:
    """Serve on Hypercorn: `keep_alive_timeout` bounds a handshake too."""
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"{settings.host}:{settings.port}"]
    config.websocket_max_message_size = settings.message_bytes
    config.websocket_ping_interval = settings.ping_s
    config.keep_alive_timeout = HANDSHAKE_S
    config.graceful_timeout = STOP_S
    config.h11_max_incomplete_size = 64 * 1024
    config.accesslog = None
    config.backlog = 1024
    config.include_server_header = False
    app = make_app(settings)
    over = asyncio.Event()
    on_sigterm(app.state.ticker.drain, over.set)
    await serve(app, config, shutdown_trigger=over.wait)


async def on_granian(settings: Settings) -> None:
    """Serve on Granian, embedded, so that the order of a shutdown is the application's."""
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.server.embed import Server

    app = make_app(settings)
    server = Server(
        app,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        backlog=1024,
        http1_settings=HTTP1Settings(
            header_read_timeout=HANDSHAKE_S * 1000, keep_alive=False, max_buffer_size=64 * 1024
        ),
        log_access=False,
        log_level=LogLevels.warning,
    )
    on_sigterm(app.state.ticker.drain, server.stop)
    await server.serve()


SERVERS = {"uvicorn": on_uvicorn, "hypercorn": on_hypercorn, "granian": on_granian}


def main(name: str) -> None:
    """Serve until SIGTERM."""
    settings = from_environment()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(levelname)s %(message)s")
    # What libraries say at DEBUG holds whole requests, tokens included.
    logging.getLogger("ticker").setLevel(settings.log_level)
    asyncio.run(SERVERS[name](settings))


if __name__ == "__main__":
    main(sys.argv[1])
