"""Latencies: an HdrHistogram of microseconds, its percentiles, and their course over time.

A latency runs from the instant at which a tick was *due* to its arrival, so that a publisher or a
service that stands still cannot hide its pause (no coordinated omission). Every pair of tick and
client is one value; nothing is sampled.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

Microseconds: TypeAlias = NDArray[np.int64]

LOWEST_US, HIGHEST_US, DIGITS = 1, 120_000_000, 3
"""What the histogram tells apart: 1 µs to 120 s, to three digits; what is longer counts as 120 s"""

BIN_MS = 100
MOST_BINS = 1200
"""The course over time has bins of 100 ms; when there are more than 1,200, the width doubles."""

DENSE_BINS = 128
"""Values of so few bins are counted in a table of bins and buckets, without sorting them."""

PLOTTED = tuple(100 - 100 / 2**k for k in range(15))
"""Percentiles of a percentile plot: 0, 50, 75, 87.5 … up to 99.994: as dense as the tail needs."""


def bucket_of(values: Microseconds, digits: int) -> Microseconds:
    """Return the index of each value's bucket, as HdrHistogram counts them from 1 µs up."""
    bits = math.ceil(math.log2(2 * 10**digits))
    shift = np.maximum(np.frexp(values.astype(np.float64))[1].astype(np.int64) - bits, 0)
    half = np.int64(1 << (bits - 1))
    return (shift + 1) * half + (values >> shift) - half


def highest_in(bucket: int, digits: int) -> int:
    """Return the highest value in µs that falls into a bucket."""
    half = 1 << (math.ceil(math.log2(2 * 10**digits)) - 1)
    shift = bucket // half - 1
    if shift < 0:
        return bucket
    return ((bucket % half + half + 1) << shift) - 1


class Latencies:
    """Latencies in an HdrHistogram: 1 µs to 120 s, three digits; exact count, minimum, maximum."""

    def __init__(self) -> None:
        self._histogram: Any = HdrHistogram(LOWEST_US, HIGHEST_US, DIGITS)
        self.early = 0
        """How many values were below zero: received before they were due, by clock or by fault."""
        self.earliest_us = 0
        """The lowest of them; 0 when there was none."""

    def record(self, values_us: Microseconds) -> None:
        """Count latencies, in µs. What is below 0 counts as 0, what is above 120 s as 120 s."""
        if not len(values_us):
            return
        self.early += int(np.count_nonzero(values_us < 0))
        self.earliest_us = min(self.earliest_us, int(values_us.min()))
        values = np.clip(values_us, 0, HIGHEST_US)
        held = self._histogram
        counts = np.ctypeslib.as_array(held.counts)
        found = np.bincount(bucket_of(values, DIGITS))
        counts[: len(found)] += found.astype(counts.dtype)
        held.total_count += len(values)
        held.min_value = min(held.min_value, int(values.min()))
        held.max_value = max(held.max_value, int(values.max()))

    def merge(self, other: Latencies) -> None:
        """Add all of `other`'s values; afterwards nobody can tell who had which."""
        if other.count:
            mine, theirs = self._histogram, other._histogram
            mine.min_value = min(mine.min_value, theirs.min_value)
            mine.max_value = max(mine.max_value, theirs.max_value)
            mine.total_count += theirs.total_count
            counts = np.ctypeslib.as_array(mine.counts)
            more = np.ctypeslib.as_array(theirs.counts)
            counts[: len(more)] += more
        self.early += other.early
        self.earliest_us = min(self.earliest_us, other.earliest_us)

    @property
    def count(self) -> int:
        """Return how many values there are."""
        return int(self._histogram.total_count)

    @property
    def max_ms(self) -> float:
        """Return the longest latency in ms, 0.0 without values."""
        return float(self._histogram.max_value) / 1000

    def percentiles_ms(self, percentiles: Iterable[float]) -> dict[float, float]:
        """Return percentile → latency in ms; a value's last digit is rounded up, never down.

        Args:
            percentiles: each from 0 to 100.
        """
        wanted = sorted(set(percentiles))
        if not self.count:
            return dict.fromkeys(wanted, 0.0)
        found = self._histogram.get_percentile_to_value_dict(wanted)
        return {p: min(int(found[p]) / 1000, self.max_ms) for p in wanted}

    def percentile_ms(self, percentile: float) -> float:
        """Return one percentile in ms, 0.0 without values."""
        return self.percentiles_ms([percentile])[percentile]

    def plot(self) -> list[tuple[float, float]]:
        """Return points (percentile, ms) for a percentile plot, the maximum as (100, ms) last."""
        return [*self.percentiles_ms(PLOTTED).items(), (100.0, self.max_ms)]

    def encoded(self) -> bytes:
        """Return the histogram in HdrHistogram's own compressed form (V2, base64), for others."""
        return bytes(self._histogram.encode())

    def to_wire(self) -> tuple[bytes, int, int, int, int]:
        """Return the encoded histogram and what it does not keep: extremes, early, earliest."""
        held = self._histogram
        extremes = int(held.min_value), int(held.max_value)
        return self.encoded(), *extremes, self.early, self.earliest_us

    @classmethod
    def from_wire(
        cls, encoded: bytes, lowest: int, highest: int, early: int, earliest_us: int
    ) -> Latencies:
        """Read what `to_wire` wrote."""
        latencies = cls()
        found = HdrHistogram.decode(encoded)
        if found.get_total_count():
            latencies._histogram.add(found)
            latencies._histogram.min_value = lowest
            latencies._histogram.max_value = highest
        latencies.early, latencies.earliest_us = early, earliest_us
        return latencies


class Point(NamedTuple):
    """One bin of the course over time: what was due in it, and how late that arrived."""

    start_s: float
    deliveries: int
    p50_ms: float
    p99_ms: float
    max_ms: float


class Late(NamedTuple):
    """Ticks of about the same latency that were due within one bin of the course.

    Attributes:
        start_ms: when the bin begins, in ms since 1970.
        end_ms: when it ends.
        latency_ms: their latency, to two digits.
        deliveries: how many they are.
    """

    start_ms: float
    end_ms: float
    latency_ms: float
    deliveries: int


class Course:
    """Latency over due time, in bins; percentiles per bin are good to two digits (1 %)."""

    DIGITS = 2
    SIZE = int(bucket_of(np.array([HIGHEST_US]), DIGITS)[0]) + 1

    def __init__(self, bin_ms: int = BIN_MS) -> None:
        self.bin_ms = bin_ms
        self._counts: dict[int, NDArray[np.int64]] = {}
        self._longest: dict[int, int] = {}

    def record(self, due_us: Microseconds, latency_us: Microseconds) -> None:
        """Count latencies by the time at which their ticks were due (µs since 1970)."""
        if not len(due_us):
            return
        values = np.clip(latency_us, 0, HIGHEST_US)
        bins = due_us // (self.bin_ms * 1000)
        first = int(bins.min())
        offsets, width = bins - first, int(bins.max()) - first + 1
        buckets = bucket_of(values, self.DIGITS)
        if width <= DENSE_BINS:
            self._count_all(first, offsets, buckets, width)
        else:
            self._count_sparse(first, offsets * self.SIZE + buckets)
        longest = np.full(width, -1, np.int64)
        np.maximum.at(longest, offsets, values)
        for offset in np.flatnonzero(longest >= 0).tolist():
            self._raise_longest(first + offset, int(longest[offset]))
        self._keep_small()

    def _count_all(
        self, first: int, offsets: Microseconds, buckets: Microseconds, width: int
    ) -> None:
        """Count values by bin and bucket where the bins are few: in a table of all of them."""
        table = np.bincount(offsets * self.SIZE + buckets, minlength=width * self.SIZE)
        for offset in np.flatnonzero(np.bincount(offsets)).tolist():
            here = table[offset * self.SIZE : (offset + 1) * self.SIZE]
            self._counts_of(first + offset)[:] += here

    def _count_sparse(self, first: int, places: Microseconds) -> None:
        """Count values by place, which is `SIZE` times the bin and the bucket, from `first` on."""
        cells, counts = np.unique(places, return_counts=True)
        owners = cells // self.SIZE
        for offset in np.unique(owners).tolist():
            mine = owners == offset
            of_bin = self._counts_of(first + offset)
            of_bin[cells[mine] - offset * self.SIZE] += counts[mine]

    def _counts_of(self, index: int) -> NDArray[np.int64]:
        return self._counts.setdefault(index, np.zeros(self.SIZE, np.int64))

    def _raise_longest(self, index: int, value: int) -> None:
        self._longest[index] = max(self._longest.get(index, 0), value)

    def _keep_small(self) -> None:
        while len(self._counts) > MOST_BINS:
            self.widen(self.bin_ms * 2)

    def widen(self, bin_ms: int) -> None:
        """Make the bins wider, to a multiple of what they are."""
        times = bin_ms // self.bin_ms
        wide = Course(bin_ms)
        for index, counts in self._counts.items():
            wide._counts_of(index // times)[:] += counts
            wide._raise_longest(index // times, self._longest[index])
        self.bin_ms, self._counts, self._longest = bin_ms, wide._counts, wide._longest

    def merge(self, other: Course) -> None:
        """Add all of `other`'s values; the wider bins of the two are kept."""
        width = max(self.bin_ms, other.bin_ms)
        self.widen(width)
        other.widen(width)
        for index, counts in other._counts.items():
            self._counts_of(index)[:] += counts
            self._raise_longest(index, other._longest[index])
        self._keep_small()

    @property
    def count(self) -> int:
        """Return how many values there are."""
        return sum(int(counts.sum()) for counts in self._counts.values())

    def from_ms(self, bound_ms: float) -> Iterator[Late]:
        """Return all values from `bound_ms` up, by bin and bucket, in order of time."""
        first = int(bucket_of(np.array([bound_ms * 1000], np.int64), self.DIGITS)[0])
        for index in sorted(self._counts):
            counts = self._counts[index]
            for bucket in first + np.flatnonzero(counts[first:]):
                longest_us = min(highest_in(int(bucket), self.DIGITS), self._longest[index])
                if longest_us >= bound_ms * 1000:
                    start_ms = float(index * self.bin_ms)
                    yield Late(
                        start_ms, start_ms + self.bin_ms, longest_us / 1000, int(counts[bucket])
                    )

    def points(self) -> list[Point]:
        """Return the bins in order of time; `start_s` counts from the first of them."""
        if not self._counts:
            return []
        origin = min(self._counts)
        points = []
        for index in sorted(self._counts):
            heap = np.cumsum(self._counts[index])
            p50, p99 = (
                highest_in(int(np.searchsorted(heap, share * heap[-1])), self.DIGITS)
                for share in (0.50, 0.99)
            )
            top = self._longest[index]
            points.append(
                Point(
                    (index - origin) * self.bin_ms / 1000,
                    int(heap[-1]),
                    min(p50, top) / 1000,
                    min(p99, top) / 1000,
                    top / 1000,
                )
            )
        return points

    def to_wire(self) -> tuple[int, dict[int, tuple[int, dict[int, int]]]]:
        """Return bin width in ms, and per bin its longest latency and its non-empty buckets."""
        bins = {}
        for index, counts in self._counts.items():
            filled = np.flatnonzero(counts)
            buckets = dict(zip(filled.tolist(), counts[filled].tolist(), strict=True))
            bins[index] = (self._longest[index], buckets)
        return self.bin_ms, bins

    @classmethod
    def from_wire(cls, bin_ms: int, bins: dict[int, tuple[int, dict[int, int]]]) -> Course:
        """Read what `to_wire` wrote."""
        course = cls(bin_ms)
        for index, (longest, buckets) in bins.items():
            course._counts_of(index)[list(buckets)] = list(buckets.values())
            course._longest[index] = longest
        return course
