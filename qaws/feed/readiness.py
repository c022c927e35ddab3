"""Whether a service that says it is ready hears its feed yet.

Some libraries return from a subscribe before it is in force. What is published in between is lost,
and no mistake of the service's. So where the feed tells who listens, a service that was started is
waited for there; where it does not, only a tick that comes back shows it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from qaws.feed.outlets.outlet import Outlet
from qaws.sut.broker import Broker

WITHIN_S = 2.0
"""How long a subscription may take; a service may also listen only when a client wants it to."""
LOOK_EVERY_S = 0.005


class Readiness:
    """Counts who listens; use it on the loop thread."""

    def __init__(self, outlet: Outlet) -> None:
        """Begin, where the kind of feed needs it.

        Args:
            outlet: what tells who listens.
        """
        self._outlet = outlet
        self._is_wanted = outlet.is_late

    async def listeners(self) -> int:
        """Return how many subscriptions there are; 0 where it does not matter, or nobody tells."""
        told = await self._outlet.listened_to() if self._is_wanted else None
        self._is_wanted = told is not None
        return told.count if told else 0

    async def await_more_than(self, before: int, factor: float = 1.0) -> None:
        """Wait until more listen than before a service was started.

        Once that was in vain, it is not waited for again: the service then listens when it must.

        Args:
            before: what `listeners` was.
            factor: by how much slower the machine is.
        """
        deadline = time.monotonic() + WITHIN_S * factor
        while self._is_wanted and await self.listeners() <= before:
            if time.monotonic() > deadline:
                self._is_wanted = False
            await asyncio.sleep(LOOK_EVERY_S)


@contextmanager
def until_heard(
    readiness: Readiness, broker: Broker, call: Callable[..., Any], factor: float
) -> Iterator[None]:
    """Start a service within this, and go on when it hears the feed.

    Args:
        readiness: of the feed.
        broker: may be away on purpose.
        call: runs what is awaited on the loop thread.
        factor: by how much slower the machine is.
    """
    if broker.is_away:
        yield
        return
    before = call(readiness.listeners(), 10)
    yield
    call(readiness.await_more_than(before, factor), 10 * WITHIN_S * factor)
