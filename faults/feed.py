"""Faults of the feed: malformed payloads, and several publishers at once: QA-WS-102, 103."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable

import msgspec

from app import messages, routes_websocket
from app.closes import Close
from app.fanout import Fanout
from app.messages import InvalidTick, Tick
from app.server import TickerService
from faults.fault import fault, replace

CONTRACT = {"QA-WS-102": "against the message contract"}
OUT_OF_ORDER = "received ticks out of order"
MISSED = "never received ticks that it was due"

CROWD = 40
"""From so many ticks on within one flush window, several publishers are at work."""

# --- malformed payloads ---------------------------------------------------------------------------


def _when_malformed(act: Callable[[TickerService, bytes, bytes], None]) -> None:
    """Do something else with payloads that are no ticks: act(service, channel, payload)."""

    def broadcast_tick(service: TickerService, channel: bytes, payload: bytes) -> None:
        service.counters.ticks_received += 1
        try:
            tick = messages.parse_tick(channel, payload)
        except InvalidTick:
            act(service, channel, payload)
            return
        service.fanout.publish(tick)

    replace(routes_websocket, "broadcast_tick", broadcast_tick)


@fault(
    story="A payload that is no tick ends the listener, and nobody gets ticks until somebody "
    "restarts the service.",
    caught_by={"QA-WS-102": "NIFTY option tick"},
)
def listener_ends_with_a_malformed_payload() -> None:
    """Hear nothing any more."""
    deaf: set[TickerService] = set()
    _when_malformed(lambda service, *_: deaf.add(service))
    original = TickerService.on_tick

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        if self not in deaf:
            original(self, channel, payload)

    replace(TickerService, "on_tick", on_tick)


@fault(
    story="A payload that is no tick ends the whole service, so that one mistake of a publisher "
    "throws out every client.",
    caught_by={"QA-WS-102": "closed with 1011 without a reason by the service"},
)
def service_ends_with_a_malformed_payload() -> None:
    """Let the error out."""

    def raise_it(service: TickerService, channel: bytes, payload: bytes) -> None:
        raise ValueError("malformed payload")

    _when_malformed(raise_it)


@fault(
    story="A payload that is no tick is handed to everybody as it is, so that the clients stumble "
    "over it.",
    caught_by=CONTRACT,
)
def malformed_payload_relayed() -> None:
    """Broadcast it."""
    _when_malformed(lambda service, _, payload: service.fanout.broadcast(payload))


@fault(
    story="Ticks without a price and bars without a close are relayed, so that screens show "
    "nothing, or the price of yesterday.",
    caught_by={"QA-WS-102": "last_price"},
)
def incomplete_ticks_relayed() -> None:
    """Require nothing of a tick."""
    replace(messages, "_require", lambda *_: None)


@fault(
    story="A price that is a text passes for a number, so that clients which add to it get "
    "something else.",
    caught_by={"QA-WS-102": "last_price"},
)
def text_prices_relayed() -> None:
    """Decode leniently."""
    lenient = msgspec.json.Decoder(messages._TickMembers, strict=False)
    replace(messages, "_decode_tick", lenient.decode)


@fault(
    story="With a payload that is no tick the next good one is thrown away too, so that a gap "
    "appears where nobody looks for it.",
    caught_by={"QA-WS-102": "never received ticks that it was due"},
)
def tick_behind_a_malformed_one_lost() -> None:
    """Drop one more."""
    spoilt: list[bytes] = []
    _when_malformed(lambda service, _, payload: spoilt.append(payload))
    original = TickerService.on_tick

    def on_tick(self: TickerService, channel: bytes, payload: bytes) -> None:
        if spoilt:
            spoilt.clear()
        else:
            original(self, channel, payload)

    replace(TickerService, "on_tick", on_tick)


@fault(
    story="At a payload that is no tick every client is closed, to be on the safe side, and all of "
    "them come back at once.",
    caught_by={"QA-WS-102": "closed with 1011"},
)
def malformed_payload_closes_everybody() -> None:
    """Close all sessions."""

    def close_all(service: TickerService, channel: bytes, payload: bytes) -> None:
        for session in service.sessions:
            session.close(Close(1011, "malformed payload"))

    _when_malformed(close_all)


@fault(
    story="A payload that is no tick is announced as a loss of the feed, so that every desk stops "
    "trading for a typing error.",
    caught_by={"QA-WS-102": "2 x status"},
)
def malformed_payload_announced_as_outage() -> None:
    """Say degraded, and recovered."""

    def announce(service: TickerService, channel: bytes, payload: bytes) -> None:
        service.on_feed_lost()
        service.on_feed_found()

    _when_malformed(announce)


@fault(
    story="A tick that is nested too deeply ends the service, though nobody reads the member that "
    "it is in.",
    caught_by={"QA-WS-102": "closed with 1011 without a reason by the service"},
)
def nested_tick_ends_the_service() -> None:
    """Decode with a library that gives up otherwise."""
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        with contextlib.suppress(ValueError):
            json.loads(payload)
        return original(channel, payload)

    replace(messages, "parse_tick", parse_tick)


# --- several publishers ---------------------------------------------------------------------------


def _in_a_crowd(act: Callable[[Fanout, Tick, Callable[[Tick], None]], None]) -> None:
    """Let `act` publish the ticks that come when many have come in the same window."""
    original = Fanout.publish
    came = 0

    def publish(self: Fanout, tick: Tick) -> None:
        nonlocal came
        came = 1 if self._timer is None else came + 1
        if came > CROWD:
            act(self, tick, lambda each: original(self, each))
        else:
            original(self, tick)

    replace(Fanout, "publish", publish)


@fault(
    story="Between feed and fan-out there is room for forty ticks: what several publishers send at "
    "once beyond that is lost.",
    caught_by={"QA-WS-103": MISSED},
    also=("QA-WS-118", "QA-WS-018", "QA-WS-111"),
)
def crowd_beyond_the_buffer_lost() -> None:
    """Take no more than fit."""
    _in_a_crowd(lambda fanout, tick, publish: None)


@fault(
    story="When much comes at once bars are handed on before the option ticks that came earlier, "
    "so that a chart is ahead of the prices beside it.",
    caught_by={"QA-WS-103": OUT_OF_ORDER},
)
def bars_overtake_in_a_crowd() -> None:
    """Put a bar before what waits."""

    def overtake(fanout: Fanout, tick: Tick, publish: Callable[[Tick], None]) -> None:
        publish(tick)
        if tick.route.type == "underlying_bar":
            for group in fanout._subscriptions.groups_for(tick.route):
                group.pending.insert(0, group.pending.pop())

    _in_a_crowd(overtake)


@fault(
    story="One watch over the numbers of all symbols takes a number that is not higher than the "
    "last for a repeat, so that of several publishers one is not heard.",
    caught_by={"QA-WS-103": MISSED},
)
def numbers_watched_across_publishers() -> None:
    """Hold each number against the highest of whatever symbol."""
    highest = 0

    def watch(fanout: Fanout, tick: Tick, publish: Callable[[Tick], None]) -> None:
        nonlocal highest
        number = json.loads(tick.payload).get("seq", 0)
        if number > highest:
            highest = number
            publish(tick)

    _in_a_crowd(watch)


@fault(
    story="When much comes at once a second worker takes every other tick and is slower, so that "
    "old prices come after new ones.",
    caught_by={"QA-WS-103": OUT_OF_ORDER},
    also=("QA-WS-118", "QA-WS-018", "QA-WS-111"),
)
def second_worker_is_slower() -> None:
    """Hold back every other tick until five more have come."""
    held: list[Tick] = []
    count = 0

    def share(fanout: Fanout, tick: Tick, publish: Callable[[Tick], None]) -> None:
        nonlocal count
        count += 1
        if count % 2:
            held.append(tick)
        else:
            publish(tick)
        if len(held) == 5:
            for each in held:
                publish(each)
            held.clear()

    _in_a_crowd(share)
