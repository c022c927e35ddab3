"""What a client that was away can tell from the numbers, and ticks of several publishers."""

import asyncio
import json

import pytest

from qaws.behaviours import leaving, lifecycle, publishing, sequence_gaps
from qaws.protocol.market import selection_of
from qaws.verdict import Broken, NotVerified, Refuted
from tests.services.faulty import subscribed
from tests.services.scripted import Ticker

NIFTY = selection_of("NIFTY")
BOTH = selection_of("NIFTY and BANKNIFTY")


async def absence_of_alice(do, least=10):
    await subscribed(do, "Alice", "Bob")
    await do(publishing.open_market, 6)
    await do(publishing.publish_in_turn, ["NIFTY"], 10)
    await do(leaving.end_connection, "Alice", "an abrupt reset")
    await do(lifecycle.connect, ["Alice"])
    await do(publishing.publish_in_turn, ["NIFTY"], 10)
    await do(lifecycle.subscribe, ["Alice"], NIFTY)
    await do(publishing.publish_in_turn, ["NIFTY"], 30)
    await do(publishing.close_market)
    await do(sequence_gaps.gap_is_visible, "Alice", NIFTY, least)


def on_return(change):
    """Let `change(client, message)` alter what clients get that came after the first two."""

    class Service(Ticker):
        async def deliver(self, client, tick, text):
            if client.wants(tick) and client.session == "session-3":
                for message in change(client, json.loads(text)):
                    await client.send(message)
            else:
                await super().deliver(client, tick, text)

    return Service


def anew(client, tick):
    client.count = getattr(client, "count", 0) + 1
    return [tick | {"seq": client.count}]


def shifted(client, tick):
    client.shift = getattr(client, "shift", 3)
    return [tick | {"seq": tick["seq"] - client.shift}]


LATE = 12
"""The tick with this number since a client is back was published behind its acknowledgement."""


def first_lost(client, tick):
    client.lost = getattr(client, "lost", 0) + 1
    return [tick] if client.lost > LATE else []


def one_lost(client, tick):
    client.lost = getattr(client, "lost", 0) + 1
    return [] if client.lost == LATE else [tick]


def test_a_client_that_was_away_can_tell_what_it_has_missed(right, testbed):
    done = right(Ticker, absence_of_alice)
    (told,) = [c for c in done if "can tell it has missed" in c.what]
    assert told.allowed == f"{told.measured}: published in its absence"


def swapped(client, tick):
    client.seen = [*getattr(client, "seen", []), tick]
    if len(client.seen) == LATE:
        return []
    return [tick, client.seen[-2]] if len(client.seen) == LATE + 1 else [tick]


class BeginsInParts(Ticker):
    """Passes on options alone for a while, then bars too, and acknowledges both behind that."""

    async def subscribe(self, client, wishes):
        client.has_options_only = client.session == "session-3"
        client.wishes |= wishes
        await asyncio.sleep(0.1)
        client.has_options_only = False

    async def deliver(self, client, tick, text):
        if not (getattr(client, "has_options_only", False) and tick["type"] != "option_tick"):
            await super().deliver(client, tick, text)


def test_a_subscription_may_begin_in_parts_before_it_is_acknowledged(right):
    right(BeginsInParts, absence_of_alice)


@pytest.mark.parametrize("lanes", [1, 2])
def test_numbers_tell_nothing_where_the_feed_promises_no_order_between_them(
    scenario, testbed, monkeypatch, lanes
):
    whole = testbed.feed._stamps.stamped

    def in_lanes(*words):
        tick = whole(*words)
        tick.lane = f"key {tick.sequence % lanes}"
        return tick

    monkeypatch.setattr(testbed.feed._stamps, "stamped", in_lanes)
    kind, said = (NotVerified, "no order") if lanes > 1 else (Refuted, "with #.* out of line")
    with pytest.raises(kind, match=said):
        scenario(on_return(swapped), absence_of_alice)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (anew, r"#1.* at Alice: measured .*, allowed as published under that number"),
        (shifted, r"at Alice: measured .* instead of .*, allowed as published under that number"),
        (first_lost, r"numbers of NIFTY that Alice can tell it has missed: measured #"),
        (one_lost, r"numbers of NIFTY at Alice since it is back: measured .* out of line"),
    ],
)
def test_numbers_that_tell_something_else_are_refuted(wrong, change, sentence):
    wrong(on_return(change), absence_of_alice, sentence)


def test_too_small_a_gap_is_refuted(wrong):
    async def story(do):
        await absence_of_alice(do, least=1000)

    wrong(Ticker, story, "ticks that Alice missed: measured .*, allowed at least 1000")


def test_the_numbers_of_a_part_of_a_symbol_tell_nothing(scenario):
    async def story(do):
        with pytest.raises(Broken, match="only who takes all ticks of one symbol"):
            await do(sequence_gaps.gap_is_visible, "Alice", selection_of("instrument 256265"), 1)

    scenario(Ticker, story)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ([], "none"),
        ([4], "#4 to #4 (1)"),
        ([4, 5, 6], "#4 to #6 (3)"),
        ([4, 5, 7], "3 numbers from #4 to #7, with #7 out of line"),
    ],
)
def test_numbers_are_told_in_few_words(seen, words):
    assert sequence_gaps.told(seen) == words
