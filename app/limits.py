"""What one client may ask of the service before it is shown the door.

A connection that is flooded is closed, and one whose client does not answer a close is cut off.
"""

import asyncio
import time
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame
from websockets.protocol import State

from app import closes

CLOSE_GRACE_S = 3.0
"""How long a client may take to answer a close frame before its connection is cut."""

BURST_S = 2.0
"""A client may use up the allowance of so many seconds at once."""

CHARGED_BYTES = 1024
"""A frame counts once, and once more for each of these: bytes cost time too."""


class RateLimit:
    """A token bucket: so many frames per second in the long run, and twice as many at once."""

    __slots__ = ("_filled_at", "_left", "_most", "_per_s")

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._most = self._left = per_s * BURST_S
        self._filled_at = time.monotonic()

    def allows(self, payload_bytes: int) -> bool:
        """Charge one frame; tell whether the client had that much left."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._filled_at) * self._per_s)
        self._filled_at = now
        self._left -= 1 + payload_bytes // CHARGED_BYTES
        return self._left >= 0


class GuardedConnection(ServerConnection):
    """A WebSocket connection whose client can neither flood the service nor outstay a close."""

    def __init__(self, *args: Any, max_frames_per_s: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._rate = RateLimit(max_frames_per_s)
        self._cut: asyncio.TimerHandle | None = None
        # Frames are counted where they are parsed, before the next one is: one chunk from the
        # network can hold 40,000 of them, control frames among them.
        self._take = self.protocol.recv_frame
        self.protocol.recv_frame = self._take_within_limits  # type: ignore[method-assign]

    def _take_within_limits(self, frame: Frame) -> None:
        if self.protocol.state is State.OPEN and not self._rate.allows(len(frame.data)):
            self.protocol.fail(*closes.RATE_LIMIT_EXCEEDED)  # drops what else has arrived
        else:
            self._take(frame)

    def data_received(self, data: bytes) -> None:
        """Take bytes from the network; if they end the connection, the client has to leave."""
        super().data_received(data)
        if self._cut is None and self.protocol.close_expected():
            self._cut = self.loop.call_later(CLOSE_GRACE_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the timer, and of what refers back to this connection.

        It is free at once then, and need not wait for the garbage collector: over TLS each one
        that waits holds a quarter of a MiB of buffers.
        """
        if self._cut:
            self._cut.cancel()
        super().connection_lost(exc)
        del self.protocol.recv_frame
