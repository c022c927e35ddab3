"""Ticks of several publishers, and columns of a table that mean nothing."""

import asyncio
import contextlib
import json
import re
import time
from functools import partial

import pytest

from qaws.behaviours import deliveries, publishing
from qaws.measure.recent_rate import RECENT_S
from qaws.protocol.market import selection_of
from qaws.verdict import Broken, Inconclusive, NotVerified, Refuted
from tests.services.faulty import AMPLE_MS, SOON_MS, connected, subscribed
from tests.services.scripted import Ticker
from tests.waiting import HANG_S, until

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


class ShortTicks(Ticker):
    """Sends nothing that needs a length of eight bytes."""

    async def deliver(self, client, tick, text):
        if len(text) <= 65_535:
            await super().deliver(client, tick, text)


def a_long_tick(within_ms):
    async def story(do):
        await subscribed(do, "Alice", to=selection_of("NIFTY"))
        await do(publishing.publish_of_size, selection_of("NIFTY"), 65_536)
        await do(deliveries.receives_that_tick, ["Alice"], within_ms)

    return story


def test_a_tick_has_the_size_that_was_asked_for_and_is_owed(right, wrong, testbed):
    right(Ticker, a_long_tick(AMPLE_MS))
    ticks = [tick for tick in testbed.ledger.ticks if tick.role == "tick"]
    *shorter, last = [len(tick.payload.encode()) for tick in ticks]
    assert last == 65_536
    assert shorter
    assert max(shorter) < 65_600  # one may have a line for each member, and the next has none
    wrong(ShortTicks, a_long_tick(SOON_MS), "to Alice: measured nothing in")


def test_a_size_that_no_tick_has_is_said(scenario, testbed, monkeypatch):
    async def a_short_tick(do):
        await do(publishing.publish_of_size, selection_of("NIFTY"), 40)

    with pytest.raises(Broken, match=r"an option tick has more than 40 bytes: \d+$"):
        scenario(Ticker, a_short_tick)

    def without_it(stamped):
        return {name: value for name, value in stamped.items() if name != publishing.NOTE}

    monkeypatch.setattr(type(testbed.dialect), "carried", lambda self, stamped: without_it(stamped))
    monkeypatch.setattr(
        type(testbed.dialect), "payload", lambda self, stamped: json.dumps(without_it(stamped))
    )
    with pytest.raises(NotVerified, match="65,536 bytes can be made: the payload template leaves"):
        scenario(Ticker, a_long_tick(SOON_MS))


@pytest.mark.parametrize(
    "act",
    [
        partial(publishing.publish_in_turn, each=3),
        publishing.publish_every_kind,
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
        ({"tick": "bar", "colour": "1"}, 'in the table, bar has no field "colour"; it has type'),
        ({"tick": "bar", "closed": "1"}, 'has no field "closed"; did you mean "close"? it has'),
        ({"last_price": "1"}, 'needs a column "tick", with bar or option tick in each row'),
        ({"tick": "bar", "open": "x"}, 'open = "x", which is no'),
    ],
)
def test_rows_without_a_meaning_are_broken_and_not_green(scenario, row, sentence):
    async def story(do):
        await connected(do)
        await do(publishing.publish_rows, "NIFTY", [row])

    with pytest.raises(Broken, match=re.escape(sentence)):
        scenario(Ticker, story)


# --- a market that is not what it was -------------------------------------------------------------


async def sees_no_tick(testbed):
    """Expect what holds where no tick flows at all."""
    assert not testbed.scenario.connections.all


async def is_refuted(testbed):
    raise Refuted("no tick came")


@pytest.fixture
def market(testbed):
    """Open a market; its ticks can be made to end, by themselves or because all is held up."""
    testbed.begin_scenario()
    testbed.loop.call(publishing.open_market(testbed, 60.0), HANG_S)
    asyncio.run(testbed.do(sees_no_tick))
    yield testbed.feed
    with contextlib.suppress(Broken):
        testbed.end_scenario(trust=True)


@pytest.mark.parametrize("step", [sees_no_tick, is_refuted])
def test_no_step_is_judged_on_a_market_that_has_died(testbed, market, monkeypatch, step):
    """Neither is it met that nobody got a tick, nor refuted that somebody got one."""

    def fails(*_):
        raise Broken("no more ticks")

    monkeypatch.setattr(market.market, "tick", fails)
    until(lambda: market.flows._flows[0].task.done())
    assert market.is_flowing
    with pytest.raises(Broken, match="no more ticks"):
        asyncio.run(testbed.do(step))


@pytest.mark.parametrize("step", [sees_no_tick, is_refuted])
def test_no_step_is_judged_on_a_market_that_is_held_up(testbed, market, step):
    testbed.loop.call(market._turn.acquire(), HANG_S)
    try:
        time.sleep(1.2 * RECENT_S)
        with pytest.raises(Inconclusive, match="a tick was to flow every 20 ms"):
            asyncio.run(testbed.do(step))
    finally:
        testbed.loop.call(let_go(market), HANG_S)


async def let_go(feed):
    feed._turn.release()
