"""The timer that ends sessions: by the wall clock, neither early nor late."""

import asyncio
import time

import pytest

from app import expiry
from app.expiry import ExpiryTimer
from tests.app.harness import Lateness
from tests.waiting import HANG_S


def fired_at(expires_at: float, within_s: float = HANG_S) -> float | None:
    """Return the wall clock time at which a timer calls back; None when it does not in time."""

    async def wait() -> float | None:
        fired: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        timer = ExpiryTimer(expires_at, lambda: fired.set_result(time.time()))
        try:
            return await asyncio.wait_for(fired, within_s)
        except TimeoutError:
            return None
        finally:
            timer.cancel()

    return asyncio.run(wait())


@pytest.mark.parametrize("ahead_s", [0.0, 0.02, 0.2])
def test_it_fires_once_the_time_has_come(ahead_s: float) -> None:
    with Lateness() as late:
        expires_at = time.time() + ahead_s
        at = fired_at(expires_at)
    assert at is not None
    assert 0 <= at - expires_at < 0.2 + late.worst_s


def test_what_is_over_already_ends_at_once() -> None:
    assert fired_at(time.time() - 60) is not None


@pytest.mark.parametrize("ahead_s", [2 * HANG_S, 1e9, 1e300, float("inf")])
def test_it_waits_as_long_as_it_should(ahead_s: float) -> None:
    assert fired_at(time.time() + ahead_s, within_s=0.1) is None


def test_a_clock_that_was_set_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "CHECK_S", 0.02)
    real, began = time.time, time.monotonic()
    expires_at = real() + 3600
    monkeypatch.setattr(
        time, "time", lambda: real() + (3600 if time.monotonic() - began > 0.1 else 0)
    )
    assert fired_at(expires_at) is not None
