"""A client below the WebSocket library: it can break every rule of RFC 6455, and see what comes.

What it sends goes onto the wire as it is. What it receives goes through the same log and the same
contract as with any other client.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import socket
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from ssl import SSLError
from typing import cast
from urllib.parse import urlsplit

from websockets.exceptions import ProtocolError
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.streams import StreamReader

from qaws.clients.address import Untrusted, redacted
from qaws.clients.connection import OPEN_ALLOWANCE_S, Connection
from qaws.clients.endings import Ending
from qaws.clients.frame_log import Frame
from qaws.measure.socket_buffers import unread_bytes
from qaws.protocol.speech import concealed
from qaws.runtime.dialing import TlsLayer
from qaws.runtime.trust import context_for, problem_in_words
from qaws.verdict import Broken

PORTION = 512
"""Bytes that a client takes in one go: the answers to a flood must not hold up those who watch."""

EXCERPT = 24
"""Bytes of what is sent that the log shows."""

LAST_CODE = 4999
"""The last close code of which RFC 6455 (section 7.4.2) says anything. Who has sent one beyond may
be sent it back."""

CLOSE_ALLOWANCE_S = 1.0
END_OF_HEAD = b"\r\n\r\n"


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    masked: bool = True,
    reserved: int = 0,
    announced: int | None = None,
) -> bytes:
    """Return the bytes of one frame, right or wrong (RFC 6455, section 5.2).

    The masking key is zero, so that the transcript shows the payload.

    Args:
        opcode: 0 to 15.
        payload: what it carries.
        fin: whether it is the last of its message.
        masked: whether it is masked, as a client's frame must be.
        reserved: the reserved bits, 0 to 7.
        announced: the length that the frame claims to have; default that of the payload.
    """
    length = len(payload) if announced is None else announced
    first, mask = fin << 7 | reserved << 4 | opcode, masked << 7
    if length < 126:
        head = bytes([first, mask | length])
    elif length < 1 << 16:
        head = bytes([first, mask | 126]) + length.to_bytes(2, "big")
    else:
        head = bytes([first, mask | 127]) + length.to_bytes(8, "big")
    return head + (b"\0\0\0\0" if masked else b"") + payload


def whole(message: str | bytes) -> bytes:
    """Return a message in one frame: a text, or bytes in a binary one."""
    if isinstance(message, bytes):
        return frame(Opcode.BINARY, message)
    return frame(Opcode.TEXT, message.encode())


def request(url: str, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """Return the opening handshake of a client (RFC 6455, section 4.1)."""
    parts = urlsplit(url)
    lines = [
        f"GET {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


@dataclass
class RawConnection(Connection):
    """A network connection that speaks WebSocket only as far as it is told to.

    `stays`: whether it keeps its side open when the service has closed. `asked_in`: whether it has
    asked as a good client does, so that it may have been let in.
    """

    stays: bool = False
    asked_in: bool = False
    _line: _Line | None = None
    _head: bytearray = field(default_factory=bytearray)

    # --- opening and ending -------------------------------------------------------------------

    async def dial(self, url: str) -> None:
        """Make the network connection, and send nothing.

        Raises:
            Broken: nobody listens there, or its certificate is not trusted.
        """
        parts = urlsplit(url)
        self.started_ns = time.monotonic_ns()
        loop, context = asyncio.get_running_loop(), context_for(url, self.authority)
        host, port = parts.hostname or "", parts.port or (443 if context else 80)
        tls = TlsLayer(context, host) if context else None
        try:
            async with asyncio.timeout(OPEN_ALLOWANCE_S):
                _, line = await loop.create_connection(lambda: _Line(self, tls), host, port)
                await line.shake_hands()
            self._line = line
        except SSLError as problem:
            raise Untrusted(f"{redacted(url)}: {problem_in_words(problem)}") from None
        except (OSError, TimeoutError) as problem:
            said = f"cannot connect: {problem}; is the service running there?"
            raise Broken(f"{redacted(url)}: {said}") from None
        self._note("→", "handshake", f"a network connection to {parts.netloc}")

    async def connect(self, url: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Make the network connection and do the handshake; whatever is answered is noted.

        Raises:
            Broken: nobody listens there.
        """
        await self.dial(url)
        self.offer(url, headers)
        answers = ("handshake", "end")
        if await self.wait_for(lambda f: f.kind in answers, None, OPEN_ALLOWANCE_S) is None:
            self.unanswered()
        if self.is_open:
            await self._say_openings()

    def offer(self, url: str, headers: Iterable[tuple[str, str]] = ()) -> None:
        """Ask for a WebSocket, as a good client does; what is answered is noted."""
        self.asked_in = True
        self.write(request(url, headers), f"GET {redacted(url)}{self.dialect.encoding.remark}")

    async def close(self) -> None:
        """Close cleanly if it is open, and cut the network connection whatever it is."""
        if self.is_open:
            self._stop_entitlements()
            self._note("→", "close", "", code=1000)
            self._put(frame(Opcode.CLOSE, (1000).to_bytes(2, "big")))
            await self.wait_for(lambda f: f.kind == "end", None, CLOSE_ALLOWANCE_S)
        if self._line and not self._over:
            self._note("→", "end", "the client leaves")
            self._line.transport.abort()

    @property
    def is_open(self) -> bool:
        """Return whether the handshake succeeded and nobody has begun to close."""
        return self.http_status == 101 and self.ending is None and not self._over

    @property
    def is_over(self) -> bool:
        """Return whether the network connection has ended."""
        return self._over

    @property
    def unread_bytes(self) -> int:
        """Return how many bytes of what was sent the service has not read, as far as one can see.

        That is what the system has not taken yet, and, where the service is on this machine, what
        it holds for it.
        """
        if self._line is None or self._over:
            return 0
        transport = self._line.transport
        held = unread_bytes(transport.get_extra_info("socket"))
        return transport.get_write_buffer_size() + (held or 0)

    @property
    def answered_ns(self) -> int | None:
        """Return when the service first said a word or left; None while it only waits."""
        return next((frame.at_ns for frame in self._said_back), None)

    @property
    def _said_back(self) -> Iterator[Frame]:
        """Yield what came on its own connection: what was answered before that is not of it."""
        return (f for f in self.log if f.direction == "←" and f.kind != "step")

    @property
    def cut_ns(self) -> int | None:
        """Return when the network connection ended, whatever was said before; None if it is up."""
        ends = (f.at_ns for f in self.log if f.direction == "←" and f.kind == "end")
        return next(ends, None)

    # --- sending ------------------------------------------------------------------------------

    def write(self, data: bytes, what: str = "") -> Frame:
        """Put bytes onto the wire as they are, and log an excerpt.

        Args:
            data: the bytes.
            what: what the log calls them; default an excerpt in hexadecimal.
        """
        noted = self._note("→", "bytes", what or excerpt(data))
        self._put(data)
        return noted

    def pour(self, data: bytes) -> None:
        """Put bytes onto the wire without an entry in the log."""
        self._put(data)

    async def send(self, text: str) -> Frame:
        """Send one text message, in one good frame."""
        noted = self._note("→", "text", concealed(text))
        self._put(whole(self.dialect.encoding.wire(text)))
        return noted

    def _put(self, data: bytes) -> None:
        if self._line and not self._over:
            self._line.write(data)

    # --- receiving ----------------------------------------------------------------------------

    def heard(self, data: bytes) -> bytes:
        """Take bytes of the answer to the handshake; return those that are behind it."""
        self._head += data
        head, end, rest = bytes(self._head).partition(END_OF_HEAD)
        if not end:
            return b""
        line = head.split(b"\r\n")[0].decode("latin-1")
        with contextlib.suppress(IndexError, ValueError):
            self.http_status = int(line.split(" ")[1])
        if found := re.search(rb"^location:[ \t]*(\S+)", head, re.IGNORECASE | re.MULTILINE):
            self.location = found[1].decode("latin-1")
        self._note("←", "handshake", line)
        if self.http_status != 101:
            self._note("←", "bytes", rest.decode("utf-8", "replace")[:500])
        return rest

    def arrived(self, frame_: WireFrame) -> None:
        """Log a frame, and answer a close, so that the service can end in good order."""
        code = int.from_bytes(frame_.data[:2], "big")
        if frame_.opcode is Opcode.CLOSE and code > LAST_CODE:  # which the library refuses to read
            reason = bytes(frame_.data[2:]).decode("utf-8", "replace")
            closed = self._note("←", "close", reason, code=code)
            self.ending = self.ending or Ending(closed.at_ns, code, reason, "the service")
        else:
            super().arrived(frame_)
        if frame_.opcode is Opcode.CLOSE and not self.stays:
            self._put(frame(Opcode.CLOSE, bytes(frame_.data[:2])))


class _Line(asyncio.Protocol):
    """The network connection of a raw client."""

    transport: asyncio.Transport
    _has_ended = False

    def __init__(self, owner: RawConnection, tls: TlsLayer | None = None) -> None:
        self._owner, self._tls = owner, tls
        self._agreed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reader = StreamReader()
        self._parser: Generator[None] = self._parse()
        self._waiting = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        next(self._parser)
        if self._tls:
            self.transport.write(self._tls.begin())

    async def shake_hands(self) -> None:
        """Agree on TLS, where there is to be any.

        Raises:
            OSError: that cannot be; an `ssl.SSLError` where the certificate is not trusted.
        """
        try:
            if self._tls:
                await self._agreed
        except BaseException:
            self.transport.abort()
            raise

    def write(self, data: bytes) -> None:
        """Put bytes onto the line, as TLS carries them where there is any."""
        self.transport.write(self._tls.sent(data) if self._tls and data else data)

    def data_received(self, data: bytes) -> None:
        if not self._tls:
            self._heard(data)
            return
        was_over = self._tls.is_over
        try:
            said, answer = self._tls.received(data)
        except SSLError as problem:
            self._failed(problem)
            return
        self.transport.write(answer)
        if self._tls.is_agreed and not self._agreed.done():
            self._agreed.set_result(None)
        self._heard(said)
        if self._tls.is_over and not was_over and not self.eof_received():
            self.transport.close()

    def _failed(self, problem: Exception) -> None:
        if not self._agreed.done():
            self._agreed.set_exception(problem)
        self.transport.abort()

    def _heard(self, data: bytes) -> None:
        if self._owner.http_status is None:
            data = self._owner.heard(data)
        if data and self._owner.http_status == 101:
            idle = not self._waiting
            self._waiting += data
            if idle:
                self._take_portion()

    def _take_portion(self) -> None:
        """Take some of what has come, and the rest when others have had their turn."""
        portion, self._waiting = self._waiting[:PORTION], self._waiting[PORTION:]
        if portion:
            self._reader.feed_data(portion)
            next(self._parser, None)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._take_portion)

    def eof_received(self) -> bool:
        if not self._has_ended:  # over TLS it is said twice, there and on the network connection
            self._has_ended = True
            self._take_all()
            self._owner._note("←", "eof", "the service sends nothing more")
        return self._owner.stays

    def connection_lost(self, exc: Exception | None) -> None:
        if self._tls and not self._agreed.done():
            cut = ConnectionResetError("the line was cut amid the TLS handshake")
            self._agreed.set_exception(exc or cut)
            return
        if exc and self._owner.http_status == 101:
            self._waiting += self._left_behind()
        self._take_all()
        self._owner.ended()

    def _left_behind(self) -> bytes:
        """Return what has come and was not read when the line was reset.

        A service that closes while it has not read everything resets the line (RFC 1122, section
        4.2.2.13). The next write fails then, and the transport is lost with what the system still
        holds for it, the close frame too.
        """
        found = bytearray()
        with contextlib.suppress(OSError, ValueError):
            number = os.dup(self.transport.get_extra_info("socket").fileno())
            with socket.socket(fileno=number) as line:
                line.setblocking(False)
                while data := line.recv(1 << 16):
                    found += data
        with contextlib.suppress(SSLError):
            return self._tls.received(bytes(found))[0] if self._tls else bytes(found)
        return b""

    def _take_all(self) -> None:
        while self._waiting:
            self._take_portion()

    def _parse(self) -> Generator[None]:
        try:
            while True:
                self._owner.arrived(
                    (yield from WireFrame.parse(self._reader.read_exact, mask=False))
                )
        except (ProtocolError, UnicodeDecodeError) as problem:
            self._owner.misunderstood(problem)
            self.transport.abort()


def excerpt(data: bytes) -> str:
    """Show the first bytes in hexadecimal, and how many there are."""
    more = f" … ({len(data):,} bytes)" if len(data) > EXCERPT else ""
    return data[:EXCERPT].hex(" ") + more
