"""A service's private memory over what it went through: samples, growth, and slope.

Private memory is the unique set size (USS): what the system would get back if the process ended.
Pages that it shares with others do not count, so a neighbour's doings do not show. Processes of one
family share pages among themselves; those count once (`private_bytes`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from qaws.measure.family import families
from qaws.measure.slope import FEWEST_SAMPLES, Slope, theil_sen

MIB = 1024 * 1024

END = 5
"""Growth compares the medians of so many samples at the beginning and at the end: a single sample
may fall on a moment at which the allocator has just taken, or given back, a whole arena."""

LOWEST_OF = 5
"""The lower envelope has the lowest of so many samples in a row: a heap that is collected now and
then rises in steps and falls back, and only what is left at the bottom stays for good."""

SETTLED_BYTES = 50
"""A service to which each cycle adds less, for sure, has settled. Sound ones add 25 at most, and
what counts as a leak begins at 80 (docs/decisions/0006-leak-threshold.md)."""

SLOWING = 0.75
"""A leak goes on as it began: growth whose second half has less than this of the slope of its first
half, for sure, is on its way to an end."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Private memory in bytes after so many cycles, and when (`time.monotonic()`)."""

    cycles: int
    memory_bytes: int
    at_s: float


@dataclass(slots=True)
class MemoryCourse:
    """Memory over cycles; what came before `warm_up` cycles is shown, but not judged."""

    warm_up: int = 0
    samples: list[Sample] = field(default_factory=list)

    def extend(self, samples: Sequence[Sample], after: int) -> None:
        """Add samples whose cycles count from `after` on."""
        self.samples += [Sample(s.cycles + after, s.memory_bytes, s.at_s) for s in samples]

    def count_as_warm_up(self) -> None:
        """Let all that is there be warm-up; its last sample is the next hour's first."""
        self.warm_up = self.samples.pop().cycles

    @property
    def judged(self) -> list[Sample]:
        """Return the samples behind the warm-up, the one at its very end included."""
        return [sample for sample in self.samples if sample.cycles >= self.warm_up]

    @property
    def begin_bytes(self) -> float:
        """Return the memory at the end of the warm-up."""
        return median(sample.memory_bytes for sample in self.judged[:END])

    @property
    def end_bytes(self) -> float:
        """Return the memory at the end."""
        return median(sample.memory_bytes for sample in self.judged[-END:])

    @property
    def growth_percent(self) -> float:
        """Return by how much the memory has grown since the warm-up; negative if it shrank."""
        return 100 * (self.end_bytes / self.begin_bytes - 1)

    def slope(self) -> Slope:
        """Return the growth per cycle in bytes, with its confidence interval.

        Raises:
            ValueError: there are too few samples.
        """
        return _slope(self.judged)

    @property
    def lowest(self) -> list[Sample]:
        """Return the lower envelope of what is judged: the lowest of every few samples."""
        samples = self.judged
        portions = (samples[n : n + LOWEST_OF] for n in range(0, len(samples), LOWEST_OF))
        return [min(portion, key=lambda s: s.memory_bytes) for portion in portions]

    def lowest_slope(self) -> Slope | None:
        """Return the growth per cycle of the lower envelope; None where that has too few samples.

        One per portion of samples: it tells the steps of a heap that is collected now and then from
        what stays for good.
        """
        lowest = self.lowest
        return _slope(lowest) if len(lowest) >= FEWEST_SAMPLES else None

    @property
    def lowest_growth_percent(self) -> float:
        """Return by how much the lowest has grown: of the first tenth of samples, and of the last.

        Each of the two has at least five samples.
        """
        samples = self.judged
        end = max(END, len(samples) // 10)
        first, last = (
            min(sample.memory_bytes for sample in part) for part in (samples[:end], samples[-end:])
        )
        return 100 * (last / first - 1)

    @property
    def deepest_fall_bytes(self) -> int:
        """Return by how much the memory fell from a sample to a later one, at most.

        Growth that is less than that may be a step of a heap which will fall again.
        """
        highest = deepest = 0
        for sample in self.judged:
            highest = max(highest, sample.memory_bytes)
            deepest = max(deepest, highest - sample.memory_bytes)
        return deepest

    @property
    def is_slowing(self) -> bool:
        """Return whether the memory grows, and clearly less towards the end than in the beginning.

        So do caches and pools that fill up, or the pages of an allocator; a leak does not.
        """
        samples = self.judged
        middle = len(samples) // 2
        if middle < FEWEST_SAMPLES:
            return False
        earlier, later = _slope(samples[: middle + 1]), _slope(samples[middle:])
        return (
            _slope(samples).high >= SETTLED_BYTES
            and later.high < earlier.low
            and later.per_cycle < SLOWING * earlier.per_cycle
        )


def _slope(samples: Sequence[Sample]) -> Slope:
    cycles = [float(sample.cycles) for sample in samples]
    return theil_sen(cycles, [float(s.memory_bytes) for s in samples], warm_up=cycles[0])


def private_bytes(roots: Sequence[int]) -> int:
    """Return the memory of processes and all their descendants, in bytes; the dead hold nothing.

    Of one that is alone it is what it has written (`Private_Dirty`). Those of a family share what
    they had before they were forked: of them it is the proportional set size (PSS), so that no page
    is counted twice. Pages of files count in neither, so that no neighbour's doings show, and a
    helper that comes or goes is no growth but of its own.

    Raises:
        psutil.Error: none of them is there, or one may not be looked at.
    """
    found = families(roots)
    if not found:
        raise psutil.NoSuchProcess(roots[0])
    if len(found) == 1:
        return _held_bytes(found[0], _OWN)
    total = 0
    for member in found:
        try:
            total += _held_bytes(member, _SHARES)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # it ended meanwhile
    return total


def _held_bytes(process: psutil.Process, lines: re.Pattern[str]) -> int:
    """Return what such lines tell of a process's memory; its USS where nobody tells."""
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        rollup = ""
    kib = lines.findall(rollup)
    return sum(map(int, kib)) * 1024 if kib else int(process.memory_full_info().uss)


_OWN = re.compile(r"^Private_Dirty:\s+(\d+) kB", re.MULTILINE)
_SHARES = re.compile(r"^Pss_(?:Anon|Shmem):\s+(\d+) kB", re.MULTILINE)
"""Lines of /proc/PID/smaps_rollup (proc(5)); older kernels lack the second kind."""
