"""Faults that only those notice who stay quiet for a whole run: QA-WS-124."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from websockets.asyncio.server import serve

from app import closes, routes_websocket, server
from app.closes import Close
from app.expiry import ExpiryTimer
from app.idle import IdleTimer
from app.routes_websocket import Service
from app.sessions import Session
from app.settings import Settings
from app.subscriptions import Selector
from faults.fault import fault, replace

AGE_S = 45.0
QUIET_S = 12.0
"""No client of another functional scenario is so long without a message."""
DEFAULTS = Settings.model_fields
SILENT = "connection of the silent client: measured closed with "


def _later(seconds: float, act: Callable[[Session], None]) -> None:
    """Do something with each session when it is so many seconds old."""
    original, dispose = Session.__init__, Session.dispose
    timers: dict[Session, asyncio.TimerHandle] = {}

    def __init__(self: Session, *args: Any, **named: Any) -> None:
        original(self, *args, **named)
        timers[self] = asyncio.get_running_loop().call_later(seconds, act, self)

    def disposed(self: Session) -> None:
        timers.pop(self).cancel()
        dispose(self)

    replace(Session, "__init__", __init__)
    replace(Session, "dispose", disposed)


@fault(
    story="A timer of the library is taken for a keepalive, so that every connection ends at the "
    "age of 45 seconds and all clients come back at once.",
    caught_by={"QA-WS-124": SILENT + '1011 "keepalive ping timeout"'},
)
def closed_at_age() -> None:
    """Close each session when it is old."""
    _later(AGE_S, lambda session: session.close(Close(1011, "keepalive ping timeout")))


@fault(
    story="What stands in front of the service cuts connections on which nobody spoke for a few "
    "seconds, without a close frame, so that whoever waits for a rare tick misses it.",
    caught_by={"QA-WS-124": SILENT + "1006"},
)
def quiet_client_cut_off() -> None:
    """Abort the transport of those who have said and got nothing since they came."""

    def cut(session: Session) -> None:
        if time.monotonic() - session.idle._last_active > QUIET_S - 1:
            session.connection.transport.abort()

    _later(QUIET_S, cut)


@fault(
    story="A subscriber that takes no ticks counts as a slow consumer even when there are none, so "
    "that screens with quiet symbols are thrown out.",
    caught_by={"QA-WS-124": 'connection of the subscribed client: measured closed with 1008 "slow'},
)
def quiet_subscriber_evicted() -> None:
    """Close those who were delivered nothing for a while after they had subscribed."""
    original = routes_websocket.handle_subscribe

    def handle_subscribe(service: Service, session: Session, selector: Selector) -> None:
        original(service, session, selector)

        def evict() -> None:
            if time.monotonic() - session.idle._last_active > QUIET_S - 1:
                session.close(closes.SLOW_CONSUMER)

        asyncio.get_running_loop().call_later(QUIET_S, evict)

    replace(routes_websocket, "handle_subscribe", handle_subscribe)


@fault(
    story="Where operations have set no idle timeout it is 15 seconds instead of five minutes.",
    caught_by={"QA-WS-124": SILENT + '1001 "idle timeout"'},
)
def default_idle_timeout_too_short() -> None:
    """Take another default."""
    original = IdleTimer.__init__

    def __init__(self: IdleTimer, timeout_s: float, on_idle: Callable[[], None]) -> None:
        is_default = timeout_s == DEFAULTS["idle_timeout_s"].default
        original(self, 15.0 if is_default else timeout_s, on_idle)

    replace(IdleTimer, "__init__", __init__)


@fault(
    story="A timer looks at a token for the first time half a minute on, and takes it for expired "
    "where it is not expiring at that very moment: nobody stays connected for longer.",
    caught_by={"QA-WS-124": SILENT + '1008 "token expired"'},
)
def expired_at_the_first_look() -> None:
    """Ask whether the time is another than that of the expiry."""

    def check(self: ExpiryTimer) -> None:
        if time.time() == self._expires_at:
            self._arm()
        else:
            self._handle = None
            self._on_expiry()

    replace(ExpiryTimer, "_check", check)


@fault(
    story="Where operations have set no keepalive there is none, so that proxies cut clients that "
    "wait for a rare tick, and nobody knows why.",
    caught_by={"QA-WS-124": "longest silence of the service to the silent client, pings included"},
)
def no_pings_by_default() -> None:
    """Send pings only where their interval was set."""

    def listen(*args: Any, **options: Any) -> Any:
        if options["ping_interval"] == DEFAULTS["keepalive_s"].default:
            options |= {"ping_interval": None, "ping_timeout": None}
        return serve(*args, **options)

    replace(server, "serve", listen)
