"""Faults of subscribing and unsubscribing while ticks flow: QA-WS-016 and QA-WS-117."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from app import messages, routes_websocket
from app.closes import Close
from app.fanout import Fanout, text_frame
from app.messages import Tick
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Instruments, Key, Keys, Selector, Symbols, Totals, matching_keys
from faults.fault import fault, replace

BEHIND = "Alice received ticks behind the acknowledgement of its unsubscribe"
ALICE_MISSED = "Alice never received ticks that it was due"
BOB_MISSED = "Bob never received ticks that it was due"
WRONG = "went wrong; the shortest that does: 1. "
LATER_S = 0.02
"""Longer than the few milliseconds for which ticks are gathered."""


class Marked:
    """Remembers a set of keys per client, for as long as the client is there."""

    def __init__(self) -> None:
        self._keys: WeakKeyDictionary[Any, Keys] = WeakKeyDictionary()

    def of(self, session: Session) -> Keys:
        """Return the keys that are marked for a client."""
        return self._keys.get(session.connection, frozenset())

    def mark(self, session: Session, keys: Keys) -> None:
        """Mark exactly these keys."""
        self._keys[session.connection] = keys


# --- what an unsubscribe does too little ---------------------------------------------------------


@fault(
    story="An unsubscribe is acknowledged but not done, so that whoever looks at another symbol "
    "still pays for the last one.",
    caught_by={
        "QA-WS-016": BEHIND,
        "QA-WS-117": WRONG,
        "QA-WS-128": "client 1 received ticks behind the acknowledgement of its unsubscribe",
    },
    also=("QA-WS-008", "QA-WS-006", "QA-WS-011", "QA-WS-025"),
)
def unsubscribe_only_acknowledged() -> None:
    """Answer and do nothing."""

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        return Totals.of(self._subscriptions.keys_of(session) - keys)

    replace(Fanout, "unsubscribe", unsubscribe)


@fault(
    story="An unsubscribe is acknowledged at once and done a moment later, so that a price comes "
    "for a chart that is gone, and the program behind it crashes.",
    caught_by={
        "QA-WS-016": BEHIND,
        "QA-WS-117": WRONG,
        "QA-WS-128": "client 1 received ticks behind the acknowledgement of its unsubscribe",
    },
    also=("QA-WS-008", "QA-WS-025"),
)
def unsubscribe_done_a_moment_later() -> None:
    """Let 20 ms pass."""
    original = Fanout.unsubscribe

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        asyncio.get_running_loop().call_later(LATER_S, original, self, session, keys)
        return Totals.of(self._subscriptions.keys_of(session) - keys)

    replace(Fanout, "unsubscribe", unsubscribe)


@fault(
    story="A tick that was gathered for the next write is still written when its client has been "
    "told that it gets no more of them.",
    caught_by={"QA-WS-016": BEHIND, "QA-WS-117": WRONG},
    also=("QA-WS-119",),
)
def queued_tick_after_unsubscribe() -> None:
    """Write what waited for the client behind the acknowledgement."""

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        group = self._subscriptions.group_of(session)
        frames = group.pending[group.ahead.get(session, 0) :] if group else []
        late = b"".join(frames)
        asyncio.get_running_loop().call_soon(self._deliver, session, late, len(frames))
        return self._subscriptions.remove(session, keys)

    replace(Fanout, "unsubscribe", unsubscribe)


@fault(
    story="Subscriptions are counted, so that a client that subscribed twice, as after a double "
    "click, has to unsubscribe twice, and does not know.",
    caught_by={"QA-WS-016": BEHIND, "QA-WS-117": WRONG},
)
def subscriptions_counted() -> None:
    """Let an unsubscribe undo only the second subscribe of a key."""
    twice = Marked()
    subscribe, unsubscribe = Fanout.subscribe, Fanout.unsubscribe

    def count_up(self: Fanout, session: Session, keys: Keys) -> Totals:
        twice.mark(session, twice.of(session) | (keys & self._subscriptions.keys_of(session)))
        return subscribe(self, session, keys)

    def count_down(self: Fanout, session: Session, keys: Keys) -> Totals:
        kept = twice.of(session) & keys
        twice.mark(session, twice.of(session) - keys)
        return unsubscribe(self, session, keys - kept)

    replace(Fanout, "subscribe", count_up)
    replace(Fanout, "unsubscribe", count_down)


# --- what an unsubscribe does too much -----------------------------------------------------------


@fault(
    story="When one client unsubscribes from a symbol it ends for everybody, and their screens "
    "stand still.",
    caught_by={
        "QA-WS-016": BOB_MISSED,
        "QA-WS-117": WRONG,
        "QA-WS-128": "the end marker to client 2",
    },
    also=("QA-WS-011", "QA-WS-017"),
)
def unsubscribe_ends_it_for_all() -> None:
    """Take the keys from every client."""
    original = Fanout.unsubscribe

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        for other in self._sessions:
            original(self, other, keys)
        return Totals.of(self._subscriptions.keys_of(session))

    replace(Fanout, "unsubscribe", unsubscribe)


@fault(
    story="To unsubscribe from what one never had drops all that one has, and a harmless clean-up "
    "of a client's program leaves it without prices.",
    caught_by={"QA-WS-016": ALICE_MISSED, "QA-WS-117": WRONG},
)
def needless_unsubscribe_drops_all() -> None:
    """Take a key that is not held for the wish to have none."""
    original = Fanout.unsubscribe

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        held = self._subscriptions.keys_of(session)
        return original(self, session, keys if keys <= held else held)

    replace(Fanout, "unsubscribe", unsubscribe)


@fault(
    story="A client that unsubscribes from what it never had is thrown out, as if it had done "
    "harm.",
    caught_by={"QA-WS-016": "Alice asked to unsubscribe from", "QA-WS-117": WRONG},
    also=("QA-WS-113",),
)
def needless_unsubscribe_closes() -> None:
    """Close with 1008."""
    original = routes_websocket.handle_unsubscribe

    def handle_unsubscribe(service: TickerService, session: Session, selector: Selector) -> None:
        if selector.keys() <= service.subscriptions.keys_of(session):
            original(service, session, selector)
        else:
            session.close(Close(1008, "not subscribed"))

    replace(routes_websocket, "handle_unsubscribe", handle_unsubscribe)


@fault(
    story="To unsubscribe from a symbol also ends the instruments of it that the client asked for "
    "by themselves, so that a position is no longer priced.",
    caught_by={"QA-WS-016": ALICE_MISSED, "QA-WS-117": WRONG},
)
def unsubscribed_symbol_ends_its_instruments() -> None:
    """Take every instrument of which a tick of the symbol was seen."""
    seen: dict[str, set[Key]] = {}
    publish, unsubscribe = Fanout.publish, Fanout.unsubscribe

    def publish_and_learn(self: Fanout, tick: Tick) -> None:
        if tick.route.instrument_token is not None:
            key: Key = ("instrument", tick.route.instrument_token)
            seen.setdefault(tick.route.symbol, set()).add(key)
        publish(self, tick)

    def unsubscribe_all_of_it(self: Fanout, session: Session, keys: Keys) -> Totals:
        symbols = [str(name) for kind, name in keys if kind == "symbol"]
        return unsubscribe(self, session, keys.union(*(seen.get(s, set()) for s in symbols)))

    replace(Fanout, "publish", publish_and_learn)
    replace(Fanout, "unsubscribe", unsubscribe_all_of_it)


@fault(
    story="Ticks that wait to be written to a client are dropped when it unsubscribes from "
    "something else, so that its books have a hole that nobody can explain.",
    caught_by={"QA-WS-016": ALICE_MISSED, "QA-WS-117": WRONG},
)
def queued_ticks_lost_at_unsubscribe() -> None:
    """Change the client's group without writing what waits there."""

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        return self._subscriptions.remove(session, keys)

    replace(Fanout, "unsubscribe", unsubscribe)


@fault(
    story="An unsubscribe that would leave a client with nothing is acknowledged and not done, so "
    "that a screen which is closed goes on being paid for.",
    caught_by={
        "QA-WS-016": "Carol received ticks behind the acknowledgement of its unsubscribe",
        "QA-WS-117": WRONG,
    },
    also=("QA-WS-113", "QA-WS-119"),
)
def last_unsubscribe_ignored() -> None:
    """Write down what a client keeps only where it keeps something."""
    original = Fanout.unsubscribe

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        if self._subscriptions.keys_of(session) - keys:
            return original(self, session, keys)
        return Totals.of(frozenset())

    replace(Fanout, "unsubscribe", unsubscribe)


@fault(
    story="A client that has given up its last subscription is closed at once, in the middle of a "
    "change from one symbol to another.",
    caught_by={
        "QA-WS-016": "Carol asked to unsubscribe from NIFTY and got no acknowledgement",
        "QA-WS-117": WRONG,
    },
    also=("QA-WS-022", "QA-WS-024", "QA-WS-113", "QA-WS-119", "QA-WS-006", "QA-WS-011"),
)
def last_unsubscribe_closes() -> None:
    """Close with 1000 whoever holds nothing any more."""
    original = routes_websocket.handle_unsubscribe

    def handle_unsubscribe(service: TickerService, session: Session, selector: Selector) -> None:
        original(service, session, selector)
        if not service.subscriptions.keys_of(session):
            session.close(Close(1000, "nothing left"))

    replace(routes_websocket, "handle_unsubscribe", handle_unsubscribe)


@fault(
    story="Who follows a symbol and, besides, its underlying gets each bar twice, and counts the "
    "day's volume twice.",
    caught_by={"QA-WS-016": "Alice received ticks more than once", "QA-WS-117": WRONG},
)
def bars_twice_by_symbol_and_underlying() -> None:
    """Send a bar once for each of the two."""
    original = Fanout.publish

    def publish(self: Fanout, tick: Tick) -> None:
        original(self, tick)
        symbol = tick.route.symbol
        if tick.route.type == "underlying_bar":
            for group in self._subscriptions.groups_for(tick.route):
                if {("symbol", symbol), ("underlying", symbol)} <= group.keys:
                    group.pending.append(text_frame(tick.payload))

    replace(Fanout, "publish", publish)


# --- what a subscribe does wrong when it is not the first ----------------------------------------


@fault(
    story="A client that comes back to a symbol is told so at once, but gets its ticks only a "
    "moment later, and takes the hole for a quiet market.",
    caught_by={"QA-WS-016": ALICE_MISSED, "QA-WS-117": WRONG},
    also=("QA-WS-024", "QA-WS-004"),
)
def subscribed_before_it_holds() -> None:
    """Let 20 ms pass before a client that has unsubscribed from something holds anything new."""
    left = Marked()
    subscribe, unsubscribe = Fanout.subscribe, Fanout.unsubscribe

    def subscribe_later(self: Fanout, session: Session, keys: Keys) -> Totals:
        if not left.of(session) & keys:
            return subscribe(self, session, keys)
        asyncio.get_running_loop().call_later(LATER_S, subscribe, self, session, keys)
        return Totals.of(self._subscriptions.keys_of(session) | keys)

    def unsubscribe_and_note(self: Fanout, session: Session, keys: Keys) -> Totals:
        left.mark(session, left.of(session) | keys)
        return unsubscribe(self, session, keys)

    replace(Fanout, "subscribe", subscribe_later)
    replace(Fanout, "unsubscribe", unsubscribe_and_note)


@fault(
    story="A symbol that a client has once unsubscribed from never comes back to it, though each "
    "subscribe is acknowledged.",
    caught_by={
        "QA-WS-016": "before that it had unsubscribed from NIFTY and subscribed to it again, and "
        "it has received no tick of NIFTY since",
        "QA-WS-117": WRONG,
    },
)
def no_return_after_unsubscribe() -> None:
    """Remember what was given up."""
    left = Marked()
    subscribe, unsubscribe = Fanout.subscribe, Fanout.unsubscribe

    def subscribe_but_not_again(self: Fanout, session: Session, keys: Keys) -> Totals:
        subscribe(self, session, keys - left.of(session))
        return Totals.of(self._subscriptions.keys_of(session) | keys)

    def unsubscribe_for_good(self: Fanout, session: Session, keys: Keys) -> Totals:
        left.mark(session, left.of(session) | (keys & self._subscriptions.keys_of(session)))
        return unsubscribe(self, session, keys)

    replace(Fanout, "subscribe", subscribe_but_not_again)
    replace(Fanout, "unsubscribe", unsubscribe_for_good)


@fault(
    story="Whoever subscribes to a symbol twice gets each of its ticks twice, and counts traded "
    "volume double.",
    caught_by={"QA-WS-016": "Alice received ticks more than once", "QA-WS-117": WRONG},
)
def second_subscribe_doubles_ticks() -> None:
    """Serve a client twice once it has subscribed to what it held."""
    doubled = Marked()
    subscribe, deliver = Fanout.subscribe, Fanout._deliver

    def subscribe_again(self: Fanout, session: Session, keys: Keys) -> Totals:
        doubled.mark(session, keys & self._subscriptions.keys_of(session))
        return subscribe(self, session, keys)

    def deliver_twice(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        deliver(self, session, frames, ticks)
        if doubled.of(session) & self._subscriptions.keys_of(session):
            deliver(self, session, frames, ticks)

    replace(Fanout, "subscribe", subscribe_again)
    replace(Fanout, "_deliver", deliver_twice)


@fault(
    story="A later subscription takes the place of the earlier ones, so that whoever adds a symbol "
    "loses all that it had.",
    caught_by={
        "QA-WS-016": ALICE_MISSED,
        "QA-WS-117": WRONG,
        "QA-WS-017": "to the first new tick of NIFTYNXT50 at Alice",
        "QA-WS-025": "Mallory never received ticks that it was due",
    },
    also=("QA-WS-106", "QA-WS-131", "QA-WS-004", "QA-WS-011"),
)
def later_subscription_replaces_earlier() -> None:
    """Begin each subscription with nothing."""
    original = Fanout.subscribe

    def subscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        self.unsubscribe(session, self._subscriptions.keys_of(session))
        return original(self, session, keys)

    replace(Fanout, "subscribe", subscribe)


@fault(
    story="Whoever comes back to a symbol is first sent the ticks that it had not wanted "
    "meanwhile, minutes old, and trades on them.",
    caught_by={
        "QA-WS-016": "Alice received ticks that were over when it subscribed",
        "QA-WS-117": WRONG,
    },
)
def unwanted_ticks_sent_afterwards() -> None:
    """Keep what a client has given up, and send it when the client wants it again."""
    left, kept = Marked(), WeakKeyDictionary[Any, list[bytes]]()
    publish, subscribe, unsubscribe = Fanout.publish, Fanout.subscribe, Fanout.unsubscribe

    def publish_and_keep(self: Fanout, tick: Tick) -> None:
        publish(self, tick)
        for session in self._sessions:
            if left.of(session).intersection(matching_keys(tick.route)):
                kept.setdefault(session.connection, []).append(tick.payload)

    def subscribe_and_catch_up(self: Fanout, session: Session, keys: Keys) -> Totals:
        left.mark(session, left.of(session) - keys)
        for payload in kept.pop(session.connection, []):
            self.send(session, payload)
        return subscribe(self, session, keys)

    def unsubscribe_for_now(self: Fanout, session: Session, keys: Keys) -> Totals:
        left.mark(session, left.of(session) | (keys & self._subscriptions.keys_of(session)))
        return unsubscribe(self, session, keys)

    replace(Fanout, "publish", publish_and_keep)
    replace(Fanout, "subscribe", subscribe_and_catch_up)
    replace(Fanout, "unsubscribe", unsubscribe_for_now)


KEPT = (
    b'{"type": "option_tick", "instrument_token": 256265, "symbol": "NIFTY", "last_price": 101.5, '
    b'"bid": 101.25, "ask": 101.75, "volume": 7, "greeks": {"delta": 0.5, "gamma": 0.001, '
    b'"theta": -9.5, "vega": 11.25, "iv": 0.125}, "seq": 1, "due_us": 1700000000000000, '
    b'"qaws_run": "00000000"}'
)
"""The last tick before the service was restarted."""


@fault(
    story="The last ticks are kept on disk, and after a restart whoever subscribes is given those "
    "of yesterday as live ones.",
    caught_by={"QA-WS-006": 'the mark "00000000" of an earlier run of the suite'},
)
def ticks_of_an_earlier_run_given_out() -> None:
    """Send one that was kept behind an acknowledgement."""
    original = routes_websocket.handle_subscribe

    def handle_subscribe(service: TickerService, session: Session, selector: Selector) -> None:
        original(service, session, selector)
        if selector == Instruments((256265,)):
            session.write(text_frame(KEPT))

    replace(routes_websocket, "handle_subscribe", handle_subscribe)


# --- what acknowledgements say -------------------------------------------------------------------


@fault(
    story="Each unsubscribe is acknowledged twice, by the handler and by the cache behind it, so "
    "that clients which count take the second for another request's.",
    caught_by={"QA-WS-016": "x unsubscribed and had sent"},
    also=("QA-WS-117", "QA-WS-119", "QA-WS-128"),
)
def unsubscribe_acknowledged_twice() -> None:
    """Send the same again."""
    original = routes_websocket.handle_unsubscribe

    def handle_unsubscribe(service: TickerService, session: Session, selector: Selector) -> None:
        original(service, session, selector)
        original(service, session, selector)

    replace(routes_websocket, "handle_unsubscribe", handle_unsubscribe)


@fault(
    story="The acknowledgement names what was asked for first, whatever is acknowledged, so that a "
    "client which goes by it files ticks under the wrong request.",
    caught_by={
        "QA-WS-016": "Alice asked to subscribe to symbol BANKNIFTY, and the acknowledgement names "
        "symbol NIFTY, which an earlier request of its own had named"
    },
    also=(
        "QA-WS-004",
        "QA-WS-005",
        "QA-WS-006",
        "QA-WS-008",
        "QA-WS-011",
        "QA-WS-017",
        "QA-WS-018",
        "QA-WS-022",
        "QA-WS-025",
        "QA-WS-101",
        "QA-WS-102",
        "QA-WS-103",
        "QA-WS-106",
        "QA-WS-107",
        "QA-WS-113",
        "QA-WS-117",
        "QA-WS-118",
        "QA-WS-119",
        "QA-WS-126",
        "QA-WS-127",
        "QA-WS-128",
        "QA-WS-007",
        "QA-WS-010",
    ),
)
def acknowledgement_names_the_first_request() -> None:
    """Keep the first selector that any client has named."""
    first: list[Selector] = []
    original = messages.subscribed

    def subscribed(selector: Selector, totals: Totals) -> bytes:
        first.append(selector)
        return original(first[0], totals)

    replace(messages, "subscribed", subscribed)


# --- one list that names the same twice -----------------------------------------------------------

CAROL_BEHIND = "Carol received ticks behind the acknowledgement of its unsubscribe"


def _on_repetition(act: Any) -> None:
    """Let something happen when one subscribe names the same more than once."""
    original = routes_websocket.handle_subscribe

    def handle_subscribe(service: TickerService, session: Session, selector: Selector) -> None:
        original(service, session, selector)
        named: tuple[int | str, ...] = ()
        if isinstance(selector, Symbols):
            named = selector.symbols
        elif isinstance(selector, Instruments):
            named = selector.instruments
        if len(named) > len(set(named)):
            act(service, session, selector.keys(), len(named) - len(set(named)))

    replace(routes_websocket, "handle_subscribe", handle_subscribe)


@fault(
    story="Whoever names a symbol twice in one list gets each of its ticks twice, and counts "
    "traded volume double.",
    caught_by={"QA-WS-008": "Carol received ticks more than once"},
)
def repeated_name_doubles_ticks() -> None:
    """Serve a client twice whose list had the same twice."""
    doubled, deliver = Marked(), Fanout._deliver
    _on_repetition(lambda service, session, keys, more: doubled.mark(session, keys))

    def deliver_twice(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        deliver(self, session, frames, ticks)
        if doubled.of(session) & self._subscriptions.keys_of(session):
            deliver(self, session, frames, ticks)

    replace(Fanout, "_deliver", deliver_twice)


@fault(
    story="A symbol that was named twice in one list has to be given up twice, and its client does "
    "not know.",
    caught_by={"QA-WS-008": CAROL_BEHIND},
)
def repeated_name_given_up_once() -> None:
    """Let the first unsubscribe undo only one of the two."""
    doubled, unsubscribe = Marked(), Fanout.unsubscribe
    _on_repetition(lambda service, session, keys, more: doubled.mark(session, keys))

    def count_down(self: Fanout, session: Session, keys: Keys) -> Totals:
        kept = doubled.of(session) & keys
        doubled.mark(session, doubled.of(session) - keys)
        return unsubscribe(self, session, keys - kept)

    replace(Fanout, "unsubscribe", count_down)


@fault(
    story="A symbol that is named twice in one list is counted twice and taken back once, so that "
    "operations see an audience that is not there.",
    caught_by={"QA-WS-004": "sockets, sessions and subscriptions of the service"},
)
def repeated_name_counted_for_ever() -> None:
    """Add up what was named once more."""
    repeated, stats = [0], TickerService.stats

    def count(service: TickerService, session: Session, keys: Keys, more: int) -> None:
        repeated[0] += more

    def stats_with_them(self: TickerService) -> dict[str, int | bool]:
        shown = stats(self)
        return {**shown, "total_subscriptions": shown["total_subscriptions"] + repeated[0]}

    _on_repetition(count)
    replace(TickerService, "stats", stats_with_them)


# --- lists ----------------------------------------------------------------------------------------


@fault(
    story="Of a list that is unsubscribed only the first symbol is given up, and the rest is paid "
    "for until the window is closed.",
    caught_by={"QA-WS-008": CAROL_BEHIND},
    also=("QA-WS-117", "QA-WS-006"),
)
def first_of_a_list_unsubscribed() -> None:
    """Take one."""
    original = routes_websocket.handle_unsubscribe

    def handle_unsubscribe(service: TickerService, session: Session, selector: Selector) -> None:
        if isinstance(selector, Symbols):
            selector = Symbols(selector.symbols[:1])
        elif isinstance(selector, Instruments):
            selector = Instruments(selector.instruments[:1])
        original(service, session, selector)

    replace(routes_websocket, "handle_unsubscribe", handle_unsubscribe)


@fault(
    story="Of a list of instruments only the first is subscribed to, though all are acknowledged: "
    "a strategy of two legs sees one.",
    caught_by={"QA-WS-006": "Carol never received ticks that it was due"},
    also=("QA-WS-128",),
)
def first_of_the_instruments_subscribed() -> None:
    """Take one."""
    original = Fanout.subscribe

    def subscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        instruments = sorted(key for key in keys if key[0] == "instrument")
        original(self, session, keys - frozenset(instruments[1:]))
        return Totals.of(self._subscriptions.keys_of(session) | keys)

    replace(Fanout, "subscribe", subscribe)


# --- totals ---------------------------------------------------------------------------------------


def _tell(totals: Callable[[Fanout, Session, Totals, Totals], Totals]) -> None:
    """Let acknowledgements tell other totals, made of those before and those after."""
    for name in ("subscribe", "unsubscribe"):
        _tell_of(getattr(Fanout, name), name, totals)


def _tell_of(
    original: Callable[[Fanout, Session, Keys], Totals],
    name: str,
    totals: Callable[[Fanout, Session, Totals, Totals], Totals],
) -> None:
    def act(self: Fanout, session: Session, keys: Keys) -> Totals:
        before = Totals.of(self._subscriptions.keys_of(session))
        return totals(self, session, before, original(self, session, keys))

    replace(Fanout, name, act)


@fault(
    story="An acknowledgement tells the totals from before the change, so that a client which "
    "checks them takes each of its subscriptions for failed and asks again and again.",
    caught_by={
        "QA-WS-008": "was told that it holds",
        "QA-WS-117": "the witness was told that it holds",
    },
    also=("QA-WS-018",),
)
def totals_from_before_the_change() -> None:
    """Count first."""
    _tell(lambda fanout, session, before, after: before)


@fault(
    story="An acknowledgement tells what all clients hold together, so that each client is billed "
    "for the whole desk.",
    caught_by={"QA-WS-008": "was told that it holds", "QA-WS-117": "is told that it holds"},
    also=("QA-WS-018",),
)
def totals_of_everybody_told() -> None:
    """Count the index and not the client."""

    def everybody(fanout: Fanout, *_: object) -> Totals:
        groups = fanout._subscriptions._groups.values()
        each = [Totals.of(group.keys) for group in groups for _ in group.members]
        return Totals(
            sum(one.instruments for one in each),
            sum(one.symbols for one in each),
            sum(one.underlyings for one in each),
        )

    _tell(everybody)


@fault(
    story="Interest in a symbol is counted up by who did not have it and down by whoever "
    "unsubscribes, so that one program which tidies up twice ends the symbol for all "
    "others.",
    caught_by={
        "QA-WS-016": "a further tick of NIFTY to ",
        "QA-WS-117": "the shortest that does",
    },
    also=("QA-WS-018", "QA-WS-111", "QA-WS-119", "QA-WS-128"),
)
def needless_unsubscribe_counts_down() -> None:
    """Hand out only what somebody is counted for."""
    interest: Counter[Key] = Counter()
    subscribe, unsubscribe, publish = Fanout.subscribe, Fanout.unsubscribe, Fanout.publish
    cleanup = routes_websocket.cleanup_connection

    def count_up(self: Fanout, session: Session, keys: Keys) -> Totals:
        interest.update(keys - self._subscriptions.keys_of(session))
        return subscribe(self, session, keys)

    def count_down(self: Fanout, session: Session, keys: Keys) -> Totals:
        interest.subtract(keys)
        return unsubscribe(self, session, keys)

    def count_down_all(service: TickerService, session: Session) -> None:
        interest.subtract(service.subscriptions.keys_of(session))
        cleanup(service, session)

    def publish_of_interest(self: Fanout, tick: Tick) -> None:
        if any(interest[key] > 0 for key in matching_keys(tick.route)):
            publish(self, tick)

    replace(Fanout, "subscribe", count_up)
    replace(Fanout, "unsubscribe", count_down)
    replace(Fanout, "publish", publish_of_interest)
    replace(routes_websocket, "cleanup_connection", count_down_all)


@fault(
    story="Who has given up everything is taken off the list of those who get ticks, and never put "
    "on it again: what it subscribes to afterwards is acknowledged, and nothing comes.",
    caught_by={
        "QA-WS-016": "Carol never received ticks that it was due",
        "QA-WS-117": WRONG,
    },
    also=("QA-WS-022", "QA-WS-113", "QA-WS-119"),
)
def no_return_from_nothing() -> None:
    """Acknowledge what such a client asks for, and do nothing."""
    off: WeakSet[Any] = WeakSet()
    subscribe, unsubscribe = Fanout.subscribe, Fanout.unsubscribe

    def subscribe_who_is_on(self: Fanout, session: Session, keys: Keys) -> Totals:
        return Totals.of(keys) if session.connection in off else subscribe(self, session, keys)

    def take_off(self: Fanout, session: Session, keys: Keys) -> Totals:
        had = self._subscriptions.keys_of(session)
        totals = unsubscribe(self, session, keys)
        if had and not self._subscriptions.keys_of(session):
            off.add(session.connection)
        return totals

    replace(Fanout, "subscribe", subscribe_who_is_on)
    replace(Fanout, "unsubscribe", take_off)
