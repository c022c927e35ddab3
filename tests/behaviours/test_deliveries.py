"""A tick reaches its subscribers, with its fields as published, and nothing else does."""

import asyncio
import json
import re

import pytest

from qaws.behaviours import closes, deliveries, lifecycle, publishing
from qaws.clients.endings import ExpectedClose
from qaws.feed.other_publishers import OtherPublishers
from qaws.protocol.market import selection_of
from qaws.verdict import Broken, Inconclusive, Refuted
from tests.services.faulty import (
    AMPLE_MS,
    BANKNIFTY,
    LATE,
    LATE_S,
    NIFTY,
    SOON_MS,
    WELCOME,
    ClosesAtTick,
    CutsAfterThree,
    CutsAtTick,
    Delays,
    Drops,
    DropsAll,
    Duplicates,
    Leaks,
    Swaps,
    adds,
    changes,
    subscribed,
)
from tests.services.scripted import Ticker


def test_what_marks_an_end_is_no_tick_that_a_client_should_not_have(right):
    async def story(do):
        await subscribed(do, "Alice")
        await do(publishing.publish, BANKNIFTY, "option_tick")
        await do(deliveries.received_none, ["Alice"], ["option tick"])

    done = right(Ticker, story)
    assert "of which the suite's own end markers are 1" in done[0].measured


def test_counted_clients_are_not_connected_twice(scenario):
    async def story(do):
        await do(lifecycle.be_connected, ["client 1", "client 2"])
        await do(lifecycle.be_connected, ["client 1"])

    with pytest.raises(Broken, match=r'client 1 is connected already.*say "clients 3 to 3"'):
        scenario(Ticker, story)


def a_tick_is_due_to(*clients, within_ms=SOON_MS):
    async def story(do):
        await subscribed(do, *clients)
        await do(publishing.publish, NIFTY, "option_tick")
        await do(deliveries.receives_that_tick, clients, within_ms)

    return story


def test_a_tick_in_time_and_once_is_met(right):
    done = right(Ticker, a_tick_is_due_to("Alice", "Bob", within_ms=AMPLE_MS))
    assert done[0].what.startswith("latency of NIFTY option tick #")
    assert done[0].allowed == f"at most {AMPLE_MS / 1000:g} s"
    assert done[1].measured == "1 for each of 2"


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Duplicates, r"copies of NIFTY option tick #\d+ .*Alice got 2.*allowed exactly 1 for each"),
        (
            Delays,
            rf"latency of NIFTY option tick .* measured {LATE}, allowed at most 400 ms",
        ),
        (DropsAll, r"measured nothing in \d{3,5} ms \(it reached 0 of 1; not Alice: "),
        (ClosesAtTick, r'it reached 0 of 1; not Alice: .*closed with 1011 "internal error"'),
        (CutsAtTick, r"it reached 0 of 1; not Alice: .*1006.*cut"),
    ],
)
def test_a_tick_that_comes_twice_late_or_never_is_refuted(wrong, service, sentence):
    wrong(service, a_tick_is_due_to("Alice"), sentence)


def each_of_three_ticks_is_due_to_alice(within_ms=SOON_MS):
    async def story(do):
        await subscribed(do, "Alice")
        for _ in range(3):
            await do(publishing.publish, NIFTY, "option_tick")
        await do(deliveries.receives_each, "Alice", within_ms)

    return story


def test_ticks_of_which_each_comes_in_time_and_once_are_met(right):
    done = right(Ticker, each_of_three_ticks_is_due_to_alice(within_ms=AMPLE_MS))
    assert re.fullmatch(
        r"latency of NIFTY option tick #\d+ .* to Alice, the slowest of 3", done[0].what
    )
    assert [check.measured for check in done[1:2]] == ["Alice got 1"]


class DoublesTheFirst(Ticker):
    """Delivers the first tick twice, and each of the others once."""

    is_first = True

    async def deliver(self, client, tick, text):
        copies, self.is_first = (2 if self.is_first else 1), False
        for _ in range(copies):
            await super().deliver(client, tick, text)


class HoldsTheSecond(Ticker):
    """Delivers the second tick late, and the third behind it."""

    count = 0

    async def deliver(self, client, tick, text):
        self.count += 1
        await asyncio.sleep(LATE_S if self.count == 2 else 0)
        await super().deliver(client, tick, text)


class ForgetsTheThird(Ticker):
    """Never delivers the third tick."""

    count = 0

    async def deliver(self, client, tick, text):
        self.count += 1
        if self.count != 3:
            await super().deliver(client, tick, text)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (DoublesTheFirst, r"copies of NIFTY option tick #\d+ .* Alice got 2, allowed exactly 1"),
        (
            HoldsTheSecond,
            rf"latency of NIFTY option tick #\d+ .*slowest of 3: measured {LATE}, allowed at most",
        ),
        (
            ForgetsTheThird,
            r"NIFTY option tick #\d+ of instrument \d+ to Alice: measured nothing in",
        ),
    ],
)
def test_one_of_three_ticks_that_comes_twice_late_or_never_is_named(wrong, service, sentence):
    wrong(service, each_of_three_ticks_is_due_to_alice(), sentence)


def test_one_client_of_many_without_the_tick_is_named(wrong):
    class ForgetsBob(Ticker):
        async def deliver(self, client, tick, text):
            if client is not self.clients[1]:
                await super().deliver(client, tick, text)

    said = wrong(ForgetsBob, a_tick_is_due_to("Alice", "Bob", "Carol"), r"reached 2 of 3; not Bob")
    assert "Alice: " not in said


def test_a_tick_for_which_the_broker_has_no_listener_says_so(wrong):
    class Deaf(Ticker):
        async def main(self):
            self.broker_url = None
            await super().main()

    wrong(Deaf, a_tick_is_due_to("Alice"), "the broker had no subscriber for it")


def test_without_a_published_tick_there_is_no_it(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(deliveries.receives_that_tick, ["Alice"], SOON_MS)

    with pytest.raises(Broken, match="no step has published a tick yet"):
        scenario(Ticker, story)


def test_a_lost_fence_is_no_proof_of_anything(wrong):
    class LosesTheSecond(Drops):
        def number(self, tick):
            return 3 if super().number(tick) == 2 else 1

    wrong(LosesTheSecond, a_tick_is_due_to("Alice"), r"the end marker to Alice: measured nothing")


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
        (changes(last_price="12.5"), ["last_price"], r'measured "12\.5"'),
        (DropsAll, ["last_price"], r"measured nothing in \d+ ms"),
        (
            CutsAtTick,
            ["last_price"],
            r"measured nothing before the end of the connection, \d+ ms on .*1006",
        ),
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

    sentence = (
        r"volume of NIFTY underlying bar #\d+ at Alice: measured \d+, "
        r"which the one before it, NIFTY underlying bar #\d+, had, allowed \d+"
    )
    wrong(Stale, story, sentence)


def test_what_was_not_published_cannot_be_equal(scenario):
    async def nothing(do):
        await subscribed(do, "Alice")
        await do(deliveries.equals_published, "Alice", ["last_price"])

    with pytest.raises(Broken, match="no tick that Alice subscribed to was published"):
        scenario(Ticker, nothing)
    with pytest.raises(Broken, match='has no field "colour"'):
        scenario(Ticker, fields_equal("colour"))


# --- what must not come, and nothing more than was due ------------------------------------------


def test_a_message_of_a_forbidden_kind_is_refuted_behind_a_fence(right, wrong):
    async def story(do):
        underlying = selection_of("the NIFTY underlying")
        await subscribed(do, "Alice", to=underlying)
        await do(publishing.publish, NIFTY, "option_tick")
        await do(deliveries.received_none, ["Alice"], ["option tick"])

    right(Ticker, story)
    wrong(Leaks, story, r"messages that Alice received: .*1 x option tick.*allowed no option tick")
    wrong(DropsAll, story, r"the end marker to Alice: measured nothing")


def test_a_client_without_a_subscription_is_asked_for_a_pong(right, wrong):
    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(deliveries.received_none, ["Alice"], ["error"])

    class Mute(Ticker):
        async def ping(self, client):
            pass

    class Complains(Ticker):
        async def ping(self, client):
            await client.send({"type": "error", "message": "no"})
            await super().ping(client)

    right(Ticker, story)
    wrong(Mute, story, r"the last pong to Alice: measured nothing")
    wrong(Complains, story, r"1 x error.*allowed no error")


def test_the_fence_of_another_client_is_waited_for_too(right):
    """What Alice holds takes the fence of Carol's, which reaches Carol first."""

    class SlowToTheFirst(Ticker):
        late_s = 0.0

        async def deliver(self, client, tick, text):
            coming = super().deliver(client, tick, text)
            if client is self.clients[0]:
                self.late_s += 0.05
                asyncio.get_running_loop().call_later(self.late_s, asyncio.ensure_future, coming)
            else:
                await coming

    async def story(do):
        await subscribed(do, "Alice", to=selection_of("instrument 256265"))
        await subscribed(do, "Carol")
        await do(publishing.publish, NIFTY, "option_tick")
        await do(deliveries.everything_was_exact)

    right(SlowToTheFirst, story)


def market(each=4, clients=("Alice",)):
    async def story(do):
        await subscribed(do, *clients)
        await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], each)
        for client in clients:
            await do(deliveries.received_exactly, client, NIFTY)

    return story


def test_exact_deliveries_are_met(right):
    done = right(Ticker, market(clients=("Alice", "Bob")))
    assert re.match(r"\d+, each once and in order, and none of \d+ others", done[-1].measured)


def test_the_figure_counts_the_ticks_of_the_selection_and_no_others(right):
    async def story(do):
        await subscribed(do, "Alice")
        await do(lifecycle.subscribe, ["Alice"], BANKNIFTY)
        await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY", "FINNIFTY"], 4)
        await do(deliveries.received_exactly, "Alice", NIFTY)

    done = right(Ticker, story)
    assert re.match(r"4, each once and in order, and none of \d+ others", done[-1].measured)


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (Leaks, r"Alice received ticks that it had not subscribed to: BANKNIFTY"),
        (
            Drops,
            r"Alice never received ticks that it was due: NIFTY option tick #\d+ of instrument",
        ),
        (Duplicates, r"Alice received ticks more than once: NIFTY"),
        (Swaps, r"Alice received ticks out of order: NIFTY option tick #\d+ .* after #\d+"),
        (CutsAfterThree, r"Alice lost its connection while subscribed: closed with 1006"),
        (ClosesAtTick, r'Alice lost its connection while subscribed: closed with 1011 "internal'),
        (changes(seq=None), r"fence|without their sequence number"),
        (changes(seq=987_654), r"end marker|nobody has published"),
    ],
)
def test_deliveries_that_are_not_exact_are_refuted(wrong, service, sentence):
    wrong(service, market(), sentence)


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (lambda name, value: value != 0 or name != "volume", "volume missing instead of 0"),
        (lambda name, value: name != "venue", ""),
    ],
    ids=["zero is taken for missing", "nothing is"],
)
def test_contents_of_every_tick_are_audited(right, wrong, kept, said):
    class Keeps(Ticker):
        async def deliver(self, client, tick, text):
            tick = {name: value for name, value in tick.items() if kept(name, value)}
            await super().deliver(client, tick, json.dumps(tick))

    async def story(do):
        await subscribed(do, "Alice")
        await do(publishing.publish_in_turn, ["NIFTY"], 4)
        await do(deliveries.everything_was_exact)

    if said:
        wrong(Keeps, story, f"Alice received ticks that differ from what was published: .*{said}")
    else:
        right(Keeps, story)


def test_a_value_of_the_neighbour_is_seen(wrong):
    class LastOfSymbol(Ticker):
        """Keeps the last volume by symbol, where it should keep it by instrument."""

        async def deliver(self, client, tick, text):
            kept = self.__dict__.setdefault("kept", {})
            before = kept.get(tick["symbol"], tick["volume"])
            kept[tick["symbol"]] = tick["volume"]
            await super().deliver(client, tick, json.dumps({**tick, "volume": before}))

    async def story(do):
        await subscribed(do, "Alice")
        await do(publishing.publish_in_turn, ["NIFTY"], 4)
        await do(deliveries.everything_was_exact)

    wrong(LastOfSymbol, story, r"differ from what was published: .*volume \d+ instead of \d+")


def test_what_a_client_has_given_up_can_be_kept_away_from_it(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(lifecycle.subscribe, ["Alice"], BANKNIFTY)
        await do(lifecycle.unsubscribe, ["Alice"], BANKNIFTY)
        await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
        await do(deliveries.received_exactly, "Alice", NIFTY)

    scenario(Ticker, story)


def test_a_claim_about_what_was_never_subscribed_or_published_is_broken(scenario):
    async def other(do):
        await subscribed(do, "Alice")
        await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
        await do(deliveries.received_exactly, "Alice", BANKNIFTY)

    async def alone(do):
        await subscribed(do, "Alice")
        await do(publishing.publish_in_turn, ["NIFTY"], 2)
        await do(deliveries.received_exactly, "Alice", NIFTY)

    with pytest.raises(
        Broken, match="no tick of BANKNIFTY was published while Alice was subscribed"
    ):
        scenario(Ticker, other)
    with pytest.raises(Broken, match="nothing could be kept away"):
        scenario(Ticker, alone)


def closing(do_first=None, clients=("Alice", "Bob")):
    async def story(do):
        await subscribed(do, *clients)
        await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 4)
        if do_first:
            await do_first(do)
        await do(deliveries.everything_was_exact)

    return story


def test_the_closing_step_is_met_where_all_is_right(right):
    done = right(Ticker, closing())
    assert [check.what for check in done] == [
        "deliveries to 2 connections",
        "frames that keep the message contract",
    ]


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (adds({"type": "heartbeat"}), r"against the message contract: .*has the type 'heartbeat'"),
        (adds("{ broken"), r"a frame that is not JSON"),
        (adds(b"\x00"), r"binary|not JSON"),
        (changes(greeks={}), r"option_tick: .*delta"),
        (changes(last_price=-1), r"option_tick: last_price"),
        (adds({"type": "error", "message": ""}), r"error: message"),
        (adds(WELCOME), r"was welcomed \d+ times"),
        (Leaks, r"Alice and Bob received ticks that it had not subscribed to"),
        (Duplicates, r"Alice and Bob received ticks more than once"),
        (Drops, r"Alice and Bob never received ticks"),
        (Swaps, r"out of order|fence"),
        (CutsAfterThree, r"lost its connection while subscribed"),
        (changes(seq=None), r"fence|without their sequence number"),
    ],
)
def test_the_closing_step_sees_what_no_other_step_looks_for(wrong, service, sentence):
    wrong(service, closing(), sentence)


def test_a_binary_tick_in_fragments_does_not_pass_for_text(wrong):
    class Binary(Ticker):
        async def deliver(self, client, tick, text):
            if client.wants(tick):
                await client.connection.send([text[:5].encode(), text[5:].encode()])

    wrong(Binary, closing(), r"is binary, not text")


def test_what_comes_behind_the_last_check_is_seen_also_without_any_tick(wrong):
    """A pong at the very end is the fence of clients that no tick can reach."""

    class LateNonsense(Ticker):
        async def ping(self, client):
            await client.send({"type": "heartbeat"})
            await super().ping(client)

    async def story(do):
        await do(lifecycle.be_connected, ["Alice"])
        await do(deliveries.everything_was_exact)

    wrong(LateNonsense, story, r"has the type 'heartbeat'")


def test_a_close_that_a_step_has_found_right_is_no_loss(right):
    class ClosesOnPing(Ticker):
        async def ping(self, client):
            await client.close(1001, "idle timeout")

    async def story(do):
        await subscribed(do, "Alice")
        await do(
            lambda testbed: testbed.scenario.connections.named("Alice").send('{"action":"ping"}')
        )
        await do(closes.closed_by_service, ["Alice"], ExpectedClose([1001], ["idle"]))
        await do(deliveries.everything_was_exact)

    right(ClosesOnPing, story)


def test_a_tick_from_an_earlier_scenario_is_unknown(wrong):
    kept = []

    class Replays(Ticker):
        async def deliver(self, client, tick, text):
            kept.append(text)
            await client.send(kept[0])
            await super().deliver(client, tick, text)

    wrong(Replays, closing(), r"more than once|nobody has published")
    wrong(
        Replays,
        closing(),
        r"nobody has published in this scenario: NIFTY #\d+ \(from an earlier one\)",
    )


def test_where_the_suite_cannot_hear_others_a_tick_of_nobody_may_be_theirs(scenario, monkeypatch):
    """On a broker of a team's that lets it publish only; what is wrong besides stays wrong."""
    deaf = "the broker does not let the suite listen"
    monkeypatch.setattr(OtherPublishers, "deafness", deaf)

    class Invents(Ticker):
        async def deliver(self, client, tick, text):
            await super().deliver(client, tick, text)
            await client.send(json.dumps(json.loads(text) | {"seq": 987_654}))

    with pytest.raises(Inconclusive, match=rf"received ticks that nobody .* #987654.*{deaf}"):
        scenario(Invents, closing())
    with pytest.raises(Refuted, match="more than once"):
        scenario(Duplicates, closing())
