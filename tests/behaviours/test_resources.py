"""Resources that must come back, on a process of its own."""

import sys
from pathlib import Path

import pytest

from qaws.behaviours import lifecycle, resources
from qaws.sut.resources import CLIENT_PARTS
from qaws.sut.target import Endpoint, Statistics
from qaws.verdict import Broken, Refuted
from tests.behaviours.conftest import GRACE_S
from tests.behaviours.services import NIFTY
from tests.services import scripted
from tests.services.scripted import Ticker


@pytest.fixture
def resource_story(testbed, monkeypatch, tmp_path):
    """Let three clients come and go at a service that runs as a process of its own."""
    from qaws.sut.service import Services
    from qaws.sut.target import Launch

    def play(kind, then):
        launch = Launch(
            command=[sys.executable, "-m", scripted.__name__, kind],
            directory=Path(scripted.__file__).parents[2],
            ready_log=r"scripted service on (?P<port>\d+)",
        )
        update = {
            "endpoint": Endpoint(url="ws://127.0.0.1:{port}/ws/ticks"),
            "launch": launch,
            "statistics": Statistics(path="/ws/stats"),
        }
        services = Services(testbed.target.model_copy(update=update), tmp_path, {})
        monkeypatch.setattr("qaws.testbed.testbed.GRACE_S", GRACE_S)
        testbed.begin_scenario()
        try:
            testbed.scenario.service = services.get()

            async def story():
                await lifecycle.be_connected(testbed, ["Alice"])
                await resources.record(testbed)
                await resources.record_memory(testbed)
                names = ["client 1", "client 2", "client 3"]
                await lifecycle.come_and_go(testbed, names, NIFTY, "a clean close")
                await then(testbed)

            testbed.loop.call(story(), timeout_s=30)
        finally:
            testbed.end_scenario(trust=True)
            services.stop()

    return play


async def back(testbed):
    await resources.return_to_baseline(testbed, CLIENT_PARTS, 500)


async def no_more(testbed):
    parts = ("sessions", "subscriptions")
    await resources.no_more_than_baseline(testbed, parts, 500)


async def small(testbed):
    await back(testbed)
    await resources.memory_grew_less(testbed, 10)


def test_resources_that_come_back_are_met(resource_story, testbed):
    resource_story("Ticker", small)
    assert {check.verdict for check in testbed.scenario.checks.done} == {"met"}


@pytest.mark.parametrize(
    ("kind", "then", "sentence"),
    [
        ("KeepsSockets", back, r"measured [4-9] sockets, 1 sessions.*as before: 1 sockets"),
        (
            "KeepsSessions",
            back,
            r"measured 1 sockets, 4 sessions.*as before: 1 sockets, 1 sessions",
        ),
        (
            "KeepsSessions",
            no_more,
            r"^sessions and subscriptions of the service: measured 4 sess.*no more than before: 1",
        ),
        ("KeepsMemory", small, r"growth of the service's private memory: measured 1[12]\.\d\d MB"),
    ],
)
def test_resources_that_do_not_come_back_are_refuted(resource_story, kind, then, sentence):
    with pytest.raises(Refuted, match=sentence):
        resource_story(kind, then)


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
