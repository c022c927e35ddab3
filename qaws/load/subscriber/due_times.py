"""Whether ticks bear the due time that they were published with: latency runs from it.

A service that sets it anew, at the moment of sending, hides how long it kept each tick.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qaws.load.schedule import FlowPlan

PART = 4_096
"""So many ticks of a schedule are laid out at a time: a flow in the background has a million."""

ROUNDED_US = 1
"""The schedule is kept in ns; two due times differ from it by at most so much."""


class DueTimes:
    """When each tick of a flow is due, counted from the start, which the first tick tells."""

    def __init__(self, plan: FlowPlan) -> None:
        """Prepare; the schedule is laid out as far as it is asked for."""
        self._plan = plan
        self._laid_out: dict[int, NDArray[np.int64]] = {}
        self._place = {symbol: place for place, symbol in enumerate(plan.symbols)}
        self._first = {symbol: plan.first.get(symbol, 1) for symbol in plan.symbols}
        self._start_us: int | None = None

    def after_start(self, symbol: str, number: int) -> int | None:
        """Return how long after the start a tick is due, in µs; None: it is on no schedule."""
        turn = number - self._first.get(symbol, number + 1)
        index = turn * len(self._place) + self._place.get(symbol, 0)
        if turn < 0 or index >= self._plan.count:
            return None
        part, place = divmod(index, PART)
        if part not in self._laid_out:
            due_s = self._plan.due_s(part * PART, PART)
            self._laid_out[part] = (due_s * 1e6).astype(np.int64)
        return int(self._laid_out[part][place])

    def difference(self, symbol: str, number: int, due_us: int) -> str:
        """Say that a tick says to be due later than it was; "" where it does not.

        An earlier time makes a service only look slower, and a flow that is stopped ends with a
        tick that is due at once.
        """
        after_us = self.after_start(symbol, number)
        if after_us is None or due_us <= 0:
            return ""
        start_us = due_us - after_us
        if self._start_us is None:
            self._start_us = start_us
        late_us = start_us - self._start_us
        if late_us <= ROUNDED_US:
            return ""
        late_ms = f"{late_us // 1000}.{late_us % 1000:03}"  # exact, however many digits that has
        return (
            f"received {symbol} #{number} with a due time (due_us) that is {late_ms} ms "
            "later than the one that it was published with"
        )
