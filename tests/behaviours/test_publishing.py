"""Ticks of several publishers, and columns of a table that mean nothing."""

import json
import re
from functools import partial

import pytest

from qaws.behaviours import deliveries, publishing
from qaws.protocol.market import selection_of
from qaws.verdict import Broken
from tests.services.faulty import connected, subscribed
from tests.services.scripted import Ticker

BOTH = selection_of("NIFTY and BANKNIFTY")


async def several_publishers(do):
    await subscribed(do, "Alice", to=BOTH)
    await do(publishing.publish_side_by_side, ["NIFTY", "BANKNIFTY", "NIFTYNXT50"], 120)
    await do(deliveries.received_exactly, "Alice", BOTH)


def test_each_publisher_hands_over_a_symbol_of_its_own_in_order(right, testbed):
    right(Ticker, several_publishers)
    ticks = [tick for tick in testbed.ledger.ticks if tick.role == "tick"]
    assert {(tick.symbol, tick.publisher) for tick in ticks} == {
        ("NIFTY", 1),
        ("BANKNIFTY", 2),
        ("NIFTYNXT50", 3),
    }
    assert {tick.kind for tick in ticks} == {"option_tick", "underlying_bar"}
    assert all(tick.heard_by == 1 for tick in ticks)


def test_bars_that_overtake_option_ticks_are_out_of_order(wrong):
    class BarsFirst(Ticker):
        waiting = None

        async def deliver(self, client, tick, text):
            if tick["symbol"] == "NIFTY" and self.waiting is None:
                self.waiting = text
                return
            await super().deliver(client, tick, text)
            if tick["symbol"] == "NIFTY" and tick["type"] == "underlying_bar" and self.waiting:
                text, self.waiting = self.waiting, ""
                await super().deliver(client, json.loads(text), text)

    wrong(BarsFirst, several_publishers, "Alice received ticks out of order: NIFTY option tick")


@pytest.mark.parametrize(
    "act",
    [
        partial(publishing.publish_in_turn, each=3),
        publishing.publish_one_of_each,
        partial(publishing.publish_side_by_side, each=3),
    ],
)
def test_a_sentence_that_would_publish_nothing_is_broken(scenario, act):
    async def story(do):
        await do(act, symbols=selection_of("instrument 256265").symbols)

    with pytest.raises(Broken, match="for symbols: name one"):
        scenario(Ticker, story)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"tick": "trade"}, 'tick = "trade"; known are'),
        ({"tick": "bar", "colour": "1"}, 'a column "colour"'),
        ({"tick": "bar", "open": "x"}, 'open = "x", which is no'),
    ],
)
def test_rows_without_a_meaning_are_broken_and_not_green(scenario, row, sentence):
    async def story(do):
        await connected(do)
        await do(publishing.publish_rows, "NIFTY", [row])

    with pytest.raises(Broken, match=re.escape(sentence)):
        scenario(Ticker, story)
