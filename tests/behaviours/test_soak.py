"""Memory over cycles: growth, slope, and what the threshold tells apart."""

import math
import random
from types import SimpleNamespace
from typing import Any

import pytest

from qaws.behaviours import soak
from qaws.behaviours.background_load import BACKGROUND_LOAD
from qaws.load.churn.cycles import CyclesReport
from qaws.measure.cpu_wait import Waits
from qaws.measure.memory import MIB, MemoryCourse, Sample
from qaws.measure.stall import Stalls
from qaws.report.memory_plot import memory_plot
from qaws.verdict import Broken, Inconclusive, Refuted
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
    except (Refuted, Inconclusive) as found_wrong:
        return scenario, str(found_wrong)
    return scenario, ""


def reshaped(found, extra):
    """Return a course with so many bytes more in each sample, by the cycles since the warm-up."""
    samples = [
        Sample(s.cycles, s.memory_bytes + int(extra(max(0, s.cycles - found.warm_up))), 0.0)
        for s in found.samples
    ]
    return MemoryCourse(found.warm_up, samples)


def sawtooth(period, size):
    """Return the steps of a heap that is collected every so many cycles."""
    return lambda cycles: size * (cycles % period) / period


def filling(size, within):
    """Return what a cache takes that fills up: two thirds of it within so many cycles."""
    return lambda cycles: size * (1 - math.exp(-cycles / within))


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
    scenario, said = judge(found, per_cycle=THRESHOLD)
    assert said.startswith("INCONCLUSIVE: growth of the service's private memory per connection")
    assert said.endswith(soak.UNSURE)
    assert [check.verdict for check in scenario.checks.done] == ["met", "inconclusive"]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("period", [1_700, 6_100, 9_000])
def test_steps_of_a_heap_are_no_leak(period, seed):
    found = reshaped(course(0, seed=seed), sawtooth(period, 6 * MIB))
    scenario, said = judge(found)
    assert "FAILED" not in said
    assert "not met" not in [check.verdict for check in scenario.checks.done]


def test_a_slope_that_only_the_steps_make_passes_by_the_lower_envelope():
    draw = random.Random(1)
    found = reshaped(
        course(0, jumps=0), lambda done: draw.uniform(0, 30 * MIB) if done // 300 % 5 else 0
    )
    assert found.slope().high > THRESHOLD
    scenario, said = judge(found)
    assert said == ""
    assert soak.LOWEST in scenario.checks.done[1].measured


@pytest.mark.parametrize("seed", range(20))
def test_a_leak_under_the_steps_of_a_heap_does_not_pass(seed):
    _, said = judge(reshaped(course(256, seed=seed), sawtooth(1_999, 6 * MIB)))
    assert "growth of the service's private memory per connection cycle: measured " in said


@pytest.mark.parametrize("seed", range(20))
def test_what_fills_up_is_slowing_and_a_leak_is_not(seed):
    clean = course(2.6, seed=seed)
    assert not clean.is_slowing
    assert not course(256, seed=seed).is_slowing
    assert reshaped(clean, filling(6 * MIB, 8_000)).is_slowing
    assert not reshaped(clean, filling(6 * MIB, 400_000)).is_slowing


def test_what_still_fills_up_is_inconclusive():
    scenario, said = judge(reshaped(course(0), filling(12 * MIB, 8_000)))
    assert said.startswith("INCONCLUSIVE: memory growth over one hour: measured 29")
    assert said.endswith(soak.STILL_SLOWING)
    assert {check.verdict for check in scenario.checks.done} == {"inconclusive"}


class Cycling:
    """Stands for cycles that are run: each hour has the next of some courses."""

    def __init__(self, monkeypatch, growths):
        self.hours = 0
        self._growths = iter(growths)
        monkeypatch.setattr(soak, "_run", self._run)
        for name in ("record_now", "watch_return", "end_flow", "require_contract"):
            monkeypatch.setattr(soak, name, lambda *_: None)

    def _run(self, _testbed, _name, count, *_):
        self.hours += 1
        extra, draw, step = next(self._growths), random.Random(self.hours), count // 80
        samples = [
            Sample(done, int(33 * MIB + draw.gauss(0, 60_000) + extra(done)), 0.0)
            for done in range(0, count + 1, step)
        ]
        return CyclesReport(done=count, samples=samples)


@pytest.mark.parametrize(
    ("growths", "per_second", "hours", "words"),
    [
        ([lambda _: 0] * 3, None, 1, ""),
        ([lambda done: 256 * done] * 3, None, 1, "measured 2"),
        ([filling(6 * MIB, 8_000), lambda _: 0, lambda _: 0], None, 2, ""),
        ([filling(6 * MIB, 8_000), lambda done: 256 * done], None, 2, "measured 2"),
        ([filling(6 * MIB, 8_000)] * 3, None, 3, soak.STILL_SLOWING),
        ([filling(6 * MIB, 8_000)] * 3, 10 / 1.5, 1, soak.STILL_SLOWING),
    ],
    ids=["clean", "leak", "fills up", "fills up and leaks", "never full", "at a rate"],
)
def test_as_many_cycles_again_where_the_growth_slows(
    monkeypatch, growths, per_second, hours, words
):
    testbed, cycling = bare_testbed(), Cycling(monkeypatch, growths)
    background = SimpleNamespace(course=MemoryCourse(), cycles=None)
    testbed.scenario.stash[BACKGROUND_LOAD] = background
    soak.cycles(testbed, 24_000, "NIFTY", per_second)
    assert cycling.hours == hours
    assert background.course.warm_up == 24_000 * (hours - 1)
    found = MemoryCourse(background.course.warm_up, background.course.samples)
    _, said = judge(found)
    assert words in said
    assert bool(words) == bool(said)


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


# --- cycles ---------------------------------------------------------------------------------------

HUNG = ("client 7 was still waiting for a tick after 5 s", 100.0, 105.0)


def sound(waited_ms=0.0, stalled_ms=0.0, **found):
    """Require that 100 cycles went as they should, with so much of a busy machine from 100 s on."""
    spans = lambda ms: Stalls(((105_000.0, ms),) if ms else ())  # noqa: E731
    testbed = bare_testbed()
    waiting = SimpleNamespace(waits=Waits(spans(waited_ms)))
    testbed.scenario.stash[BACKGROUND_LOAD] = SimpleNamespace(waiting=waiting)
    counts: dict[str, Any] = {"done": 99, "failed": 1, "stalls": spans(stalled_ms)}
    report = CyclesReport(**(counts | found))
    soak._require_sound(testbed, report, 100, "connection cycles that went as they should")


def test_who_waited_in_vain_on_a_quiet_machine_has_found_something():
    with pytest.raises(Refuted, match=f"measured 99 of 100; {HUNG[0]}, allowed all"):
        sound(hung=[HUNG])


@pytest.mark.parametrize(("waited_ms", "stalled_ms"), [(4000, 0), (0, 4000), (2000, 2000)])
def test_who_waited_for_the_machine_has_not(waited_ms, stalled_ms):
    with pytest.raises(Inconclusive, match=f"99 of 100; {HUNG[0]}.* up to [24]000 ms"):
        sound(waited_ms, stalled_ms, hung=[HUNG])


def test_a_failure_beside_it_stays_one():
    with pytest.raises(Refuted, match="measured 98 of 100; client 9 was cut off, allowed all"):
        sound(4000, hung=[HUNG], failures=["client 9 was cut off"], done=98, failed=2)


def test_a_wait_of_which_the_machine_explains_a_part_only_stays_one():
    with pytest.raises(Refuted, match="99 of 100"):
        sound(2000, hung=[HUNG])
