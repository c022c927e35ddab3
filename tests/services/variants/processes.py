"""What else goes on in and around a service's process, and how it ends."""

from __future__ import annotations

import asyncio
import http.client
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from websockets.asyncio.server import Server

from app import routes_websocket
from app.server import TickerService
from tests.services.variants.variation import replace, variation

ASK_EVERY_S = 0.3
LOG_EVERY_S = 0.5
CACHE_BYTES = 2_000_000
BACKGROUND = logging.getLogger("jobs.calendar")


def _beside(service_job: Any) -> None:
    """Have a thread beside the service from the moment in which it listens."""
    original = TickerService._listen

    async def listen(self: TickerService) -> Server:
        server = await original(self)
        port = server.sockets[0].getsockname()[1]
        threading.Thread(target=service_job, args=(port,), daemon=True).start()
        return server

    replace(TickerService, "_listen", listen)


@variation(
    "Somebody asks the service for its health three times a second, as orchestrators do.",
    "what others do at its port is no business of a client's",
)
def health_asked_all_the_time() -> None:
    """Ask, one connection each time."""

    def ask(port: int) -> None:
        while True:
            time.sleep(ASK_EVERY_S)
            with suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                connection.request("GET", "/health")
                connection.getresponse().read()
                connection.close()

    _beside(ask)


@variation(
    "The process has a child, a thread that sends metrics over UDP, and a second port for an "
    "operator.",
    "QA-WS-004 counts what clients leave behind",
)
def a_child_and_a_second_port() -> None:
    """Start them with the service; they end with it."""

    def keep(_: int) -> None:
        wait = [sys.executable, "-c", "import sys; sys.stdin.read()"]
        child = subprocess.Popen(wait, stdin=subprocess.PIPE)
        operator = socket.create_server(("127.0.0.1", 0))
        metrics = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        while child.poll() is None and operator.fileno() >= 0:
            time.sleep(ASK_EVERY_S)
            metrics.sendto(b"ticks.alive:1|c", ("127.0.0.1", 9))

    _beside(keep)


@variation(
    "Caches come and go: up to 2 MB are taken and given back twice a second.",
    "the specification, section 3: memory is judged beyond the noise that it shows by itself",
)
def memory_that_comes_and_goes() -> None:
    """Take some, and give it back."""

    def breathe(_: int) -> None:
        while True:
            held = bytes(random.randrange(CACHE_BYTES))
            time.sleep(LOG_EVERY_S)
            del held

    _beside(breathe)


@variation(
    "A job that has nothing to do with clients fails again and again, and the log has its stack "
    "trace each time.",
    "a trace speaks of a handshake only where it is that handshake's",
)
def traces_of_another_job() -> None:
    """Fail, and log it."""

    def work(_: int) -> None:
        while True:
            time.sleep(LOG_EVERY_S)
            try:
                {}["next session"]
            except KeyError:
                BACKGROUND.exception("the calendar could not be read")

    _beside(work)


@variation(
    "The process takes two seconds to end after its last client has left, and ends by the signal "
    "that it was sent.",
    "QA-WS-018: within 10 s, with 0 or by the signal",
)
def an_end_by_the_signal() -> None:
    """Wait, then let the signal do its work."""
    original = TickerService._shut_down

    async def shut_down(self: TickerService, server: Server) -> None:
        await original(self, server)
        await asyncio.sleep(2.0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTERM)

    replace(TickerService, "_shut_down", shut_down)


@variation(
    "Each command of a client is logged with its session and user, in lines of JSON.",
    "QA-WS-025 forbids tokens in a log, nothing else",
)
def a_log_that_tells_all() -> None:
    """Log what is done."""
    log = logging.getLogger("audit")
    for name in ("handle_subscribe", "handle_unsubscribe"):
        replace(routes_websocket, name, _logged(log, getattr(routes_websocket, name)))


def _logged(log: logging.Logger, original: Any) -> Any:
    def handle(service: Any, session: Any, selector: Any) -> None:
        log.warning('{"user":"%s","asks":"%s"}', session.claims.sub, selector)
        original(service, session, selector)

    return handle
