"""A tick reaches its subscribers, with its fields as published."""

import json

import pytest

from qaws.behaviours import deliveries, publishing
from qaws.protocol.market import selection_of
from qaws.verdict import Broken, Refuted
from tests.behaviours.services import (
    NIFTY,
    ClosesAtTick,
    CutsAtTick,
    Delays,
    Drops,
    DropsAll,
    Duplicates,
    changes,
    subscribed,
)
from tests.services.scripted import Ticker


def a_tick_is_due_to(*clients, within_ms=400):
    async def story(do):
        await subscribed(do, *clients)
        await do(publishing.publish, NIFTY, "option_tick")
        await do(deliveries.receives_that_tick, clients, within_ms)

    return story


def test_a_tick_in_time_and_once_is_met(right):
    done = right(Ticker, a_tick_is_due_to("Alice", "Bob"))
    assert done[0].what.startswith("latency of NIFTY option tick #")
    assert done[0].allowed == "at most 400 ms"
    assert done[1].measured == "1 for each of 2"


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Duplicates, r"copies of NIFTY option tick #\d+ .*Alice got 2.*allowed exactly 1 for each"),
        (
            Delays,
            r"latency of NIFTY option tick .* measured [6-9]\d\d\.\d ms, allowed at most 400 ms",
        ),
        (DropsAll, r"measured nothing in \d{3,4} ms \(it reached 0 of 1; not Alice: "),
        (ClosesAtTick, r'it reached 0 of 1; not Alice: .*closed with 1011 "internal error"'),
        (CutsAtTick, r"it reached 0 of 1; not Alice: .*1006.*cut"),
    ],
)
def test_a_tick_that_comes_twice_late_or_never_is_refuted(wrong, service, sentence):
    wrong(service, a_tick_is_due_to("Alice"), sentence)


def test_one_client_of_many_without_the_tick_is_named(wrong):
    class ForgetsBob(Ticker):
        async def deliver(self, client, tick, text):
            if client is not self.clients[1]:
                await super().deliver(client, tick, text)

    said = wrong(ForgetsBob, a_tick_is_due_to("Alice", "Bob", "Carol"), r"reached 2 of 3; not Bob")
    assert "Alice: " not in said


def test_a_tick_for_which_the_broker_has_no_listener_says_so(scenario, testbed):
    class Deaf(Ticker):
        async def main(self):
            self.broker_url = None
            await super().main()

    with pytest.raises(Refuted, match="the broker had no subscriber for it"):
        scenario(Deaf, a_tick_is_due_to("Alice"))


def test_without_a_published_tick_there_is_no_it(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(deliveries.receives_that_tick, ["Alice"], 400)

    with pytest.raises(Broken, match="no step has published a tick yet"):
        scenario(Ticker, story)


def test_a_lost_fence_is_no_proof_of_anything(wrong):
    class LosesTheSecond(Drops):
        def number(self, tick):
            return 3 if super().number(tick) == 2 else 1

    wrong(LosesTheSecond, a_tick_is_due_to("Alice"), r"the fence to Alice: measured nothing")


def fields_equal(*fields, kind="option_tick", to=NIFTY):
    async def story(do):
        await subscribed(do, "Alice", to=to)
        await do(publishing.publish, to, kind)
        await do(deliveries.equals_published, "Alice", fields)

    return story


def test_fields_as_published_are_met(right):
    right(Ticker, fields_equal("type", "last_price", "greeks"))


@pytest.mark.parametrize(
    ("service", "fields", "sentence"),
    [
        (
            changes(last_price=1.5),
            ["greeks", "last_price"],
            r"last_price of .*measured 1\.5, allowed",
        ),
        (changes(last_price=None), ["last_price"], r"last_price of .* measured missing, allowed"),
        (changes(last_price="12.5"), ["last_price"], r"measured 12\.5"),
        (DropsAll, ["last_price"], r"measured nothing in \d+ ms"),
        (CutsAtTick, ["last_price"], r"measured nothing in \d+ ms .*1006"),
    ],
)
def test_a_field_that_differs_is_refuted_with_both_values(wrong, service, fields, sentence):
    wrong(service, fields_equal(*fields), sentence)


def test_greeks_rounded_to_32_bits_are_seen(wrong):
    import struct

    class Rounds(Ticker):
        async def deliver(self, client, tick, text):
            greeks = {
                k: struct.unpack("f", struct.pack("f", v))[0] for k, v in tick["greeks"].items()
            }
            await super().deliver(client, tick, json.dumps({**tick, "greeks": greeks}))

    wrong(Rounds, fields_equal("greeks"), r"greeks of .*measured delta .*allowed delta")


def test_a_field_left_over_from_the_tick_before_is_seen(wrong):
    class Stale(Ticker):
        async def deliver(self, client, tick, text):
            first = self.__dict__.setdefault("first", tick)
            await super().deliver(client, tick, json.dumps({**tick, "volume": first["volume"]}))

    async def story(do):
        to = selection_of("the NIFTY underlying")
        await subscribed(do, "Alice", to=to)
        await do(publishing.publish, to, "underlying_bar")
        await do(publishing.publish, to, "underlying_bar")
        await do(deliveries.equals_published, "Alice", ["open", "volume"])

    wrong(Stale, story, r"volume of NIFTY underlying bar #\d+ at Alice: measured \d+, allowed \d+")


def test_what_was_not_published_cannot_be_equal(scenario):
    async def nothing(do):
        await subscribed(do, "Alice")
        await do(deliveries.equals_published, "Alice", ["last_price"])

    with pytest.raises(Broken, match="no tick that Alice subscribed to was published"):
        scenario(Ticker, nothing)
    with pytest.raises(Broken, match='has no field "colour"'):
        scenario(Ticker, fields_equal("colour"))
