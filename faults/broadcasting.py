"""Faults of ticks on their way, and of whom they reach: QA-WS-006, 007, and with them 005."""

from __future__ import annotations

import asyncio
from typing import Any

from app import routes_websocket, subscriptions
from app.fanout import Fanout
from app.messages import Tick
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Group, Key, Keys, Route, Selector, Subscriptions, Symbols
from faults.contents import edit_ticks, elsewhere
from faults.fault import fault, replace

OPTION, BAR = "option_tick", "underlying_bar"

SESSION_GROUP = Group[Session]


def _has_instruments(keys: Keys) -> bool:
    """Tell whether keys were got by subscribing to instruments."""
    return any(kind == "instrument" for kind, _ in keys)


# --- QA-WS-006: option ticks -----------------------------------------------------------------


@fault(
    story="Option prices are rounded to two digits, so that marks and margins drift from the "
    "exchange's.",
    caught_by={"QA-WS-006": "last_price of NIFTY option tick"},
    also=elsewhere("QA-WS-006"),
)
def price_rounded() -> None:
    """Round on the way."""
    edit_ticks(OPTION, lambda tick: tick.update(last_price=round(tick["last_price"], 2)))


@fault(
    story="Greeks are rounded to four digits, so that gamma is gone and hedges are off.",
    caught_by={"QA-WS-006": "greeks of NIFTY option tick"},
    also=(*elsewhere("QA-WS-006"), "QA-WS-123"),
)
def greeks_rounded() -> None:
    """Round on the way."""

    def edit(tick: dict[str, Any]) -> None:
        tick["greeks"] = {name: round(value, 4) for name, value in tick["greeks"].items()}

    edit_ticks(OPTION, edit)


@fault(
    story="Each option tick carries the greeks of the one before, so that hedges are a tick late.",
    caught_by={"QA-WS-006": ", which the one before it, NIFTY option tick #"},
    also=elsewhere("QA-WS-006"),
)
def greeks_stale() -> None:
    """Swap the greeks with those that were kept."""
    kept: dict[int, Any] = {}

    def edit(tick: dict[str, Any]) -> None:
        token, fresh = tick["instrument_token"], tick["greeks"]
        tick["greeks"] = kept.get(token, fresh)
        kept[token] = fresh

    edit_ticks(OPTION, edit)


@fault(
    story="Subscribers of an instrument get its ticks 300 ms late, when the market has moved on.",
    caught_by={
        "QA-WS-006": "latency of NIFTY option tick",
        "QA-WS-016": "behind the acknowledgement of its unsubscribe",
        "QA-WS-117": "the shortest that does",
    },
    also=("QA-WS-113",),
)
def tick_delayed() -> None:
    """Hold back what is written to them."""
    original = Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        if _has_instruments(self._subscriptions.keys_of(session)):
            loop = asyncio.get_running_loop()
            loop.call_later(0.3, original, self, session, frames, ticks)
        else:
            original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


@fault(
    story="Subscribers of an instrument get each of its ticks twice, so that volumes are counted "
    "double.",
    caught_by={
        "QA-WS-006": "Alice got 2, allowed exactly 1",
        "QA-WS-016": "Alice received ticks more than once",
        "QA-WS-117": "the shortest that does",
        "QA-WS-128": "client 1 received ticks more than once",
    },
    also=("QA-WS-102", "QA-WS-017"),
)
def tick_twice() -> None:
    """Find the groups of instrument subscribers twice."""
    original = Subscriptions.groups_for

    def groups_for(self: Subscriptions[Session], route: Route) -> tuple[SESSION_GROUP, ...]:
        groups = original(self, route)
        return groups + tuple(group for group in groups if _has_instruments(group.keys))

    replace(Subscriptions, "groups_for", groups_for)


@fault(
    story="Subscribers of an instrument get ticks of the type option-tick, which their programs "
    "throw away.",
    caught_by={
        "QA-WS-006": "x option-tick; still open",
        "QA-WS-016": "x option-tick",
        "QA-WS-117": "the shortest that does",
        "QA-WS-128": "x option-tick",
    },
    also=("QA-WS-102",),
)
def tick_of_wrong_type() -> None:
    """Change the word inside the frame; its length stays."""
    original = Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        if _has_instruments(self._subscriptions.keys_of(session)):
            frames = frames.replace(b'"option_tick"', b'"option-tick"')
        original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


@fault(
    story="Fields that the service does not know, such as sequence numbers, are stripped, so that "
    "instrument subscribers cannot see a gap.",
    caught_by={
        "QA-WS-006": "without their sequence number",
        "QA-WS-016": "without their sequence number",
        "QA-WS-117": "the shortest that does",
        "QA-WS-128": "never received ticks that it was due",
    },
    also=("QA-WS-102",),
)
def unknown_fields_stripped() -> None:
    """Blank out the name of the sequence number; the length stays."""
    original = Fanout._deliver

    def _deliver(self: Fanout, session: Session, frames: bytes, ticks: int) -> None:
        if _has_instruments(self._subscriptions.keys_of(session)):
            frames = frames.replace(b'"seq"', b'"___"')
        original(self, session, frames, ticks)

    replace(Fanout, "_deliver", _deliver)


# --- QA-WS-007: bars -------------------------------------------------------------------------


@fault(
    story="High and low of a bar are swapped, so that every chart and stop order is upside down.",
    caught_by={"QA-WS-007": "high price of NIFTY underlying bar"},
    also=elsewhere("QA-WS-007"),
)
def high_and_low_swapped() -> None:
    """Swap two fields."""
    edit_ticks(BAR, lambda bar: bar.update(high=bar["low"], low=bar["high"]))


@fault(
    story="A bar closes at the price of the bar before, so that the day's last price is wrong.",
    caught_by={"QA-WS-007": "which the one before it, NIFTY underlying bar #"},
    also=elsewhere("QA-WS-007"),
)
def bar_keeps_old_close() -> None:
    """Put the close that was kept into the next bar."""
    kept: dict[str, Any] = {}

    def edit(bar: dict[str, Any]) -> None:
        fresh = bar["close"]
        bar["close"] = kept.get(bar["symbol"], fresh)
        kept[bar["symbol"]] = fresh

    edit_ticks(BAR, edit)


@fault(
    story="The volume of bars is always zero, so that volume-weighted orders never trade.",
    caught_by={"QA-WS-007": "at Alice: measured 0, allowed 182300"},
    also=elsewhere("QA-WS-007"),
)
def volume_zero() -> None:
    """Overwrite the field."""
    edit_ticks(BAR, lambda bar: bar.update(volume=0))


@fault(
    story="Subscribers of an underlying get its whole option chain too, hundreds of ticks a "
    "second for one that they want.",
    caught_by={
        "QA-WS-007": "messages that Alice received",
        "QA-WS-016": "Alice received ticks that it had not subscribed to",
        "QA-WS-117": "the shortest that does",
        "QA-WS-103": "Carol received ticks that it had not subscribed to",
    },
    also=("QA-WS-102", "QA-WS-017"),
)
def option_ticks_to_underlying_subscribers() -> None:
    """Let the underlying's key match option ticks."""
    original = subscriptions.matching_keys

    def matching_keys(route: Route) -> tuple[Key, ...]:
        return (*original(route), ("underlying", route.symbol))

    replace(subscriptions, "matching_keys", matching_keys)


@fault(
    story="Only every other bar is relayed, so that charts have holes.",
    caught_by={
        "QA-WS-007": "every second one is missing: #",
        "QA-WS-016": "Alice never received ticks that it was due",
        "QA-WS-117": "the shortest that does",
        "QA-WS-025": "never received ticks that it was due",
        "QA-WS-103": "Alice never received ticks that it was due",
        "QA-WS-115": "numbers of NIFTY at Alice ",
        "QA-WS-017": "never received ticks that it was due",
        "QA-WS-106": "never received ticks that it was due",
    },
    also=("QA-WS-018", "QA-WS-102"),
)
def every_second_bar_lost() -> None:
    """Skip the even ones."""
    original = Fanout.publish
    count: dict[str, int] = {}

    def publish(self: Fanout, tick: Tick) -> None:
        if tick.route.type == BAR:
            count[tick.route.symbol] = count.get(tick.route.symbol, 0) + 1
            if count[tick.route.symbol] % 2 == 0:
                return
        original(self, tick)

    replace(Fanout, "publish", publish)


# --- QA-WS-005: the right ticks to the right clients ---------------------------------


@fault(
    story="Symbols match by prefix, so that subscribers of NIFTY trade on prices of NIFTYNXT50.",
    caught_by={
        "QA-WS-005": "Alice received ticks that it had not subscribed to: NIFTYNXT50",
        "QA-WS-008": "Alice received ticks that it had not subscribed to: NIFTYNXT50",
        "QA-WS-016": "Alice received ticks that it had not subscribed to",
        "QA-WS-117": "the shortest that does",
        "QA-WS-025": "received ticks that it had not subscribed to",
        "QA-WS-103": "Alice received ticks that it had not subscribed to",
        "QA-WS-115": "Alice received ticks that it had not subscribed to",
        "QA-WS-017": "received ticks that it had not subscribed to",
        "QA-WS-106": "received ticks that it had not subscribed to",
    },
    also=("QA-WS-018",),
)
def symbols_match_by_prefix() -> None:
    """Let a tick match every prefix of its symbol."""
    original = subscriptions.matching_keys

    def matching_keys(route: Route) -> tuple[Key, ...]:
        symbol = route.symbol
        shorter: list[Key] = [("symbol", symbol[:n]) for n in range(1, len(symbol))]
        return (*original(route), *shorter)

    replace(subscriptions, "matching_keys", matching_keys)


@fault(
    story="Every subscriber gets every tick, so that clients drown, and see what they have not "
    "paid for.",
    caught_by={
        "QA-WS-005": "Alice received ticks that it had not subscribed to: NIFTYNXT50",
        "QA-WS-007": "messages that Alice received",
        "QA-WS-008": "Alice received ticks that it had not subscribed to: BANKNIFTY",
        "QA-WS-016": "Alice received ticks that it had not subscribed to",
        "QA-WS-117": "the shortest that does",
        "QA-WS-025": "received ticks that it had not subscribed to",
        "QA-WS-103": "Alice received ticks that it had not subscribed to",
        "QA-WS-115": "Alice received ticks that it had not subscribed to",
        "QA-WS-017": "received ticks that it had not subscribed to",
        "QA-WS-018": "received ticks that it had not subscribed to",
        "QA-WS-106": "received ticks that it had not subscribed to",
        "QA-WS-128": "client 1 received ticks that it had not subscribed to",
    },
    also=("QA-WS-102", "QA-WS-113", "QA-WS-011"),
)
def broadcast_to_all() -> None:
    """Find all groups for every tick."""

    def groups_for(self: Subscriptions[Session], route: Route) -> tuple[SESSION_GROUP, ...]:
        return tuple(self._groups.values())

    replace(Subscriptions, "groups_for", groups_for)


@fault(
    story="Clients that have not subscribed to anything get every tick, so that a mobile client "
    "that only logs in burns its data plan.",
    caught_by={
        "QA-WS-005": "Alice received ticks that it had not subscribed to",
        "QA-WS-011": "received ticks that it had not subscribed to",
        "QA-WS-012": "Zoe received ticks that it had not subscribed to",
        "QA-WS-117": "the shortest that does",
        "QA-WS-022": "received ticks that it had not subscribed to",
        "QA-WS-115": "ticks that Alice missed",
        "QA-WS-017": "received ticks that it had not subscribed to",
        "QA-WS-018": "received ticks that it had not subscribed to",
        "QA-WS-128": "messages that client 41 received",
    },
    also=("QA-WS-024", "QA-WS-106"),
)
def ticks_without_subscription() -> None:
    """Send each tick to those who hold no subscription, too."""
    original = TickerService.on_tick

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        original(self, channel, payload)
        for session in self.sessions:
            if self.subscriptions.group_of(session) is None:
                self.fanout.send(session, payload)

    replace(TickerService, "on_tick", on_tick)


@fault(
    story="Of several symbols in one subscription only the last is kept, and the client waits in "
    "vain for the others.",
    caught_by={
        "QA-WS-005": "Alice never received ticks that it was due: BANKNIFTY",
        "QA-WS-117": "the shortest that does",
        "QA-WS-103": "Alice never received ticks that it was due",
    },
)
def only_last_symbol_kept() -> None:
    """Acknowledge the whole list and take its last."""
    original = routes_websocket.handle_subscribe

    def handle_subscribe(service: TickerService, session: Session, selector: Selector) -> None:
        if isinstance(selector, Symbols):
            selector = Symbols(selector.symbols[-1:])
        original(service, session, selector)

    replace(routes_websocket, "handle_subscribe", handle_subscribe)
