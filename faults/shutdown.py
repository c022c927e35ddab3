"""Faults that show when the service is told to end: QA-WS-018, and with it 111."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from websockets.asyncio.server import Server

from app import __main__ as command
from app import closes
from app.closes import Close
from app.fanout import Fanout
from app.limits import CLOSE_GRACE_S
from app.server import TickerService
from app.sessions import Session
from faults.fault import fault, replace

LATE_CLOSE = "from SIGTERM to the close of "
LATE_EXIT = "from SIGTERM to the end of the service's process"
WRONG_CLOSE = "by the service"

ShutDown = Callable[[TickerService, Server], Coroutine[Any, Any, None]]


def _shut_down_by(act: Callable[[ShutDown, TickerService, Server], Any]) -> None:
    """Let the service end in another way; the right one is handed over."""
    original = TickerService._shut_down

    async def _shut_down(self: TickerService, server: Server) -> None:
        await act(original, self, server)

    replace(TickerService, "_shut_down", _shut_down)


def _say_goodbye_with(act: Callable[[Session], None]) -> None:
    """Let something else happen where a client is told of the shutdown."""
    original = Session.close

    def close(self: Session, close: Close, grace_s: float = CLOSE_GRACE_S) -> None:
        if close == closes.SERVER_SHUTDOWN:
            act(self)
        else:
            original(self, close, grace_s)

    replace(Session, "close", close)


@fault(
    story="A shutdown is told with 1012 instead of the agreed 1001, which clients take for an "
    "invitation to come back to the same address at once.",
    caught_by={"QA-WS-018": "closed with 1012", "QA-WS-111": "closed with 1012"},
)
def shutdown_with_another_code() -> None:
    """Say 1012."""
    replace(closes, "SERVER_SHUTDOWN", Close(1012, "server shutdown"))


@fault(
    story="A shutdown is told without a reason, so that clients take it for an error of their own.",
    caught_by={
        "QA-WS-018": "closed with 1001 without a reason",
        "QA-WS-111": "closed with 1001 without a reason",
    },
)
def shutdown_without_reason() -> None:
    """Leave the reason out."""
    replace(closes, "SERVER_SHUTDOWN", Close(1001, ""))


@fault(
    story="At a shutdown the lines of all clients are cut without a close frame, so that every "
    "deployment looks like a network failure.",
    caught_by={
        "QA-WS-018": "the network connection was cut",
        "QA-WS-111": "the network connection was cut",
    },
)
def shutdown_by_cutting_lines() -> None:
    """Cut."""
    _say_goodbye_with(lambda session: session.connection.transport.close())


@fault(
    story="Ticks that wait to be sent are thrown away at a shutdown, so that each deployment loses "
    "the last trades of that moment.",
    caught_by={
        "QA-WS-018": "ticks that the broker had before SIGTERM, at all clients",
        "QA-WS-111": "ticks that the broker had before SIGTERM, at all clients",
    },
)
def last_ticks_lost_at_shutdown() -> None:
    """Throw away what waits, and hear no more; gather for 50 ms, so that some do wait."""
    build = Fanout.__init__

    def __init__(self: Fanout, *parts: Any, **settings: Any) -> None:
        build(self, *parts, **settings | {"flush_ms": 50.0})

    replace(Fanout, "__init__", __init__)

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        for group in service.fanout._waiting:
            group.pending.clear()
        replace(service.feed, "connected", False)
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="A client that does not read holds up the shutdown until an operator kills the service.",
    caught_by={"QA-WS-018": LATE_EXIT},
)
def shutdown_waits_for_the_slowest() -> None:
    """Wait a minute for everybody."""

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        service.settings = service.settings.model_copy(update={"shutdown_grace_s": 60.0})
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="At a shutdown clients are closed one after the other, with a pause in between, so that "
    "the last ones are cut off when the time is up.",
    caught_by={"QA-WS-018": LATE_CLOSE},
    also=("QA-WS-111",),
)
def clients_closed_one_by_one() -> None:
    """Take a tenth of a second for each."""

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        for session in service.sessions:
            session.close(closes.SERVER_SHUTDOWN)
            await asyncio.sleep(0.1)
        await shut_down(service, server)

    _shut_down_by(act)


@fault(
    story="A service that is about to end still takes clients in, and throws them out seconds "
    "later.",
    caught_by={"QA-WS-018": "newcomers behind the first close"},
)
def newcomers_admitted_during_shutdown() -> None:
    """Close the doors last of all."""

    async def act(_: ShutDown, service: TickerService, server: Server) -> None:
        await service.feed.fence()
        service.fanout.flush()
        for session in service.sessions:
            session.close(closes.SERVER_SHUTDOWN, service.settings.shutdown_grace_s)
        await asyncio.sleep(service.settings.shutdown_grace_s)
        server.close()

    _shut_down_by(act)


@fault(
    story="After an orderly shutdown the process reports failure, so that operations are woken at "
    "every deployment.",
    caught_by={"QA-WS-018": "exit code of the service's process"},
)
def shutdown_reports_failure() -> None:
    """Return 143, as for a process that was killed."""
    replace(command, "EXIT_OK", 143)


@fault(
    story="The service does not heed SIGTERM until its next round of house-keeping, eight seconds "
    "later, so that deployments time out.",
    caught_by={"QA-WS-018": LATE_CLOSE, "QA-WS-111": LATE_CLOSE},
)
def shutdown_begins_late() -> None:
    """Sleep first."""

    async def act(shut_down: ShutDown, service: TickerService, server: Server) -> None:
        await asyncio.sleep(8)
        await shut_down(service, server)

    _shut_down_by(act)
