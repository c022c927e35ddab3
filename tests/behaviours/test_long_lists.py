"""Clients that ask for many instruments at a time."""

import json

import pytest

from qaws.behaviours import deliveries, long_lists, publishing
from qaws.protocol.market import selection_of
from tests.services.scripted import Ticker

TWO, FIRST = selection_of("instruments 256265 and 256521"), selection_of("instrument 256265")
SIZE = 300


async def asks_for_many(do):
    await do(long_lists.be_subscribed, ["Eve"], TWO, SIZE)
    await do(publishing.publish_among_others, FIRST, "NIFTY", 2)
    await do(publishing.publish_in_turn, ["BANKNIFTY"], 1)
    await do(deliveries.received_exactly, "Eve", TWO)


class Keeps(Ticker):
    """Keeps a part of a long list, and acknowledges all of it."""

    kept = slice(None)

    async def _answer(self, client, text):
        await super()._answer(client, text)
        asked = json.loads(text).get("instruments", [])
        client.wishes -= {("instruments", i) for i in {*asked} - {*asked[self.kept]}}


class KeepsTheFirst(Keeps):
    kept = slice(255)


class KeepsTheLast(Keeps):
    kept = slice(-256, None)


class Refuses(Ticker):
    async def _answer(self, client, text):
        if len(text) > 1000:
            await self.invalid(client, text)
        else:
            await super()._answer(client, text)


class HangsUp(Ticker):
    async def _answer(self, client, text):
        if len(text) > 1000:
            client.cut()
        else:
            await super()._answer(client, text)


class TurnsAway(Ticker):
    async def _answer(self, client, text):
        if len(text) > 1000:
            await client.close(1008, "too many instruments")
        else:
            await super()._answer(client, text)


class Crashes(Ticker):
    async def _answer(self, client, text):
        if len(text) > 1000:
            await client.close(1011, "internal error")
        else:
            await super()._answer(client, text)


@pytest.mark.parametrize("service", [Ticker, Refuses, TurnsAway])
def test_a_long_list_is_subscribed_to_whole_or_refused(right, testbed, service):
    right(service, asks_for_many)
    refused = [each for each in testbed.scenario.remarks if "are refused here" in each]
    assert bool(refused) == (service is not Ticker)
    assert ("too many instruments" in "".join(refused)) == (service is TurnsAway)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (KeepsTheFirst, "Eve never received ticks that it was due: NIFTY option tick"),
        (KeepsTheLast, "Eve never received ticks that it was due: NIFTY option tick"),
        (Crashes, "Eve asked to subscribe to instrument 256265, 256521, as the first and the last"),
        (HangsUp, "Eve asked to subscribe to instrument 256265, 256521, as the first and the last"),
    ],
)
def test_a_long_list_that_is_cut_short_is_refuted(wrong, service, sentence):
    wrong(service, asks_for_many, sentence)


def test_what_is_asked_for_ends_the_list_and_the_rest_never_ticks():
    asked = long_lists.long_list(TWO, SIZE).instruments
    assert (len(asked), asked[0], asked[-1]) == (SIZE, 256265, 256521)
    assert len({*asked}) == SIZE


def test_another_dialect_is_not_asked_so_and_no_other_check_is_explained_by_it(
    right, testbed, monkeypatch
):
    monkeypatch.setattr(type(testbed.dialect), "is_plain", False)
    right(Ticker, asks_for_many)
    [(name, why)] = testbed.scenario.figures
    assert name == "not tried"
    assert why.startswith("300 instruments in one message: the dialect qa-ws")
    assert not testbed.scenario.remarks


BOTH = selection_of("NIFTY and BANKNIFTY")


async def asks_for_many_symbols(do):
    await do(long_lists.be_subscribed, ["Dora"], BOTH, SIZE)
    await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY", "NIFTYNXT50"], 2)
    await do(deliveries.received_exactly, "Dora", BOTH)


class KeepsAHundredSymbols(Ticker):
    async def _answer(self, client, text):
        await super()._answer(client, text)
        asked = json.loads(text).get("symbols", [])
        client.wishes -= {("symbols", s) for s in {*asked} - {*asked[:100]}}


def test_who_asks_for_many_symbols_is_served(right):
    right(Ticker, asks_for_many_symbols)


def test_a_long_list_of_symbols_that_is_cut_is_refuted(wrong):
    wrong(KeepsAHundredSymbols, asks_for_many_symbols, "Dora never received ticks that it was due")
