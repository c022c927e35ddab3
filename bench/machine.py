"""The machine: what it is, who used its processors, and whether somebody else did."""

from __future__ import annotations

import os
import platform
import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import psutil

from qaws.measure.clock import WallClock

BUSY_SHARE = 0.2
"""Other programs that take more than this part of the machine make a measurement doubtful."""


class Machine(msgspec.Struct, frozen=True):
    """Where figures come from."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str

    def __str__(self) -> str:
        return (
            f"{self.processor}, {self.cores} cores, {self.memory_gib:.0f} GiB, {self.system}, "
            f"Python {self.python}"
        )


def this_machine() -> Machine:
    """Describe this machine; nothing that names it."""
    return Machine(
        _processor(),
        psutil.cpu_count() or 1,
        psutil.virtual_memory().total / 2**30,
        f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        platform.python_version(),
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def load() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0]


def cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds of processes that live, with their children, living and ended."""
    total = 0.0
    for pid in pids:
        try:
            process = psutil.Process(pid)
            for member in (process, *process.children(recursive=True)):
                times = member.cpu_times()
                ended = getattr(times, "children_user", 0.0) + getattr(
                    times, "children_system", 0.0
                )
                total += _clock_s(member.pid, times.user + times.system) + ended
        except psutil.NoSuchProcess:
            continue
    return total


def _clock_s(pid: int, otherwise: float) -> float:
    """Read a process's CPU clock: psutil's figures have hundredths of a second, this one has ns.

    The number of that clock is what clock_getcpuclockid(3) makes of the process id on Linux.
    """
    if sys.platform == "linux":
        try:
            return time.clock_gettime((~pid << 3) | 2)
        except OSError:
            return otherwise
    return otherwise


def ended_cpu_s() -> float:
    """Return the CPU seconds of all children of this process that have ended (getrusage(2))."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Neighbours:
    """Measures what others took of the machine's processors since it was made."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._busy, self._own = _busy_s(), _own_s()
        self._clock = WallClock.read()

    def share(self) -> float:
        """Return the part of all cores, 0 to 1, that went to nobody of ours."""
        wall = max(time.monotonic() - self._begin, 1e-3)
        others = (_busy_s() - self._busy) - (_own_s() - self._own)
        return max(0.0, others / wall / (psutil.cpu_count() or 1))

    def doubt(self) -> str | None:
        """Say why a measurement may not stand; None if nothing speaks against it.

        Others took too much of the machine, or the wall clock was set: the kernel stamps with it
        what arrives, and programs that are not ours tell their times by it.
        """
        share = self.share()
        if share > BUSY_SHARE:
            return f"other programs took {share:.0%} of the machine"
        if set_ns := self._clock.step_ns(WallClock.read()):
            return f"the wall clock was set by {set_ns / 1e6:.3f} ms meanwhile"
        return None


def _busy_s() -> float:
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    counted_twice = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - idle - counted_twice)


def _own_s() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = [child.pid for child in psutil.Process().children()]
    return own.ru_utime + own.ru_stime + ended_cpu_s() + cpu_s(children)
