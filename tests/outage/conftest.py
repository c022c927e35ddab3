"""Fixtures: a world with a broker of its own, and a wait on a condition."""

import re
import time

import pytest

from qaws.service import Service
from qaws.target import Endpoint, Target
from qaws.verdict import Refuted
from qaws.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A world without a launch section: the services are scripted."""
    target = Target.model_validate(
        {
            "name": "scripted",
            "dialect": "qa-ws",
            "endpoint": {"url": "ws://127.0.0.1:1/ws/ticks"},
            "auth": {"generate_key": True},
            "feed": {"broker": "embedded"},
        }
    )
    made = World(target, tmp_path_factory.mktemp("world"))
    yield made
    made.stop()


@pytest.fixture
def play(world, monkeypatch):
    """Play a scenario, an `async def story(do)`, against a service; return the checks."""
    monkeypatch.setattr("qaws.world.ALLOWANCE_S", 0.5)
    monkeypatch.setattr("qaws.outage.PING_GIVEN_UP_S", 0.5)

    def playing(service, story):
        with service(world.broker.url) as running:
            target = world.target.model_copy(update={"endpoint": Endpoint(url=running.url)})
            world.new_scene()
            world.scene.service = Service(target, {}, running.port, None)

            async def do(act, *words, **named):
                return await act(world, *words, **named)

            try:
                world.loop.call(story(do), timeout_s=30)
            finally:
                world.end_scene(trust=True)
            return world.scene.checks.done

    return playing


@pytest.fixture
def wrong(play):
    """Play a scenario that must be refuted, with a sentence that matches."""

    def playing(service, story, sentence):
        with pytest.raises(Refuted) as caught:
            play(service, story)
        assert re.search(sentence, str(caught.value), re.DOTALL), str(caught.value)

    return playing


@pytest.fixture
def until():
    """A wait on a condition, with a deadline."""

    def wait(condition, within_s=10.0):
        deadline = time.monotonic() + within_s
        while not (value := condition()):
            assert time.monotonic() < deadline, "the condition did not come true"
            time.sleep(0.01)
        return value

    return wait
