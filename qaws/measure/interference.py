"""What other than the service could have made a time long: stalls, waits for a CPU, lateness."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field

from qaws.measure.cpu_wait import Backlog, Waits
from qaws.measure.latency import Course, Late
from qaws.measure.stall import Stalls

QUIETER = "run it again on a quieter machine"
"""The way out where nothing but the machine was in the way."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that may have lengthened a time, in words that its length in ms follows on."""

    words: str
    ms: float


STALLED = "their process stalled for up to"
"""Of clients that are in a process of their own."""

WELCOME_MS = 2000.0
"""A client that waited for longer than a welcome may take, without what the machine is to blame
for, has shown something: QA-WS-020."""

WAITED = "service and broker waited for a CPU for up to"


def waited_for_cpu(ms: float) -> Cause:
    """Return the cause that service and broker had to wait for a CPU."""
    return Cause(WAITED, ms)


def explains(
    causes: Sequence[Cause], measured_ms: float, bound_ms: float, way_out: str = QUIETER
) -> str | None:
    """Say that causes other than the service could have broken a bound; None when they could not.

    Args:
        causes: at worst, all of them fell into the time that was measured.
        measured_ms: that time.
        bound_ms: what is allowed.
        way_out: what to do about it.

    Returns:
        A sentence for `Inconclusive`.
    """
    if measured_ms - sum(cause.ms for cause in causes) >= bound_ms:
        return None
    told = [f"{cause.words} {cause.ms:.0f} ms" for cause in causes]
    return f"in such a time {', '.join(told)}: without that the bound could be met; {way_out}"


def explains_wait(
    stalls: Stalls, waited: Waits, from_s: float, until_s: float, enough_ms: float
) -> str | None:
    """Say that a client may owe it to the machine that it waited in vain; None where it does not.

    A service that has been kept from running since its work began is behind with that: who comes
    then waits for it too, and not only for what happens while it waits.

    Args:
        stalls: of the client's process.
        waited: what service and broker waited for a CPU; all clocks are `time.monotonic`.
        from_s: since when it waited.
        until_s: until when.
        enough_ms: for how long it would have to have waited, without all that, to show something.
    """
    start_ms, end_ms = from_s * 1e3, until_s * 1e3
    for_ms = end_ms - start_ms
    stalled = Disturbance(STALLED, stalls)
    waited_ms = sum(length for end, length in waited.stalls.spans if end <= end_ms)
    causes = [
        Cause(stalled.words, stalled.within_ms(start_ms, end_ms, for_ms)),
        waited_for_cpu(min(waited_ms, for_ms)),
    ]
    return explains(causes, for_ms, enough_ms)


@dataclass(frozen=True, slots=True)
class Disturbance:
    """Stretches that lengthened what ran through them.

    Attributes:
        words: what it was.
        spans: the stretches, on the clock of the due times (`Stalls.moved`).
        adds_up: whether several of them lengthen one time together; lags of a publisher do not.
        backlog: how far behind they put who is measured, where that was seen.
    """

    words: str
    spans: Stalls
    adds_up: bool = True
    backlog: Backlog = field(default_factory=Backlog)

    def within_ms(
        self, start_ms: float, end_ms: float, latency_ms: float, since_ms: float | None = None
    ) -> float:
        """Return by how much a latency that ran between two instants was lengthened at most.

        A stretch reaches further than its end: for as long again, what has piled up is worked off.

        Args:
            start_ms: when it began at the earliest.
            end_ms: when it ended at the latest.
            latency_ms: how long it was.
            since_ms: since when whoever is measured has been behind, if that is earlier.
        """
        spans, longest = self.spans.spans, self.spans.worst_ms
        if since_ms is not None:
            start_ms = min(start_ms, since_ms)
        first = bisect_left(spans, start_ms - longest, key=_end)
        last = bisect_left(spans, end_ms + longest, key=_end)
        touched = Stalls(
            tuple(
                (end, length)
                for end, length in spans[first:last]
                if end - length < end_ms and end + length > start_ms
            )
        )
        return touched.within_ms(latency_ms) if self.adds_up else touched.worst_ms


def waits_for_cpu(waits: Waits) -> Disturbance:
    """Return the disturbance that service and broker had to wait for a CPU."""
    return Disturbance(WAITED, waits.stalls, backlog=waits.backlog)


def _end(span: tuple[float, float]) -> float:
    return span[0]


def explains_percentile(
    causes: Sequence[Disturbance],
    course: Course,
    percentile: float,
    bound_ms: float,
    way_out: str = QUIETER,
) -> str | None:
    """Say that disturbances could have broken a bound on a percentile; None when they could not.

    What counts is not how long the longest of them was but how many latencies they can explain: one
    that was due far from all of them, or was longer than they can account for, is the service's.

    Args:
        causes: what disturbed the measurement, and when.
        course: all latencies, over the time at which they were due.
        percentile: from 0 to 100.
        bound_ms: what is allowed.
        way_out: what to do about it.

    Returns:
        A sentence for `Inconclusive`.
    """
    above = explained = 0
    worst_ms = dict.fromkeys((cause.words for cause in causes), 0.0)
    for late in course.from_ms(bound_ms):
        above += late.deliveries
        each = _shares_ms(causes, late)
        if late.latency_ms - sum(each.values()) < bound_ms:
            explained += late.deliveries
            worst_ms = {words: max(ms, each[words]) for words, ms in worst_ms.items()}
    if not explained or above - explained > course.count * (1 - percentile / 100):
        return None
    told = [f"{words} {ms:.0f} ms" for words, ms in worst_ms.items()]
    return (
        f"{explained:,} of the {above:,} latencies above the bound fall into times in which "
        f"{', '.join(told)}: without these the bound could be met; {way_out}"
    )


def _shares_ms(causes: Sequence[Disturbance], late: Late) -> dict[str, float]:
    """Return what each cause can have added to a latency, by its words.

    Who had not caught up when it came in was late for all that had held it up since it last had.
    """
    arrived_ms, until_ms = late.start_ms + late.latency_ms, late.end_ms + late.latency_ms
    behind = [cause.backlog.between(arrived_ms, until_ms) for cause in causes]
    since_ms = min((since for by, since in behind if by), default=late.start_ms)
    return {
        cause.words: max(
            min(by, late.latency_ms),
            cause.within_ms(late.start_ms, until_ms, late.latency_ms, since_ms),
        )
        for cause, (by, _) in zip(causes, behind, strict=True)
    }
