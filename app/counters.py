"""What the service counts over its life, for ``GET /ws/stats``.

The parts that see a thing happen count it here; ``server`` shows the totals.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Totals since the start; they only grow."""

    ticks_received: int = 0
    """Payloads taken from the feed, valid or not."""
    ticks_malformed: int = 0
    """Payloads that were not valid ticks, and were skipped."""
    deliveries: int = 0
    """Ticks written to clients: one tick to ten clients counts ten."""
    evicted_slow: int = 0
    """Clients closed because they did not read."""
    sessions_opened: int = 0
    """Clients admitted."""
