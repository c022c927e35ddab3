"""How long processes waited for a CPU: what a crowded machine does to the service under test.

A service that could run but may not is slow through no fault of its own. Linux counts that time
for each process (Documentation/scheduler/sched-stats.rst: the second figure of /proc/PID/schedstat,
in ns). It counts for the main thread, where services with an event loop do their work.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path

from qaws.measure.stall import Stalls

PERIOD_S = 0.02
"""How often the figure is read, in seconds."""

BOOKED_MS = 1.0
"""Waits are booked once they come to so many milliseconds."""


class CpuWait:
    """Watches processes of this machine from its making until `close`."""

    def __init__(self, pids: Iterable[int | None]) -> None:
        """Begin to watch; what is no process here, or no Linux, waits for nothing.

        Args:
            pids: process ids; None stands for a process elsewhere.
        """
        here = {pid: _waited_ns(pid) for pid in pids if pid is not None}
        self._last_ns = {pid: waited for pid, waited in here.items() if waited is not None}
        self._spans: list[tuple[float, float]] = []
        self._reading = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="CPU wait", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(PERIOD_S):
            self._read()

    def _read(self) -> None:
        """Book what was waited since the last look, once; who has ended is watched no more."""
        with self._reading:
            for pid, before in list(self._last_ns.items()):
                waited = _waited_ns(pid)
                if waited is None:
                    del self._last_ns[pid]
                elif (waited - before) / 1e6 >= BOOKED_MS:
                    self._spans.append((time.monotonic_ns() / 1e6, (waited - before) / 1e6))
                    self._last_ns[pid] = waited

    def close(self) -> None:
        """Watch no more."""
        self._over.set()
        self._thread.join()

    @property
    def stalls(self) -> Stalls:
        """Return the waits so far, those of all processes together, in order of time."""
        return Stalls(tuple(self._spans))


def _waited_ns(pid: int) -> int | None:
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return None
