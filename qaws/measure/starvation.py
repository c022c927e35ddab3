"""For how long others kept processes from running: what a crowded machine does to a service.

A process whose own threads take the CPUs from one another makes its waits by itself: while
one of them waits, another runs. So the time in which any of those watched ran excuses nothing.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from qaws.measure.schedstat import MOST_THREADS, Thread, follow, forget, progress

PERIOD_S = 0.05
"""How often the figures are read, in seconds."""

REST = 50
"""A pause is at least so many times what the reading before it took: many threads are read rarely.
"""

FRESH_S = 0.005
"""A reading is as good as a new one for so long, in seconds."""

LOOK_S = 0.5
"""How often new processes and threads are looked for, in seconds."""

BOOKED_MS = 1.0
"""A record is made once somebody has waited for so many milliseconds."""

KEPT = 50_000
"""So many records are kept: forty minutes at least, seven hours of a quiet machine."""

Pids = Callable[[], Iterable[int | None]]


@dataclass(slots=True)
class _Watched:
    """One of those who are watched: its threads by their ids, and what it waited.

    `waited_ms` is so for each record: all of it until then. `unbooked_ms` has come since.
    """

    pids: Pids
    threads: dict[int, Thread] = field(default_factory=dict)
    waited_ms: list[float] = field(default_factory=lambda: [0.0])
    unbooked_ms: float = 0.0


class Starvation:
    """Watches processes of this machine, with all their threads and children, until `close`."""

    def __init__(self, watched: Mapping[str, Pids]) -> None:
        """Begin to watch; what is no process here, or no Linux, waits for nothing.

        Args:
            watched: who, in the words of a sentence ("the service"), and its process ids as they
                are now; None stands for a process elsewhere. They are asked for in another thread.
        """
        self._watched = {who: _Watched(pids) for who, pids in watched.items()}
        self._read_ns = time.monotonic_ns()
        self._at_ns = [self._read_ns]
        self._ran_ms = [0.0]
        self._unnoted_ms = 0.0
        self._reading = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="starvation", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Look for processes and threads that are new; from now on they are watched too."""
        with self._reading:
            known = sum(len(each.threads) for each in self._watched.values())
            for each in self._watched.values():
                others = known - len(each.threads)
                follow(each.threads, filter(None, each.pids()), MOST_THREADS - others)
                known = others + len(each.threads)

    def between(self, start_ns: int, end_ns: int) -> dict[str, float]:
        """Return who was kept from running between two instants, and for how many ms at most.

        Waits of several are added up, as those of whom a tick passes one after the other; together
        they are no longer than the time in which none of them ran. Hundreds may ask at once.
        """
        if time.monotonic_ns() - self._read_ns > FRESH_S * 1e9:
            self._read()
        window_ms = (end_ns - start_ns) / 1e6
        with self._reading:
            waited = {
                who: min(window_ms, self._waited(each.waited_ms, start_ns, end_ns))
                for who, each in self._watched.items()
            }
            most = max(0.0, window_ms - (self._ran_until(end_ns) - self._ran_until(start_ns)))
        total = sum(waited.values())
        share = min(1.0, most / total) if total else 0.0
        return {who: ms * share for who, ms in waited.items() if ms * share >= BOOKED_MS}

    def close(self) -> None:
        """Watch no more."""
        self._over.set()
        self._thread.join()
        with self._reading:
            for each in self._watched.values():
                forget(each.threads)

    def _watch(self) -> None:
        looked_s, pause_s = 0.0, 0.0
        while not self._over.wait(pause_s):
            began_s, now_s = time.thread_time(), time.monotonic()
            if now_s - looked_s >= LOOK_S:
                self.look()
                looked_s = now_s
            self._read()
            pause_s = max(PERIOD_S, REST * (time.thread_time() - began_s))

    def _read(self) -> None:
        """Book who has waited since the last reading, and how long any of them ran."""
        with self._reading:
            now_ns, since_ns = time.monotonic_ns(), self._read_ns
            for each in self._watched.values():
                ran_ms, longest_ms, all_ms = progress(each.threads)
                self._unnoted_ms += ran_ms
                # several that wait at the same time hold one thing up: no longer than the clock ran
                each.unbooked_ms += max(longest_ms, min(all_ms, (now_ns - since_ns) / 1e6))
            self._read_ns = now_ns
            is_worth_it = max(each.unbooked_ms for each in self._watched.values()) >= BOOKED_MS
            if is_worth_it or now_ns - self._at_ns[-1] >= LOOK_S * 1e9:
                self._note(now_ns)

    def _note(self, now_ns: int) -> None:
        """Make a record; the older half is given up where they become very many."""
        self._at_ns.append(now_ns)
        self._ran_ms.append(self._ran_ms[-1] + self._unnoted_ms)
        self._unnoted_ms = 0.0
        for each in self._watched.values():
            each.waited_ms.append(each.waited_ms[-1] + each.unbooked_ms)
            each.unbooked_ms = 0.0
        if len(self._at_ns) > 2 * KEPT:
            for kept in (self._ran_ms, *(each.waited_ms for each in self._watched.values())):
                del kept[:KEPT]
            del self._at_ns[:KEPT]

    def _waited(self, until_ms: list[float], start_ns: int, end_ns: int) -> float:
        """Return how much of the waits may have fallen between two instants, in ms.

        What was booked first behind the beginning may have begun before it.
        """
        first = max(1, bisect_right(self._at_ns, start_ns))
        last = min(bisect_left(self._at_ns, end_ns), len(self._at_ns) - 1)
        if last < first:
            return 0.0
        inside_ms = (self._at_ns[first] - start_ns) / 1e6
        return (
            min(until_ms[first] - until_ms[first - 1], inside_ms) + until_ms[last] - until_ms[first]
        )

    def _ran_until(self, at_ns: int) -> float:
        """Return how long they had run by then, in ms; between two readings as if evenly."""
        index = bisect_left(self._at_ns, at_ns)
        if index == len(self._at_ns):
            return self._ran_ms[-1] + self._unnoted_ms
        if index == 0:
            return self._ran_ms[0]
        before_ns, after_ns = self._at_ns[index - 1 : index + 1]
        before, after = self._ran_ms[index - 1 : index + 1]
        return before + (after - before) * (at_ns - before_ns) / (after_ns - before_ns)
