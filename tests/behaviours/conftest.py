"""Every behaviour, played against a ticker service that is right but for one thing.

The service, the broker, the sockets and the testbed are real; what a scenario would say is called
directly. Each test has the sentence that a reader of a red report gets.

Two kinds of waits are told apart. What must come gets until a hang is certain. What will not come
is given up soon, or each such test would take as long; a busy machine may then hold up also what
comes before it, and so a story that ends otherwise is played again with more time.
"""

import re
import sys
from pathlib import Path

import pytest

from qaws.behaviours import silent_link
from qaws.sut.launch_sections import Launch
from qaws.sut.sections import Endpoint, Statistics
from qaws.sut.service import Service
from qaws.sut.services import Services
from qaws.sut.target import Target
from qaws.testbed.testbed import Testbed
from qaws.verdict import Broken, Inconclusive, NotVerified, Refuted
from tests.services.faulty import LATE
from tests.waiting import HANG_S

ROOT = Path(__file__).parents[2]
GIVEN_UP_S = (0.25, 1.0, 4.0, 16.0)
"""How long something without a bound of its own may take, at the first try and at the next."""

NO_GOODBYE_S = 0.3
"""How long a client waits for the answer to its close: some services never give one."""


@pytest.fixture(scope="session")
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
def grace(monkeypatch):
    """Set how long the behaviours wait for what has no bound of its own, in seconds."""
    monkeypatch.setattr("qaws.clients.connection.OPEN_ALLOWANCE_S", HANG_S)

    def set_to(seconds):
        monkeypatch.setattr("qaws.testbed.testbed.GRACE_S", seconds)
        monkeypatch.setattr("qaws.behaviours.lifecycle.ALIVE_S", seconds)
        monkeypatch.setattr("qaws.behaviours.liveness.PING_GIVEN_UP_S", seconds)

    set_to(HANG_S)
    return set_to


@pytest.fixture
def tell(testbed):
    """Run an `async def story(do)`, and return the checks behind its end."""

    async def do(act, *words, **named):
        return await act(testbed, *words, **named)

    def telling(story):
        try:
            testbed.loop.call(story(do), timeout_s=4 * HANG_S)
            testbed.scenario.require_no_reservations()
        finally:
            for connection in testbed.scenario.connections.all:
                if connection._socket:
                    connection._socket.close_timeout = NO_GOODBYE_S
            testbed.end_scenario(trust=True)
        return testbed.scenario.checks.done

    return telling


@pytest.fixture
def scenario(testbed, grace, tell):
    """Play a story against a service; return the checks."""

    def play(service, story):
        with service(testbed.broker.url) as running:
            endpoint = Endpoint(url=running.url)
            target = testbed.target.model_copy(update={"endpoint": endpoint})
            testbed.begin_scenario()
            testbed.scenario.service = Service(target, {}, running.port, None)
            return tell(story)

    return play


@pytest.fixture
def right(scenario, met):
    """Play a story in which all is right; return the checks, which are met."""
    return lambda service, story: met(lambda: scenario(service, story))


@pytest.fixture
def met(grace):
    """Play what must be met, again where the harness itself was starved; return the checks."""

    def playing(play):
        grace(HANG_S)
        for _ in GIVEN_UP_S:
            try:
                done = play()
            except Inconclusive as problem:
                starved = problem
            else:
                assert {check.verdict for check in done} == {"met"}
                return done
        return pytest.skip(str(starved))

    return playing


@pytest.fixture
def wrong(scenario, refuted):
    """Play a story that must be refuted, with a sentence that matches."""
    return lambda service, story, sentence: refuted(lambda: scenario(service, story), sentence)


@pytest.fixture
def refuted(ended):
    """Play what must be refuted with a sentence that matches; return the sentence."""
    return ended


@pytest.fixture
def ended(grace, testbed):
    """Play what must end in one way, refuted if no other is named; return the sentence."""

    def playing(play, sentence, kind=Refuted, is_late=False):
        is_late = is_late or LATE in sentence  # and is waited for at the first try already
        for given_up_s in GIVEN_UP_S[is_late:]:
            grace(given_up_s)
            said, caught = "nothing was amiss", None
            try:
                play()
            except (Refuted, Broken, Inconclusive, NotVerified) as problem:
                said, caught = str(problem), problem
                if isinstance(problem, kind) and re.search(sentence, said, re.DOTALL):
                    break
        else:
            if isinstance(caught, Inconclusive) and kind is not Inconclusive:
                pytest.skip(said)
            raise AssertionError(said) from caught
        if kind is Refuted and testbed.scenario.checks.done:
            assert testbed.scenario.checks.done[-1].verdict != "inconclusive"
        return said

    return playing


@pytest.fixture
def launched(testbed, grace, tell, tmp_path, forked_services):
    """Play a story against a scripted service that runs as a process of its own."""

    def play(module, kind, story, statistics=True, **settings):
        launch = Launch(
            command=[sys.executable, "-m", f"tests.services.{module}", kind, "{broker_url}"],
            directory=ROOT,
            ready_log=r"scripted service on (?P<port>\d+)",
            ready_within_s=HANG_S,
            **settings,
        )
        update = {
            "endpoint": Endpoint(url="ws://127.0.0.1:{port}/ws/ticks"),
            "launch": launch,
            "statistics": Statistics(path="/ws/stats") if statistics else None,
        }
        target = testbed.target.model_copy(update=update)
        kept = testbed.services
        testbed.services = Services(target, tmp_path, testbed.placeholders)
        testbed.begin_scenario()
        try:
            testbed.use_service()
            return tell(story)
        finally:
            testbed.services.stop()
            testbed.services = kept

    return play


@pytest.fixture
def linked(testbed, tell, monkeypatch):
    """Play a story against a service that finds a relay at the broker's address."""

    def play(service, story):
        running = []

        def use_service(placeholders):
            made = service(placeholders["broker_url"]).start()
            running.append(made)
            target = testbed.target.model_copy(update={"endpoint": Endpoint(url=made.url)})
            testbed.scenario.service = Service(target, {}, made.port, None)
            return testbed.scenario.service

        monkeypatch.setattr(testbed, "use_service", use_service)
        testbed.begin_scenario()
        try:
            silent_link.start_behind_relay(testbed)
            return tell(story)
        finally:
            for each in running:
                each.stop()

    return play


@pytest.fixture
def unshown(linked, grace):
    """Play what must end as not verified, or broken; return the sentence."""

    def playing(service, story, kind):
        grace(HANG_S)
        with pytest.raises(kind) as caught:
            linked(service, story)
        return str(caught.value)

    return playing
