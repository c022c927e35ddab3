"""What every tick of a run bears besides its market fields."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from typing import Any

from qaws.measure.clock import at_us
from qaws.protocol.market import DUE_FIELD, RUN_FIELD, SEQUENCE_FIELD
from qaws.protocol.run_mark import other_mark

MARK_BYTES = 4


class RunMark:
    """Marks ticks as those of this run.

    Attributes:
        text: the mark, in hexadecimal digits.
        since_us: when the run began, in microseconds since 1970.
    """

    def __init__(self) -> None:
        """Draw a mark; the run begins now."""
        self.text = secrets.token_hex(MARK_BYTES)
        self.since_us = at_us(time.monotonic_ns())

    def stamped(self, fields: Mapping[str, Any], sequence: int, due_ns: int) -> dict[str, Any]:
        """Return a tick of market fields, with its number, due time (monotonic) and mark."""
        marks = {SEQUENCE_FIELD: sequence, DUE_FIELD: at_us(due_ns), RUN_FIELD: self.text}
        return {**fields, **marks}

    def of_another_now(self, tick: Mapping[str, Any]) -> str:
        """Return the mark of a tick that another run has published since this one began; or "".

        One that is older was kept by the service: that is the service's doing.
        """
        due_us = tick.get(DUE_FIELD)
        is_of_now = isinstance(due_us, int) and due_us >= self.since_us
        return other_mark(tick, self.text) if is_of_now else ""
