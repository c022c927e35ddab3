"""What a client sends: messages, whole or in fragments, and pings."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from websockets.exceptions import ConnectionClosed

from qaws.clients.frame_log import Frame
from qaws.clients.recorder import Recorder
from qaws.clients.subscriber import Subscriber
from qaws.protocol.speech import concealed
from qaws.verdict import Broken, NotVerified

STAMP_BYTES = 8
"""Of the time stamp that makes the payload of a ping unlike that of any other."""

FRAGMENTS = 3
"""Into so many a message is cut that goes out in fragments."""


def fragments_of(data: bytes) -> list[bytes]:
    """Cut a message; where it has a letter of several bytes, the first cut is within one.

    Only the whole of a text has to be UTF-8 (RFC 6455, section 5.6).
    """
    size = -(-len(data) // FRAGMENTS) or 1
    within = (place for place, byte in enumerate(data) if byte & 0xC0 == 0x80)
    first = next(within, size)
    return [data[:first], *(data[place : place + size] for place in range(first, len(data), size))]


@dataclass
class Sender(Subscriber):
    """A client with a socket that it may send on.

    `in_fragments` has each message go out in several frames, with a WebSocket ping between any two.
    `rewrite` makes of each message what goes out in its place. `unsaid` is why it could not answer
    by itself what the dialect wants answered: what the service makes of that is not its fault.
    `owed` are answers to what came in one piece with the answer to the handshake; None once what
    is sent goes out.
    """

    in_fragments: bool = field(default=False, kw_only=True)
    rewrite: Callable[[str], str] | None = field(default=None, repr=False, kw_only=True)
    unsaid: NotVerified | None = field(default=None, kw_only=True)
    owed: list[str] | None = field(default=None, kw_only=True)
    _answering: set[asyncio.Task[None]] = field(default_factory=set, repr=False, kw_only=True)
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
        message = self._wire(text)
        frame = self._note("→", "text", shown)
        with contextlib.suppress(ConnectionClosed):
            if self.in_fragments:
                await self._send_with_pings(self._socket, message)
            else:
                await self._socket.send(message)
        return frame

    def _answer(self, text: str) -> None:
        """Answer by itself what the dialect wants answered, as soon as that can be."""
        if self.owed is not None:
            self.owed.append(text)
            return
        task = asyncio.get_running_loop().create_task(self._say_by_itself(text))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def _pay(self) -> None:
        """Say what is owed: the connection is open."""
        owed, self.owed = self.owed or [], None
        for text in owed:
            self._answer(text)

    async def _say_by_itself(self, text: str) -> None:
        try:
            await self.send(text)
        except NotVerified as problem:
            self.unsaid = self.unsaid or NotVerified(f"{self.name} could not answer: {problem}")

    async def send_together(self, texts: Sequence[str]) -> list[Frame]:
        """Send text messages in one go and log them; on a closed connection only the log tells."""
        if not (self.is_open and self._socket):
            return [await self.send(text) for text in texts]
        frames = [self._note("→", "text", text) for text in texts]
        self._socket.send_together([self._wire(text) for text in texts])
        return frames

    def _wire(self, text: str) -> str | bytes:
        return self.dialect.encoding.wire(text)

    async def _send_with_pings(self, socket: Recorder, message: str | bytes) -> None:
        """Send a message in fragments (RFC 6455, section 5.4), with a ping between any two.

        An empty one begins it, and another ends it. TCP delivers them as it likes, a few bytes at a
        time.
        """
        protocol = socket.protocol
        begin = protocol.send_text if isinstance(message, str) else protocol.send_binary
        begin(b"", fin=False)
        for part in fragments_of(message.encode() if isinstance(message, str) else message):
            protocol.send_ping(self._note_ping())
            protocol.send_continuation(part, fin=False)
        protocol.send_continuation(b"", fin=True)
        await socket.send_in_pieces()

    @property
    def upgraded_with(self) -> str:
        """Return the headers of the answer that opened the connection; "" where none did."""
        answer = self._socket.response if self._socket else None
        return str(answer.headers) if answer else ""

    @property
    def end(self) -> socket.socket | None:
        """Return the network connection's end here; None without one."""
        if self._socket is None:
            return None
        found: socket.socket | None = self._socket.transport.get_extra_info("socket")
        return found

    def begin_message(self, text: str) -> None:
        """Send the first fragment of a message, and no other (RFC 6455, section 5.4)."""
        if self._socket is None:
            raise Broken(f"{self.name} has no connection to send on")
        message, protocol = self._wire(text), self._socket.protocol
        self._note("→", "text", f"(the first fragment, and no other) {text[: len(text) // 2]}")
        whole = message.encode() if isinstance(message, str) else message
        begin = protocol.send_text if isinstance(message, str) else protocol.send_binary
        begin(whole[: len(whole) // 2], fin=False)
        self._socket.transport.write(b"".join(self._socket.protocol.data_to_send()))

    async def send_pong(self, payload: bytes) -> None:
        """Send a WebSocket pong, whether or not somebody has asked for it."""
        if self._socket is None:
            raise Broken(f"{self.name} has no connection to send a pong on")
        self._note("→", "pong", payload.hex())
        with contextlib.suppress(ConnectionClosed):
            await self._socket.pong(payload)

    async def send_fragments(self, text: str, frames: int = 1) -> None:
        """Send one message in so many fragments (RFC 6455, section 5.4); the log tells how long.

        In one frame it is no fragment.
        """
        told = f"{frames} frame{'s' if frames > 1 else ''}"
        self._note("→", "text", f"{text[:100]}… ({len(text):,} characters, {told})")
        if self._socket:
            message = self._wire(text)
            size = -(-len(message) // frames)
            parts = [message[start : start + size] for start in range(0, len(message), size)]
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(parts if frames > 1 else message)

    async def _ping(self, size: int = STAMP_BYTES) -> Frame:
        """Send a WebSocket ping, and log its payload in hexadecimal; no other has the same."""
        if self._socket is None:
            raise Broken(f"{self.name} has no connection to ping on")
        payload = self._payload_of_ping(size)
        sent = self._note("→", "ping", payload.hex())
        with contextlib.suppress(ConnectionClosed):
            await self._socket.ping(payload)
        return sent

    @staticmethod
    def _payload_of_ping(size: int = STAMP_BYTES) -> bytes:
        return struct.pack("!Q", time.monotonic_ns()).ljust(size, b".")[:size]

    def _note_ping(self) -> bytes:
        """Log a ping that is about to be sent; return its payload."""
        payload = self._payload_of_ping()
        self._note("→", "ping", payload.hex())
        return payload

    async def ping_frame(self, within_s: float, size: int = STAMP_BYTES) -> tuple[int, int | None]:
        """Send a WebSocket ping; return when it left and when its pong came (None: it did not).

        The pong of a ping that was sent later will do: a service may answer only the last of those
        that wait (RFC 6455, section 5.5.3).

        Args:
            within_s: how long to wait for that, in seconds.
            size: bytes of its payload, 125 at most; with none it is like any other of that size.
        """
        sent = await self._ping(size)
        position = self._position(sent)

        def answers(frame: Frame) -> bool:
            own = (f.text for f in self.log[position:] if (f.direction, f.kind) == ("→", "ping"))
            return frame.kind == "pong" and frame.text in own

        pong = await self.wait_for(answers, sent, within_s)
        return sent.at_ns, pong.at_ns if pong else None
