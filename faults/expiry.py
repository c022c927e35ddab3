"""Faults of tokens that expire while their client is connected: QA-WS-022."""

from __future__ import annotations

import asyncio
import calendar
import time
from collections.abc import Callable
from typing import Any

from jwt import PyJWT

from app import closes
from app.closes import Close
from app.expiry import ExpiryTimer
from app.fanout import Fanout
from app.messages import InvalidMessage
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Keys, Totals
from faults.fault import fault, replace
from faults.idle import LEFT_OPEN, leave_open

AFTER_EXPIRY = "after its token expired: measured "


@fault(
    story="A token's expiry is checked when its client connects and never again, so that whoever "
    "was let go at noon reads along until the evening.",
    caught_by={"QA-WS-022": "close of Ida " + AFTER_EXPIRY + "nothing"},
    also=("QA-WS-121",),
)
def expiry_checked_at_connect_only() -> None:
    """Set no timer."""
    replace(ExpiryTimer, "_arm", lambda self: None)


def _on(owner: Any, name: str, session_of: Callable[..., Session]) -> None:
    """Check the expiry when something is called, and at no other time."""
    replace(ExpiryTimer, "_arm", lambda self: None)
    original = getattr(owner, name)

    def checking(*args: Any) -> Any:
        session = session_of(*args)
        if time.time() >= session.claims.exp:
            session.close_expired()
        return original(*args)

    replace(owner, name, checking)


@fault(
    story="A token's expiry is checked when its client sends something, so that a client that only "
    "listens never has to renew it.",
    caught_by={"QA-WS-022": "close of Ida " + AFTER_EXPIRY + "nothing"},
    also=("QA-WS-121",),
)
def expiry_checked_on_messages_only() -> None:
    """Look at the clock with each message of a client."""
    _on(Fanout, "send", lambda fanout, session, payload: session)


@fault(
    story="A token's expiry is checked when a tick is delivered, so that a client without ticks "
    "stays connected with a token that is long dead.",
    caught_by={"QA-WS-022": "close of Ida " + AFTER_EXPIRY + "nothing"},
    also=("QA-WS-121",),
)
def expiry_checked_on_delivery_only() -> None:
    """Look at the clock with each delivery."""
    _on(Fanout, "_deliver", lambda fanout, session, frames, ticks: session)


@fault(
    story="A client that keeps pinging is taken for authenticated, so that its token never ends.",
    caught_by={"QA-WS-022": "close of Pia " + AFTER_EXPIRY},
    also=("QA-WS-131",),
)
def pings_extend_the_token() -> None:
    """Move the expiry with each message that a client sends behind its welcome."""
    send, greeted = Fanout.send, set[str]()

    def extending(self: Fanout, session: Session, payload: bytes) -> None:
        if payload == b'{"type":"pong"}' and session.session_id in greeted:
            session.expiry._expires_at = time.time() + 10
        greeted.add(session.session_id)
        send(self, session, payload)

    replace(Fanout, "send", extending)


@fault(
    story="A session whose token has expired is closed with 1000, a normal end, so that the client "
    "does not fetch a new token.",
    caught_by={"QA-WS-022": "end of Ida's connection"},
    also=("QA-WS-121",),
)
def expiry_as_normal_end() -> None:
    """Take another code."""
    replace(closes, "TOKEN_EXPIRED", Close(1000, "token expired"))


@fault(
    story="A session whose token has expired is told that authentication is required, as if its "
    "token had never been good, and its user is asked for a password in mid-session.",
    caught_by={"QA-WS-022": "end of Ida's connection"},
    also=("QA-WS-121",),
)
def expiry_told_as_missing_token() -> None:
    """Take another reason."""
    replace(closes, "TOKEN_EXPIRED", closes.AUTHENTICATION_REQUIRED)


@fault(
    story="When a token expires, all its bearer's neighbours are closed with it.",
    caught_by={"QA-WS-022": "Nora got no tick any more"},
    also=("QA-WS-131",),
)
def expiry_closes_the_neighbours() -> None:
    """Close whoever is connected."""
    original = Session.close_expired
    admitted: list[Session] = []
    dispose, init = Session.dispose, Session.__init__

    def remember(self: Session, *args: Any) -> None:
        init(self, *args)
        admitted.append(self)

    def forget(self: Session) -> None:
        admitted.remove(self)
        dispose(self)

    def close_all(self: Session) -> None:
        for session in tuple(admitted):
            original(session)

    replace(Session, "__init__", remember)
    replace(Session, "dispose", forget)
    replace(Session, "close_expired", close_all)


@fault(
    story="Expired tokens are looked for every eight seconds, so that a dead token reads the "
    "market for seconds more.",
    caught_by={"QA-WS-022": AFTER_EXPIRY},
)
def expiry_noticed_late() -> None:
    """Fire five seconds late."""
    original = ExpiryTimer.__init__

    def late(self: ExpiryTimer, expires_at: float, on_expiry: Callable[[], None]) -> None:
        original(self, expires_at + 5, on_expiry)

    replace(ExpiryTimer, "__init__", late)


@fault(
    story="Sessions are closed a second before their token expires, so that clients that renew in "
    "time are thrown out all the same.",
    caught_by={"QA-WS-022": "allowed not before 0 ms"},
)
def expiry_before_its_time() -> None:
    """Fire a second early."""
    original = ExpiryTimer.__init__

    def early(self: ExpiryTimer, expires_at: float, on_expiry: Callable[[], None]) -> None:
        original(self, expires_at - 1, on_expiry)

    replace(ExpiryTimer, "__init__", early)


@fault(
    story="A malformed message stops the timer of its sender's token, so that whoever makes one "
    "mistake stays for ever.",
    caught_by={"QA-WS-022": "close of Mia " + AFTER_EXPIRY + "nothing"},
)
def mistake_stops_the_expiry() -> None:
    """Cancel the timer with the error."""
    original = TickerService.answer_invalid

    def answer_invalid(self: TickerService, session: Session, invalid: InvalidMessage) -> None:
        session.expiry.cancel()
        original(self, session, invalid)

    replace(TickerService, "answer_invalid", answer_invalid)


@fault(
    story="An unsubscribe stops the timer of its client's token along with those of the "
    "subscription, so that a session outlives its token by as long as it likes.",
    caught_by={"QA-WS-022": "close of Mia " + AFTER_EXPIRY + "nothing"},
)
def unsubscribe_stops_the_expiry() -> None:
    """Cancel the timer with the subscription."""
    original = Fanout.unsubscribe

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        session.expiry.cancel()
        return original(self, session, keys)

    replace(Fanout, "unsubscribe", unsubscribe)


@fault(
    story="A token that expires in some weeks is too much for a timer of 32 bits, which goes off "
    "at once: whoever has a long token is thrown out as soon as it is in.",
    caught_by={"QA-WS-022": 'closed with 1008 "token expired" by the service'},
)
def far_expiry_goes_off_at_once() -> None:
    """Count milliseconds in 31 bits, as `setTimeout` does."""
    original = ExpiryTimer._check

    def arm(self: ExpiryTimer) -> None:
        remaining_ms = (self._expires_at - time.time()) * 1000
        delay_s = remaining_ms / 1000 if remaining_ms < 2**31 else 0.001
        self._handle = asyncio.get_running_loop().call_later(max(delay_s, 0.001), self._check)

    def check(self: ExpiryTimer) -> None:
        if (self._expires_at - time.time()) * 1000 >= 2**31:
            self._on_expiry()
        else:
            original(self)

    replace(ExpiryTimer, "_arm", arm)
    replace(ExpiryTimer, "_check", check)


def _as_clock_on_the_wall(utc: float) -> float:
    """Take what the clock on the wall shows for UTC: where that is in UTC nothing changes."""
    return calendar.timegm(time.localtime(utc))


def _reckon_in_local_time(check: str) -> None:
    """Hand one of PyJWT's checks the local time in place of the present."""
    original = getattr(PyJWT, check)

    def checking(self: PyJWT, payload: Any, now: float, leeway: float) -> None:
        original(self, payload, _as_clock_on_the_wall(now), leeway)

    replace(PyJWT, check, checking)


@fault(
    story="A token's expiry is compared with local time, so that a service in Kathmandu lets "
    "nobody in, and one in Newfoundland lets expired tokens in for hours.",
    caught_by={"QA-WS-130": "refusal of Mallory: measured 1 x welcome"},
)
def expiry_compared_with_local_time() -> None:
    """Compare what is in UTC with what is not."""
    _reckon_in_local_time("_validate_exp")


@fault(
    story="The time from which a token is valid is compared with local time, so that a service "
    "east of Greenwich lets it in hours before.",
    caught_by={"QA-WS-130": "refusal of Trudy: measured 1 x welcome"},
)
def begin_compared_with_local_time() -> None:
    """Compare what is in UTC with what is not."""
    _reckon_in_local_time("_validate_nbf")


@fault(
    story="When a token expires is turned into a date without a time zone, and that into seconds "
    "again: a session ends hours late, or at once, wherever the clock is not in UTC.",
    caught_by={"QA-WS-130": "close of Ida " + AFTER_EXPIRY + "nothing"},
)
def expiry_of_a_session_in_local_time() -> None:
    """Read a date in UTC as a local one."""
    original = ExpiryTimer.__init__

    def naive(self: ExpiryTimer, expires_at: float, on_expiry: Callable[[], None]) -> None:
        original(self, time.mktime(time.gmtime(expires_at)), on_expiry)

    replace(ExpiryTimer, "__init__", naive)


@fault(
    story="Expiry timers are kept by user: when a user connects once more with a newer token, the "
    "session of the older one lives as long as that.",
    caught_by={"QA-WS-022": "close of Ida " + AFTER_EXPIRY},
)
def newer_token_renews_the_older_session() -> None:
    """Let each timer go by the latest expiry of its user."""
    latest: dict[str, float] = {}
    made, check = Session.__init__, ExpiryTimer._check

    def note(self: Session, connection: Any, claims: Any, idle_timeout_s: float) -> None:
        made(self, connection, claims, idle_timeout_s)
        latest[claims.sub] = max(claims.exp, latest.get(claims.sub, 0.0))
        users[id(self.expiry)] = claims.sub

    users: dict[int, str] = {}

    def go_by_the_latest(self: ExpiryTimer) -> None:
        self._expires_at = max(self._expires_at, latest.get(users.get(id(self), ""), 0.0))
        check(self)

    replace(Session, "__init__", note)
    replace(ExpiryTimer, "_check", go_by_the_latest)


@fault(
    story="Expiry timers are kept by user: when one token of a user expires, all sessions of that "
    "user end, also those whose tokens are good.",
    caught_by={"QA-WS-022": "open connections of Nora, Ines: measured 1 of 2"},
    also=("QA-WS-132",),
)
def expiry_ends_all_sessions_of_the_user() -> None:
    """Close every session of the same subject."""
    here: dict[str, set[Session]] = {}
    made, dispose, close = Session.__init__, Session.dispose, Session.close_expired

    def note(self: Session, connection: Any, claims: Any, idle_timeout_s: float) -> None:
        made(self, connection, claims, idle_timeout_s)
        here.setdefault(claims.sub, set()).add(self)

    def forget(self: Session) -> None:
        here.get(self.claims.sub, set()).discard(self)
        dispose(self)

    def close_expired(self: Session) -> None:
        for each in tuple(here.get(self.claims.sub, ())):
            close(each)

    replace(Session, "__init__", note)
    replace(Session, "dispose", forget)
    replace(Session, "close_expired", close_expired)


@fault(
    story="Who subscribes shortly before its token expires is given another minute, and another, "
    "so that a busy screen never needs a new token.",
    caught_by={"QA-WS-022": "close of Mia"},
)
def subscribing_prolongs_the_session() -> None:
    """Put the end off with each subscribe of the last second."""
    original = Fanout.subscribe

    def subscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        if session.expiry._expires_at - time.time() < 1:
            session.expiry._expires_at += 60
        return original(self, session, keys)

    replace(Fanout, "subscribe", subscribe)


@fault(
    story="While the feed is lost nobody looks at the expiry of tokens, so that who was to go at "
    "noon stays for as long as the broker is away.",
    caught_by={"QA-WS-131": "close of Ida " + AFTER_EXPIRY},
)
def expiry_waits_for_the_broker() -> None:
    """Look again when the feed is there."""
    lost, found, check = (
        TickerService.on_feed_lost,
        TickerService.on_feed_found,
        ExpiryTimer._check,
    )
    away: list[bool] = []

    def on_feed_lost(self: TickerService) -> None:
        away[:] = [True]
        lost(self)

    def on_feed_found(self: TickerService) -> None:
        away.clear()
        found(self)

    def look(self: ExpiryTimer) -> None:
        if away:
            self._handle = asyncio.get_running_loop().call_later(0.1, self._check)
        else:
            check(self)

    replace(TickerService, "on_feed_lost", on_feed_lost)
    replace(TickerService, "on_feed_found", on_feed_found)
    replace(ExpiryTimer, "_check", look)


@fault(
    story="Behind the close of a session whose token has expired TCP is left open, so that a "
    "browser tells its page of it late, and the new token is fetched late.",
    caught_by={"QA-WS-022": LEFT_OPEN, "QA-WS-132": "admission of Zoe after Ida left"},
    also=("QA-WS-121", "QA-WS-130", "QA-WS-131"),
)
def tcp_left_open_behind_an_expiry() -> None:
    """Write the close frame, and no end."""
    leave_open(closes.TOKEN_EXPIRED)
