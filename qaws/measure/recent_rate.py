"""Whether something that is to happen again and again still does, or all but stands still."""

from __future__ import annotations

from collections import deque
from math import ceil

RECENT_S, FEWEST = 1.0, 4
"""What counts as recent, in seconds; for what happens seldom, the time of so many turns."""

ENOUGH = 0.1
"""The part of its turns that must have come of late: or else it all but stands still. What a busy
machine lets lag goes on all the same; what is about a rate is held more strictly."""


class RecentRate:
    """Counts the turns of the last second. Instants are `time.monotonic_ns()`."""

    def __init__(self, every_s: float, began_ns: int) -> None:
        """Prepare to count.

        Args:
            every_s: how far apart turns are to be, in seconds.
            began_ns: when the first is due.
        """
        self._every_s, self._began_ns = every_s, began_ns
        self._window_s = max(RECENT_S, FEWEST * every_s)
        self._turns: deque[int] = deque(maxlen=ceil(self._window_s / every_s) + 1)

    def note(self, at_ns: int) -> None:
        """Count a turn."""
        self._turns.append(at_ns)

    def shortfall(self, now_ns: int) -> str | None:
        """Say how few turns came of late; None where they are enough, or where it is too early."""
        since_ns = now_ns - self._window_s * 1e9
        due = int(self._window_s / self._every_s)
        came = sum(1 for at_ns in list(self._turns) if at_ns >= since_ns)
        if since_ns < self._began_ns or came >= ENOUGH * due:
            return None
        return f"{came:,} of {due:,} in the last {self._window_s:.1f} s"
