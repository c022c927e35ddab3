"""Words of a feature file that mean nothing here are broken, never green."""

import re

import pytest

from qaws.behaviours import actions, expectations
from qaws.verdict import Broken
from tests.expectations.services import NIFTY, connected, subscribed
from tests.harness.scripted import Ticker


def test_a_client_that_has_not_connected_is_named_with_those_that_have(scenario):
    async def story(do):
        await connected(do)
        await do(expectations.connected, ["Bob"])

    with pytest.raises(Broken, match=r"Bob has not connected in this scenario \(there is Alice\)"):
        scenario(Ticker, story)


@pytest.mark.parametrize(
    ("act", "words", "sentence"),
    [
        (
            actions.end_connection,
            ("Alice", "a bang"),
            'no ending "a bang"; known are a clean close',
        ),
        (actions.send_malformed, ("Alice", "x"), 'no malformed message "x"'),
        (actions.publish_rows, ("NIFTY", [{"tick": "trade"}]), 'tick = "trade"; known are'),
        (actions.publish_rows, ("NIFTY", [{"tick": "bar", "colour": "1"}]), 'a column "colour"'),
        (
            actions.publish_rows,
            ("NIFTY", [{"tick": "bar", "open": "x"}]),
            'open = "x", which is no',
        ),
        (expectations.new_session, ("Alice",), "Alice has connected only once"),
    ],
)
def test_words_without_a_meaning_are_broken_and_not_green(scenario, act, words, sentence):
    async def story(do):
        await connected(do)
        await do(act, *words)

    with pytest.raises(Broken, match=re.escape(sentence)):
        scenario(Ticker, story)


def test_a_carrier_that_the_target_has_not_is_broken(scenario):
    async def story(do):
        await do(actions.connect, ["Alice"], carrier="cookie")

    with pytest.raises(Broken, match=r'\[auth\] carriers has no "cookie"'):
        scenario(Ticker, story)


def test_silence_that_the_scenario_or_the_service_breaks_is_no_silence(scenario, wrong):
    async def own_fault(do):
        await subscribed(do, "Alice")
        await do(actions.stay_silent, "Alice", 0.1)

    class SendsAll(Ticker):
        async def deliver(self, client, tick, text):
            await client.send(text)

    async def leaked(do):
        await do(actions.be_connected, ["Alice"])
        await do(actions.publish, NIFTY, "option_tick")
        await do(actions.stay_silent, "Alice", 0.5)

    with pytest.raises(Broken, match="has subscribed: the scenario is wrong"):
        scenario(Ticker, own_fault)
    wrong(SendsAll, leaked, "Alice received ticks that it had not subscribed to")
