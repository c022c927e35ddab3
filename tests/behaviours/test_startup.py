"""Services that start before their broker."""

import pytest

from qaws.behaviours import deliveries, publishing, startup
from qaws.sut.launch_sections import Launch
from qaws.sut.sections import Endpoint
from qaws.sut.services import Services
from qaws.verdict import NotVerified
from tests.services.faulty import NIFTY
from tests.waiting import HANG_S


@pytest.fixture
def starting(testbed, tell, tmp_path, monkeypatch):
    """Play a start before the broker's with a service of tests/services/starting.py."""

    def play(kind, away_ms=300, declines=(), ticks_within_ms=HANG_S * 1e3):
        launch = Launch(
            command=["{python}", "-m", "tests.services.starting", kind, "{broker_url}"],
            ready_log=r"scripted service on (?P<port>\d+)",
            ready_within_s=HANG_S,
        )
        endpoint = Endpoint(url="ws://127.0.0.1:{port}/ws/ticks")
        target = testbed.target.model_copy(
            update={"launch": launch, "endpoint": endpoint, "declines": list(declines)}
        )
        monkeypatch.setattr(testbed, "target", target)
        services = Services(target, tmp_path, testbed.placeholders)
        monkeypatch.setattr(testbed, "services", services)
        testbed.begin_scenario()

        async def story(do):
            await do(startup.take_broker_down)
            await do(startup.start_early, "Alice", NIFTY, away_ms)
            await do(startup.nobody_hung)
            await do(startup.bring_broker_up, NIFTY, 20, ["Alice", "Bob"])
            await do(startup.became_ready)
            await do(startup.ticks_arrive, ["Alice", "Bob"], ticks_within_ms)
            await do(publishing.close_market)
            await do(deliveries.everything_was_exact)

        return tell(story)

    return play


def test_a_service_that_listens_once_its_broker_is_there(starting, met):
    done = met(lambda: starting("WaitsForBroker"))
    assert any("the service told no port to connect to" in check.measured for check in done)


def test_a_service_that_ends_without_its_broker(starting, refuted):
    sentence = "started before its broker: measured ended with exit code 1: no broker"
    refuted(lambda: starting("Ends", 1e3 * HANG_S), sentence)


DECLINED = ["outage told to newcomers"]
TOLD_ALICE = "what Alice was told while the broker was away"


def test_a_service_that_welcomes_without_its_broker_and_says_nothing(starting, refuted):
    refuted(lambda: starting("SaysNothing"), TOLD_ALICE)


def test_such_a_service_that_needs_longer_than_the_broker_is_away(starting, refuted):
    refuted(lambda: starting("SaysNothingLate", away_ms=100), TOLD_ALICE)


def test_such_a_service_of_a_team_that_declines_it(starting, ended):
    sentence = "welcomed while the broker was away, and the target declines: outage told to new"
    ended(lambda: starting("SaysNothing", declines=DECLINED), sentence, NotVerified)


def test_what_is_declined_hides_nothing_that_comes_behind_it(starting, refuted):
    late = {"ticks_within_ms": 0.001}
    refuted(lambda: starting("SaysNothing", declines=DECLINED, **late), "allowed at most 0")
