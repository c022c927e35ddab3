"""The clocks that measure: one that tells the time of day and cannot be set, and one to check.

A tick's due time is given in µs since 1970. Whoever takes its arrival from the wall clock adds to
each latency by how much that was set meanwhile: set back, every tick seems to come at once. So the
time of day is asked for once, and counted on from there with the monotonic clock, which all
processes of a machine have in common. Whoever is started inherits the answer (`INHERITED`): two
that each ask for themselves differ by what the wall clock was set by in between, and every latency
is off by that.

Where the time of day itself is judged, as in a token's expiry, the wall clock must be asked, and
`WallClock` says how it stands to the monotonic one, and whether it has been set since.
"""

from __future__ import annotations

import os
import time
from collections.abc import MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

READINGS = 9

INHERITED = "QAWS_CLOCK"
"""The environment variable in which a process finds, and leaves, how the two clocks stood: of which
machine that is, then the fields of a `WallClock`."""

SLEW = 0.0005
"""A clock that is kept right without being set may run so much too fast or too slow (adjtime(3)).
Where both clocks are steered alike, as by Linux, the one gains nothing on the other."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """By how much the wall clock is ahead of the monotonic one, in ns, give or take `uncertain_ns`.

    `read_ns` is when that was so (`time.monotonic_ns()`).
    """

    ahead_ns: int
    uncertain_ns: int
    read_ns: int

    @classmethod
    def read(cls) -> WallClock:
        """Return what the quickest of several readings says.

        Who loses the processor between the two clocks would be wrong by as long as that lasts.
        """
        readings = []
        for _ in range(READINGS):
            before, wall, after = time.monotonic_ns(), time.time_ns(), time.monotonic_ns()
            readings.append((after - before, wall - (before + after) // 2, after))
        took, ahead, at = min(readings)
        return cls(ahead, (took + 1) // 2, at)

    def at_ns(self, monotonic_ns: int) -> int:
        """Return what the wall clock says at a monotonic instant, in ns since 1970."""
        return monotonic_ns + self.ahead_ns

    def step_ns(self, later: WallClock) -> int:
        """Return by how much it was set between two readings, in ns, back where negative.

        Returns:
            0 where that lies within the uncertainty of both, and what a clock that is kept right
            without being set may gain or lose.
        """
        step = later.ahead_ns - self.ahead_ns
        slewed = SLEW * abs(later.read_ns - self.read_ns)
        return step if abs(step) > self.uncertain_ns + later.uncertain_ns + slewed else 0


def monotonic_clock() -> str:
    """Return what all processes have in common whose monotonic clock is the same; "" if unknown.

    That is one boot of one machine (random(4)), and one time namespace of it (time_namespaces(7)).
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
    space = ""
    with suppress(OSError):
        space = os.readlink("/proc/self/ns/time")
    return boot + space


def begun(environment: MutableMapping[str, str]) -> WallClock:
    """Return how the clocks stood when the first process of this family asked, and hand that on.

    What was inherited from another machine, or cannot be read, is not believed.
    """
    ours = monotonic_clock()
    told = environment.get(INHERITED, "").split()
    if ours and len(told) == 4 and told[0] == ours:
        with suppress(ValueError):
            return WallClock(*map(int, told[1:]))
    read = WallClock.read()
    if ours:
        said = (ours, read.ahead_ns, read.uncertain_ns, read.read_ns)
        environment[INHERITED] = " ".join(map(str, said))
    return read


_BEGAN = begun(os.environ)

UNNOTICED_NS = 100_000
"""A wall clock that seems to have been set by less was not looked at twice."""


def now_us() -> int:
    """Return the time in µs since 1970, as it was when it was asked for and has run since."""
    return at_us(time.monotonic_ns())


def at_us(monotonic_ns: int) -> int:
    """Return what `now_us` says, or said, at an instant of `time.monotonic_ns`."""
    return _BEGAN.at_ns(monotonic_ns) // 1000


def stamped_us(stamp_ns: int) -> tuple[int, int]:
    """Return what `now_us` said when the wall clock showed `stamp_ns`, and how many µs ago.

    Of a stamp from before a wall clock was set, read after that, it is wrong by as much.
    """
    wall_ns, monotonic_ns = time.time_ns(), time.monotonic_ns()
    if abs(wall_ns - monotonic_ns - _BEGAN.ahead_ns) > UNNOTICED_NS:
        # Set, or this process was not running between the two readings. Linux, which alone stamps,
        # steers both clocks alike: whatever the difference has become, it was set by.
        stamp_ns -= (set_ns := WallClock.read().ahead_ns - _BEGAN.ahead_ns)
        wall_ns -= set_ns
    lay_ns = wall_ns - stamp_ns
    if lay_ns < 0:
        return wall_ns // 1000, 0
    return stamp_ns // 1000, lay_ns // 1000
