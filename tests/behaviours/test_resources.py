"""Resources that must come back, on a process of its own."""

import pytest

from qaws.behaviours import leaving, lifecycle, resources
from qaws.sut.resources import CLIENT_PARTS
from qaws.verdict import Broken
from tests.services.faulty import AMPLE_MS, BANKNIFTY, NIFTY, SOON_MS
from tests.services.scripted import Ticker


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
