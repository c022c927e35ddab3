"""The positive control, small: the real service with and without a leak, by real clients."""

from pathlib import Path

import pytest

from qaws.behaviours import background_load, soak
from qaws.behaviours.background_load import BACKGROUND_LOAD
from qaws.behaviours.load import LOAD
from qaws.sut.resources import ALL_PARTS
from qaws.sut.target_file import read_target
from qaws.testbed.testbed import Testbed
from tests.behaviours.test_soak import judge

ROOT = Path(__file__).parents[2]
WARM_UP, CYCLES = 5_000, 8_000
THRESHOLD = 120
"""So few cycles show 0 to 25 bytes for the sound service, and 220 to 280 for the leaking one."""


def course(folder, fault=None):
    """Return what so many short-lived clients do to the service's memory."""
    overrides = {"launch.command": "{python} -m faults " + fault} if fault else {}
    testbed = Testbed(read_target(ROOT / "targets" / "reference.toml", overrides), folder)
    try:
        testbed.use_service()
        background_load.observers_receive(testbed, 1, 200, "NIFTY")
        soak.warm_up(testbed, WARM_UP, "NIFTY")
        soak.cycles(testbed, CYCLES, "NIFTY")
        testbed.loop.call(background_load.resources_are_back(testbed, ALL_PARTS, 5000))
        assert not testbed.scenario.stash[LOAD].found.faults
        return testbed.scenario.stash[BACKGROUND_LOAD].course
    finally:
        testbed.end_scenario(trust=True)
        testbed.stop()


@pytest.mark.long
@pytest.mark.parametrize(
    ("fault", "caught"), [(None, False), ("leak-of-256-bytes-per-connection", True)]
)
def test_a_leak_of_256_bytes_is_caught_and_a_sound_service_is_not(tmp_path, fault, caught):
    _, said = judge(course(tmp_path, fault), per_cycle=THRESHOLD)
    assert ("growth of the service's private memory per connection cycle" in said) is caught, said
