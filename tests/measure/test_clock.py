"""The clock of load: it tells the time of day, and goes on when that is set."""

import os
import subprocess
import sys
import time

import pytest

from qaws.measure import clock
from qaws.measure.clock import WallClock


def test_it_tells_the_time_of_day():
    assert clock.now_us() == pytest.approx(time.time() * 1e6, abs=60e6)


@pytest.mark.parametrize("step_s", [-3600, 3600])
def test_setting_the_wall_clock_does_not_move_it(monkeypatch, step_s):
    before = clock.now_us()
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + step_s * 10**9)
    assert 0 <= clock.now_us() - before < 60e6


def test_an_instant_is_the_same_on_both_scales():
    instant_ns = time.monotonic_ns()
    assert clock.at_us(instant_ns + 5_000_000) - clock.at_us(instant_ns) == 5000
    assert clock.at_us(instant_ns) <= clock.now_us()


def test_the_wall_clock_says_the_time_of_day_of_a_monotonic_instant():
    read = WallClock.read()
    assert read.at_ns(time.monotonic_ns()) == pytest.approx(time.time_ns(), abs=60e9)
    assert 0 < read.uncertain_ns < 60e9


@pytest.mark.parametrize("step_ms", [-3_600_000, -5, 5, 3_600_000])
def test_a_clock_that_was_set_is_told_by_how_much(monkeypatch, step_ms):
    before, real = WallClock.read(), time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() + step_ms * 10**6)
    assert before.step_ns(WallClock.read()) / 1e6 == pytest.approx(step_ms, abs=1)


def test_what_can_be_uncertainty_is_no_step():
    """Both readings are uncertain, and in 10 s a clock may gain 5 ms without being set."""
    before = WallClock(1_000_000_000, 2000, 0)
    assert before.step_ns(WallClock(1_000_003_999, 2000, 1)) == 0
    assert before.step_ns(WallClock(1_000_004_001, 2000, 1)) == 4001
    assert before.step_ns(WallClock(999_995_999, 2000, 1)) == -4001
    assert before.step_ns(WallClock(1_005_000_000, 2000, 10**10)) == 0
    assert before.step_ns(WallClock(1_005_005_000, 2000, 10**10)) == 5_005_000


def test_the_quickest_of_several_readings_counts(monkeypatch):
    """Who loses the processor between the two clocks is not believed."""
    real, calls = time.monotonic_ns, []

    def slow():
        calls.append(1)
        return real() + (10**9 if len(calls) < 3 else 0)

    honest = WallClock.read()
    monkeypatch.setattr(time, "monotonic_ns", slow)
    assert WallClock.read().ahead_ns == pytest.approx(honest.ahead_ns, abs=10**8)


# --- one clock for a family of processes ----------------------------------------------------------

SET = """
import time
real = time.time_ns
time.time_ns = lambda: real() + {step_ns}
from qaws.measure import clock
print(clock.at_us(0))
"""


def at_zero_of_a_child(step_s, environment):
    """What a process says of one instant that was begun after the wall clock had been set."""
    code = SET.format(step_ns=step_s * 10**9)
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return int(told.stdout)


@pytest.mark.parametrize("step_s", [-3600, 3600])
def test_a_process_begun_after_the_clock_was_set_has_its_parents_clock(step_s):
    assert at_zero_of_a_child(step_s, dict(os.environ)) == clock.at_us(0)


def test_a_process_without_a_parent_of_ours_asks_for_itself():
    alone = {name: value for name, value in os.environ.items() if name != clock.INHERITED}
    assert at_zero_of_a_child(3600, alone) - clock.at_us(0) == pytest.approx(3600e6, abs=60e6)


@pytest.mark.parametrize(
    "told", ["", "nonsense", "another-boot 1 2 3", "{here} 1 2", "{here} 1 2 3.5"]
)
def test_what_is_of_another_machine_or_no_reading_is_not_believed(told):
    environment = {clock.INHERITED: told.format(here=clock.monotonic_clock())}
    assert clock.begun(environment).at_ns(time.monotonic_ns()) == pytest.approx(
        time.time_ns(), abs=60e9
    )
    assert clock.begun(environment) == clock.begun(environment)  # and hands on what it has read


def test_where_no_boot_is_told_apart_each_process_asks(monkeypatch):
    monkeypatch.setattr(clock, "monotonic_clock", lambda: "")
    environment = {clock.INHERITED: " 1 2 3"}
    assert clock.begun(environment).ahead_ns > 10**15
    assert environment[clock.INHERITED] == " 1 2 3"
