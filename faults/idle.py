"""Faults of the idle timeout: QA-WS-011."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from app import closes, routes_websocket
from app.auth import Claims
from app.closes import Close
from app.fanout import Fanout
from app.idle import IdleTimer
from app.messages import InvalidMessage
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Selector
from faults.fault import fault, replace

END = "end of Alice's connection: measured 1 x welcome; "
OPEN = "open connections of Bob, Carol, Frank: measured "


def _timeout(change: Callable[[float], float]) -> None:
    """Let timers run for another time than configured."""
    original = IdleTimer.__init__

    def __init__(self: IdleTimer, timeout_s: float, on_idle: Callable[[], None]) -> None:
        original(self, change(timeout_s), on_idle)

    replace(IdleTimer, "__init__", __init__)


@fault(
    story="The idle timer never fires, so that abandoned connections pile up until the limit is "
    "reached and nobody gets in.",
    caught_by={"QA-WS-011": END + "still open"},
)
def idle_timer_never_fires() -> None:
    """Check nothing."""
    replace(IdleTimer, "_check", lambda self: None)


@fault(
    story="Pings do not count as activity, so that clients which keep their connection alive as "
    "told are thrown out.",
    caught_by={"QA-WS-011": OPEN + "1 of 3 open and answering; Bob"},
)
def idle_timer_ignores_pings() -> None:
    """Do not note what clients send."""
    replace(IdleTimer, "heard", lambda self: None)


@fault(
    story="Delivered ticks do not count as activity, so that clients that only listen are thrown "
    "out in the middle of the stream.",
    caught_by={"QA-WS-011": OPEN + "2 of 3 open and answering; Carol"},
)
def idle_timer_ignores_ticks() -> None:
    """Do not note what is delivered."""
    replace(IdleTimer, "delivered", lambda self: None)


@fault(
    story="Idle clients are closed after half the time, while their users still read the screen.",
    caught_by={"QA-WS-011": "ms, allowed not before 2000 ms"},
)
def idle_timeout_too_early() -> None:
    """Halve the time."""
    _timeout(lambda timeout_s: timeout_s / 2)


@fault(
    story="The idle timer looks when the time since the connect is up, and rounds down: who did "
    "something less than a second after connecting is thrown out while reading what came.",
    caught_by={"QA-WS-011": "time from the ping of Dora until it was closed: measured "},
)
def idle_time_rounded_down() -> None:
    """Close up to a second early where the timer happens to fire."""
    original = IdleTimer._check

    def _check(self: IdleTimer) -> None:
        if self._last_active + self._timeout_s - time.monotonic() <= 1.0:
            self._last_active -= 1.0
        original(self)

    replace(IdleTimer, "_check", _check)


@fault(
    story="Idle clients are closed three seconds too late, and hold places that others wait for.",
    caught_by={"QA-WS-011": "ms, allowed at most 4000 ms"},
)
def idle_timeout_too_late() -> None:
    """Add three seconds."""
    _timeout(lambda timeout_s: timeout_s + 3)


@fault(
    story="Idle clients are closed without a reason, so that their users take it for an outage.",
    caught_by={"QA-WS-011": END + "closed with 1001 without a reason"},
)
def idle_close_without_reason() -> None:
    """Take the reason out of the close."""
    replace(closes, "IDLE_TIMEOUT", Close(1001, ""))


@fault(
    story="Idle clients are closed with 1011, an internal error, so that operations are woken by "
    "alarms about nothing.",
    caught_by={"QA-WS-011": END + 'closed with 1011 "idle timeout"'},
)
def idle_close_as_internal_error() -> None:
    """Take another code."""
    replace(closes, "IDLE_TIMEOUT", Close(1011, "idle timeout"))


@fault(
    story="Idle clients are cut off without a close frame, and come back at once as if the "
    "network had failed.",
    caught_by={"QA-WS-011": END + "closed with 1006"},
)
def idle_client_cut_off() -> None:
    """Abort the transport where a close frame is due."""
    replace(Session, "close_idle", lambda self: self.connection.transport.abort())


@fault(
    story="Whoever has subscribed to something counts as active for ever, so that forgotten "
    "screens of quiet symbols keep their places.",
    caught_by={"QA-WS-011": "end of Eve's connection: measured"},
)
def subscribed_clients_never_idle() -> None:
    """Stop the timer with the first subscribe."""
    original = routes_websocket.handle_subscribe

    def handle_subscribe(service: TickerService, session: Session, selector: Selector) -> None:
        original(service, session, selector)
        session.idle.cancel()

    replace(routes_websocket, "handle_subscribe", handle_subscribe)


@fault(
    story="Timers are kept by user, and that of a session that has ended goes on: whoever has come "
    "back is closed when the session before would have been idle.",
    caught_by={"QA-WS-011": OPEN},
)
def timer_of_the_last_session_closes_the_next() -> None:
    """Close the user's newest session when the timer of an earlier one goes off."""
    newest: dict[str, Session] = {}
    made, dispose = Session.__init__, Session.dispose

    def note(self: Session, connection: Any, claims: Claims, idle_timeout_s: float) -> None:
        made(self, connection, claims, idle_timeout_s)
        newest[claims.sub] = self

    def keep_the_timer(self: Session) -> None:
        sub, left_s = self.claims.sub, self.idle._last_active + self.idle._timeout_s

        def go_off() -> None:
            if (now := newest.get(sub)) and now is not self:
                now.close_idle()

        asyncio.get_running_loop().call_later(max(0.0, left_s - time.monotonic()), go_off)
        dispose(self)

    replace(Session, "__init__", note)
    replace(Session, "dispose", keep_the_timer)


@fault(
    story="A message that cannot be read does not count as one, so that a client which says "
    "something every second, if nothing that is right, is closed for its silence.",
    caught_by={"QA-WS-011": "Frank: "},
)
def idle_timer_ignores_mistakes() -> None:
    """Put the timer back when a message is malformed."""
    heard, answer = IdleTimer.heard, TickerService.answer_invalid
    before: dict[IdleTimer, float] = {}

    def note(self: IdleTimer) -> None:
        before[self] = self._last_active
        heard(self)

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        session.idle._last_active = before[session.idle]
        answer(self, session, invalid)

    replace(IdleTimer, "heard", note)
    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="Option ticks count as activity and bars do not, so that charts are closed in the middle "
    "of the day and screens of options are not.",
    caught_by={"QA-WS-011": "Gina lost its connection while subscribed"},
)
def idle_timer_ignores_bars() -> None:
    """Put the timer back when nothing but bars was delivered."""
    deliver = Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        before = session.idle._last_active
        deliver(self, session, frames, ticks)
        if b'"option_tick"' not in frames:
            session.idle._last_active = before

    replace(Fanout, "_deliver", _deliver)
