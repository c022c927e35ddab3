"""How many random bits there are in an id, as far as many of them can show.

The estimate is an upper bound. It sees counters, clocks, constant and repeated parts, and parts
that follow from each other or from the id before. It cannot see that random-looking digits come
from a generator that somebody can predict: that takes a look into the code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Column: TypeAlias = npt.NDArray[np.int64]

MOST_COLUMNS = 64
"""So many varying positions are looked at. What they hold, the whole id holds at least."""

BEYOND_CHANCE = 1.5
"""Two positions share information if they share so much more than shuffled ones ever do."""

LEAST_SHARED_BITS = 0.05


@dataclass(frozen=True, slots=True)
class Entropy:
    """What was found: all in bits.

    Attributes:
        by_position: the sum over all positions, each looked at by itself.
        shared: of these, what positions have in common with other positions of the same id.
        repeated: of these, what follows from the same position of the id before.
    """

    by_position: float
    shared: float
    repeated: float

    @property
    def bits(self) -> float:
        """Return how much a guesser lacks who has seen all other ids."""
        return self.by_position - max(self.shared, self.repeated)


def entropy_of(ids: Sequence[str]) -> Entropy:
    """Estimate the entropy of ids, which stand in the order in which they were dealt.

    The entropy of each position is estimated with the Miller-Madow correction; what positions share
    is taken off along a tree (Chow and Liu 1968), so that nothing is taken off twice.
    """
    columns = _columns(ids)
    total = sum(_entropy(np.bincount(column)) for column in columns)
    shuffled = [np.random.default_rng(seed).permutation(c) for seed, c in enumerate(columns)]
    size = len(columns)
    found, chance = np.zeros((size, size)), np.zeros((size, size))
    for one in range(size):
        for other in range(one):
            found[one, other] = found[other, one] = _information(columns[one], columns[other])
            chance[one, other] = chance[other, one] = _information(columns[one], shuffled[other])
    following = [_information(column[:-1], column[1:]) for column in columns]
    chance_following = [
        _information(mixed[:-1], column[1:])
        for mixed, column in zip(shuffled, columns, strict=True)
    ]
    shared = _tree(_beyond(found, chance))
    repeated = float(_beyond(np.array(following), np.array(chance_following)).sum())
    return Entropy(float(total), shared, repeated)


def _columns(ids: Sequence[str]) -> list[Column]:
    """Return the varying positions, each as numbers from 0; beyond an id's end stands one more."""
    width = max(map(len, ids))
    letters = np.array([[*map(ord, each), *[0] * (width - len(each))] for each in ids])
    columns = (np.unique(letters[:, place], return_inverse=True)[1] for place in range(width))
    varying = [column.astype(np.int64) for column in columns if column.any()]
    return varying[:MOST_COLUMNS]


def _entropy(counts: npt.NDArray[Any]) -> float:
    """Return the entropy behind counts, at most that of a fair die of so many sides."""
    seen = counts[counts > 0]
    share = seen / seen.sum()
    plain = float(-(share * np.log2(share)).sum())
    corrected = plain + (len(seen) - 1) / (2 * np.log(2) * seen.sum())
    return float(min(corrected, np.log2(len(seen))))


def _information(one: Column, other: Column) -> float:
    """Return the mutual information of two columns as they are, without a correction."""
    sides = int(other.max()) + 1
    return _plain(np.bincount(one)) + _plain(np.bincount(other)) - _plain(
        np.bincount(one * sides + other)
    )  # fmt: skip


def _plain(counts: npt.NDArray[Any]) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def _beyond(found: npt.NDArray[Any], chance: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return what was found where that is beyond chance, and 0 elsewhere."""
    most = float(chance.max(initial=0.0))
    return np.where(found > BEYOND_CHANCE * most + LEAST_SHARED_BITS, found, 0.0)


def _tree(weights: npt.NDArray[Any]) -> float:
    """Return the weight of the heaviest tree that spans all (Prim)."""
    size = len(weights)
    if size < 2:
        return 0.0
    best = weights[0].copy()
    best[0] = -1.0
    total = 0.0
    for _ in range(size - 1):
        nearest = int(best.argmax())
        total += max(0.0, float(best[nearest]))
        inside = best < 0
        best = np.maximum(best, weights[nearest])
        best[inside] = -1.0
        best[nearest] = -1.0
    return total
