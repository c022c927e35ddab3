"""A service that is to run in another time zone: whether it does is looked at."""

import pytest

from qaws.behaviours import time_zones
from qaws.sut.launch_sections import Launch
from qaws.sut.sections import Endpoint
from qaws.sut.services import Services
from qaws.verdict import Broken, NotVerified
from tests.waiting import HANG_S


@pytest.fixture
def begun(testbed, tmp_path, monkeypatch):
    """Start a service in a zone, by a command that ends in `how`."""
    made = []

    def start(zone, *how):
        script = ["{python}", "-m", "tests.services.starting", "WaitsForBroker", "{broker_url}"]
        launch = Launch(
            command=[*how, *script],
            ready_log=r"scripted service on (?P<port>\d+)",
            ready_within_s=HANG_S,
        )
        endpoint = Endpoint(url="ws://127.0.0.1:{port}/ws/ticks")
        target = testbed.target.model_copy(update={"launch": launch, "endpoint": endpoint})
        monkeypatch.setattr(testbed, "target", target)
        monkeypatch.setattr(testbed, "services", Services(target, tmp_path, testbed.placeholders))
        made.append(testbed.services)
        testbed.begin_scenario()
        time_zones.start_in(testbed, zone)
        return testbed.scenario.remarks

    yield start
    for services in made:
        services.stop()


def test_a_service_that_runs_there(begun):
    assert begun("Asia/Kathmandu") == ["the service was told to run in Asia/Kathmandu, UTC+05:45"]


def test_a_launch_that_does_not_hand_it_on(begun):
    said = r"is to run in Asia/Kathmandu, but process \d+, .* shows no TZ:"
    with pytest.raises(NotVerified, match=said):
        begun("Asia/Kathmandu", "env", "-u", "TZ")


def test_a_zone_that_is_not(begun):
    with pytest.raises(Broken, match=r'no time zone "Asia/Katmandoo" in .*"Asia/Kathmandu"'):
        begun("Asia/Katmandoo")


def test_a_machine_without_zones(begun, tmp_path, monkeypatch):
    monkeypatch.setattr(time_zones, "ZONES", tmp_path / "nowhere")
    with pytest.raises(NotVerified, match="install tzdata"):
        begun("Asia/Kathmandu")
