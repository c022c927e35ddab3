"""The pace of something that was sent in portions: which rate did it reach?"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

KEPT = 0.98
"""What was sent at less of its rate than this was not what a scenario names."""

WHOLE_S, PART_S = 1.0, 0.1
"""For how long a rate must have held: a whole second, or, where the receiver was the one that had
enough of it, a tenth of one."""


@dataclass(slots=True)
class Pace:
    """When portions were sent, in seconds since the first, and how many each of them had.

    Attributes:
        per_second: the rate that is wanted.
        portions: when each was sent, and how many it had.
        was_ended: whether the receiver ended it; else it went on for as long as it was to.

    A portion of n stands for the time that n take at the rate which is wanted: at 1,000 per second
    ten fill 10 ms, and 1,000 at once a whole second.
    """

    per_second: float
    portions: list[tuple[float, int]] = field(default_factory=list)
    was_ended: bool = False

    @property
    def sent(self) -> int:
        """Return how many were sent."""
        return sum(count for _, count in self.portions)

    @property
    def lasted_s(self) -> float:
        """Return how long it lasted."""
        return self._span_s(0, len(self.portions) - 1) if self.portions else 0.0

    @property
    def reached_per_s(self) -> float:
        """Return the highest rate that held long enough; 0.0 where nothing was sent.

        After a pause of the sender a rate is made up for; it counts only as far as it was kept.
        """
        if not self.portions:
            return 0.0
        least_s = min(PART_S if self.was_ended else WHOLE_S, self.lasted_s)
        sums = [0, *accumulate(count for _, count in self.portions)]
        best, end = 0.0, 0
        for begin in range(len(self.portions)):
            end = max(end, begin)
            while end < len(self.portions) and self._span_s(begin, end) < least_s:
                end += 1
            if end == len(self.portions):
                break
            best = max(best, (sums[end + 1] - sums[begin]) / self._span_s(begin, end))
        return best

    @property
    def kept_per_s(self) -> float:
        """Return the rate over all the time that it lasted; 0.0 where nothing was sent.

        What was sent later than it was due, and made up for, counts in full.
        """
        return self.sent / self.lasted_s if self.portions else 0.0

    @property
    def is_kept(self) -> bool:
        """Return whether the rate that is wanted was reached, to within 2 %."""
        return self.reached_per_s >= KEPT * self.per_second

    def __str__(self) -> str:
        """Say how many were sent, for how long, and how fast."""
        return f"{self.sent:,} in {self.lasted_s:.2f} s, {self.reached_per_s:,.0f} per second"

    def _span_s(self, begin: int, end: int) -> float:
        (first_s, _), (last_s, count) = self.portions[begin], self.portions[end]
        return last_s - first_s + count / self.per_second
