"""The timer that ends a session when its token expires, whatever its client does meanwhile."""

import asyncio
import time
from collections.abc import Callable

CHECK_S = 30.0
"""A wait is never longer, so that a wall clock that was set is noticed in time."""


class ExpiryTimer:
    """Calls back once when the wall clock has reached ``expires_at`` (seconds since 1970).

    There is no leeway: a token that the service would not accept any more does not keep a session
    alive either. Nor does the timer fire early: when its handle does, it is set again.
    """

    __slots__ = ("_expires_at", "_handle", "_on_expiry")

    def __init__(self, expires_at: float, on_expiry: Callable[[], None]) -> None:
        self._expires_at = expires_at
        self._on_expiry = on_expiry
        self._handle: asyncio.TimerHandle | None = None
        self._arm()

    def cancel(self) -> None:
        """Stop for good, and forget whom to call, so that both are free when nobody needs them."""
        if self._handle:
            self._handle.cancel()
            self._handle = None
        self._on_expiry = _nobody

    def _arm(self) -> None:
        remaining_s = min(self._expires_at - time.time(), CHECK_S)
        self._handle = asyncio.get_running_loop().call_later(max(remaining_s, 0.001), self._check)

    def _check(self) -> None:
        if time.time() < self._expires_at:
            self._arm()
        else:
            self._handle = None
            self._on_expiry()


def _nobody() -> None:
    """Be called when it is over: do nothing."""
