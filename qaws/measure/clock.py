"""The clock that load is measured with: it tells the time of day, and nobody can set it.

A tick's due time is given in µs since 1970. Whoever takes its arrival from the wall clock adds to
each latency by how much that was set meanwhile: set back, every tick seems to come at once. So a
process asks for the time of day once, and counts on from there with its monotonic clock.
"""

from __future__ import annotations

import time

READINGS = 9


def _ahead_ns() -> int:
    """Return by how much the wall clock is ahead, by the quickest of several readings.

    Who loses the processor between the two clocks would be wrong by as long as that lasts.
    """
    readings = []
    for _ in range(READINGS):
        before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
        readings.append((after - before, wall - (before + after) // 2))
    return min(readings)[1]


_AHEAD_NS = _ahead_ns()


def now_us() -> int:
    """Return the time in µs since 1970, as it was when this process began and has run since."""
    return at_us(time.monotonic_ns())


def at_us(monotonic_ns: int) -> int:
    """Return what `now_us` says, or said, at an instant of `time.monotonic_ns`."""
    return (monotonic_ns + _AHEAD_NS) // 1000
