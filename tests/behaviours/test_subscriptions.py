"""Subscriptions that change while ticks flow, and random sequences of them."""

import random

import pytest

from qaws.behaviours import deliveries, lifecycle, publishing, random_sequences, subscriptions
from qaws.behaviours.random_sequences import SEARCH
from qaws.behaviours.sequence_model import (
    ModelRunner,
    Ping,
    Reconnect,
    Subscribe,
    Tick,
    Unsubscribe,
    simplified,
)
from qaws.protocol.market import selection_of
from qaws.sut.service import Service
from qaws.sut.target import Endpoint
from qaws.verdict import Broken, Refuted
from tests.behaviours.services import subscribed
from tests.services.scripted import Ticker

NIFTY, BANKNIFTY = selection_of("NIFTY"), selection_of("BANKNIFTY")
NXT50, OPTION = selection_of("NIFTYNXT50"), selection_of("instrument 256265")
TRIO = ("Alice", "Bob", "Carol")


class NeverEnds(Ticker):
    """Acknowledges an unsubscribe and goes on."""

    async def unsubscribe(self, client, wishes):
        pass


class EndsForAll(Ticker):
    """Ends for everybody what one client ends."""

    async def unsubscribe(self, client, wishes):
        for each in self.clients:
            each.wishes -= wishes


class DropsAll(Ticker):
    """Ends all that a client has, whatever it names."""

    async def unsubscribe(self, client, wishes):
        client.wishes.clear()


async def change_of_mind(do, taken=NIFTY, kept=BANKNIFTY, foreign=NXT50):
    await subscribed(do, "Alice", "Bob")
    await do(publishing.open_market, 6)
    await do(lifecycle.subscribe, ["Alice"], kept)
    await do(subscriptions.churn, "Alice", taken, foreign, 2)
    await do(publishing.close_market)
    await do(deliveries.received_exactly, "Alice", taken)
    await do(deliveries.received_exactly, "Bob", taken)


def test_what_is_ended_ends_and_the_rest_goes_on(right, testbed):
    right(Ticker, change_of_mind)
    shown = dict(testbed.scenario.figures)
    assert shown["times that Alice unsubscribed from NIFTY"] == "2"
    assert int(shown["of these, to be kept from Alice"]) >= 2


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (NeverEnds, "Alice received ticks behind the acknowledgement of its unsubscribe: NIFTY"),
        (EndsForAll, "a further tick of NIFTY to Bob: .*Bob never received ticks that it was due"),
        (DropsAll, "a further tick of BANKNIFTY to Alice: .*Alice never received ticks"),
    ],
)
def test_an_unsubscribe_that_does_too_little_or_too_much_is_refuted(wrong, service, sentence):
    wrong(service, change_of_mind, sentence)


def test_an_unsubscribe_without_an_answer_is_refuted(wrong):
    class Silent(Ticker):
        async def unsubscribe(self, client, wishes):
            client.cut()

    wrong(Silent, change_of_mind, "Alice asked to unsubscribe from NIFTY and got no acknowledgem")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"taken": BANKNIFTY, "kept": OPTION}, "not subscribed to BANKNIFTY"),
        ({"kept": NIFTY}, "Alice is subscribed to nothing but NIFTY"),
        ({"foreign": BANKNIFTY}, "Alice is subscribed to BANKNIFTY: the scenario says"),
    ],
)
def test_a_scenario_that_could_show_nothing_is_broken(scenario, words, sentence):
    async def story(do):
        with pytest.raises(Broken, match=sentence):
            await change_of_mind(do, **words)

    scenario(Ticker, story)


def test_while_ticks_flow_nobody_has_received_all(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(publishing.open_market, 6)
        with pytest.raises(Broken, match='still open: say "When the market closes" before'):
            await do(deliveries.received_exactly, "Alice", NIFTY)
        await do(publishing.close_market)
        with pytest.raises(Broken, match="the market is not open"):
            await do(publishing.close_market)

    scenario(Ticker, story)


def test_who_is_subscribed_to_everything_shows_nothing_kept_away(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(lifecycle.subscribe, ["Alice"], BANKNIFTY)
        await do(publishing.publish_in_turn, ["NIFTY", "BANKNIFTY"], 2)
        with pytest.raises(Broken, match="Alice was subscribed to all that was published"):
            await do(deliveries.received_exactly, "Alice", NIFTY)

    scenario(Ticker, story)


def test_somebody_else_must_show_which_ticks_there_were(scenario):
    async def story(do):
        await subscribed(do, "Alice")
        await do(lifecycle.subscribe, ["Alice"], BANKNIFTY)
        with pytest.raises(Broken, match="nobody but Alice is subscribed to NIFTY"):
            await do(subscriptions.churn, "Alice", NIFTY, NXT50, 1)

    scenario(Ticker, story)


# --- random sequences ----------------------------------------------------------------------------


@pytest.fixture
def play(testbed, monkeypatch):
    """Play random sequences against a service; return the testbed's scenario, judged or refuted."""
    monkeypatch.setattr("qaws.testbed.testbed.GRACE_S", 0.5)

    def against(service, sequences=20, length=12, seed=1):
        with service(testbed.broker.url) as running:
            target = testbed.target.model_copy(update={"endpoint": Endpoint(url=running.url)})
            testbed.begin_scenario()
            testbed.scenario.service = Service(target, {}, running.port, None)
            try:
                random_sequences.play(testbed, TRIO, sequences, length, seed)
                random_sequences.conform_to_the_model(testbed)
            finally:
                testbed.end_scenario(trust=True)

    return against


def test_a_right_service_goes_conform_to_the_model(play, testbed):
    play(Ticker)
    (check,) = testbed.scenario.checks.done
    assert check.measured.startswith("all 20 as the model says, ")


@pytest.mark.parametrize(
    ("service", "steps", "end"),
    [
        (NeverEnds, 2, "received ticks behind the acknowledgement of its unsubscribe"),
        (DropsAll, 2, "never received ticks that it was due"),
    ],
)
def test_what_goes_wrong_is_told_in_the_fewest_steps(play, testbed, service, steps, end):
    with pytest.raises(Refuted) as caught:
        play(service)
    lines = testbed.scenario.stash[SEARCH].story.lines()
    assert len(lines) <= steps + 2
    assert lines[-1].startswith("then: ")
    assert end in lines[-1]
    assert "; ".join(lines) in str(caught.value)
    assert [line for name, line in testbed.scenario.figures if "shortest" in name] == lines


def test_totals_that_are_not_the_models_are_refuted(play):
    class Miscounts(Ticker):
        async def subscribed(self, client):
            totals = {"instruments": 0, "symbols": 7, "underlyings": 0}
            await client.send({"type": "subscribed", "totals": totals})

    with pytest.raises(Refuted, match=r"told that it holds 0 instruments, 7 symbols, 0 underlying"):
        play(Miscounts)


def test_without_a_play_there_is_nothing_to_judge(testbed):
    testbed.begin_scenario()
    with pytest.raises(Broken, match="no sequences have been played"):
        random_sequences.conform_to_the_model(testbed)


def test_the_same_seed_draws_the_same_sequences():
    one, same, other = (
        [random_sequences.draw(draws, TRIO, 25) for _ in range(40)]
        for draws in map(random.Random, (117, 117, 118))
    )
    assert one == same
    assert one != other
    assert all(13 <= len(moves) <= 25 for moves in one)
    kinds = {type(move) for moves in one for move in moves}
    assert kinds == {Subscribe, Unsubscribe, Tick, Reconnect, Ping}


def test_halves_end_with_one():
    assert random_sequences.halves(25) == [12, 6, 3, 1]
    assert random_sequences.halves(1) == []


def test_a_plainer_move_has_nothing_about_it():
    assert simplified(Subscribe("Alice", NIFTY, True)) == Subscribe("Alice", NIFTY, False)
    assert simplified(Tick(("underlying_bar", "NIFTY", None), True)).awaited is False
    assert simplified(Ping("Alice")) == Ping("Alice")


def test_a_story_is_told_step_by_step(testbed):
    testbed.begin_scenario()
    stage = ModelRunner(testbed, TRIO, 1.0)
    stage.moves = [
        Subscribe("Alice", NIFTY, False),
        Tick(("option_tick", "NIFTY", 256265), False),
        Unsubscribe("Alice", NIFTY, True),
    ]
    stage.notes = ["", "NIFTY #3", "NIFTY #4 to BANKNIFTY #9"]
    assert stage.story("something was wrong").lines() == [
        "1. Alice subscribes to NIFTY",
        "2. an option tick of instrument 256265 is published (NIFTY #3)",
        "3. Alice unsubscribes from NIFTY while ticks are published (NIFTY #4 to BANKNIFTY #9)",
        "then: something was wrong",
    ]
