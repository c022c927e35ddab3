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
from app.limits import CLOSE_GRACE_S
from app.messages import InvalidMessage, Tick
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Key, Keys, Selector, Totals, matching_keys
from faults.fault import fault, replace

TOGETHER_S = 0.05
"""What comes within this time came together."""
END = "end of Alice's connection: measured 1 x welcome; "
OPEN = "open connections of 4 clients: measured "


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
    caught_by={"QA-WS-011": OPEN + "1 of 4 open and answering; Bob"},
    also=(
        "QA-WS-121",
        "QA-WS-132",
    ),
)
def idle_timer_ignores_pings() -> None:
    """Do not note what clients send."""
    replace(IdleTimer, "heard", lambda self: None)


@fault(
    story="Delivered ticks do not count as activity, so that clients that only listen are thrown "
    "out in the middle of the stream.",
    caught_by={"QA-WS-011": OPEN + "3 of 4 open and answering; Carol"},
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


@fault(
    story="A subscribe or unsubscribe does not count as activity, so that who changes from chart "
    "to chart in a quiet market is thrown out in the middle of it.",
    caught_by={"QA-WS-011": "Hana: "},
)
def idle_timer_ignores_subscribing() -> None:
    """Put the timer back when a command is carried out."""
    heard = IdleTimer.heard
    before: dict[IdleTimer, float] = {}

    def note(self: IdleTimer) -> None:
        if time.monotonic() - self._last_active > TOGETHER_S or self not in before:
            before[self] = self._last_active
        heard(self)

    replace(IdleTimer, "heard", note)
    for name in ("handle_subscribe", "handle_unsubscribe"):
        original = getattr(routes_websocket, name)

        def handle(
            service: TickerService, session: Session, selector: Selector, original: Any = original
        ) -> None:
            session.idle._last_active = before[session.idle]
            original(service, session, selector)

        replace(routes_websocket, name, handle)


@fault(
    story="Activity is noted by user, so that whoever has one busy screen keeps all its forgotten "
    "ones open for ever, and their places taken.",
    caught_by={"QA-WS-011": "end of Ivo's connection"},
)
def activity_counts_for_all_sessions_of_the_user() -> None:
    """Set all timers of the user back."""
    of_user: dict[str, set[IdleTimer]] = {}
    made, dispose, heard = Session.__init__, Session.dispose, IdleTimer.heard
    owner: dict[IdleTimer, str] = {}

    def note(self: Session, connection: Any, claims: Claims, idle_timeout_s: float) -> None:
        made(self, connection, claims, idle_timeout_s)
        owner[self.idle] = claims.sub
        of_user.setdefault(claims.sub, set()).add(self.idle)

    def forget(self: Session) -> None:
        of_user[self.claims.sub].discard(self.idle)
        dispose(self)

    def all_heard(self: IdleTimer) -> None:
        for each in of_user[owner[self]] | {self}:
            heard(each)

    replace(Session, "__init__", note)
    replace(Session, "dispose", forget)
    replace(IdleTimer, "heard", all_heard)


@fault(
    story="Who has given up a symbol is not taken off the list by which activity is noted, so "
    "that a screen that was closed in the morning counts as busy as long as the market is open.",
    caught_by={"QA-WS-011": "end of Eve's connection"},
)
def given_up_symbols_keep_awake() -> None:
    """Note who has ever had what, and wake all of them."""
    had: dict[Key, set[Session]] = {}
    subscribe, publish = Fanout.subscribe, Fanout.publish

    def note(self: Fanout, session: Session, keys: Keys) -> Totals:
        for key in keys:
            had.setdefault(key, set()).add(session)
        return subscribe(self, session, keys)

    def wake(self: Fanout, tick: Tick) -> None:
        publish(self, tick)
        for key in matching_keys(tick.route):
            for session in had.get(key, ()):
                session.idle.delivered()

    replace(Fanout, "subscribe", note)
    replace(Fanout, "publish", wake)


LEFT_OPEN = "the service leaves it open"
LEFT_OPEN_S = 30.0


def leave_open(which: Close) -> None:
    """Let one kind of close leave it to the client to close TCP."""
    original = Session.close

    def close(self: Session, how: Close, grace_s: float = CLOSE_GRACE_S) -> None:
        if how != which or not self.is_open:
            original(self, how, grace_s)
            return
        keep_open(self.connection)
        self.connection.protocol.send_close(*how)
        self.connection.send_data()

    replace(Session, "close", close)


def keep_open(connection: Any) -> None:
    """Let a connection write frames, and no end of the stream, until it is cut at last."""

    def write() -> None:
        connection.transport.write(b"".join(connection.protocol.data_to_send()))

    connection.send_data = write
    connection.close_timeout = LEFT_OPEN_S
    loop = asyncio.get_running_loop()
    connection._cut = loop.call_later(LEFT_OPEN_S, connection.transport.abort)


@fault(
    story="Behind the close of an idle client TCP is left open, so that a browser waits for it, "
    "and sockets of clients that are long gone pile up.",
    caught_by={"QA-WS-011": LEFT_OPEN},
    also=("QA-WS-132",),
)
def tcp_left_open_behind_an_idle_close() -> None:
    """Write the close frame, and no end."""
    leave_open(closes.IDLE_TIMEOUT)
