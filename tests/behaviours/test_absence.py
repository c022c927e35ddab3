"""What must not come, and that nothing more is received than was due."""

import asyncio
import re

import pytest

from qaws.behaviours import closes, deliveries, lifecycle, publishing
from qaws.clients.endings import ExpectedClose
from qaws.protocol.market import selection_of
from qaws.verdict import Broken
from tests.behaviours.services import (
    BANKNIFTY,
    NIFTY,
    WELCOME,
    ClosesAtTick,
    CutsAfterThree,
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


def test_a_message_of_a_forbidden_kind_is_refuted_behind_a_fence(right, wrong):
    async def story(do):
        underlying = selection_of("the NIFTY underlying")
        await subscribed(do, "Alice", to=underlying)
        await do(publishing.publish, NIFTY, "option_tick")
        await do(deliveries.received_none, ["Alice"], ["option tick"])

    right(Ticker, story)
    wrong(Leaks, story, r"messages that Alice received: .*1 x option tick.*allowed no option tick")
    wrong(DropsAll, story, r"the fence to Alice: measured nothing")


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
    wrong(Mute, story, r"the fence pong to Alice: measured nothing")
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
        (changes(seq=987_654), r"fence|never published"),
    ],
)
def test_deliveries_that_are_not_exact_are_refuted(wrong, service, sentence):
    wrong(service, market(), sentence)


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
        (Leaks, r"Alice received ticks that it had not subscribed to"),
        (Duplicates, r"Alice received ticks more than once"),
        (Drops, r"Alice never received ticks"),
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

    wrong(Replays, closing(), r"more than once|never published")
    wrong(Replays, closing(), r"never published: NIFTY #\d+ \(published in an earlier scenario\)")
