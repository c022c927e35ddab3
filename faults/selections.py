"""Faults of what a subscription stands for: long lists, neighbours, and who else has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from app import routes_websocket
from app.fanout import Fanout
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Instruments, Key, Keys, Selector, Symbols, Totals
from faults.fault import fault, replace
from faults.subscriptions import Marked

EVE_MISSED = "Eve never received ticks that it was due"
ALICE_MISSED = "Alice never received ticks that it was due"


# --- how much a client may have -------------------------------------------------------------------


def _lists(kept: slice, of: type[Selector] = Instruments) -> None:
    """Subscribe to a part of a list of instruments, or of symbols, and acknowledge all of it."""
    handle, subscribe = routes_websocket.handle_subscribe, Fanout.subscribe
    asked: list[Selector | None] = [None]

    def handle_subscribe(service: TickerService, session: Session, selector: Selector) -> None:
        asked[0] = selector if isinstance(selector, of) else None
        handle(service, session, selector)

    def subscribe_to_a_part(self: Fanout, session: Session, keys: Keys) -> Totals:
        part = keys
        if isinstance(asked[0], Instruments):
            part = Instruments(asked[0].instruments[kept]).keys()
        elif isinstance(asked[0], Symbols):
            part = Symbols(asked[0].symbols[kept]).keys()
        subscribe(self, session, part)
        return Totals.of(self._subscriptions.keys_of(session) | keys)

    replace(routes_websocket, "handle_subscribe", handle_subscribe)
    replace(Fanout, "subscribe", subscribe_to_a_part)


@fault(
    story="Of a long list the first hundred instruments are subscribed to, as many as a question "
    "to the data base may have, and all are acknowledged: who follows an option chain sees one "
    "end of it.",
    caught_by={"QA-WS-006": EVE_MISSED},
)
def long_lists_cut_short() -> None:
    """Take a hundred, in the order of the list."""
    _lists(slice(100))


@fault(
    story="The subscriptions of a client are numbered in eight bits, so that the 257th takes the "
    "place of the first: who follows much loses what it asked for first, and is not told.",
    caught_by={"QA-WS-006": EVE_MISSED},
)
def subscriptions_numbered_in_8_bits() -> None:
    """Keep the last 256 of a list."""
    _lists(slice(-256, None))


# --- one for another ------------------------------------------------------------------------------


@fault(
    story="Instruments are filed under their symbol: who gives up one of two options of a chain "
    "gives up both, and a position is no longer priced.",
    caught_by={"QA-WS-006": "Carol never received ticks that it was due"},
    also=("QA-WS-016", "QA-WS-117"),
)
def one_options_unsubscribe_ends_its_neighbours() -> None:
    """End all of the client's instruments of that symbol."""
    original = Fanout.unsubscribe

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        known = self._subscriptions
        held = known.keys_of(session)
        symbols = {known.symbol_of(value) for value in _instruments(keys)} - {None}
        also = [value for value in _instruments(held) if known.symbol_of(value) in symbols]
        original(self, session, keys | Instruments(tuple(also)).keys())
        return Totals.of(held - keys)

    replace(Fanout, "unsubscribe", unsubscribe)


def _instruments(keys: Keys) -> list[int]:
    return [key[1] for key in keys if key[0] == "instrument"]


def _underlyings(keys: Keys) -> Keys:
    return frozenset(key for key in keys if key[0] == "underlying")


@fault(
    story="A client has one place for an underlying: a second one takes the place of the first, "
    "and one of two charts stands still.",
    caught_by={"QA-WS-007": ALICE_MISSED},
    also=("QA-WS-113", "QA-WS-117"),
)
def second_underlying_replaces_the_first() -> None:
    """Keep one key of that kind."""
    original = Fanout.subscribe

    def subscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        held = self._subscriptions.keys_of(session)
        if _underlyings(keys):
            self._flush_session(session)
            self._subscriptions.remove(session, _underlyings(held) - keys)
        original(self, session, keys)
        return Totals.of(held | keys)

    replace(Fanout, "subscribe", subscribe)


@fault(
    story="To unsubscribe from an underlying ends all underlyings of the client, as the name in "
    "the request is not looked at: who closes one chart closes all.",
    caught_by={"QA-WS-007": ALICE_MISSED},
    also=("QA-WS-113", "QA-WS-117"),
)
def one_underlyings_unsubscribe_ends_all() -> None:
    """Go by the type of the request."""
    original = Fanout.unsubscribe

    def unsubscribe(self: Fanout, session: Session, keys: Keys) -> Totals:
        held = self._subscriptions.keys_of(session)
        original(self, session, keys | _underlyings(held) if _underlyings(keys) else keys)
        return Totals.of(held - keys)

    replace(Fanout, "unsubscribe", unsubscribe)


# --- who else has it ------------------------------------------------------------------------------


@fault(
    story="Who subscribes to a symbol twice is entered twice, which does not show until the list "
    "is made anew: as soon as somebody else gives the symbol up it gets each tick twice.",
    caught_by={"QA-WS-016": "received ticks more than once"},
    also=("QA-WS-117",),
)
def doubled_when_somebody_else_gives_up() -> None:
    """Count, and go by the count once another client has unsubscribed."""
    times, doubled = Counter[tuple[str, Key]](), Marked()
    subscribe, unsubscribe, deliver = Fanout.subscribe, Fanout.unsubscribe, Fanout._deliver

    def count(self: Fanout, session: Session, keys: Keys) -> Totals:
        times.update((session.session_id, key) for key in keys)
        return subscribe(self, session, keys)

    def make_anew(self: Fanout, session: Session, keys: Keys) -> Totals:
        told = unsubscribe(self, session, keys)
        doubled.mark(session, doubled.of(session) - keys)
        for key in keys:
            del times[session.session_id, key]
        for other in self._sessions:
            twice = frozenset(key for key in keys if times[other.session_id, key] > 1)
            doubled.mark(other, doubled.of(other) | twice)
        return told

    def deliver_again(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        deliver(self, session, frames, ticks)
        if doubled.of(session):
            deliver(self, session, frames, ticks)

    replace(Fanout, "subscribe", count)
    replace(Fanout, "unsubscribe", make_anew)
    replace(Fanout, "_deliver", deliver_again)


@fault(
    story="Of a list of instruments that is unsubscribed only the first is given up, and all are "
    "acknowledged: who closes a strategy of two legs goes on paying for one.",
    caught_by={"QA-WS-006": "Eve received ticks behind the acknowledgement of its unsubscribe"},
)
def first_of_the_instruments_unsubscribed() -> None:
    """Take one."""
    handle, unsubscribe = routes_websocket.handle_unsubscribe, Fanout.unsubscribe
    asked: list[Sequence[int]] = [()]

    def handle_unsubscribe(service: TickerService, session: Session, selector: Selector) -> None:
        asked[0] = selector.instruments if isinstance(selector, Instruments) else ()
        handle(service, session, selector)

    def unsubscribe_from_one(self: Fanout, session: Session, keys: Keys) -> Totals:
        held = self._subscriptions.keys_of(session)
        one = Instruments(tuple(asked[0][:1])).keys() if asked[0] else keys
        unsubscribe(self, session, one)
        return Totals.of(held - keys)

    replace(routes_websocket, "handle_unsubscribe", handle_unsubscribe)
    replace(Fanout, "unsubscribe", unsubscribe_from_one)


@fault(
    story="Of a long list the first hundred symbols are subscribed to, as many as a question to "
    "the data base may have, and all are acknowledged: who follows an index sees half of it.",
    caught_by={"QA-WS-008": "Dora never received ticks that it was due"},
)
def long_lists_of_symbols_cut_short() -> None:
    """Take a hundred, in the order of the list."""
    _lists(slice(100), Symbols)
