"""Faults that show when the feed is lost and comes back: QA-WS-017, and with it 106."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from app import messages
from app.closes import Close
from app.fanout import Fanout
from app.feed import Feed
from app.messages import Command
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Key, Keys, Totals
from faults.fault import fault, replace

NO_TICKS = "from the broker's return to the first new tick of "
RESTART = Close(1012, "service restart")


def before_each_attempt(wait: Callable[[Feed, int, float], Any]) -> None:
    """Let something happen before the feed connects.

    Args:
        wait: an async function of the feed, how many attempts have failed in a row, and for how
            many seconds the feed has been away.
    """
    listen, find = Feed._listen_once, Feed._find
    failed, found_at = 0, time.monotonic()

    async def _listen_once(self: Feed) -> None:
        nonlocal failed, found_at
        if self.attempted.is_set():
            await wait(self, failed, time.monotonic() - found_at)
        failed += 1
        try:
            await listen(self)
        finally:
            if self.connected:
                failed, found_at = 0, time.monotonic()

    def _find(self: Feed) -> None:
        nonlocal failed
        failed = 0
        find(self)

    replace(Feed, "_listen_once", _listen_once)
    replace(Feed, "_find", _find)


@fault(
    story="The listener gives up for good when the broker has been away for three seconds, so that "
    "after a real outage every screen stands still until somebody restarts the service.",
    caught_by={"QA-WS-017": NO_TICKS},
    also=("QA-WS-122",),
)
def listener_gives_up_after_a_while() -> None:
    """Wait for ever."""

    async def wait(_: Feed, __: int, away_s: float) -> None:
        if away_s > 3:
            await asyncio.Event().wait()

    before_each_attempt(wait)


@fault(
    story="After failed attempts the listener waits longer and longer, soon ten seconds, so that "
    "clients miss the market long after the broker is back.",
    caught_by={"QA-WS-017": NO_TICKS},
    also=("QA-WS-122",),
)
def backoff_too_long() -> None:
    """Wait ten seconds after the first failure."""

    async def wait(_: Feed, failed: int, __: float) -> None:
        if failed:
            await asyncio.sleep(10)

    before_each_attempt(wait)


@fault(
    story="When a first attempt has failed the feed is looked after only when a client sends "
    "something, so that an audience that only listens waits for ever.",
    caught_by={"QA-WS-017": NO_TICKS},
    also=("QA-WS-122",),
)
def feed_recovers_only_when_a_client_acts() -> None:
    """Let each message of a client allow one attempt."""
    acted = asyncio.Event()
    original = messages.parse_command

    def parse_command(message: str | bytes) -> Command:
        acted.set()
        return original(message)

    async def wait(_: Feed, failed: int, __: float) -> None:
        if failed:
            acted.clear()
            await acted.wait()

    replace(messages, "parse_command", parse_command)
    before_each_attempt(wait)


@fault(
    story="Each attempt to reach the broker again blocks the service for one and a half seconds, "
    "so that clients take it for dead and leave.",
    caught_by={"QA-WS-017": ", the slowest of ", "QA-WS-106": ", the slowest of "},
)
def attempts_block_the_service() -> None:
    """Sleep, and let nobody else run."""

    async def wait(_: Feed, __: int, ___: float) -> None:
        time.sleep(1.5)  # noqa: ASYNC251 - that is the fault

    before_each_attempt(wait)


@fault(
    story="After a reconnect only the bars are subscribed to again, so that option prices stand "
    "still for the rest of the day while the charts go on.",
    caught_by={"QA-WS-017": "measured nothing in"},
    also=("QA-WS-106", "QA-WS-131"),
)
def only_bars_after_a_reconnect() -> None:
    """Forget the other channel."""
    original = Feed._lose

    def _lose(self: Feed) -> None:
        original(self)
        self._pattern = "ticker:underlying"

    replace(Feed, "_lose", _lose)


@fault(
    story="Subscriptions that are made while the feed is away, or was a moment ago, are "
    "acknowledged but never served, so that early birds wait in vain.",
    caught_by={
        "QA-WS-017": "to the first new tick of BANKNIFTY at Alice",
    },
    also=("QA-WS-016", "QA-WS-106", "QA-WS-131"),
)
def subscriptions_during_an_outage_are_lost() -> None:
    """Acknowledge and do nothing."""
    lost, subscribe = TickerService.on_feed_lost, Fanout.subscribe
    lost_at, service = -60.0, None

    def on_feed_lost(self: TickerService) -> None:
        nonlocal lost_at, service
        lost_at, service = time.monotonic(), self
        lost(self)

    def subscribe_unless_away(self: Fanout, session: Session, keys: Keys) -> Totals:
        if service and (not service.feed.connected or time.monotonic() - lost_at < 1):
            return Totals.of(self._subscriptions.keys_of(session))
        return subscribe(self, session, keys)

    replace(TickerService, "on_feed_lost", on_feed_lost)
    replace(Fanout, "subscribe", subscribe_unless_away)


@fault(
    story="A reconnect adds a second listener to the first, so that from then on clients get every "
    "tick twice and count the volume double.",
    caught_by={"QA-WS-017": "more than once", "QA-WS-106": "more than once"},
)
def ticks_twice_after_a_reconnect() -> None:
    """Take each tick twice once the feed was lost."""
    lost, take = TickerService.on_feed_lost, TickerService.on_tick
    times = 1

    def on_feed_lost(self: TickerService) -> None:
        nonlocal times
        times = 2
        lost(self)

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        for _ in range(times):
            take(self, channel, payload)

    replace(TickerService, "on_feed_lost", on_feed_lost)
    replace(TickerService, "on_tick", on_tick)


@fault(
    story="A loss of the feed is mended without a word, so that clients take the ticks that they "
    "have got for all that there were.",
    caught_by={"QA-WS-017": "no word of it", "QA-WS-106": "no word of it"},
    also=("QA-WS-122", "QA-WS-131"),
)
def outage_without_a_word() -> None:
    """Tell nobody."""
    replace(TickerService, "on_feed_lost", lambda self: None)
    replace(TickerService, "on_feed_found", lambda self: None)


@fault(
    story="The client library mends losses of less than four seconds by itself and tells nobody, "
    "so that just the short ones, which nobody notices, leave holes.",
    caught_by={"QA-WS-017": "no word of it", "QA-WS-106": "no word of it"},
)
def short_outages_are_hidden() -> None:
    """Speak of a loss only when it has lasted for four seconds."""
    lost, found = TickerService.on_feed_lost, TickerService.on_feed_found
    timer: asyncio.TimerHandle | None = None

    def on_feed_lost(self: TickerService) -> None:
        nonlocal timer
        timer = asyncio.get_running_loop().call_later(4, lost, self)

    def on_feed_found(self: TickerService) -> None:
        if timer and timer.when() > asyncio.get_running_loop().time():
            timer.cancel()
            return
        found(self)

    replace(TickerService, "on_feed_lost", on_feed_lost)
    replace(TickerService, "on_feed_found", on_feed_found)


@fault(
    story="The loss of the feed is not told, only its return, so that clients trade through the "
    "outage on prices that have long been stale.",
    caught_by={
        "QA-WS-017": "recovered without having been degraded",
        "QA-WS-106": "recovered without having been degraded",
    },
    also=("QA-WS-131",),
)
def loss_not_told() -> None:
    """Leave the first word out."""
    replace(TickerService, "on_feed_lost", lambda self: None)


@fault(
    story="The loss of the feed is told together with its return, so that for as long as it lasts "
    "nobody knows that prices are stale.",
    caught_by={"QA-WS-017": "from the loss to degraded at "},
)
def loss_told_only_at_its_end() -> None:
    """Say both words at once."""
    lost, found = TickerService.on_feed_lost, TickerService.on_feed_found
    away = False

    def on_feed_lost(self: TickerService) -> None:
        nonlocal away
        away = True

    def on_feed_found(self: TickerService) -> None:
        if away:
            lost(self)
        found(self)

    replace(TickerService, "on_feed_lost", on_feed_lost)
    replace(TickerService, "on_feed_found", on_feed_found)


@fault(
    story="The return of the feed is not told, so that clients keep their screens grey although "
    "prices are live again.",
    caught_by={"QA-WS-017": "degraded for good", "QA-WS-106": "degraded for good"},
    also=("QA-WS-122", "QA-WS-131"),
)
def recovery_not_told() -> None:
    """Leave the second word out."""
    replace(TickerService, "on_feed_found", lambda self: None)


@fault(
    story="The return of the feed is told behind the first new tick, so that clients throw that "
    "tick away as stale.",
    caught_by={
        "QA-WS-017": "a new tick before recovered",
        "QA-WS-106": "a new tick before recovered",
    },
    also=("QA-WS-122", "QA-WS-131"),
)
def recovery_told_behind_the_first_tick() -> None:
    """Say it when a tick has been handed out."""
    lost, found = TickerService.on_feed_lost, TickerService.on_feed_found
    take = TickerService.on_tick
    away = due = False

    def on_feed_lost(self: TickerService) -> None:
        nonlocal away
        away = True
        lost(self)

    def on_feed_found(self: TickerService) -> None:
        nonlocal due
        due = away

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        nonlocal due
        take(self, channel, payload)
        if due:
            due = False
            asyncio.get_running_loop().call_later(0.3, found, self)

    replace(TickerService, "on_feed_lost", on_feed_lost)
    replace(TickerService, "on_feed_found", on_feed_found)
    replace(TickerService, "on_tick", on_tick)


@fault(
    story="When the feed is lost all clients are thrown out, so that a hiccup of the broker "
    "becomes a storm of reconnecting clients.",
    caught_by={"QA-WS-017": "closed with 1012", "QA-WS-106": "closed with 1012"},
)
def clients_closed_when_the_feed_is_lost() -> None:
    """Close them all."""

    def on_feed_lost(self: TickerService) -> None:
        for session in self.sessions:
            session.close(RESTART)

    replace(TickerService, "on_feed_lost", on_feed_lost)


@fault(
    story="When the broker is back everybody is subscribed again to all that they ever had, so "
    "that screens fill with symbols that were closed in the morning.",
    caught_by={"QA-WS-017": "Alice received ticks behind the acknowledgement of its unsubscribe"},
    also=("QA-WS-106", "QA-WS-126"),
)
def given_up_comes_back_with_the_broker() -> None:
    """Keep a list that only grows, and go by it when the feed is found."""
    ever: WeakKeyDictionary[Any, set[Key]] = WeakKeyDictionary()
    subscribe, found = Fanout.subscribe, TickerService.on_feed_found

    def subscribe_and_note(self: Fanout, session: Session, keys: Keys) -> Totals:
        ever.setdefault(session.connection, set()).update(keys)
        return subscribe(self, session, keys)

    def restore(self: TickerService) -> None:
        found(self)
        for session in self.sessions:
            self.subscriptions.add(session, frozenset(ever.get(session.connection, ())))

    replace(Fanout, "subscribe", subscribe_and_note)
    replace(TickerService, "on_feed_found", restore)


@fault(
    story="What clients have is noted when the feed is lost and made anew from that when it is "
    "found: what was given up meanwhile comes back, and screens fill with closed symbols.",
    caught_by={"QA-WS-017": "Alice received ticks behind the acknowledgement of its unsubscribe"},
)
def given_up_in_an_outage_comes_back() -> None:
    """Keep a copy of the books."""
    noted: WeakKeyDictionary[Any, Keys] = WeakKeyDictionary()
    lost, found = TickerService.on_feed_lost, TickerService.on_feed_found

    def note(self: TickerService) -> None:
        lost(self)
        for session in self.sessions:
            noted[session.connection] = self.subscriptions.keys_of(session)

    def restore(self: TickerService) -> None:
        found(self)
        for session in self.sessions:
            self.subscriptions.add(session, noted.pop(session.connection, frozenset()))

    replace(TickerService, "on_feed_lost", note)
    replace(TickerService, "on_feed_found", restore)


@fault(
    story="A client is told of the first loss of the feed and of no other, as nothing takes back "
    "the note that it has been told: whoever stays connected for a day trusts stale prices.",
    caught_by={"QA-WS-017": "no word of it"},
)
def only_a_clients_first_loss_is_told() -> None:
    """Note for each client what it has been told."""
    told: dict[bytes, WeakSet[Any]] = {
        messages.DEGRADED: WeakSet(),
        messages.RECOVERED: WeakSet(),
    }

    def tell(self: TickerService, word: bytes) -> None:
        self.fanout.flush()
        for session in self.sessions:
            if session.connection not in told[word]:
                told[word].add(session.connection)
                self.fanout.send(session, word)

    replace(TickerService, "on_feed_lost", lambda self: tell(self, messages.DEGRADED))
    replace(TickerService, "on_feed_found", lambda self: tell(self, messages.RECOVERED))


@fault(
    story="The loss of the feed is told to those who have subscribed and to nobody else: who "
    "subscribes while it lasts takes a dead market for a quiet one.",
    caught_by={"QA-WS-131": "what Bob was told when the broker was down"},
)
def loss_told_to_subscribers_only() -> None:
    """Pass over who holds nothing."""

    def on_feed_lost(self: TickerService) -> None:
        self.fanout.flush()
        for session in self.sessions:
            if self.subscriptions.keys_of(session):
                self.fanout.send(session, messages.DEGRADED)

    replace(TickerService, "on_feed_lost", on_feed_lost)


@fault(
    story="Who connects in the middle of an outage is welcomed as if all were well, and is told of "
    "nothing but its end.",
    caught_by={"QA-WS-131": "what Zoe was told when the broker was down"},
    also=("QA-WS-122",),
)
def newcomer_not_told_of_the_loss() -> None:
    """Say nothing in the welcome."""

    def greet(self: TickerService, session: Session) -> None:
        self.fanout.send(session, messages.welcome(session.session_id))

    replace(TickerService, "greet", greet)


def _lost_with_the_feed(kind: str) -> None:
    """Let what clients have of one kind not be asked for again when the feed is found."""
    lost, found, is_lost = TickerService.on_feed_lost, TickerService.on_feed_found, [False]

    def on_feed_lost(self: TickerService) -> None:
        is_lost[0] = True
        lost(self)

    def on_feed_found(self: TickerService) -> None:
        found(self)
        for session in self.sessions if is_lost[0] else ():
            held = self.subscriptions.keys_of(session)
            self.subscriptions.remove(session, frozenset(k for k in held if k[0] == kind))

    replace(TickerService, "on_feed_lost", on_feed_lost)
    replace(TickerService, "on_feed_found", on_feed_found)


@fault(
    story="When the feed is found again what clients have by symbol is asked for anew and what "
    "they have by instrument is not, so that positions are no longer priced until somebody "
    "notices.",
    caught_by={"QA-WS-017": "first new tick of instrument 260105 at Bob"},
)
def instruments_not_asked_for_again() -> None:
    """Forget one of three lists."""
    _lost_with_the_feed("instrument")


@fault(
    story="When the feed is found again what clients have by symbol is asked for anew and what "
    "they have by underlying is not, so that charts stand still until somebody notices.",
    caught_by={"QA-WS-017": "first new tick of the NIFTY underlying at Carol"},
)
def underlyings_not_asked_for_again() -> None:
    """Forget another one."""
    _lost_with_the_feed("underlying")
