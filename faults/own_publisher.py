"""Faults that only ticks of the team's own publisher show, and no tick of a test: QA-WS-123."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from app import messages
from app.messages import InvalidTick, Tick
from faults.fault import edited, fault, replace

REACHED = "option ticks of the team's own publisher that reached Alice: measured 0 of"


def _of_the_publisher(edit: Callable[[dict[str, Any]], None]) -> None:
    """Change payloads that bear an account, as those of the publisher do and a test's do not."""
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        if b'"account"' in payload:
            payload = edited(payload, edit)
        return original(channel, payload)

    replace(messages, "parse_tick", parse_tick)


@fault(
    story="The publisher names the instrument otherwise than its listener, so that no real option "
    "tick ever reaches a client, while all that tests publish does.",
    caught_by={"QA-WS-123": REACHED},
)
def publisher_names_the_instrument_otherwise() -> None:
    """Call it `token` in ticks of the publisher."""

    def rename(members: dict[str, Any]) -> None:
        if "instrument_token" in members:
            members["token"] = members.pop("instrument_token")

    _of_the_publisher(rename)


@fault(
    story="The listener takes only ticks that bear a number, as those of the tests do: what the "
    "publisher sends has none, and is dropped as malformed.",
    caught_by={"QA-WS-123": REACHED},
)
def ticks_without_a_number_dropped() -> None:
    """Require `seq`."""
    original = messages.parse_tick

    def parse_tick(channel: bytes, payload: bytes) -> Tick:
        tick = original(channel, payload)
        if b'"seq"' not in payload:
            raise InvalidTick("seq is missing")
        return tick

    replace(messages, "parse_tick", parse_tick)


@fault(
    story="What was added to production's ticks since the tests were written, the time of the "
    "exchange, falls away on the way, and screens cannot tell an old price from a new one.",
    caught_by={"QA-WS-123": "timestamp missing"},
)
def time_of_the_exchange_falls_away() -> None:
    """Drop one member."""
    _of_the_publisher(lambda members: members.pop("timestamp", None))
