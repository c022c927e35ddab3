"""What a client sends: messages, whole or in fragments, and pings."""

from __future__ import annotations

import contextlib
import struct
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from websockets.exceptions import ConnectionClosed

from qaws.clients.frame_log import Frame
from qaws.clients.recorder import Recorder
from qaws.clients.subscriber import Subscriber
from qaws.protocol.speech import concealed
from qaws.verdict import Broken

STAMP_BYTES = 8
"""Of the time stamp that makes the payload of a ping unlike that of any other."""

FRAGMENTS = 3
"""Into so many a message is cut that goes out in fragments."""


@dataclass
class Sender(Subscriber):
    """A client with a socket that it may send on.

    `in_fragments` has each message go out in several frames, with a WebSocket ping between any two.
    `rewrite` makes of each message what goes out in its place.
    """

    in_fragments: bool = field(default=False, kw_only=True)
    rewrite: Callable[[str], str] | None = field(default=None, repr=False, kw_only=True)
    _socket: Recorder | None = field(default=None, repr=False, kw_only=True)

    @property
    @abstractmethod
    def is_open(self) -> bool:
        """Return whether something can be sent."""

    async def send(self, text: str) -> Frame:
        """Send one text message and log it; on a closed connection only the log tells."""
        said, text = text, self.rewrite(text) if self.rewrite else text
        shown = concealed(said, text)
        if not (self.is_open and self._socket):
            return self._note("→", "text", f"(not sent, the connection is closed) {shown}")
        frame = self._note("→", "text", shown)
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(self._with_pings(text) if self.in_fragments else text)
        return frame

    async def _with_pings(self, text: str) -> AsyncIterator[str]:
        """Yield a message in fragments (RFC 6455, section 5.4), and ping before each but the first.

        The library sends an empty one behind them, which ends the message.
        """
        size = -(-len(text) // FRAGMENTS) or 1
        for start in range(0, len(text), size):
            if start:
                await self._ping()
            yield text[start : start + size]

    async def send_fragments(self, parts: Sequence[str]) -> None:
        """Send one text message in fragments (RFC 6455, section 5.4); the log tells how long.

        One part is one frame, and no fragment.
        """
        length, frames = sum(map(len, parts)), f"{len(parts)} frame{'s' if len(parts) > 1 else ''}"
        self._note("→", "text", f"{parts[0][:100]}… ({length:,} characters, {frames})")
        if self._socket:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(parts if len(parts) > 1 else parts[0])

    async def _ping(self, size: int = STAMP_BYTES) -> Frame:
        """Send a WebSocket ping, and log its payload in hexadecimal; no other has the same."""
        if self._socket is None:
            raise Broken(f"{self.name} has no connection to ping on")
        payload = struct.pack("!Q", time.monotonic_ns()).ljust(size, b".")[:size]
        sent = self._note("→", "ping", payload.hex())
        with contextlib.suppress(ConnectionClosed):
            await self._socket.ping(payload)
        return sent

    async def ping_frame(self, within_s: float, size: int = STAMP_BYTES) -> tuple[int, int | None]:
        """Send a WebSocket ping; return when it left and when its pong came (None: it did not).

        Args:
            within_s: how long to wait for that, in seconds.
            size: bytes of its payload, 125 at most; with none it is like any other of that size.
        """
        sent = await self._ping(size)
        pong = await self.wait_for(
            lambda f: f.kind == "pong" and f.text == sent.text, sent, within_s
        )
        return sent.at_ns, pong.at_ns if pong else None
