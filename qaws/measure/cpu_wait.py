"""How long processes waited for a CPU, and how far behind that has put them.

A service that could run but may not is slow through no fault of its own. Where it needs most of a
CPU itself, what has piled up meanwhile takes long to be worked off: the next wait comes before
that. So besides each wait there is a backlog. At an instant *t* it is the most, over all earlier
instants at which the process was at rest, of what it has waited since then less what it has idled
since then: by so much sooner it would be where it is (D. V. Lindley, The theory of queues with a
single server, 1952, of waits in place of work).

A process whose own threads take the CPUs from one another makes its waits by itself. So waits are
no longer than the time in which none of its threads ran.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from qaws.measure.schedstat import Threads, are_at_rest, follow, forget, progress
from qaws.measure.stall import Stalls

PERIOD_S = 0.02
"""How often the figures are read, in seconds."""

REST = 50
"""A pause is at least so many times what the reading before it took: many threads are read rarely.
"""

LOOK_S = 0.5
"""How often new children and threads are looked for, in seconds."""

BOOKED_MS = 1.0
"""Waits are booked once they come to so many milliseconds."""


class Backlog(msgspec.Struct, frozen=True):
    """How far behind processes were because they had waited for a CPU.

    Attributes:
        points: (when, by how much, since when they had not caught up) in ms, on the process's own
            clock, in order of time; where they were not behind there is none.
    """

    points: tuple[tuple[float, float, float], ...] = ()

    def moved(self, ms: float) -> Backlog:
        """Return the same on a clock that is so many milliseconds ahead."""
        return Backlog(tuple((at + ms, by, since + ms) for at, by, since in self.points))

    @property
    def worst_ms(self) -> float:
        """Return the most that they were behind, 0.0 where they never were."""
        return max((by for _, by, _ in self.points), default=0.0)

    def between(self, start_ms: float, end_ms: float) -> tuple[float, float]:
        """Return how far they were behind at most between two instants, and since when.

        A wait is counted when it ends. So the first figure behind the end counts too, if it is of a
        backlog that had begun by then.
        """
        first = bisect_left(self.points, start_ms, key=_at)
        last = bisect_left(self.points, end_ms, lo=first, key=_at)
        found = [*self.points[first:last]]
        found += [point for point in self.points[last : last + 1] if point[2] <= end_ms]
        return (
            max((by for _, by, _ in found), default=0.0),
            min((since for _, _, since in found), default=start_ms),
        )


def _at(point: tuple[float, float, float]) -> float:
    return point[0]


class Waits(msgspec.Struct, frozen=True):
    """What processes waited for a CPU: each wait, and how far all of them had put them behind."""

    stalls: Stalls = msgspec.field(default_factory=Stalls)
    backlog: Backlog = msgspec.field(default_factory=Backlog)

    def moved(self, ms: float) -> Waits:
        """Return the same waits on a clock that is so many milliseconds ahead."""
        return Waits(self.stalls.moved(ms), self.backlog.moved(ms))

    def within_ms(self, window_ms: float) -> float:
        """Return what of a time of that length could be owed to waits, wherever it was at worst."""
        return max(self.stalls.within_ms(window_ms), min(window_ms, self.backlog.worst_ms))


@dataclass(slots=True)
class _Totals:
    """Since the watch began, in ms: how long that is, and how long it ran and waited."""

    passed: float = 0.0
    ran: float = 0.0
    waited: float = 0.0

    def since(self, before: _Totals) -> _Totals:
        return _Totals(
            self.passed - before.passed, self.ran - before.ran, self.waited - before.waited
        )

    @property
    def kept_ms(self) -> float:
        """Return what others kept it from running: no more than the time in which it did not."""
        return max(0.0, min(self.waited, self.passed - self.ran))

    @property
    def behind_ms(self) -> float:
        """Return what it was kept from running, less the time in which it had nothing to do."""
        return min(2 * self.waited + self.ran - self.passed, self.passed - self.ran)


@dataclass(slots=True)
class _Watched:
    """One of those who are watched, with its children: its figures now and as they were before.

    `booked` is when a wait was last booked, `caught_up` the instant at rest since which it is the
    furthest behind.
    """

    pid: int
    threads: Threads = field(default_factory=dict)
    now: _Totals = field(default_factory=_Totals)
    booked: _Totals = field(default_factory=_Totals)
    caught_up: _Totals = field(default_factory=_Totals)

    def read(self, passed_ms: float) -> None:
        """Take the figures as they are now."""
        are_at_rest_now = are_at_rest(self.threads)
        ran, longest, all_of_them = progress(self.threads)
        # several that wait at the same time hold one thing up: no longer than the clock ran
        waited = max(longest, min(all_of_them, passed_ms - self.now.passed))
        self.now = _Totals(passed_ms, self.now.ran + ran, self.now.waited + waited)
        if are_at_rest_now and self.now.since(self.caught_up).behind_ms <= 0:
            self.caught_up = self.now


class CpuWait:
    """Watches processes of this machine, with their threads and children, until `close`."""

    def __init__(self, pids: Iterable[int | None]) -> None:
        """Begin to watch; what is no process here, or no Linux, waits for nothing.

        Args:
            pids: process ids; None stands for a process elsewhere.
        """
        self._watched = [_Watched(pid) for pid in pids if pid is not None]
        self._spans: list[tuple[float, float]] = []
        self._behind: list[tuple[float, float, float]] = []
        self._reading = threading.Lock()
        self._look()
        self._began_ms = time.monotonic_ns() / 1e6
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="CPU wait", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        looked_s, pause_s = time.monotonic(), PERIOD_S
        while not self._over.wait(pause_s):
            began_s = time.thread_time()
            if time.monotonic() - looked_s >= LOOK_S:
                looked_s = time.monotonic()
                self._look()
            self._read()
            pause_s = max(PERIOD_S, REST * (time.thread_time() - began_s))

    def _look(self) -> None:
        """Follow children and threads that have come meanwhile."""
        with self._reading:
            for each in self._watched:
                follow(each.threads, [each.pid])

    def _read(self) -> None:
        """Book what each has waited since it was booked last, and how far behind it is."""
        with self._reading:
            now_ms = time.monotonic_ns() / 1e6
            behind_ms, since_ms = 0.0, now_ms
            for each in self._watched:
                each.read(now_ms - self._began_ms)
                if each.now.waited - each.booked.waited >= BOOKED_MS:
                    kept_ms = each.now.since(each.booked).kept_ms
                    if kept_ms >= BOOKED_MS:
                        self._spans.append((now_ms, kept_ms))
                    each.booked = each.now
                if (by_ms := each.now.since(each.caught_up).behind_ms) >= BOOKED_MS:
                    behind_ms += by_ms
                    since_ms = min(since_ms, self._began_ms + each.caught_up.passed)
            if behind_ms:
                self._behind.append((now_ms, behind_ms, since_ms))

    def close(self) -> None:
        """Watch no more."""
        self._over.set()
        self._thread.join()
        with self._reading:
            for each in self._watched:
                forget(each.threads)

    @property
    def waits(self) -> Waits:
        """Return what was waited so far, by all processes together, in order of time."""
        return Waits(Stalls(tuple(self._spans)), Backlog(tuple(self._behind)))
