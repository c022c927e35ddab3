"""Memory over cycles: growth, slope, and what the threshold tells apart."""

import random
from types import SimpleNamespace

import pytest

from qaws.behaviours import soak
from qaws.behaviours.background_load import BACKGROUND_LOAD
from qaws.load.churn.cycles import CyclesReport
from qaws.measure.memory import MIB, MemoryCourse, Sample
from qaws.report.memory_plot import memory_plot
from qaws.verdict import Broken, Refuted
from tests.bare import bare_testbed

THRESHOLD = 80


def course(per_cycle, *, cycles=24_000, warm_up=6_000, noise=60_000, jumps=3, seed=1):
    """Memory as an allocator makes it: a steep warm-up, noise, and single jumps of an arena."""
    draw = random.Random(seed)
    at = [*range(0, warm_up, 300), *range(warm_up, warm_up + cycles + 1, cycles // 80)]
    jump_at = [draw.uniform(warm_up, warm_up + cycles) for _ in range(jumps)]
    samples = []
    for done in at:
        value = 33 * MIB + 3 * MIB * min(1, done / warm_up) + draw.gauss(0, noise)
        value += max(0, done - warm_up) * per_cycle
        value += sum(128 * 1024 for jump in jump_at if done > jump)
        samples.append(Sample(done, int(value), 0.0))
    return MemoryCourse(warm_up, samples)


def judge(found, percent=10.0, per_cycle=THRESHOLD):
    """Return the checks of the step, and what it raised."""
    done = found.samples[-1].cycles - found.warm_up
    visits = SimpleNamespace(course=found, cycles=CyclesReport(done=done))
    testbed = bare_testbed()
    scenario = testbed.scenario
    scenario.stash[BACKGROUND_LOAD] = visits
    try:
        soak.memory_is_stable(testbed, percent, per_cycle)
    except Refuted as refuted:
        return scenario, str(refuted)
    return scenario, ""


@pytest.mark.parametrize("seed", range(20))
def test_a_clean_service_passes(seed):
    scenario, said = judge(course(2.6, seed=seed))
    assert said == ""
    assert [check.verdict for check in scenario.checks.done] == ["met", "met"]


@pytest.mark.parametrize("seed", range(20))
def test_a_leak_of_256_bytes_is_caught(seed):
    _, said = judge(course(256, seed=seed))
    assert "growth of the service's private memory per connection cycle: measured 2" in said
    assert "allowed less than 80 bytes, with confidence" in said


def test_both_bounds_are_told_when_both_are_broken():
    scenario, said = judge(course(256))
    assert said.startswith("memory growth over one hour: measured 1")
    assert [check.verdict for check in scenario.checks.done] == ["not met", "not met"]


def test_a_small_leak_in_a_large_service_is_caught_by_its_slope_alone():
    large = course(100)
    large.samples = [Sample(s.cycles, s.memory_bytes + 500 * MIB, 0.0) for s in large.samples]
    scenario, said = judge(large)
    assert [check.verdict for check in scenario.checks.done] == ["met", "not met"]
    assert said.startswith("growth of the service's private memory per connection cycle: measured")


def test_one_large_jump_is_growth_but_no_slope():
    jumped = course(0, jumps=0)
    late = jumped.samples[-1].cycles * 0.9
    jumped.samples = [
        Sample(s.cycles, s.memory_bytes + (5 * MIB if s.cycles > late else 0), 0.0)
        for s in jumped.samples
    ]
    scenario, said = judge(jumped)
    assert [check.verdict for check in scenario.checks.done] == ["not met", "met"]
    assert said.startswith("memory growth over one hour: measured 13.")


def test_a_slope_whose_interval_reaches_over_the_bound_does_not_pass():
    found = course(THRESHOLD, cycles=2_000, noise=200_000, jumps=0, seed=0)
    slope = found.slope()
    assert slope.low < THRESHOLD < slope.high
    _, said = judge(found, per_cycle=THRESHOLD)
    assert "per connection cycle" in said


def test_the_warm_up_is_not_judged():
    heeded, unheeded = course(0), course(0)
    unheeded.warm_up = 0
    assert judge(heeded)[1] == ""
    assert heeded.growth_percent < 2 < 6 < unheeded.growth_percent
    assert heeded.slope().first == 6_000
    assert unheeded.slope().first == 0


def test_the_check_is_named_after_the_time_that_the_cycles_stand_for():
    assert soak.span(24_000) == "one hour"
    assert soak.span(2_000) == "5 minutes"
    assert soak.span(48_000) == "2 hours"
    scenario, _ = judge(course(0))
    assert scenario.checks.done[0].what == "memory growth over one hour"


def test_figures_and_picture_are_there_whatever_the_verdict():
    scenario, _ = judge(course(256))
    caption, draw = scenario.pictures[0]
    svg = draw()
    assert caption == "Private memory of the service over connection cycles"
    assert "allowed: 80 B per cycle" in svg
    assert "private memory (MB)" in svg
    assert "warm-up" in svg
    assert len(svg) < 60_000
    assert dict(scenario.figures)["samples of the memory"] == "81"


def test_a_picture_without_warm_up():
    bare = course(5)
    bare.warm_up = 0
    assert "warm-up" not in memory_plot(bare, bare.slope(), 50)


def test_too_few_cycles_are_told():
    found = course(0)
    found.samples = found.samples[:22]
    with pytest.raises(Broken, match="at least 10 are needed: run more cycles"):
        judge(found)


def test_no_cycles_are_told():
    testbed = bare_testbed()
    testbed.scenario.stash[BACKGROUND_LOAD] = SimpleNamespace(course=course(0), cycles=None)
    with pytest.raises(Broken, match="no connection cycle has been run yet"):
        soak.memory_is_stable(testbed, 10, 50)
