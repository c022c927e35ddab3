"""Medians, ratios, and whether a bound was met."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Literal

import msgspec

BoundVerdict = Literal["met", "missed", "inconclusive", "not judged"]
Unit = Literal["×", "ms", "s", "MiB"]

FEWEST = 3
"""Rounds from which a median says something."""


class Sample(msgspec.Struct, frozen=True):
    """One figure of one contestant, a value for each round, with what casts doubt on it.

    A doubt (the machine was busy with other things, the publisher was late) never takes a value out
    of the sample: which values count is not chosen afterwards. A median bears up to half of its
    values being wrong, so the sample as a whole is in doubt when more than half of them are.
    """

    values: tuple[float, ...]
    doubts: tuple[str | None, ...]

    @property
    def median(self) -> float:
        """Return the median; 0.0 without values."""
        return median(self.values)

    @property
    def doubt(self) -> str | None:
        """Say why the median is in doubt; None when at least half of its values are sound."""
        found = [doubt for doubt in self.doubts if doubt]
        if len(found) * 2 <= len(self.values):
            return None
        return f"{len(found)} of {len(self.values)} rounds are in doubt: {found[0]}"


class Bound(msgspec.Struct, frozen=True):
    """One bound: what was measured, and what is asked for.

    Its unit is "×", how many times as much at least, or that of what there may be at most.
    """

    what: str
    measured: float
    at_least: float
    verdict: BoundVerdict
    why: str = ""
    unit: Unit = "×"

    @property
    def found(self) -> str:
        """Return what was measured, with its unit."""
        digits = {"×": 2 if self.at_least < 1 else 1, "ms": 3, "s": 1, "MiB": 0}[self.unit]
        return f"{self.measured:,.{digits}f} {self.unit}"

    @property
    def asked(self) -> str:
        """Return what is asked for, with its unit."""
        return f"{'≥' if self.unit == '×' else '≤'} {self.at_least:,g} {self.unit}"

    def __str__(self) -> str:
        times = f"{self.found.removesuffix(' ×')} x"
        words = f"{self.what}: {times}, at least {self.at_least:g} x: {self.verdict}"
        if self.unit != "×":
            most = f"{self.at_least:,g} {self.unit}"
            words = f"{self.what}: {self.found}, at most {most}: {self.verdict}"
        return f"{words} ({self.why})" if self.why else words


def median(values: Sequence[float]) -> float:
    """Return the median; 0.0 without values."""
    return statistics.median(values) if values else 0.0


def ratio(ours: float, theirs: float) -> float:
    """Return how many times theirs ours is; 0.0 where theirs is nothing: that proves nothing."""
    return ours / theirs if theirs > 0 else 0.0


def judge(what: str, ours: Sample, theirs: Sample, at_least: float) -> Bound:
    """Hold the ratio of two medians (more is better) against a bound.

    From fewer than `FEWEST` rounds of either nothing follows.

    Doubts make a figure smaller than it would be, never larger. So a bound that is met in spite of
    a doubt about ours is met, and one that is missed in spite of a doubt about theirs is missed;
    the other way round nothing follows.
    """
    measured = ratio(ours.median, theirs.median)
    if (rounds := min(len(ours.values), len(theirs.values))) < FEWEST:
        why = f"{rounds} rounds, at least {FEWEST} are needed"
        return Bound(what, measured, at_least, "inconclusive", why)
    if measured >= at_least:
        doubt = theirs.doubt
        return Bound(what, measured, at_least, "inconclusive" if doubt else "met", doubt or "")
    doubt = ours.doubt
    return Bound(what, measured, at_least, "inconclusive" if doubt else "missed", doubt or "")
