"""Words of a feature file that mean nothing here are broken, never green."""

import re

import pytest

from qaws.behaviours import lifecycle, publishing
from qaws.verdict import Broken
from tests.behaviours.services import NIFTY, connected, subscribed
from tests.services.scripted import Ticker


def test_a_client_that_has_not_connected_is_named_with_those_that_have(scenario):
    async def story(do):
        await connected(do)
        await do(lifecycle.connected, ["Bob"])

    with pytest.raises(Broken, match=r"Bob has not connected in this scenario \(there is Alice\)"):
        scenario(Ticker, story)


@pytest.mark.parametrize(
    ("act", "words", "sentence"),
    [
        (
            lifecycle.end_connection,
            ("Alice", "a bang"),
            'no ending "a bang"; known are a clean close',
        ),
        (lifecycle.send_malformed, ("Alice", "x"), 'no malformed message "x"'),
        (publishing.publish_rows, ("NIFTY", [{"tick": "trade"}]), 'tick = "trade"; known are'),
        (publishing.publish_rows, ("NIFTY", [{"tick": "bar", "colour": "1"}]), 'a column "colour"'),
        (
            publishing.publish_rows,
            ("NIFTY", [{"tick": "bar", "open": "x"}]),
            'open = "x", which is no',
        ),
        (lifecycle.new_session, ("Alice",), "Alice has connected only once"),
    ],
)
def test_words_without_a_meaning_are_broken_and_not_green(scenario, act, words, sentence):
    async def story(do):
        await connected(do)
        await do(act, *words)

    with pytest.raises(Broken, match=re.escape(sentence)):
        scenario(Ticker, story)


def test_a_token_location_that_the_target_has_not_is_broken(scenario):
    async def story(do):
        await do(lifecycle.connect, ["Alice"], location="cookie")

    with pytest.raises(Broken, match=r'\[auth\] token_locations has no "cookie"'):
        scenario(Ticker, story)


def test_silence_that_the_scenario_or_the_service_breaks_is_no_silence(scenario, wrong):
    async def own_fault(do):
        await subscribed(do, "Alice")
        await do(lifecycle.stay_silent, "Alice", 0.1)

    class SendsAll(Ticker):
        async def deliver(self, client, tick, text):
            await client.send(text)

    async def leaked(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(publishing.publish, NIFTY, "option_tick")
        await do(lifecycle.stay_silent, "Alice", 0.5)

    with pytest.raises(Broken, match="has subscribed: the scenario is wrong"):
        scenario(Ticker, own_fault)
    wrong(SendsAll, leaked, "Alice received ticks that it had not subscribed to")
