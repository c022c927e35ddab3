"""Tools for faults that only load brings to light."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from app.fanout import Fanout, text_frame
from app.messages import Tick
from app.sessions import Session
from app.subscriptions import Group
from faults.fault import replace

SESSION_GROUP = Group[Session]
Frames: TypeAlias = list[bytes]

WINDOW_S = 0.2
BUSY, VERY_BUSY = 1_500, 5_000
"""Ticks per second: a steady day has less than the first, an opening auction more than both."""
RARE, LOST = 25, 1_000
"""Every so many writes, or ticks of one client, something happens to one. 10,000 ticks per second
make 100 to 250 writes."""
HEADER = 4
"""Bytes before the payload of a tick, which is always longer than 125 bytes (RFC 6455, 5.2)."""


class Rate:
    """How many ticks per second come in, as seen over the last moments."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def note(self) -> None:
        """Count a tick."""
        now = time.monotonic()
        self._times.append(now)
        while self._times[0] < now - WINDOW_S:
            self._times.popleft()

    def is_above(self, per_second: float) -> bool:
        """Tell whether more than so many came."""
        return len(self._times) > per_second * WINDOW_S


def rate_of_ticks() -> Rate:
    """Measure the rate from now on."""
    rate, original = Rate(), Fanout.publish

    def publish(self: Fanout, tick: Tick) -> None:
        rate.note()
        original(self, tick)

    replace(Fanout, "publish", publish)
    return rate


def edit_flushes(above: float, edit: Callable[[Frames], Frames]) -> None:
    """Let what is written together be changed while the rate is above so many ticks per second."""
    rate, original = rate_of_ticks(), Fanout._flush_group

    def _flush_group(self: Fanout, group: SESSION_GROUP) -> None:
        if rate.is_above(above) and not group.ahead:
            group.pending = edit(group.pending)
        original(self, group)

    replace(Fanout, "_flush_group", _flush_group)


class Places:
    """Numbers the members of each group as they first come along, from 0 on."""

    def __init__(self) -> None:
        self._places: dict[SESSION_GROUP, dict[Session, int]] = {}

    def of(self, group: SESSION_GROUP, session: Session) -> int:
        """Return a member's number, which it keeps."""
        known = self._places.setdefault(group, {})
        return known.setdefault(session, len(known))


def edit_for_some(edit: Callable[[Frames], Frames]) -> None:
    """Let what is written together be changed, now and then, for one client of ten.

    It happens at the opening of the market, and not for all: so it is as hard to see as in life.
    """
    rate, original, places, writes = rate_of_ticks(), Fanout._flush_group, Places(), 0

    def _flush_group(self: Fanout, group: SESSION_GROUP) -> None:
        nonlocal writes
        writes += 1
        is_ripe = rate.is_above(VERY_BUSY) and writes % RARE == 0 and len(group.pending) > 1
        if is_ripe and not group.ahead:
            frames = edit(list(group.pending))
            for session in self.recipients(group):
                if places.of(group, session) % 10 == 0:
                    self._deliver(session, b"".join(frames), len(frames))
                    group.ahead[session] = len(group.pending)
        original(self, group)

    replace(Fanout, "_flush_group", _flush_group)


def edit_last(edit: Callable[[bytes], bytes]) -> Callable[[Frames], Frames]:
    """Let the last of what is written together carry another payload."""
    return lambda frames: [*frames[:-1], text_frame(edit(frames[-1][HEADER:]))]
