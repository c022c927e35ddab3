"""The stall meter: how long the harness's own event loop stood still.

A latency measured by a harness that was not running is the harness's latency. The meter asks to be
woken every few milliseconds and books how much later than asked it was.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from itertools import accumulate

import msgspec

PERIOD_S = 0.005
"""How often the meter asks to be woken, in seconds."""

NOISE_MS = 5.0
"""Lateness up to this many milliseconds is ordinary scheduling and is not booked."""


class Stalls(msgspec.Struct, frozen=True):
    """How far a process stood still while it measured.

    Attributes:
        spans: (end, length) of each stretch in ms, on the process's own clock, in order of time.
    """

    spans: tuple[tuple[float, float], ...] = ()

    @property
    def total_ms(self) -> float:
        """Return the time of all stretches together."""
        return sum(length for _, length in self.spans)

    @property
    def worst_ms(self) -> float:
        """Return the longest stretch, 0.0 when there was none."""
        return max((length for _, length in self.spans), default=0.0)

    def moved(self, ms: float) -> Stalls:
        """Return the same stretches on a clock that is so many milliseconds ahead."""
        return Stalls(tuple((end + ms, length) for end, length in self.spans))

    def within_ms(self, window_ms: float) -> float:
        """Return for how long at most the process stood still in any window of that length.

        What was measured to take `window_ms` can owe no more than that to the process.
        """
        ends = [end for end, _ in self.spans]
        sums = [0.0, *accumulate(length for _, length in self.spans)]
        most = 0.0
        for index, end in enumerate(ends):
            before = bisect_left(ends, end - window_ms)
            most = max(most, min(window_ms, sums[index + 1] - sums[before]))
        return most


class StallMeter:
    """Books every stretch in which the event loop could not run."""

    def __init__(self) -> None:
        self._ends_ns: list[int] = []
        self._stalls_ms: list[float] = []
        self._due_ns = time.monotonic_ns()

    async def run(self) -> None:
        """Measure until cancelled; run it as a task of the loop that is to be watched."""
        woken_ns = time.monotonic_ns()
        while True:
            self._due_ns = woken_ns + int(PERIOD_S * 1e9)
            await asyncio.sleep(PERIOD_S)
            woken_ns = time.monotonic_ns()  # once: who is stopped between two readings is not seen
            self.book(self._due_ns, woken_ns)

    def book(self, due_ns: int, woken_ns: int) -> None:
        """Book a wake-up that was due at `due_ns` and came at `woken_ns` (monotonic)."""
        late_ms = (woken_ns - due_ns) / 1e6
        if late_ms > NOISE_MS:
            self._ends_ns.append(woken_ns)
            self._stalls_ms.append(late_ms)

    def between(self, start_ns: int, end_ns: int) -> float:
        """Return for how many milliseconds the loop stood still between two instants.

        A stall that reaches over either end counts only with its part inside. One that is still
        going on counts too: the caller may be the first to run after it.
        """
        total = 0.0
        now_ns = time.monotonic_ns()
        if (now_ns - self._due_ns) / 1e6 > NOISE_MS:
            total += overlap_ms(self._due_ns, now_ns, start_ns, end_ns)
        for index in range(bisect_left(self._ends_ns, start_ns), len(self._ends_ns)):
            stall_end = self._ends_ns[index]
            stall_start = stall_end - int(self._stalls_ms[index] * 1e6)
            if stall_start >= end_ns:
                break
            total += overlap_ms(stall_start, stall_end, start_ns, end_ns)
        return total

    def longest_between(self, start_ns: int, end_ns: int) -> float:
        """Return the longest single stall that lies at least in part between two instants, in ms.

        Many short ones leave time to answer in between; a long one does not.
        """
        longest = 0.0
        for index in range(bisect_left(self._ends_ns, start_ns), len(self._ends_ns)):
            if self._ends_ns[index] - self._stalls_ms[index] * 1e6 >= end_ns:
                break
            longest = max(longest, self._stalls_ms[index])
        return longest

    def longest_since(self, start_ns: int) -> float:
        """Return the longest single stall that lies at least in part behind an instant, in ms."""
        return self.longest_between(start_ns, time.monotonic_ns())

    def stalls(self) -> Stalls:
        """Return all stretches so far."""
        ends_ms = (end / 1e6 for end in self._ends_ns)
        return Stalls(tuple(zip(ends_ms, self._stalls_ms, strict=True)))

    def worst(self) -> float:
        """Return the longest stall of the whole run in milliseconds, 0.0 when there was none."""
        return max(self._stalls_ms, default=0.0)


class TurnMeter:
    """Books how far a loop that sleeps and works by itself stood still, turn by turn.

    What of a turn was neither meant to pass, nor spent working, nor waiting for somebody else: so
    no stretch is missed, wherever in the turn the process was held up.
    """

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        self.begin()

    def begin(self) -> None:
        """Begin the first turn here."""
        self._began_ns, self._worked_ns = time.monotonic_ns(), time.thread_time_ns()
        self._spent_ns = 0

    def spent(self, ns: int) -> None:
        """Say that so much of the turn went by as it should: asleep, or waiting for a peer."""
        self._spent_ns += ns

    def book(self) -> None:
        """End a turn, and begin the next; call it in the thread whose turns they are."""
        began_ns, worked_ns, spent_ns = self._began_ns, self._worked_ns, self._spent_ns
        self.begin()
        working_ns = self._worked_ns - worked_ns
        still_ms = (self._began_ns - began_ns - working_ns - spent_ns) / 1e6
        if still_ms > NOISE_MS:
            self._spans.append((self._began_ns / 1e6, still_ms))

    def stalls(self) -> Stalls:
        """Return all stretches so far."""
        return Stalls(tuple(self._spans))


def overlap_ms(start_a: int, end_a: int, start_b: int, end_b: int) -> float:
    """Return how much of a stretch lies in another, in ms; all instants are in ns."""
    return max(0, min(end_a, end_b) - max(start_a, start_b)) / 1e6
