"""Moves of a random sequence, and how a story of them is told."""

from qaws.behaviours.sequence_model import (
    ModelRunner,
    Ping,
    Subscribe,
    Tick,
    Unsubscribe,
    simplified,
)
from qaws.protocol.market import selection_of

NIFTY = selection_of("NIFTY")
TRIO = ("Alice", "Bob", "Carol")


def test_a_plainer_move_has_nothing_about_it():
    assert simplified(Subscribe("Alice", NIFTY, True)) == Subscribe("Alice", NIFTY, False)
    assert simplified(Tick(("underlying_bar", "NIFTY", None), True)) == Tick(
        ("underlying_bar", "NIFTY", None), False
    )
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
