"""Clients that leave amid ticks, and what those that stay must have all the same."""

import asyncio

import pytest

from qaws.behaviours import deliveries, departures, publishing
from qaws.verdict import Broken
from tests.services.faulty import AMPLE_MS, LATE, LATE_S, NIFTY, subscribed
from tests.services.scripted import Ticker
from tests.waiting import soon

TICKS = 8
STAY = ["client 1", "client 2", "client 3"]
MANNERS = ["politely", "abruptly"]
NEVER = "(ticks|end marker) to client.*never received ticks that it was due"


def leaving(manner, within_ms=AMPLE_MS):
    async def story(do):
        await do(departures.be_subscribed_between_leavers, STAY, NIFTY)
        await do(departures.leave_amid_ticks, manner, NIFTY, TICKS)
        await do(departures.received_all_in_time, STAY, within_ms)

    return story


class InOrder(Ticker):
    """Knows the clients in the order of their coming, and who has left."""

    def __init__(self, *args, **named):
        super().__init__(*args, **named)
        self.came, self.gone, self.unserved = [], [], []

    async def welcome(self, client):
        self.came.append(client)
        await super().welcome(client)

    async def left(self, client):
        self.gone.append(client)
        await super().left(client)


@pytest.mark.parametrize("manner", MANNERS)
def test_those_that_stay_have_every_tick_once(right, testbed, manner):
    done = right(InOrder, leaving(manner))
    assert done[0].what == "ticks to client 1, client 2, client 3"
    leavers = len(STAY) + 1
    assert done[0].measured.startswith(f"{TICKS * leavers * len(STAY)}, each once")
    came = [c.name for c in testbed.scenario.connections.all]
    assert came == [
        "leaver 1", "client 1", "leaver 2", "client 2", "leaver 3", "client 3", "leaver 4"
    ]  # fmt: skip
    assert {c.name for c in testbed.scenario.connections.all if c.ending} >= {
        f"leaver {number}" for number in (1, 2, 3, 4)
    }
    kinds = {"politely": "close", "abruptly": "end"}
    for connection in testbed.scenario.connections.all:
        if connection.name.startswith("leaver"):
            sent = [f.kind for f in connection.log if f.direction == "→"]
            assert kinds[manner] in sent


class EndsTheBroadcast(InOrder):
    """Delivers nothing once anybody has left."""

    async def deliver(self, client, tick, text):
        if not self.gone:
            await super().deliver(client, tick, text)


AMID_S = 0.02
"""So long it takes from one delivery to the next where somebody is to leave between them."""


class SkipsTheNext(InOrder):
    """Whoever came behind the one that left misses a tick."""

    async def left(self, client):
        at = self.came.index(client)
        self.unserved += self.came[at + 1 : at + 2]
        await super().left(client)

    async def deliver(self, client, tick, text):
        await asyncio.sleep(AMID_S)
        if client in self.unserved:
            self.unserved.remove(client)
        else:
            await super().deliver(client, tick, text)


class SkipsTheOneBefore(SkipsTheNext):
    async def left(self, client):
        at = self.came.index(client)
        self.unserved += self.came[max(0, at - 1) : at]
        await InOrder.left(self, client)


class Repeats(InOrder):
    """Gives a tick twice when somebody has left."""

    async def left(self, client):
        self.unserved += [c for c in self.came if c not in self.gone and c is not client]
        await super().left(client)

    async def deliver(self, client, tick, text):
        await asyncio.sleep(AMID_S)
        await super().deliver(client, tick, text)
        if client in self.unserved:
            self.unserved.remove(client)
            await super().deliver(client, tick, text)


class Waits(InOrder):
    """Stands still once, amid the first ticks, until somebody has left and for a while then."""

    async def deliver(self, client, tick, text):
        if not self.unserved:
            self.unserved.append(client)
            await soon(lambda: self.gone)
            await asyncio.sleep(LATE_S)
        await super().deliver(client, tick, text)


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize(
    ("service", "within_ms", "sentence"),
    [
        (EndsTheBroadcast, AMPLE_MS, NEVER),
        (SkipsTheNext, AMPLE_MS, NEVER),
        (SkipsTheOneBefore, AMPLE_MS, NEVER),
        (Repeats, AMPLE_MS, "ticks to client 1.*received ticks more than once"),
        (Waits, 50, rf"latency of the slowest of .*: measured {LATE}, allowed at most 50 ms"),
    ],
)
def test_a_departure_that_costs_the_others_a_tick_is_refuted(
    wrong, service, manner, within_ms, sentence
):
    wrong(service, leaving(manner, within_ms), sentence)


@pytest.mark.parametrize("ending", ["a clean close", "an abrupt reset"])
def test_one_that_leaves_amid_ticks_may_cost_those_on_either_side_none(right, wrong, ending):
    async def story(do):
        for client in STAY:
            await subscribed(do, client)
        await do(departures.leave_amid_own_ticks, "client 2", ending, NIFTY, TICKS)
        await do(departures.received_all_in_time, ["client 1", "client 3"], AMPLE_MS)

    right(InOrder, story)
    for service in (SkipsTheNext, SkipsTheOneBefore):
        wrong(service, story, NEVER)


def test_words_without_a_meaning_are_broken_and_not_green(scenario):
    async def nobody(do):
        await subscribed(do, "Alice")
        await do(departures.leave_amid_ticks, "politely", NIFTY, TICKS)

    async def a_bang(do):
        await do(departures.be_subscribed_between_leavers, STAY, NIFTY)
        await do(departures.leave_amid_ticks, "with a bang", NIFTY, TICKS)

    async def no_tick(do):
        await subscribed(do, "Alice")
        await do(departures.received_all_in_time, ["Alice"], AMPLE_MS)

    for story, sentence in (
        (nobody, "nobody is to leave"),
        (a_bang, 'nobody leaves "with a bang"; known are politely, abruptly'),
        (no_tick, "no tick was due to Alice"),
    ):
        with pytest.raises(Broken, match=sentence):
            scenario(Ticker, story)


def test_a_market_that_is_open_has_no_last_tick(scenario):
    async def story(do):
        await do(departures.be_subscribed_between_leavers, STAY, NIFTY)
        await do(publishing.keep_publishing, NIFTY, 20)
        try:
            await do(departures.received_all_in_time, STAY, AMPLE_MS)
        finally:
            await do(publishing.close_market)
            await do(deliveries.everything_was_exact)

    with pytest.raises(Broken, match="the market is still open"):
        scenario(Ticker, story)
