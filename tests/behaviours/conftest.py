"""Every expectation, played against a ticker service that is right but for one thing.

The service, the broker, the sockets and the testbed are real; what a scenario would say is called
directly. Each test has the sentence that a reader of a red report gets.
"""

import re

import pytest

from qaws.sut.service import Service
from qaws.sut.target import Endpoint, Target
from qaws.testbed.testbed import Testbed
from qaws.verdict import Inconclusive, Refuted

GRACE_S = 0.25


@pytest.fixture(scope="package")
def testbed(tmp_path_factory):
    target = Target.model_validate(
        {
            "name": "scripted",
            "dialect": "qa-ws",
            "endpoint": {"url": "ws://127.0.0.1:1/ws/ticks"},
            "auth": {
                "generate_key": True,
                "token_locations": ["query parameter", "Authorization header"],
            },
            "feed": {"broker": "embedded"},
        }
    )
    made = Testbed(target, tmp_path_factory.mktemp("testbed"))
    yield made
    made.stop()


@pytest.fixture
def scenario(testbed, monkeypatch):
    """Play a scenario: an `async def story(do)` against a service; return the checks."""
    monkeypatch.setattr("qaws.testbed.testbed.GRACE_S", GRACE_S)
    monkeypatch.setattr("qaws.behaviours.lifecycle.ALIVE_S", GRACE_S)

    def play(service, story):
        with service(testbed.broker.url) as running:
            endpoint = Endpoint(url=running.url)
            target = testbed.target.model_copy(update={"endpoint": endpoint})
            testbed.begin_scenario()
            testbed.scenario.service = Service(target, {}, running.port, None)

            async def do(act, *words, **named):
                return await act(testbed, *words, **named)

            try:
                testbed.loop.call(story(do), timeout_s=30)
            except Inconclusive as starved:
                pytest.skip(str(starved))
            finally:
                for connection in testbed.scenario.connections.all:
                    if connection._socket:
                        connection._socket.close_timeout = 0.3  # some services never answer
                testbed.end_scenario(trust=True)
            return testbed.scenario.checks.done

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
def wrong(scenario, testbed):
    """Play a scenario that must be refuted, with a sentence that matches."""

    def play(service, story, sentence):
        with pytest.raises(Refuted) as caught:
            scenario(service, story)
        assert re.search(sentence, str(caught.value), re.DOTALL), str(caught.value)
        if testbed.scenario.checks.done:
            assert [check.verdict for check in testbed.scenario.checks.done][-1] != "inconclusive"
        return str(caught.value)

    return play
