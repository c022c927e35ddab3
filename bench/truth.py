"""Part (e): is it true what the swarm says of latencies? Known delays, and a capture beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec
import numpy as np

from bench.arithmetic import FEWEST, Bound, Sample
from bench.capture import Capture, may_capture
from bench.machine import Neighbours
from bench.sending import Pace, Sending
from qaws.load.plan import Group, SwarmPlan
from qaws.load.result import SwarmResult
from qaws.load.swarm import Swarm
from qaws.protocol.market import selection_of
from qaws.verdict import Broken

CLIENTS, PER_SECOND = 10, 400.0
DELAYS_MS = (1.0, 5.0, 20.0, 80.0)
P50_MS, P99_MS, STAMP_MS = 0.5, 1.0, 0.2
"""How far off the median, the 99th percentile, and 99 % of the stamps may be."""


class Truth(msgspec.Struct, frozen=True):
    """One round with one delay; all in ms, latencies from the due time.

    Attributes:
        asked_ms: for how long each tick was to be kept back.
        held_ms: for how long it was, median and 99 %: a sender may be late itself.
        swarm_ms: what the swarm says, median and 99 %.
        kernel_ms: what the capture says, median and 99 %; None where this machine allows none.
        stamp_ms: by how much the swarm's time of a delivery is off the kernel's, 99 % and at most.
        unread_ms: for how long bytes lay unread, 99 %; None where the kernel does not tell.
        wrong: what was not delivered as it was sent; None if all was.
        doubt: that others kept the machine busy, or the clock was set; None if neither.
    """

    asked_ms: float
    held_ms: tuple[float, float]
    swarm_ms: tuple[float, float]
    kernel_ms: tuple[float, float] | None
    stamp_ms: tuple[float, float] | None
    unread_ms: float | None
    wrong: str | None
    doubt: str | None

    @property
    def off_ms(self) -> tuple[float, float]:
        """Return how far median and 99 % are off the delay that was asked for."""
        p50, p99 = self.swarm_ms
        return abs(p50 - self.asked_ms), abs(p99 - self.asked_ms)

    @property
    def path_doubt(self) -> str | None:
        """Say that the delay was not the one that was asked for; None if it was.

        The sender's own times and the capture's, either of which may know of a wait that the other
        does not: a sender that lost its CPU between its reading of the clock and its write.
        """
        said = (
            (self.held_ms, "were kept back for"),
            (self.kernel_ms, "left, says the capture, after"),
        )
        for figures, how in said:
            if figures is None:
                continue
            p50, p99 = figures
            if p50 - self.asked_ms > P50_MS / 2 or p99 - self.asked_ms > P99_MS / 2:
                return f"ticks {how} {p50:.1f} ms (p99 {p99:.1f} ms)"
        return self.doubt


def measure(folder: Path, held_ms: float, ticks: int, within_s: float) -> Truth:
    """Let a swarm receive ticks that were kept back, with a capture beside it where that can be.

    Args:
        folder: for logs.
        held_ms: for how long after its due time each tick is sent.
        ticks: how many to each of `CLIENTS` clients.
        within_s: how long it may take.

    Raises:
        Broken: sender, swarm or capture failed.
    """
    group = Group("client", CLIENTS, selection_of("NIFTY"))
    with ExitStack() as stack:
        pace = Pace(PER_SECOND, held_ms)
        sending = stack.enter_context(closing(Sending(folder, CLIENTS, ticks, pace=pace)))
        swarm = stack.enter_context(closing(Swarm(folder / f"truth-{held_ms:g}", workers=1)))
        capture: Capture | None = None
        if may_capture() is None:
            capture = stack.enter_context(closing(Capture(sending.port)))
        swarm.start(
            SwarmPlan(sending.url, (group,), first={"NIFTY": 1}, at_once=1, keeps_arrivals=True)
        )
        sending.await_clients(within_s)
        neighbours = Neighbours()
        swarm.go()
        sending.go()
        sent = sending.report(within_s)
        result = swarm.finish({"NIFTY": ticks}, within_s)
        doubt = neighbours.doubt()
        if result.incomplete:
            raise Broken(f"the swarm: {result.incomplete}")
        kernel_ms, stamp_ms = compare(result, capture) if capture else (None, None)
    unread = result.read_delays
    return Truth(
        held_ms,
        (sent.held_p50_ms, sent.held_p99_ms),
        pair(result.latencies.percentile_ms, 50, 99),
        kernel_ms,
        stamp_ms,
        unread.percentile_ms(99) if unread.count else None,
        _wrong(result, ticks),
        doubt,
    )


def pair(figure: Callable[[float], float], one: float, other: float) -> tuple[float, float]:
    """Return a figure of two percentiles."""
    return figure(one), figure(other)


def compare(
    result: SwarmResult, capture: Capture
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Hold every arrival at every client against the capture.

    Returns:
        What the capture says of the latencies (p50, p99), and by how much the swarm's stamps are
        off (p99, at most), in ms.

    Raises:
        Broken: both did not see the same ticks.
    """
    streams = capture.streams()
    if len(streams) != CLIENTS:
        raise Broken(f"the capture has {len(streams)} of {CLIENTS} connections")
    latencies, errors = [], []
    for number, stream in enumerate(streams, 1):  # clients connect one after the other
        due, at_us = stream.arrivals()
        its_due, its_at_us = result.arrivals.get(f"client {number}", (due[:0], at_us[:0]))
        order = np.argsort(its_due, kind="stable")
        if not np.array_equal(its_due[order], due):
            raise Broken(
                f"client {number}: {len(its_due)} ticks at the swarm, {len(due)} in the capture"
            )
        latencies.append(at_us - due)
        errors.append(np.abs(its_at_us[order] - at_us))
    latency, error = np.concatenate(latencies) / 1000, np.concatenate(errors) / 1000
    p50, p99 = np.percentile(latency, (50, 99), method="higher")
    off, most = np.percentile(error, (99, 100), method="higher")
    return (float(p50), float(p99)), (float(off), float(most))


def _wrong(result: SwarmResult, ticks: int) -> str | None:
    found = [f"{count} x {kind}" for kind, count in result.faults.items()]
    if result.deliveries != CLIENTS * ticks:
        found.append(f"{result.deliveries:,} of {CLIENTS * ticks:,} deliveries")
    return "; ".join(found) or None


TRUTH_HEAD = [
    "ticks kept back for",
    "rounds",
    "kept back in fact (p50, p99)",
    "swarm (p50, p99)",
    "capture (p50, p99)",
    "stamps off the kernel's (p99, at most)",
    "bytes lay unread (p99)",
]


def truth_table(truth: Mapping[str, Sequence[Truth]]) -> list[list[str]]:
    """Return the rows of part (e): medians."""
    rows = []
    for name, rounds in truth.items():
        doubtful = sum(1 for one in rounds if one.path_doubt)
        rows.append(
            [
                name,
                f"{len(rounds)}" + (f" ({doubtful} in doubt)" if doubtful else ""),
                _pair([one.held_ms for one in rounds]),
                _pair([one.swarm_ms for one in rounds]),
                _pair([one.kernel_ms for one in rounds if one.kernel_ms]),
                _pair([one.stamp_ms for one in rounds if one.stamp_ms], 3),
                _pair([(one.unread_ms,) for one in rounds if one.unread_ms is not None]),
            ]
        )
    return rows


def _pair(values: Sequence[tuple[float, ...]], digits: int = 2) -> str:
    if not values:
        return "not captured"
    return ", ".join(f"{v:.{digits}f}" for v in np.median(np.array(values), axis=0)) + " ms"


def truth_bounds(truth: Mapping[str, Sequence[Truth]]) -> list[Bound]:
    """Return what is asked of the swarm's latencies, over all rounds, and whether it is so."""
    found = []
    for name, rounds in truth.items():
        path = tuple(one.path_doubt or one.wrong for one in rounds)
        for place, (what, most) in enumerate((("p50", P50_MS), ("p99", P99_MS))):
            sample = Sample(tuple(one.off_ms[place] for one in rounds), path)
            found.append(at_most(f"{what} off a delay of {name}", sample, most))
    every = [one for rounds in truth.values() for one in rounds]
    stamps = [one for one in every if one.stamp_ms]
    what = "99 % of the swarm's stamps off the kernel's"
    if every and not stamps:
        found.append(Bound(what, 0.0, STAMP_MS, "inconclusive", may_capture() or "", "ms"))
    elif stamps:
        doubts = tuple(one.doubt or one.wrong for one in stamps)
        values = tuple(one.stamp_ms[0] for one in stamps if one.stamp_ms)
        found.append(at_most(what, Sample(values, doubts), STAMP_MS))
    return found


def at_most(what: str, sample: Sample, most_ms: float) -> Bound:
    """Hold a median (less is better) against a bound.

    Doubts make it larger, never smaller: one that is kept in spite of a doubt is kept.
    """
    if (rounds := len(sample.values)) < FEWEST:
        why = f"{rounds} rounds, at least {FEWEST} are needed"
        return Bound(what, sample.median, most_ms, "inconclusive", why, "ms")
    if sample.median <= most_ms:
        return Bound(what, sample.median, most_ms, "met", unit="ms")
    doubt = sample.doubt
    if doubt:
        return Bound(what, sample.median, most_ms, "inconclusive", doubt, "ms")
    return Bound(what, sample.median, most_ms, "missed", unit="ms")
