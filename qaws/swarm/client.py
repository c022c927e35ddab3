"""A fast client: receives, checks and time-stamps at a fraction of a microsecond a message."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Close as CloseFrame
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from qaws.swarm.chapter import LENGTH, Chapter, Common
from qaws.swarm.message import OWN, Message, read_message
from qaws.swarm.result import ClosedClient
from qaws.swarm.sequence import Fault, Sequence

TEXT = 0x81
"""First byte of a whole text frame: FIN and opcode 1, no extension (RFC 6455, section 5.2)."""

LARGEST_FRAME = 16 * 1024 * 1024

FIRST_PAUSE = 4
"""A client that leaves the common stream stays away for four times so many ticks, then for four
times as many again, and so on: whose bytes always differ soon tries no more."""


def now_us() -> int:
    """Return the wall-clock time in µs since 1970: what due times are given in."""
    return time.time_ns() // 1000


@dataclass(slots=True)
class Stretch:
    """Frames that a client received along a chapter: after `times[i]` it had had `frames[i]`."""

    chapter: Chapter
    first: int
    times: array[int] = field(default_factory=lambda: array("q"))
    frames: array[int] = field(default_factory=lambda: array("q"))


@dataclass(slots=True)
class Apart:
    """Ticks that a client received on its own: when, and when they were due (µs)."""

    times: array[int] = field(default_factory=lambda: array("q"))
    due: array[int] = field(default_factory=lambda: array("q"))


def new_handshake(url: str, headers: dict[str, str]) -> ClientProtocol:
    """Return the protocol of a client whose request is written and waits to be sent."""
    protocol = ClientProtocol(parse_uri(url), max_size=LARGEST_FRAME)
    request = protocol.connect()
    request.headers.update(headers)
    protocol.send_request(request)
    return protocol


class Reader(asyncio.Protocol):
    """One client that reads everything at once.

    It starts in step with the common stream of its group (see `chapter`). `opened`, `welcomed` and
    `acknowledged` are futures; a refusal fails whichever is pending.
    """

    def __init__(
        self,
        name: str,
        common: Common,
        protocol: ClientProtocol,
        on_fault: Callable[[str, Fault], None],
        on_stretch: Callable[[Reader, Stretch], None],
        on_finished: Callable[[Reader], None],
    ) -> None:
        self.name = name
        self.common = common
        self.kinds: Counter[str] = Counter()
        self.closed: ClosedClient | None = None
        self.leaving = False
        self.completed_us: int | None = None
        self.apart = Apart()
        self.times_apart = 0
        loop = asyncio.get_running_loop()
        self.acknowledged: asyncio.Future[None] = loop.create_future()
        self.acknowledged.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.gone: asyncio.Future[None] = loop.create_future()
        self._protocol = protocol
        self._on_fault, self._on_stretch, self._on_finished = on_fault, on_stretch, on_finished
        self._subscribe = b""
        self._transport: asyncio.Transport | None = None
        self._tail = b""
        self._open = False
        self._fragments: list[bytes] = []
        self._close_frame: CloseFrame | None = None
        self._sequence: Sequence | None = None
        self._pause, self._away = FIRST_PAUSE, 0
        self.stretch: Stretch | None = None
        self.frame = 0
        self._join(common.head)

    # --- life -----------------------------------------------------------------------------------

    def subscribe_with(self, command: str) -> None:
        """Say what to send once the service has welcomed this client."""
        self._subscribe = command.encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake's request."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclasses
        self._write_out()

    def connection_lost(self, exc: Exception | None) -> None:
        """Note how the connection ended, unless that was asked for."""
        if not self.leaving:
            frame = self._close_frame
            code = frame.code if frame else 1006
            reason = frame.reason if frame else (str(exc) if exc else "cut without a close frame")
            self.closed = ClosedClient(self.name, code, reason, now_us())
            if not self.acknowledged.done():
                self.acknowledged.set_exception(Refusal(f"closed with {code} {reason!r}"))
        if not self.gone.done():
            self.gone.set_result(None)
        self._on_finished(self)

    def leave(self) -> None:
        """Close with 1000; what arrives until the service has answered is still checked."""
        self.leaving = True
        if self._open and self._protocol.state is State.OPEN:
            self._protocol.send_close(1000)
            self._write_out()

    def cut(self) -> None:
        """End the connection without waiting for anybody."""
        self.leaving = True
        if self._transport is not None:
            self._transport.abort()

    # --- receiving ------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take a chunk: as known, or frame by frame."""
        now = now_us()
        chunk = self._tail + data if self._tail else data
        stretch = self.stretch
        if stretch is not None and self._open:
            chapter = stretch.chapter
            frame = chapter.reached(self.frame, chunk)
            if frame >= 0:
                rest = chapter.start_of(self.frame) + len(chunk) - chapter.start_of(frame)
                self._tail = chunk[-rest:] if rest else b""
                if frame != self.frame:
                    self._advance(frame, now)
                return
        self._tail = b""
        if not self._open:
            self._take_answer(chunk, now)
        else:
            self._take(chunk if stretch is None else self._take_known(chunk, now), now)

    def _take_answer(self, chunk: bytes, now: int) -> None:
        """Take the answer to the handshake, and the frames that came with it."""
        head, end, rest = chunk.partition(b"\r\n\r\n")
        if not end:
            self._tail = chunk
            return
        self._protocol.receive_data(head + end)
        problem = self._protocol.handshake_exc
        if problem is not None:
            status = head.split(b"\r\n", 1)[0].decode("latin-1")
            words = str(problem) if isinstance(problem, InvalidHandshake) else status
            if not self.acknowledged.done():
                self.acknowledged.set_exception(Refusal(f"{words} ({status})"))
            self.cut()
            return
        self._protocol.events_received()
        self._open = True
        self._take(rest, now)

    def _take_known(self, chunk: bytes, now: int) -> bytes:
        """Take what the chapter knows of a chunk that leads beyond it; return the remainder."""
        stretch = self.stretch
        assert stretch
        start, size = stretch.chapter.start_of(self.frame), len(stretch.chapter.data)
        known = size - start
        if 0 < known < len(chunk) and stretch.chapter.data.startswith(chunk[:known], start):
            self._advance(len(stretch.chapter), now)
            return chunk[known:]
        return chunk

    def _take(self, chunk: bytes, now: int) -> None:
        """Take a chunk frame by frame (RFC 6455, section 5.2)."""
        position, size = 0, len(chunk)
        while size - position >= 2:
            length, header = chunk[position + 1], 2
            if length >= 126:
                header = 4 if length == 126 else 10
                if length > 127:
                    self._control(chunk[position:])  # masked: the library knows what to say
                    return
                if size - position < header:
                    break
                length = int.from_bytes(chunk[position + 2 : position + header], "big")
            end = position + header + length
            if end > size and length <= LARGEST_FRAME:
                break
            if chunk[position] == TEXT and not self._fragments and length <= LARGEST_FRAME:
                self._text(chunk[position:end], header, now)
            else:
                self._control(chunk[position:end])
            position = end
        self._tail = chunk[position:]
        self._mark(now)
        if self.stretch is None:
            self._rejoin()

    def _text(self, whole: bytes, header: int, now: int) -> None:
        """Take one text frame."""
        stretch = self.stretch
        if stretch is not None:
            if self.frame < len(stretch.chapter):
                if stretch.chapter.holds(self.frame, whole):
                    self._step(now)
                    return
            elif self._lead(whole, header, now):
                return
        self._decode(whole[header:], now)

    def _lead(self, whole: bytes, header: int, now: int) -> bool:
        """Add a frame to the chapter, as the first to receive it, if it may stand there."""
        assert self.stretch
        chapter = self.stretch.chapter
        try:
            message = read_message(whole[header:])
        except ValueError:
            return False
        if message.kind in OWN or (message.is_tick and not chapter.sequence.fits(message)):
            return False
        chapter.append(whole, message)
        self._step(now)
        return True

    def _decode(self, payload: bytes, now: int) -> None:
        """Take a message that the common stream does not have at this place."""
        try:
            message, fault = self.common.read(payload)
        except ValueError as problem:
            words = f"received what cannot be read: {problem} ({payload[:120]!r})"
            self._on_fault(self.name, Fault("contract", 1, words))
            return
        if fault:
            self._on_fault(self.name, fault)
        if message.kind in OWN:
            self.kinds[message.kind] += 1
            self._own(message)
            return
        sequence = self._part()
        if not message.is_tick:
            self.kinds[message.kind] += 1
            return
        for wrong in sequence.take(message):
            self._on_fault(self.name, wrong)
        self._away += 1
        self.apart.times.append(now)
        self.apart.due.append(message.due_us)
        fence = self.common.fence
        if fence is not None and self.completed_us is None and sequence.reaches(fence):
            self._complete(now)

    def _own(self, message: Message) -> None:
        if message.kind == "connection" and self._subscribe:
            self._protocol.send_text(self._subscribe)
            self._write_out()
        elif message.kind == "subscribed" and not self.acknowledged.done():
            self.acknowledged.set_result(None)
        elif message.kind == "error" and not self.acknowledged.done():
            self.acknowledged.set_exception(Refusal(f"answered with the error {message.text!r}"))

    def _control(self, frame: bytes) -> None:
        """Let the library take anything but a whole text frame: it answers pings and closes."""
        protocol = self._protocol
        if protocol.parser_exc is None:
            protocol.receive_data(frame)
        for event in protocol.events_received():
            if isinstance(event, Frame):
                self._event(event)
        if protocol.parser_exc is not None:
            self._on_fault(
                self.name, Fault("protocol", 1, f"received no WebSocket: {protocol.parser_exc}")
            )
        self._write_out()
        if protocol.close_expected() and self._transport is not None:
            self._transport.close()

    def _event(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self._close_frame = self._protocol.close_rcvd
        elif frame.opcode is Opcode.BINARY:
            words = f"received a binary message of {len(frame.data)} bytes"
            self._on_fault(self.name, Fault("contract", 1, words))
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                payload, self._fragments = b"".join(self._fragments), []
                self._decode(payload, now_us())

    def _write_out(self) -> None:
        data = b"".join(self._protocol.data_to_send())
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    # --- the common stream ----------------------------------------------------------------------

    def _join(self, chapter: Chapter) -> None:
        self.common.members += 1
        self.frame = len(chapter)
        self.stretch = Stretch(chapter, self.frame)
        self._sequence = None

    def _step(self, now: int) -> None:
        """Go one frame on; its time is marked with the whole chunk's."""
        assert self.stretch
        self.frame += 1
        if self.frame >= LENGTH or self.frame >= self.stretch.chapter.fence_at:
            self._mark(now)

    def _advance(self, frame: int, now: int) -> None:
        """Go on to a frame, and mark the time."""
        self.frame = frame
        self._mark(now)

    def _mark(self, now: int) -> None:
        stretch = self.stretch
        if stretch is None:
            return
        if self.frame > (stretch.frames[-1] if stretch.frames else stretch.first):
            stretch.times.append(now)
            stretch.frames.append(self.frame)
        if self.frame >= stretch.chapter.fence_at and self.completed_us is None:
            self._complete(now)
        if self.frame >= LENGTH:
            self._on_stretch(self, stretch)
            self.frame = 0
            self.stretch = Stretch(self.common.turn(stretch.chapter), 0)
            self.fence_set()

    def _part(self) -> Sequence:
        """Leave the common stream, unless already apart; return where this client stands."""
        if self.stretch is not None:
            self._mark(now_us())
            stretch, self.stretch = self.stretch, None
            assert stretch
            self._sequence = stretch.chapter.sequence_at(self.frame)
            self._on_stretch(self, stretch)
            self.common.members -= 1
            self.times_apart += 1
            self._away = 0
            self._pause *= 4
        assert self._sequence
        return self._sequence

    def _rejoin(self) -> None:
        """Come back to the common stream where that stands at the same place."""
        assert self._sequence
        if self._away < self._pause or self._fragments:
            return
        if self.common.members == 0:
            self._join(self.common.restart(self._sequence))
        elif self._sequence.same_as(self.common.head.sequence):
            self._join(self.common.head)

    def _complete(self, now: int) -> None:
        self.completed_us = now
        self._on_finished(self)

    @property
    def is_subscribed(self) -> bool:
        """Return whether the service has acknowledged the subscription."""
        done = self.acknowledged
        return done.done() and not done.cancelled() and done.exception() is None

    @property
    def pending(self) -> int:
        """Return how many messages were received that the books do not have yet."""
        along = self.frame - self.stretch.first if self.stretch is not None else 0
        return along + len(self.apart.times)

    def expected(self) -> int | None:
        """Return how many ticks are due at the fence; None when first or last is not known."""
        fence, first = self.common.fence, self.common.first
        if fence is None or any(symbol not in first for symbol in fence):
            return None
        return sum(last - first[symbol] + 1 for symbol, last in fence.items())

    def fence_set(self) -> None:
        """Look whether a fence that was just set is behind this client already."""
        fence = self.common.fence
        if fence is None or self.completed_us is not None:
            return
        if self.stretch is not None:
            if self.frame >= self.stretch.chapter.fence_at:
                self._complete(self.stretch.times[-1] if self.stretch.times else now_us())
        elif self._sequence and self._sequence.reaches(fence):
            self._complete(self.apart.times[-1] if self.apart.times else now_us())


class Refusal(Exception):
    """The service did not let a client in, or not subscribe; the text says how."""
