"""The timer that ends a connection on which nothing happens: no message, no ping, no tick."""

import asyncio
import time
from collections.abc import Callable

MARGIN_S = 0.05
"""Added to the timeout, so that a client whose clock starts when the last message *arrives*
never finds itself closed early."""


class IdleTimer:
    """Calls back once when its connection has been idle for ``timeout_s`` seconds.

    There is one timer handle per connection, and activity only notes the time: when the handle
    fires early, it is set again for the rest. So activity costs next to nothing.
    """

    __slots__ = ("_handle", "_last_active", "_on_idle", "_timeout_s")

    def __init__(self, timeout_s: float, on_idle: Callable[[], None]) -> None:
        self._timeout_s = timeout_s + MARGIN_S
        self._on_idle = on_idle
        self._last_active = time.monotonic()
        self._handle: asyncio.TimerHandle | None = None
        self._arm(self._timeout_s)

    def heard(self) -> None:
        """Note that the client sent a message or a WebSocket ping."""
        self._last_active = time.monotonic()

    def delivered(self) -> None:
        """Note that the client was sent ticks."""
        self._last_active = time.monotonic()

    def cancel(self) -> None:
        """Stop for good, and forget whom to call, so that both are free when nobody needs them."""
        if self._handle:
            self._handle.cancel()
            self._handle = None
        self._on_idle = _nobody

    def _arm(self, delay_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._handle = loop.call_later(max(delay_s, 0.001), self._check)

    def _check(self) -> None:
        remaining_s = self._last_active + self._timeout_s - time.monotonic()
        if remaining_s > 0:
            self._arm(remaining_s)
        else:
            self._handle = None
            self._on_idle()


def _nobody() -> None:
    """Be called when it is over: do nothing."""
