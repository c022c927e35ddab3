"""What a receiver of part (a) found: the same questions to every contestant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from qaws.load.result import SwarmResult

FAULTS = ("gap", "duplicate", "order", "foreign")


class Tally(msgspec.Struct):
    """Ticks received, by all clients together, and what was wrong with them.

    Attributes:
        ticks: ticks of the right type and symbol.
        gap: ticks that never came.
        duplicate: ticks that came again.
        order: ticks that came late, after a gap they leave no more.
        foreign: messages of a type that has no business there.
        complete: clients that had the last tick.
        last_us: when the last client had it (µs since 1970).
    """

    ticks: int = 0
    gap: int = 0
    duplicate: int = 0
    order: int = 0
    foreign: int = 0
    complete: int = 0
    last_us: int = 0

    def add(self, other: Tally) -> None:
        """Add what another client found."""
        for name in (*FAULTS, "ticks", "complete"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.last_us = max(self.last_us, other.last_us)

    def wrong(self, clients: int, ticks: int) -> str | None:
        """Say what is not as it was sent; None when every client had every tick once, in order."""
        found = [f"{getattr(self, name)} x {name}" for name in FAULTS if getattr(self, name)]
        if self.ticks != clients * ticks:
            found.append(f"{self.ticks:,} of {clients * ticks:,} ticks")
        if self.complete != clients:
            found.append(f"{self.complete} of {clients} clients had the last tick")
        return ", ".join(found) or None


def of_swarm(result: SwarmResult) -> Tally:
    """Return what the swarm found. A message of a foreign type breaks its contract."""
    faults = dict(result.faults)
    return Tally(
        ticks=result.deliveries,
        gap=faults.pop("gap", 0),
        duplicate=faults.pop("duplicate", 0),
        order=faults.pop("order", 0),
        foreign=sum(faults.values()),
        complete=len(result.clients) - len(result.unfinished),
        last_us=result.drained_us or 0,
    )


def of_k6(metrics: Mapping[str, Any]) -> Tally:
    """Read the metrics of k6's end-of-test summary, as `k6.js` has written them.

    Raises:
        ValueError: a metric is missing: no client came to its end.
    """
    try:
        counts = {
            name: int(metrics[f"bench_{name}"]["values"]["count"])
            for name in ("ticks", "complete", *FAULTS)
        }
        last_ms = float(metrics["bench_last_ms"]["values"]["max"])
    except (KeyError, TypeError) as problem:
        raise ValueError(f"k6's summary lacks {problem}: no client came to its end") from None
    return Tally(**counts, last_us=round(last_ms * 1000))
