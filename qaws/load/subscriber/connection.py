"""One WebSocket connection of a fast client: handshake, frames, and the answers that are owed.

Whole text frames, which is nearly everything, are cut out here and handed on. All else (fragments,
pings, closes, and what is no WebSocket at all) goes through the `websockets` library's protocol.
"""

from __future__ import annotations

import asyncio
from typing import Literal, cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.frames import Close as CloseFrame
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from qaws.load.refusal import Refusal
from qaws.load.result import ClosedClient
from qaws.measure import clock
from qaws.protocol.answers import as_http_1_1, in_words
from qaws.protocol.compression import (
    AS_BROWSERS,
    DEFLATED,
    Inflater,
    agreed_inflater,
    text_frame,
)
from qaws.protocol.credentials import SUBPROTOCOL_HEADER, offered
from qaws.protocol.encoding import TEXT as JSON_TEXT
from qaws.protocol.encoding import Undecodable

TEXT = 0x81
"""First byte of a whole text frame: FIN and opcode 1, no extension (RFC 6455, section 5.2)."""

BINARY = 0x82
"""First byte of a whole binary frame, likewise."""

LARGEST_FRAME = 16 * 1024 * 1024


_CONTROL = (0x88, 0x89, 0x8A)
"""First bytes of a close, a ping and a pong."""


def _whole_frame(chunk: bytes, position: int) -> tuple[int, int] | None:
    """Return where the payload of the frame at a place begins and ends; None: not all is there.

    One that is masked or too long, which a service's must not be, is all that is left.
    """
    if len(chunk) - position < 2:
        return None
    length, start = chunk[position + 1], position + 2
    if length >= 126:
        width = 2 if length == 126 else 8
        if length > 127:
            return start, len(chunk)
        if len(chunk) - start < width:
            return None
        length = int.from_bytes(chunk[start : start + width], "big")
        start += width
    if length > LARGEST_FRAME:
        return start, len(chunk)
    return (start, start + length) if start + length <= len(chunk) else None


def new_handshake(url: str, headers: dict[str, str], compression: bool = False) -> ClientProtocol:
    """Return the protocol of a client whose request is written and waits to be sent.

    Args:
        url: where to.
        headers: further request headers.
        compression: offer it, as browsers do.
    """
    names = [Subprotocol(name) for name in offered(headers)] or None
    protocol = ClientProtocol(
        parse_uri(url),
        subprotocols=names,
        max_size=LARGEST_FRAME,
        extensions=[AS_BROWSERS] if compression else None,
    )
    request = protocol.connect()
    request.headers.update({k: v for k, v in headers.items() if k != SUBPROTOCOL_HEADER})
    protocol.send_request(request)
    return protocol


def refusal_in_words(problem: Exception) -> str:
    """Return why a handshake opened no connection: the answer, if there was one."""
    if isinstance(problem, InvalidStatus):
        answer = problem.response
        status = in_words(answer.status_code, answer.headers.get("Location"))
        return f"server rejected WebSocket connection: {status}"
    return str(problem) if isinstance(problem, InvalidHandshake) else "no handshake"


class FastConnection(asyncio.Protocol):
    """A connection; what is received goes to the methods that a subclass provides.

    Attributes:
        name: whose it is.
        closed: how it ended, unless that was asked for.
        acknowledged: done when the service has acknowledged the subscription; fails with a
            `Refusal` when it never will.
        gone: done when the connection is over.
        encoding: how messages are put into WebSocket messages.
    """

    encoding = JSON_TEXT

    def __init__(self, name: str, protocol: ClientProtocol) -> None:
        self.name = name
        self.closed: ClosedClient | None = None
        loop = asyncio.get_running_loop()
        self.acknowledged: asyncio.Future[None] = loop.create_future()
        self.acknowledged.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.gone: asyncio.Future[None] = loop.create_future()
        self._protocol = protocol
        self._transport: asyncio.Transport | None = None
        self._leaving = False
        self._tail = b""
        self._open = False
        self._inflater: Inflater | None = None
        self._deflated = b""
        self._fragments: list[bytes] = []
        self._is_binary = False
        self._close_frame: CloseFrame | None = None

    # --- what a subclass provides ---------------------------------------------------------------

    def take_chunk(self, chunk: bytes, now: int) -> bytes:
        """Take from the beginning of a chunk what can be taken in one; return the remainder."""
        raise NotImplementedError

    def take_text(self, whole: bytes, header: int, now: int) -> None:
        """Take a whole frame of a message, `header` bytes of which come before the payload.

        It is one of text, deflated, or binary where such say something.
        """
        raise NotImplementedError

    def take_message(self, payload: bytes, now: int) -> None:
        """Take what a message says that came in fragments."""
        raise NotImplementedError

    def took_frames(self, now: int) -> None:
        """Learn that a chunk has been taken frame by frame."""

    def opened(self) -> None:
        """Learn that the handshake is done."""

    def accuse(self, kind: Literal["contract", "protocol"], words: str) -> None:
        """Note a violation."""
        raise NotImplementedError

    def ended(self) -> None:
        """Learn that the connection is over."""

    # --- life -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake's request."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclasses
        self._write_out()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how the connection ended, unless that was asked for."""
        if not self._leaving:
            frame = self._close_frame
            code = frame.code if frame else 1006
            reason = frame.reason if frame else (str(exc) if exc else "cut without a close frame")
            self.closed = ClosedClient(self.name, code, reason, clock.now_us())
            self.refuse(f"closed with {code} {reason!r}")
        if not self.gone.done():
            self.gone.set_result(None)
        self.ended()

    @property
    def is_subscribed(self) -> bool:
        """Return whether the service has acknowledged the subscription."""
        done = self.acknowledged
        return done.done() and not done.cancelled() and done.exception() is None

    @property
    def compression(self) -> str:
        """Return how compression was agreed on, "" where it was not."""
        return str(self._inflater) if self._inflater is not None else ""

    def refuse(self, words: str) -> None:
        """Note that the service does not want this client, if that is still open."""
        if not self.acknowledged.done():
            self.acknowledged.set_exception(Refusal(words))

    def say(self, text: str) -> None:
        """Send a message."""
        message = self.encoding.wire(text)
        if isinstance(message, str):
            self._protocol.send_text(message.encode())
        else:
            self._protocol.send_binary(message)
        self._write_out()

    def leave(self) -> None:
        """Close with 1000; what arrives until the service has answered is still checked."""
        self._leaving = True
        if self._open and self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._write_out()

    def cut(self) -> None:
        """End the connection without waiting for anybody."""
        self._leaving = True
        if self._transport is not None:
            self._transport.abort()

    def _write_out(self) -> None:
        data = b"".join(self._protocol.data_to_send())
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    # --- receiving ------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take what has just arrived, as far as anybody here knows."""
        self.data_arrived(data, clock.now_us())

    def data_arrived(self, data: bytes, now: int) -> None:
        """Take what arrived at an instant: in one if that can be, or else frame by frame."""
        if self._inflater is not None and not self._inflater.forgets:
            self._take_deflated(data, now)
            return
        self._take_plain(data, now)

    def _take_plain(self, data: bytes, now: int) -> None:
        chunk = self._tail + data if self._tail else data
        self._tail = b""
        if not self._open:
            self._take_answer(chunk, now)
            return
        rest = chunk if self._fragments else self.take_chunk(chunk, now)
        if rest:
            self._take_frames(rest, now)

    def _take_answer(self, chunk: bytes, now: int) -> None:
        """Take the answer to the handshake, and the frames that came with it."""
        head, end, rest = chunk.partition(b"\r\n\r\n")
        if not end:
            self._tail = chunk
            return
        self._protocol.receive_data(as_http_1_1(head + end))
        problem = self._protocol.handshake_exc
        if problem is not None:
            status = head.split(b"\r\n", 1)[0].decode("latin-1")
            self.refuse(f"{refusal_in_words(problem)} ({status})")
            self.cut()
            return
        self._protocol.events_received()
        self._open = True
        self._inflater = agreed_inflater(self._protocol)
        self.opened()
        if self._inflater is not None and not self._inflater.forgets:
            self._take_deflated(rest, now)
        else:
            self._take_frames(rest, now)

    def _take_deflated(self, data: bytes, now: int) -> None:
        """Take what is deflated with the memory of the messages before, which each client has.

        Each message is inflated, and what it says is taken as if it had come like that.
        """
        chunk, position, plain = self._deflated + data, 0, bytearray()
        while (found := _whole_frame(chunk, position)) is not None:
            start, end = found
            first = chunk[position]
            if first == DEFLATED:
                payload = self.inflated(chunk[start:end])
                if payload is None:  # and what the others refer to is lost
                    self._take_plain(bytes(plain), now)
                    self.cut()
                    return
                plain += text_frame(payload)
            elif first in (TEXT, *_CONTROL):
                plain += chunk[position:end]
            else:  # a fragment: the library inflates it, in its turn
                self._take_plain(bytes(plain), now)
                plain.clear()
                self._take_other(chunk[position:end], now)
                self.took_frames(now)
            position = end
        self._deflated = chunk[position:]
        if plain:
            self._take_plain(bytes(plain), now)

    def inflated(self, payload: bytes) -> bytes | None:
        """Return what a deflated message says; None, and a violation, where it is not as agreed."""
        assert self._inflater
        try:
            return self._inflater.inflate(payload, LARGEST_FRAME)
        except ValueError as problem:
            self.accuse("protocol", f"received a message that is not as agreed: {problem}")
            return None

    def decoded(self, payload: bytes, *, binary: bool) -> bytes | None:
        """Return what a message says; None, and a violation, where it says nothing."""
        try:
            return self.encoding.decoded(payload, binary=binary)
        except UnicodeDecodeError:
            return payload  # whoever reads it says so
        except Undecodable as problem:
            self.accuse("contract", f"received a message that {problem}")
            return None

    def _take_frames(self, chunk: bytes, now: int) -> None:
        """Take a chunk frame by frame (RFC 6455, section 5.2); keep what is not whole yet."""
        position, size = 0, len(chunk)
        while size - position >= 2:
            length, header = chunk[position + 1], 2
            if length > 127:  # masked, which a service must not do: the library knows what to say
                self._take_other(chunk[position:], now)
                self.took_frames(now)
                return
            if length >= 126:
                header = 4 if length == 126 else 10
                if size - position < header:
                    break
                length = int.from_bytes(chunk[position + 2 : position + header], "big")
            end = position + header + length
            if end > size and length <= LARGEST_FRAME:
                break
            first = chunk[position]
            is_text = first == TEXT or (first == DEFLATED and self._inflater)
            is_text = is_text or (first == BINARY and self.encoding.reads_binary)
            if is_text and not self._fragments and length <= LARGEST_FRAME:
                self.take_text(chunk[position:end], header, now)
            else:
                self._take_other(chunk[position:end], now)
            position = end
        self._tail = chunk[position:]
        self.took_frames(now)

    def _take_other(self, frame: bytes, now: int) -> None:
        """Let the library take anything but a whole text frame: it answers pings and closes."""
        protocol = self._protocol
        if protocol.parser_exc is None:
            protocol.receive_data(frame)
            if protocol.parser_exc is not None:
                self.accuse("protocol", f"received no WebSocket: {protocol.parser_exc}")
        for event in protocol.events_received():
            if isinstance(event, Frame):
                self._take_event(event, now)
        self._write_out()
        if protocol.close_expected() and self._transport is not None:
            self._transport.close()

    def _take_event(self, frame: Frame, now: int) -> None:
        if frame.opcode is Opcode.CLOSE:
            self._close_frame = self._protocol.close_rcvd
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            if frame.opcode is not Opcode.CONT:
                self._is_binary = frame.opcode is Opcode.BINARY
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                payload, self._fragments = b"".join(self._fragments), []
                said = self.decoded(payload, binary=self._is_binary)
                if said is not None:
                    self.take_message(said, now)

    def let_others_run(self) -> None:
        """Receive no more in this round of the loop, which would else read while bytes are there.

        To decode a client on its own takes a hundred times as long as to compare it. Were all
        to diverge, a round would last seconds: no sign of life would leave, and none be timed.
        """
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._transport.resume_reading)
