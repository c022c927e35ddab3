"""How far a client has come: along the shared stream, and on its own."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from qaws.load.subscriber.shared_stream import Segment


@dataclass(slots=True)
class Position:
    """Frames that a client received along a segment: after `times[i]` it had had `frames[i]`."""

    segment: Segment
    first: int
    times: array[int] = field(default_factory=lambda: array("q"))
    frames: array[int] = field(default_factory=lambda: array("q"))


@dataclass(slots=True)
class Diverged:
    """Ticks that a client received on its own: when, and when they were due (µs)."""

    times: array[int] = field(default_factory=lambda: array("q"))
    due: array[int] = field(default_factory=lambda: array("q"))
