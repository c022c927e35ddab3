"""The clock of load: it tells the time of day, and goes on when that is set."""

import time

import pytest

from qaws.measure import clock


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
