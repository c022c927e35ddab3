"""The socket of a functional client: hands every frame on at the moment of its arrival."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    ProtocolError,
)
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import Event
from websockets.typing import Subprotocol

from qaws.clients.address import small_socket
from qaws.clients.frame_heads import FrameHeads
from qaws.protocol.answers import as_http_1_1
from qaws.protocol.compression import AS_BROWSERS
from qaws.protocol.credentials import SUBPROTOCOL_HEADER, offered
from qaws.runtime.trust import context_for

CUT_HANDSHAKE = (
    InvalidHandshake,
    InvalidMessage,
    ConnectionClosed,
    ConnectionResetError,
    BrokenPipeError,
    EOFError,
)
"""What comes of a connection that somebody took and that ended before a handshake was through: a
relay, such as docker-proxy or a tunnel, takes it although there is nobody behind it."""


Rewritten = Callable[[Request], Request]
"""Makes of the request of a handshake another one; that goes out in pieces."""

PIECES, PIECE_PAUSE_S = (1, 4, 20), 0.002
"""Behind which bytes something is cut that goes out in pieces, and how long to wait then: within
the head of a frame, its mask, and its payload."""

OPENED = 101
"""The status of a handshake behind which frames come."""


class Unanswered(TimeoutError):
    """Somebody took the connection, and said nothing to the handshake in time."""


class _ConnectThere(connect):
    """Connects to the address that it is given, and to no other: a redirect is an answer."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Owner(Protocol):
    """Who wants to know what arrives."""

    def arrived(self, frame: WireFrame) -> None:
        """Take a frame that has just arrived."""

    def answered(self, event: Event) -> None:
        """Take the answer to the handshake."""

    def misunderstood(self, problem: Exception) -> None:
        """Take note of bytes that are against RFC 6455, and end the connection."""

    def ill_formed(self, problem: str) -> None:
        """Take note of bytes that are against RFC 6455, and can be understood all the same."""

    def ended(self) -> None:
        """Take note of the end of the network connection."""


class Recorder(ClientConnection):
    """A websockets connection that hands every frame to its log on arrival."""

    owner: Owner

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._heads, self._answered = FrameHeads(), False

    def process_event(self, event: Event) -> None:
        """Hand a frame on; only control frames go on to the library, which answers them."""
        if isinstance(event, WireFrame):
            self.owner.arrived(event)
            if event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                super().process_event(event)
        else:
            self.owner.answered(event)
            super().process_event(event)

    def rewrite_request(self, written: Rewritten) -> None:
        """Have another request go out than the library writes, in two pieces.

        TCP delivers it as it likes; the second half is not there yet when the first one is read.
        """
        send = self.protocol.send_request

        def send_in_halves(request: Request) -> None:
            send(written(request))
            data = b"".join(self.protocol.data_to_send())
            half = len(data) // 2
            self.transport.write(data[:half])
            asyncio.get_running_loop().call_later(PIECE_PAUSE_S, self.transport.write, data[half:])

        self.protocol.send_request = send_in_halves  # type: ignore[method-assign]

    def send_together(self, messages: Sequence[str | bytes]) -> None:
        """Send messages in one go, so that the network may deliver them together."""
        for each in messages:
            if isinstance(each, str):
                self.protocol.send_text(each.encode())
            else:
                self.protocol.send_binary(each)
        self.transport.write(b"".join(self.protocol.data_to_send()))

    async def send_in_pieces(self) -> None:
        """Send what the protocol has to send a few bytes at a time, as a network may deliver it.

        Nothing is read meanwhile, as the library would answer a ping amid a frame.
        """
        data = b"".join(self.protocol.data_to_send())
        self.transport.pause_reading()
        try:
            for start, end in itertools.pairwise((0, *PIECES, len(data))):
                self.transport.write(data[start:end])
                await asyncio.sleep(PIECE_PAUSE_S)
        finally:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """Parse what came, and hand on why it could not be."""
        if not self._answered:
            self._answered, data = True, as_http_1_1(data)
        super().data_received(data)
        if isinstance(self.protocol.parser_exc, ProtocolError | UnicodeDecodeError):
            self.owner.misunderstood(self.protocol.parser_exc)
            return
        problem = self._heads.read(data)
        if problem and self.response and self.response.status_code == OPENED:
            self.owner.ill_formed(problem)

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on that the network connection has ended."""
        self.owner.ended()
        super().connection_lost(exc)


async def dial(
    owner: Owner,
    url: str,
    headers: Sequence[tuple[str, str]],
    within_s: float,
    receive_buffer: int | None,
    *,
    compression: bool,
    authority: str = "",
    written: Rewritten | None = None,
) -> Recorder:
    """Connect and do the handshake; `owner` is told of all that arrives, from the first byte on.

    `authority` is what `client_context` takes, and `written` what makes another request of one.

    Raises:
        Unanswered: there was a network connection, but no handshake within `within_s`.
        TimeoutError: there was not even that.
        OSError: nobody listens there.
        InvalidHandshake: it was refused, redirected, or is not as it should be.
    """
    reached = False

    def recorder(*args: Any, **kwargs: Any) -> Recorder:
        nonlocal reached
        reached = True
        made = Recorder(*args, **kwargs)
        made.owner = owner
        if written:
            made.rewrite_request(written)
        return made

    loopback = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
    small = await small_socket(url, receive_buffer)
    try:
        opened = await _ConnectThere(
            url,
            additional_headers=[each for each in headers if each[0] != SUBPROTOCOL_HEADER],
            subprotocols=[Subprotocol(name) for name in offered(dict(headers))] or None,
            compression=None,
            extensions=[AS_BROWSERS] if compression else None,
            proxy=None if loopback else True,
            open_timeout=within_s,
            ping_interval=None,
            max_size=None,
            max_queue=None,
            create_connection=recorder,  # type: ignore[arg-type]
            ssl=context_for(url, authority),
            **small,
        )
    except TimeoutError as problem:
        raise (Unanswered() if reached else problem) from None
    except AssertionError as problem:
        if not reached:
            raise
        # The library asserts that nothing has come before its request was sent.
        raise InvalidMessage("what came before the request is no HTTP") from problem
    return cast(Recorder, opened)
