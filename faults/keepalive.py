"""Faults of the search for those who are no longer there: QA-WS-101."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from websockets.asyncio.server import serve

from app import routes_websocket, server
from app.server import TickerService
from app.sessions import Session
from app.settings import Settings
from faults.contents import WITH_TICKS
from faults.fault import fault, replace

LOADS = tuple(f"QA-WS-{number:03}" for number in (13, 14, 15, 19, 20, 104, 105, 112, 118, 129))
NOT_BACK = {"QA-WS-101": "sockets, sessions and subscriptions of the service: measured"}


def _listen_with(**other: Any) -> None:
    """Give the library other options."""
    replace(server, "serve", lambda *args, **options: serve(*args, **{**options, **other}))


@fault(
    story="Nobody asks clients whether they are still there, so that each laptop that is shut "
    "leaves a session behind, until the limit is reached.",
    caught_by=NOT_BACK,
)
def keepalive_off() -> None:
    """Send no pings."""
    _listen_with(ping_interval=None)


@fault(
    story="Clients are asked whether they are still there, but nobody waits for the answer.",
    caught_by=NOT_BACK,
)
def missing_answer_ignored() -> None:
    """Send pings for the sake of it."""
    _listen_with(ping_timeout=None)


@fault(
    story="The keepalive that operations have set is not used, and dead connections stay for a "
    "minute and more.",
    caught_by=NOT_BACK,
)
def keepalive_setting_ignored() -> None:
    """Use times of one's own."""
    _listen_with(ping_interval=20, ping_timeout=20)


@fault(
    story="The socket of a client that has vanished is closed, but its session and subscriptions "
    "stay, and count against the limit.",
    caught_by=NOT_BACK,
)
def vanished_session_stays() -> None:
    """Leave those alone whose keepalive has failed."""
    original = routes_websocket.cleanup_connection

    def cleanup_connection(service: TickerService, session: Session) -> None:
        close = session.connection.protocol.close_sent
        if close is None or "keepalive" not in close.reason:
            original(service, session)

    replace(routes_websocket, "cleanup_connection", cleanup_connection)


@fault(
    story="A client that only answers pings counts as gone, so that whoever waits for rare ticks "
    "is thrown out again and again.",
    caught_by={"QA-WS-101": "open connections of Bob"},
    also=("QA-WS-116",),
)
def answering_client_reaped() -> None:
    """Let the idle timeout be no longer than two rounds of the keepalive that was set."""
    original = TickerService.__init__

    def __init__(self: TickerService, settings: Settings, *rest: Any) -> None:
        default = Settings.model_fields["keepalive_s"].default
        if settings.keepalive_s != default:
            shorter = min(settings.idle_timeout_s, 2 * settings.keepalive_s)
            settings = settings.model_copy(update={"idle_timeout_s": shorter})
        original(self, settings, *rest)

    replace(TickerService, "__init__", __init__)


@fault(
    story="The feed is asked for news less often the longer there are none, so that the first tick "
    "after a quiet spell, which everybody waits for, is half a second old.",
    caught_by={"QA-WS-101": "NIFTY option tick"},
    also=(*WITH_TICKS, *LOADS),
)
def first_tick_after_a_silence_late() -> None:
    """Hold a tick up that comes after five seconds without any."""
    heard_at = [time.monotonic()]
    original = TickerService.on_tick

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        if time.monotonic() - heard_at[0] > 5:
            time.sleep(0.5)  # as a loop does that looks again only then
        heard_at[0] = time.monotonic()
        original(self, channel, payload)

    replace(TickerService, "on_tick", on_tick)


QUIET_S = 3.0


@fault(
    story="A feed that brings no tick for some seconds is taken for lost and announced as such, "
    "so that in every lunch break all desks stop trading.",
    caught_by={"QA-WS-101": "messages that Bob received"},
    also=("QA-WS-011", "QA-WS-012", "QA-WS-017", "QA-WS-121", "QA-WS-124"),
)
def quiet_market_announced_as_outage() -> None:
    """Go by the ticks, and not by the link."""
    take, found = TickerService.on_tick, TickerService.on_feed_found
    timer: list[asyncio.TimerHandle] = []
    is_quiet = [False]

    def go_quiet(service: TickerService) -> None:
        is_quiet[0] = True
        service.on_feed_lost()

    def begin_anew(service: TickerService) -> None:
        for each in timer:
            each.cancel()
        timer[:] = [asyncio.get_running_loop().call_later(QUIET_S, go_quiet, service)]

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        begin_anew(self)
        if is_quiet[0]:
            is_quiet[0] = False
            found(self)
        take(self, channel, payload)

    def on_feed_found(self: TickerService) -> None:
        begin_anew(self)
        found(self)

    replace(TickerService, "on_tick", on_tick)
    replace(TickerService, "on_feed_found", on_feed_found)
