"""Resources that must come back, on a process of its own."""

import asyncio

import pytest

from qaws.behaviours import leaving, lifecycle, resources
from qaws.sut.resources import CLIENT_PARTS
from qaws.sut.service import MIB
from qaws.verdict import Broken, Refuted
from tests.bare import bare_testbed
from tests.services.faulty import AMPLE_MS, BANKNIFTY, NIFTY, SOON_MS
from tests.services.scripted import Ticker
from tests.waiting import HANG_S, soon


async def coming_and_going(do):
    """Let three clients come and go, and note what the service held before."""
    await do(lifecycle.be_connected, ["Alice"])
    await do(resources.record)
    await do(resources.record_memory)
    names = ["client 1", "client 2", "client 3"]
    await do(leaving.come_and_go, names, NIFTY, BANKNIFTY, "a clean close")


async def back(do, within_ms=SOON_MS):
    await coming_and_going(do)
    await do(resources.return_to_baseline, CLIENT_PARTS, within_ms)


async def no_more(do):
    await coming_and_going(do)
    parts = ("sessions", "subscriptions")
    await do(resources.no_more_than_baseline, parts, SOON_MS)


async def small(do):
    await back(do, AMPLE_MS)
    await do(resources.memory_grew_less, 10)


@pytest.fixture(autouse=True)
def soon_settled(monkeypatch):
    """Do not wait for services that never forget who has left."""
    monkeypatch.setattr("qaws.behaviours.instruments.SETTLES_S", 3.0)


def test_resources_that_come_back_are_met(met, launched):
    met(lambda: launched("scripted", "Ticker", small))


@pytest.mark.parametrize(
    ("kind", "then", "sentence"),
    [
        (
            "KeepsSockets",
            back,
            r"measured \d+ sockets, 1 sessions.*as before: \d+ sockets, 1 sessions",
        ),
        (
            "KeepsSessions",
            back,
            r"measured 1 sockets, 9 sessions.*as before: 1 sockets, 6 sessions",
        ),
        (
            "KeepsSessions",
            no_more,
            r"^sessions and subscriptions of the service: measured 9 .*before: 1 sockets, 6 sess",
        ),
        ("KeepsMemory", small, r"growth of the service's private memory: measured 1[12]\.\d\d MB"),
    ],
)
def test_resources_that_do_not_come_back_are_refuted(launched, refuted, kind, then, sentence):
    refuted(lambda: launched("scripted", kind, then), sentence)


def test_what_nobody_noted_cannot_be_back(scenario):
    async def story(do):
        await do(resources.return_to_baseline, CLIENT_PARTS, 100)

    async def memory(do):
        await do(resources.memory_grew_less, 10)

    async def note(do):
        await do(resources.record)

    with pytest.raises(Broken, match="no step has recorded what the service held"):
        scenario(Ticker, story)
    with pytest.raises(Broken, match="no step has recorded the service's memory"):
        scenario(Ticker, memory)
    with pytest.raises(Broken, match="nobody can tell what the service holds"):
        scenario(Ticker, note)


def test_what_is_taken_for_an_instant_counts():
    """It was looked at once, behind the close: what had been given back by then did not show."""
    testbed = bare_testbed()
    held = iter([10, 40])
    testbed.service.memory_bytes = lambda: next(held, 11) * MIB
    testbed.scenario.stash[resources.MEMORY_BEFORE] = 10 * MIB

    async def story():
        async with resources.memory_watched(testbed):
            await soon(lambda: testbed.scenario.stash.get(resources.MEMORY_PEAK) == 40 * MIB)
        await resources.memory_grew_less(testbed, 8)

    words = r"private memory, at its peak: measured 30\.00 MB \(from 10\.0 to 40\.0 MB\)"
    with pytest.raises(Refuted, match=words):
        asyncio.run(asyncio.wait_for(story(), HANG_S))


def test_a_service_that_ends_while_it_is_watched_is_for_others_to_judge():
    testbed = bare_testbed()

    def ended():
        raise Broken("it has ended")

    testbed.service.memory_bytes = ended
    testbed.scenario.stash[resources.MEMORY_BEFORE] = 10

    async def story():
        async with resources.memory_watched(testbed):
            await asyncio.sleep(0.05)

    asyncio.run(story())
    assert resources.MEMORY_PEAK not in testbed.scenario.stash
