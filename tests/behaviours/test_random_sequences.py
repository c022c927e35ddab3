"""Random sequences of subscriptions: what they show, and in how few steps."""

import random

import pytest

from qaws.behaviours import random_sequences, sequence_model
from qaws.behaviours.random_sequences import SEARCH
from qaws.behaviours.sequence_model import Ping, Reconnect, Subscribe, Tick, Unsubscribe
from qaws.sut.sections import Endpoint
from qaws.sut.service import Service
from qaws.verdict import Broken
from tests.services.faulty import EndsAllOfAClient, NeverEnds, RefusesNeedless
from tests.services.scripted import Ticker

TRIO = ("Alice", "Bob", "Carol")


@pytest.fixture
def play(testbed, grace):
    """Play random sequences against a service; return the testbed's scenario, judged or refuted."""

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


def test_a_right_service_conforms_to_the_model(play, testbed):
    play(Ticker)
    (check,) = testbed.scenario.checks.done
    assert check.measured.startswith("all 20 as the model says, ")


@pytest.mark.parametrize(
    ("service", "steps", "end"),
    [
        (NeverEnds, 2, "received ticks behind the acknowledgement of its unsubscribe"),
        (EndsAllOfAClient, 2, "never received ticks that it was due"),
    ],
)
def test_what_goes_wrong_is_told_in_the_fewest_steps(play, refuted, testbed, service, steps, end):
    said = refuted(lambda: play(service), end)
    lines = testbed.scenario.stash[SEARCH].story.lines()
    assert len(lines) <= steps + 2
    assert lines[-1].startswith("then: ")
    assert end in lines[-1]
    assert "; ".join(lines) in said
    assert [line for name, line in testbed.scenario.figures if "shortest" in name] == lines


def test_totals_that_are_not_the_models_are_refuted(play, refuted):
    class Miscounts(Ticker):
        async def subscribed(self, client):
            totals = {"instruments": 0, "symbols": 7, "underlyings": 0}
            await client.send({"type": "subscribed", "totals": totals})

    words = "told that it holds 0 instruments, 7 symbols, 0 underlying"
    refuted(lambda: play(Miscounts), words)


def test_totals_of_other_names_tell_nothing(play):
    class CountsAll(Ticker):
        async def subscribed(self, client):
            await client.send({"type": "subscribed", "totals": {"all": len(client.wishes)}})

    play(CountsAll)


def test_a_service_may_count_the_instruments_of_a_symbol(play, monkeypatch):
    """Other scenarios allow it: a kind that a client has not named is counted as one likes."""

    class CountsInstruments(Ticker):
        async def subscribed(self, client):
            count = len(client.wishes)
            totals = {"instruments": 42 * count, "symbols": count}
            await client.send({"type": "subscribed", "totals": totals})

    of_symbols = [each for each in sequence_model.SELECTIONS if each.kind == "symbols"]
    monkeypatch.setattr(sequence_model, "SELECTIONS", of_symbols)
    play(CountsInstruments)


def test_totals_that_are_no_object_are_for_the_contract_to_judge(play):
    class TellsNone(Ticker):
        async def subscribed(self, client):
            await client.send({"type": "subscribed", "totals": None})

    play(TellsNone)


def test_an_error_tells_as_well_that_something_is_not_held(play):
    play(RefusesNeedless)


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
