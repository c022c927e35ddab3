"""What wordings of one phrase stand for, where no scenario of a moment shows it."""

import asyncio
from types import SimpleNamespace

import pytest

from qaws.behaviours import choices
from qaws.behaviours.load import LoadRun
from qaws.gherkin.types import TYPES
from qaws.protocol.market import selection_of
from qaws.sut.service import MIB
from qaws.verdict import Broken, Checks, Refuted

NIFTY = selection_of("NIFTY")


@pytest.fixture
def world():
    return SimpleNamespace(scene=SimpleNamespace(checks=Checks(), load=None, siege=None))


def swarm(world, words):
    TYPES["Swarm"](words)(world, 50, NIFTY)
    return [(group.count, group.behaviour) for group in world.scene.load.groups]


def test_a_swarm_has_slow_clients_where_the_words_say_so(world):
    assert swarm(world, "") == [(50, "reads")]
    besides = swarm(world, ", besides one that stops reading and one that trickles")
    assert [count for count, _ in besides] == [50, 1, 1]
    assert [behaviour for _, behaviour in besides].count("reads") == 1


def test_memory_may_be_shared_out_to_slow_clients(world):
    swarm(world, ", besides one that stops reading and one that trickles")
    world.scene.load.memory_before, world.scene.load.memory_peak = 0, 18 * MIB
    grown = TYPES["Growth"](" per slow client at its peak")
    asyncio.run(grown(world, 10))
    with pytest.raises(Refuted, match="per slow client, at its peak: measured 9"):
        asyncio.run(grown(world, 8))


def test_deliveries_are_those_to_the_swarm_unless_clients_are_named(world):
    with pytest.raises(Broken, match="no swarm yet"):
        asyncio.run(choices.deliveries_took_less(world, None, 99, 100))
    with pytest.raises(Broken, match="no hostile client has come yet"):
        asyncio.run(choices.deliveries_took_less(world, ["Alice"], 99, 100))
    world.scene.load = LoadRun([])
    with pytest.raises(Broken, match="nothing has been published to the swarm"):
        asyncio.run(choices.deliveries_took_less(world, None, 99, 100))
