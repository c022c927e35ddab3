"""The slope of a noisy series, robustly: what each cycle leaves behind in a service's memory.

Theil-Sen (Sen 1968): the median of the slopes between all pairs of samples. Single jumps, which a
memory allocator makes all the time, do not move it; what every cycle adds does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

MOST_BLOCKS = 400
"""Longer series are cut into so many blocks, each standing for itself by its median. That bounds
the work, and takes out most of the dependence between neighbours."""

FEWEST_SAMPLES = 10
WARM_UP_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope in units per cycle, with its confidence interval from `low` to `high`.

    `samples` entered the estimate, from cycle `first` to cycle `last`; what came before was
    warm-up.
    """

    per_cycle: float
    low: float
    high: float
    confidence: float
    samples: int
    first: float
    last: float

    @property
    def growth(self) -> float:
        """Return what the slope adds up to from the first to the last cycle."""
        return self.per_cycle * (self.last - self.first)

    def exceeds(self, per_cycle: float) -> bool:
        """Return whether the slope is above a bound with confidence: its whole interval is."""
        return self.low > per_cycle

    def is_below(self, per_cycle: float) -> bool:
        """Return whether the slope is below a bound with confidence: its whole interval is."""
        return self.high < per_cycle

    def __str__(self) -> str:
        return (
            f"{self.per_cycle:.1f} per cycle "
            f"({self.confidence:.0%} confident: {self.low:.1f} to {self.high:.1f})"
        )


def theil_sen(
    cycles: Sequence[float],
    values: Sequence[float],
    *,
    warm_up: float | None = None,
    confidence: float = 0.95,
) -> Slope:
    """Estimate how much `values` grow per cycle.

    Args:
        cycles: how many cycles were done at each sample; ascending.
        values: what was measured then, for memory in bytes; as many as `cycles`.
        warm_up: leave out what came before this cycle; default the first fifth of the cycles, in
            which caches fill and pools grow.
        confidence: of the interval, above 0 and below 1.

    Raises:
        ValueError: the lengths differ, cycles do not ascend, or fewer than 10 samples remain
            after the warm-up.
    """
    if len(cycles) != len(values):
        raise ValueError(f"{len(cycles)} cycles, but {len(values)} values; give one for each")
    at, value = np.asarray(cycles, float), np.asarray(values, float)
    if len(at) > 1 and (np.diff(at) <= 0).any():
        raise ValueError("the cycles do not ascend; give the samples in order, each once")
    start = warm_up
    if start is None and len(at):
        start = at[0] + WARM_UP_SHARE * (at[-1] - at[0])
    kept = at >= (start or 0)
    at, value = at[kept], value[kept]
    samples = len(at)
    if samples < FEWEST_SAMPLES:
        raise ValueError(
            f"{samples} samples after the warm-up; at least {FEWEST_SAMPLES} are needed: "
            "measure longer or more often"
        )
    first, last = float(at[0]), float(at[-1])
    if samples > MOST_BLOCKS:
        at = np.array([np.median(block) for block in np.array_split(at, MOST_BLOCKS)])
        value = np.array([np.median(block) for block in np.array_split(value, MOST_BLOCKS)])
    count = len(at)
    later, earlier = np.tril_indices(count, -1)
    slopes = np.sort((value[later] - value[earlier]) / (at[later] - at[earlier]))
    pairs = len(slopes)
    spread = NormalDist().inv_cdf((1 + confidence) / 2) * math.sqrt(
        count * (count - 1) * (2 * count + 5) / 18
    )
    low = max(0, math.floor((pairs - spread) / 2))
    high = min(pairs - 1, math.ceil((pairs + spread) / 2))
    return Slope(
        per_cycle=float(np.median(slopes)),
        low=float(slopes[low]),
        high=float(slopes[high]),
        confidence=confidence,
        samples=samples,
        first=first,
        last=last,
    )
