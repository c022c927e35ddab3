"""A service's private memory over what it went through: samples, growth, and slope.

Private memory is the unique set size (USS): what the system would get back if the process ended.
Pages that it shares with others do not count, so a neighbour's doings do not show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import psutil

from qaws.measure.slope import Slope, theil_sen

MIB = 1024 * 1024

END = 5
"""Growth compares the medians of so many samples at the beginning and at the end: a single sample
may fall on a moment at which the allocator has just taken, or given back, a whole arena."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Private memory in bytes after so many cycles, and when (s since 1970)."""

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
        samples = self.judged
        cycles = [float(sample.cycles) for sample in samples]
        return theil_sen(cycles, [float(s.memory_bytes) for s in samples], warm_up=cycles[0])


def private_bytes(pid: int) -> int:
    """Return the private memory of a process and all its descendants, in bytes.

    Raises:
        psutil.Error: there is no such process, or it may not be looked at.
    """
    parent = psutil.Process(pid)
    total = int(parent.memory_full_info().uss)
    for child in parent.children(recursive=True):
        try:
            total += int(child.memory_full_info().uss)
        except psutil.NoSuchProcess:
            continue  # it ended meanwhile, and holds nothing
    return total
