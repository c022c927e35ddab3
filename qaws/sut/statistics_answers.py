"""How services answer for their statistics: a busy one that is late has not lost them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.error import URLError

from qaws.verdict import Broken, Inconclusive, NotVerified, no_stall

PATIENCE_S = 5.0
"""How long an answer is awaited, in seconds."""


@dataclass(slots=True)
class StatisticsAnswers:
    """What the services of one run, which all have the same statistics, have answered so far.

    Attributes:
        held_up_ms: for how many ms the machine held up harness or service between two instants.
        patience_s: how long an answer is awaited.
        slowest_ms: how long the slowest answer took; None: there was none yet.
    """

    held_up_ms: Callable[[int, int], float] = no_stall
    patience_s: float = PATIENCE_S
    slowest_ms: float | None = None

    def came(self, asked_ns: int) -> None:
        """Note an answer to what was asked at an instant (`time.monotonic_ns()`)."""
        self.slowest_ms = max(self.slowest_ms or 0.0, (time.monotonic_ns() - asked_ns) / 1e6)

    def missed(self, url: str, problem: Exception, asked_ns: int) -> Exception:
        """Return what follows where there is no answer that can be read.

        The statistics are an instrument, and not what is judged. Where they have answered before,
        the target file is right, and one that does not answer, or not in time, is too busy for it.
        """
        if not _is_late(problem):
            none = f"{url}: no statistics there ({type(problem).__name__}: {problem})"
            if self.slowest_ms is None:
                return Broken(f"{none}; check [statistics] in the target file")
            return NotVerified(f"{none}, where they had answered before")
        silent = f"{url}: the service did not answer its statistics within {self.patience_s:g} s"
        if self.slowest_ms is None:
            return Broken(
                f"{silent}, and had not before either; [statistics] path in the target file must "
                "name what answers at once and ends its answer"
            )
        now_ns = time.monotonic_ns()
        held_ms = self.held_up_ms(asked_ns, now_ns)
        if held_ms >= (now_ns - asked_ns) / 1e6 - self.slowest_ms:
            return Inconclusive(
                f"{silent}, but the machine held it or the harness up for {held_ms:.0f} ms of "
                "that; run it again on a quieter machine"
            )
        return NotVerified(
            f"{silent}, as it had before ({self.slowest_ms:.0f} ms at most): it is busier than that"
        )


def _is_late(problem: Exception) -> bool:
    return isinstance(problem, TimeoutError) or (
        isinstance(problem, URLError) and isinstance(problem.reason, TimeoutError)
    )
