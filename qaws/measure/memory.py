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
from qaws.measure.slope import Slope, theil_sen

MIB = 1024 * 1024

END = 5
"""Growth compares the medians of so many samples at the beginning and at the end: a single sample
may fall on a moment at which the allocator has just taken, or given back, a whole arena."""


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


def private_bytes(roots: Sequence[int]) -> int:
    """Return the memory of processes and all their descendants, in bytes; the dead hold nothing.

    It is the private memory (USS) of one that is alone. Those of a family share what they had
    before they were forked: of them it is the proportional set size (PSS), without the pages of
    files, so that neither a page is counted twice nor a neighbour's doings show.

    Raises:
        psutil.Error: none of them is there, or one may not be looked at.
    """
    found = families(roots)
    if not found:
        raise psutil.NoSuchProcess(roots[0])
    if len(found) == 1:
        return int(found[0].memory_full_info().uss)
    total = 0
    for member in found:
        try:
            total += _proportional_bytes(member)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue  # it ended meanwhile
    return total


def _proportional_bytes(process: psutil.Process) -> int:
    """Return a process's share of the pages that are no file's; its USS where nobody tells."""
    try:
        rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return int(process.memory_full_info().uss)
    kib = dict(_SHARES.findall(rollup))
    return sum(int(size) for size in kib.values()) * 1024


_SHARES = re.compile(r"^(Pss_Anon|Pss_Shmem):\s+(\d+) kB", re.MULTILINE)
"""Lines of /proc/PID/smaps_rollup (proc(5))."""
