"""Resources that must come back, on a process of its own."""

import sys
from pathlib import Path

import pytest

from qaws.behaviours import actions, resources
from qaws.sut.target import Endpoint, Statistics
from qaws.verdict import Broken, Refuted
from tests.expectations.conftest import ALLOWANCE_S
from tests.expectations.services import NIFTY
from tests.harness import scripted
from tests.harness.scripted import Ticker


@pytest.fixture
def resource_story(world, monkeypatch, tmp_path):
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
        services = Services(world.target.model_copy(update=update), tmp_path, {})
        monkeypatch.setattr("qaws.testbed.testbed.ALLOWANCE_S", ALLOWANCE_S)
        world.new_scene()
        try:
            world.scene.service = services.get()

            async def story():
                await actions.be_connected(world, ["Alice"])
                await actions.note_resources(world)
                names = ["client 1", "client 2", "client 3"]
                await actions.come_and_go(world, names, NIFTY, "a clean close")
                await then(world)

            world.loop.call(story(), timeout_s=30)
        finally:
            world.end_scene(trust=True)
            services.stop()

    return play


async def back(world):
    await resources.resources_are_back(world, 500)


async def small(world):
    await back(world)
    await resources.memory_grew_less(world, 10)


def test_resources_that_come_back_are_met(resource_story, world):
    resource_story("Ticker", small)
    assert {check.verdict for check in world.scene.checks.done} == {"met"}


@pytest.mark.parametrize(
    ("kind", "then", "sentence"),
    [
        ("KeepsSockets", back, r"measured [4-9] sockets, 1 sessions.*as before: 1 sockets"),
        (
            "KeepsSessions",
            back,
            r"measured 1 sockets, 4 sessions.*as before: 1 sockets, 1 sessions",
        ),
        ("KeepsMemory", small, r"growth of the service's private memory: measured 1[12]\.\d\d MB"),
    ],
)
def test_resources_that_do_not_come_back_are_refuted(resource_story, kind, then, sentence):
    with pytest.raises(Refuted, match=sentence):
        resource_story(kind, then)


def test_what_nobody_noted_cannot_be_back(scenario):
    async def story(do):
        await do(resources.resources_are_back, 100)

    async def memory(do):
        await do(resources.memory_grew_less, 10)

    async def note(do):
        await do(actions.note_resources)

    with pytest.raises(Broken, match="no step has noted what the service held"):
        scenario(Ticker, story)
    with pytest.raises(Broken, match="no step has noted the service's memory"):
        scenario(Ticker, memory)
    with pytest.raises(Broken, match="nobody can tell what the service holds"):
        scenario(Ticker, note)
