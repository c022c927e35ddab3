"""Second tries of one client, and what they do to others."""

import pytest

from qaws.behaviours import deliveries, neighbours, publishing
from qaws.verdict import Broken
from tests.services.faulty import BANKNIFTY, NIFTY, subscribed
from tests.services.scripted import Ticker

HALF = "an instrument and a text"


async def half(do, name=HALF):
    await subscribed(do, "Alice")
    await subscribed(do, "Mallory", to=BANKNIFTY)
    await do(neighbours.subscribe_half, "Mallory", name)
    await do(publishing.publish_every_kind, ["NIFTY", "BANKNIFTY", "NIFTYNXT50"])
    await do(neighbours.half_was_refused, "Mallory")
    await do(deliveries.received_exactly, "Alice", NIFTY)
    await do(deliveries.received_exactly, "Mallory", BANKNIFTY)
    await do(deliveries.everything_was_exact)


async def again(do, kind="the same token"):
    await subscribed(do, "Alice")
    await subscribed(do, "Mallory", to=BANKNIFTY)
    await do(neighbours.connect_again, "Mallory", kind, BANKNIFTY)
    await do(publishing.publish_every_kind, ["NIFTY", "BANKNIFTY", "NIFTYNXT50"])
    await do(deliveries.received_exactly, "Alice", NIFTY)
    await do(deliveries.received_exactly, "Mallory", BANKNIFTY)


class TakesTheValidHalf(Ticker):
    """Says what is wrong, and acknowledges the rest, which it names."""

    told = True

    async def invalid(self, client, text):
        await super().invalid(client, text)
        client.wishes.add(("instruments", 256265))
        if self.told:
            selector = {"instruments": [256265]}
            await client.send({"type": "subscribed", "selector": selector})


class TakesItInSilence(TakesTheValidHalf):
    told = False


class SaysNothingIsWrong(Ticker):
    async def invalid(self, client, text):
        await self.subscribed(client)


class EndsForAll(Ticker):
    async def unsubscribe(self, client, wishes):
        for each in self.clients:
            each.wishes -= wishes


@pytest.mark.parametrize("service", [Ticker, TakesTheValidHalf])
def test_a_half_valid_subscription_that_is_refused_or_held_as_acknowledged(right, service):
    right(service, half)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (TakesItInSilence, "Mallory received ticks that it had not subscribed to: NIFTY"),
        (SaysNothingIsWrong, "answers to Mallory, who subscribed to an instrument and a text"),
    ],
)
def test_a_half_valid_subscription_that_is_not_what_it_was_said_to_be(wrong, service, sentence):
    wrong(service, half, sentence)


def test_a_second_connection_is_a_session_of_its_own(right):
    right(Ticker, again)


def test_a_second_connection_that_takes_from_the_first(wrong):
    wrong(EndsForAll, again, "Mallory never received ticks")


@pytest.mark.parametrize("play", [half, again])
def test_an_unknown_name_breaks(scenario, play):
    with pytest.raises(Broken, match=r'no [^"]* "a fifth"[^;]*; known are '):
        scenario(Ticker, lambda do: play(do, "a fifth"))
