"""Faults that a malformed payload in the feed brings to light: QA-WS-102."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable

import msgspec

from app import messages, routes_websocket
from app.closes import Close
from app.messages import InvalidTick, Tick
from app.server import TickerService
from faults.fault import fault, replace

CONTRACT = {"QA-WS-102": "against the message contract"}


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
