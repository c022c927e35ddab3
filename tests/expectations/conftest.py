"""Every expectation, played against a ticker service that is right but for one thing.

The service, the broker, the sockets and the world are real; what a scenario would say is called
directly. Each test has the sentence that a reader of a red report gets.
"""

import re

import pytest

from qaws.sut.service import Service
from qaws.sut.target import Endpoint, Target
from qaws.testbed.testbed import World
from qaws.verdict import Inconclusive, Refuted

ALLOWANCE_S = 0.25


@pytest.fixture(scope="package")
def world(tmp_path_factory):
    target = Target.model_validate(
        {
            "name": "scripted",
            "dialect": "qa-ws",
            "endpoint": {"url": "ws://127.0.0.1:1/ws/ticks"},
            "auth": {"generate_key": True, "carriers": ["query parameter", "Authorization header"]},
            "feed": {"broker": "embedded"},
        }
    )
    made = World(target, tmp_path_factory.mktemp("world"))
    yield made
    made.stop()


@pytest.fixture
def scenario(world, monkeypatch):
    """Play a scenario: an `async def story(do)` against a service; return the checks."""
    monkeypatch.setattr("qaws.testbed.testbed.ALLOWANCE_S", ALLOWANCE_S)
    monkeypatch.setattr("qaws.behaviours.expectations.ALIVE_S", ALLOWANCE_S)

    def play(service, story):
        with service(world.broker.url) as running:
            endpoint = Endpoint(url=running.url)
            target = world.target.model_copy(update={"endpoint": endpoint})
            world.new_scene()
            world.scene.service = Service(target, {}, running.port, None)

            async def do(act, *words, **named):
                return await act(world, *words, **named)

            try:
                world.loop.call(story(do), timeout_s=30)
            except Inconclusive as starved:
                pytest.skip(str(starved))
            finally:
                for connection in world.scene.connections.all:
                    if connection._socket:
                        connection._socket.close_timeout = 0.3  # some services never answer
                world.end_scene(trust=True)
            return world.scene.checks.done

    return play


@pytest.fixture
def right(scenario):
    """Play a scenario in which all is right: every check is met."""

    def play(service, story):
        done = scenario(service, story)
        assert {check.verdict for check in done} == {"met"}
        return done

    return play


@pytest.fixture
def wrong(scenario, world):
    """Play a scenario that must be refuted, with a sentence that matches."""

    def play(service, story, sentence):
        with pytest.raises(Refuted) as caught:
            scenario(service, story)
        assert re.search(sentence, str(caught.value), re.DOTALL), str(caught.value)
        if world.scene.checks.done:
            assert [check.verdict for check in world.scene.checks.done][-1] != "inconclusive"
        return str(caught.value)

    return play
