"""How many runs go on at a time: as many as the processors bear."""

from __future__ import annotations

import os
import time

import psutil

CORES = os.cpu_count() or 1


def busy() -> float:
    """Return how busy the processors have been since the last call, in per cent of all.

    What is nice (`nice -n 19`) is not counted: it gives way.
    """
    took = psutil.cpu_times_percent()
    gives_way = sum(getattr(took, name, 0.0) for name in ("idle", "iowait", "nice"))
    return 100.0 - gives_way


class Pace:
    """How many runs go on at a time: as many as the processors bear, for most only wait.

    One for each processor always may; up to six where the processors have time left, for some wait
    a minute long. A service that waits for a processor answers late, and its verdict would speak of
    that.
    """

    LOOK_S = 0.3
    """How often it is looked how busy they are; each time one more run may start."""
    BUSY = 70.0
    """Per cent of all processors; from there on no further run is started."""

    def __init__(self, jobs: int | None = None) -> None:
        """Allow so many runs at a time; None to go by how busy the processors are."""
        self._least = jobs or CORES
        self._most = jobs or 6 * CORES
        self._looked = 0.0

    def allows(self, running: int) -> bool:
        """Tell whether one more run may start beside so many."""
        if running < self._least:
            return True
        if running >= self._most or time.monotonic() < self._looked + self.LOOK_S:
            return False
        self._looked = time.monotonic()
        return busy() < self.BUSY
