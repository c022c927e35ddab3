"""What wordings of one phrase stand for, where no scenario of a moment shows it."""

import asyncio

import pytest

from qaws.behaviours import choices
from qaws.behaviours.load import LOAD, LoadRun
from qaws.gherkin.types import TYPES
from qaws.protocol.market import selection_of
from qaws.sut.service import MIB
from qaws.verdict import Broken, Refuted
from tests.bare import bare_testbed

NIFTY = selection_of("NIFTY")


@pytest.fixture
def testbed():
    return bare_testbed()


def swarm(testbed, words):
    TYPES["Swarm"](words)(testbed, 50, NIFTY)
    return [(group.count, group.behaviour) for group in testbed.scenario.stash[LOAD].groups]


def test_a_swarm_has_slow_clients_where_the_words_say_so(testbed):
    assert swarm(testbed, "") == [(50, "reads")]
    besides = swarm(testbed, ", besides one that stops reading and one that trickles")
    assert [count for count, _ in besides] == [50, 1, 1]
    assert [behaviour for _, behaviour in besides].count("reads") == 1


def test_memory_may_be_shared_out_to_slow_clients(testbed):
    swarm(testbed, ", besides one that stops reading and one that trickles")
    load = testbed.scenario.stash[LOAD]
    load.memory_before, load.memory_peak = 0, 18 * MIB
    grown = TYPES["Growth"](" per slow client at its peak")
    asyncio.run(grown(testbed, 10))
    with pytest.raises(Refuted, match="per slow client, at its peak: measured 9"):
        asyncio.run(grown(testbed, 8))


def test_deliveries_are_those_to_the_swarm_unless_clients_are_named(testbed):
    with pytest.raises(Broken, match="no swarm yet"):
        asyncio.run(choices.deliveries_took_less(testbed, None, 99, 100))
    with pytest.raises(Broken, match="no hostile client has come yet"):
        asyncio.run(choices.deliveries_took_less(testbed, ["Alice"], 99, 100))
    testbed.scenario.stash[LOAD] = LoadRun([])
    with pytest.raises(Broken, match="nothing has been published to the swarm"):
        asyncio.run(choices.deliveries_took_less(testbed, None, 99, 100))
