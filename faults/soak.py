"""Faults of what coming and going leaves behind over a day: QA-WS-015."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable

from app import routes_websocket
from app.server import TickerService
from app.sessions import Session, SessionRegistry
from faults.fault import fault, replace

KEPT_BYTES = 256
BYTES_HEADER = 33
"""What CPython adds to the content of a bytes object."""

PER_CYCLE = "growth of the service's private memory per connection cycle: measured "
LEFT_BEHIND = "sockets, sessions, subscriptions, files and threads of the service: measured "


def when_a_client_has_left(act: Callable[[int], None]) -> None:
    """Let something happen whenever a place is given back; `act` is told how often it was."""
    original, count = SessionRegistry.release, 0

    def release(self: SessionRegistry, session: Session) -> None:
        nonlocal count
        original(self, session)
        count += 1
        act(count)

    replace(SessionRegistry, "release", release)


def keep_bytes_of_each(size: int) -> None:
    """Keep an object of so many bytes for every client that has left, and write to all of it."""
    kept: list[bytes] = []
    when_a_client_has_left(lambda count: kept.append(b"k" * (size - BYTES_HEADER)))


@fault(
    story="Each connection leaves 256 bytes behind, so that the service is killed for want of "
    "memory on a busy day weeks later.",
    caught_by={"QA-WS-015": PER_CYCLE},
)
def leak_of_256_bytes_per_connection() -> None:
    """Keep a small object for every client that has left: the positive control."""
    keep_bytes_of_each(KEPT_BYTES)


@fault(
    story="Each connection leaves a task behind that waits for ever, so that memory and the event "
    "loop's books grow with every visitor.",
    caught_by={"QA-WS-015": "memory growth over one hour: measured "},
)
def leaked_task_per_connection() -> None:
    """Start a task for every client that has left, and never end it."""
    waiting: list[asyncio.Task[bool]] = []

    def start(count: int) -> None:
        waiting.append(asyncio.get_running_loop().create_task(asyncio.Event().wait()))

    when_a_client_has_left(start)


@fault(
    story="Now and then a file stays open after a client has left, so that the service falls over "
    "one day when it runs out of descriptors.",
    caught_by={"QA-WS-015": LEFT_BEHIND},
)
def descriptors_leak_slowly() -> None:
    """Open a file after every hundredth client, and forget it."""

    def keep_open(count: int) -> None:
        if count % 100 == 0:
            os.open(os.devnull, os.O_RDONLY)

    when_a_client_has_left(keep_open)


@fault(
    story="Now and then a thread stays behind when a client has left, so that the process hits "
    "its limit of threads.",
    caught_by={"QA-WS-015": LEFT_BEHIND},
)
def threads_leak_slowly() -> None:
    """Start a thread after every thousandth client that never ends."""

    def start(count: int) -> None:
        if count % 1000 == 0:
            threading.Thread(target=threading.Event().wait, daemon=True).start()

    when_a_client_has_left(start)


@fault(
    story="Only a clean close is cleaned up after: clients whose line is cut keep place and "
    "subscriptions for ever, until nobody is admitted any more.",
    caught_by={
        "QA-WS-015": 'was closed with 1008 "max connections reached"',
        "QA-WS-020": "newcomers that were let in while others reset: measured ",
    },
)
def cleanup_only_after_a_clean_close() -> None:
    """Leave everything as it is when no close frame has come."""
    original = routes_websocket.cleanup_connection

    def cleanup_connection(service: TickerService, session: Session) -> None:
        if session.connection.protocol.close_rcvd is not None:
            original(service, session)

    replace(routes_websocket, "cleanup_connection", cleanup_connection)
