"""The positive control, small: the real service with and without a leak, by real visitors."""

from pathlib import Path

import pytest

from qaws.behaviours import background_load, soak
from qaws.sut.target import read_target
from qaws.testbed.testbed import World
from tests.stability.test_memory import judge

ROOT = Path(__file__).parents[2]
WARM_UP, CYCLES = 5_000, 5_000
THRESHOLD = 120
"""So few cycles show 0 to 25 bytes for the sound service, and 220 to 280 for the leaking one."""


def course(folder, fault=None):
    """Return what so many visitors do to the service's memory."""
    overrides = {"launch.command": "{python} -m faults " + fault} if fault else {}
    world = World(read_target(ROOT / "targets" / "reference.toml", overrides), folder)
    try:
        world.use_service()
        background_load.witnesses_receive(world, 1, 200, "NIFTY")
        soak.warm_up(world, WARM_UP, "NIFTY")
        soak.cycles(world, CYCLES, "NIFTY")
        background_load.resources_are_back(world, 5000)
        assert not world.scene.load.found.faults
        return world.scene.visits.course
    finally:
        world.end_scene(trust=True)
        world.stop()


@pytest.mark.parametrize(
    ("fault", "caught"), [(None, False), ("leak-of-256-bytes-per-connection", True)]
)
def test_a_leak_of_256_bytes_is_caught_and_a_sound_service_is_not(tmp_path, fault, caught):
    _, said = judge(course(tmp_path, fault), per_cycle=THRESHOLD)
    assert ("growth of the service's private memory per connection cycle" in said) is caught, said
