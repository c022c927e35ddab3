"""Frames and segments: what RFC 6455 leaves to a server, once the connection is open."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import cycle
from typing import Any, cast
from weakref import WeakKeyDictionary

from websockets.frames import Frame, Opcode
from websockets.protocol import State

from app import closes, compression, fanout
from app.limits import GuardedConnection
from app.server import TickerService
from app.sessions import Session
from app.subscriptions import Group
from tests.services.variants.variation import replace, variation

PING_EVERY = 7
"""So many messages come without a ping between their frames."""
PING_S = 0.5
ANSWER_S = 0.05
CUT = 5
"""Bytes of a write that go ahead of the others."""


def _frame(head: int, payload: bytes) -> bytes:
    length = len(payload)
    if length < 126:
        return bytes((head, length)) + payload
    if length < 65_536:
        return bytes((head, 126)) + length.to_bytes(2, "big") + payload
    return bytes((head, 127)) + length.to_bytes(8, "big") + payload


def _frames_in(frames: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the first byte and the payload of whole unmasked frames, one behind the other."""
    at = 0
    while at < len(frames):
        head, size, at = frames[at], frames[at + 1], at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, at = int.from_bytes(frames[at : at + width], "big"), at + width
        yield head, frames[at : at + size]
        at += size


@variation(
    "Each message comes in four frames, the first and the last of them empty, and a letter may be "
    "cut in two; now and then a ping stands between them.",
    "RFC 6455, section 5.4",
)
def messages_in_fragments() -> None:
    """Send a text frame without an end, continuations, and an end."""
    is_due = cycle([False] * PING_EVERY + [True])

    def text_frame(payload: bytes) -> bytes:
        middle = len(payload) // 2
        ping = _frame(0x89, b"between frames") if next(is_due) else b""
        parts = _frame(0x01, b""), _frame(0x00, payload[:middle]), ping
        return b"".join((*parts, _frame(0x00, payload[middle:]), _frame(0x80, b"")))

    def deflated(frames: bytes) -> bytes:
        made, payload = [], b""
        for head, part in _frames_in(frames):
            if head & 0x0F == Opcode.PING:
                made.append(_frame(head, part))
                continue
            payload += part
            if head & 0x80:
                message, payload = compression.message(payload), b""
                middle = len(message) // 2
                made += [_frame(0x41, b""), _frame(0x00, message[:middle])]
                made += [_frame(0x00, message[middle:]), _frame(0x80, b"")]
        return b"".join(made)

    replace(fanout, "text_frame", text_frame)
    replace(compression, "deflated", deflated)


class _InTwoSegments:
    """A transport that writes a few bytes at once, and all others in the next turn of the loop."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._behind: list[bytes] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if self._behind is None:
            self._transport.write(data[:CUT])
            self._behind = [data[CUT:]]
            asyncio.get_running_loop().call_soon(self._finish)
        else:
            self._behind.append(data)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size() + sum(map(len, self._behind or ()))

    def write_eof(self) -> None:
        self._finish()
        self._transport.write_eof()

    def close(self) -> None:
        self._finish()
        self._transport.close()

    def abort(self) -> None:
        self._behind = None
        self._transport.abort()

    def _finish(self) -> None:
        behind, self._behind = self._behind, None
        if behind and not self._transport.is_closing():
            self._transport.write(b"".join(behind))


@variation(
    "What is written arrives in two segments, the first of which ends within the head of a frame "
    "or just behind it; an answer to a handshake too.",
    "TCP has no messages (RFC 9293, section 2.2)",
)
def segments_that_end_within_a_frame() -> None:
    """Give each connection such a transport."""
    original = GuardedConnection.connection_made

    def connection_made(self: GuardedConnection, transport: Any) -> None:
        original(self, cast(Any, _InTwoSegments(transport)))

    replace(GuardedConnection, "connection_made", connection_made)


@variation(
    "The service pings each client twice a second, with 0 to 125 bytes of its own, and sends pongs "
    "that nobody asked for.",
    "RFC 6455, sections 5.5.2 and 5.5.3",
)
def pings_and_unasked_pongs() -> None:
    """Write them as long as the connection is open."""
    original = TickerService.greet
    sizes = cycle(range(0, 126, 25))

    def greet(self: TickerService, session: Session) -> None:
        original(self, session)
        talk(session)

    def talk(session: Session) -> None:
        if session.is_open:
            text = b"." * next(sizes)
            session.connection.transport.write(_frame(0x89, text) + _frame(0x8A, b"still here"))
            asyncio.get_running_loop().call_later(PING_S, talk, session)

    replace(TickerService, "greet", greet)


@variation(
    "Of pings that come in quick succession only the last one is answered, 50 ms later.",
    "RFC 6455, section 5.5.3",
)
def only_the_last_ping_is_answered() -> None:
    """Keep a ping for a moment, and let a later one take its place."""
    original = GuardedConnection._take_within_limits
    waiting: WeakKeyDictionary[GuardedConnection, Frame] = WeakKeyDictionary()

    def take(self: GuardedConnection, frame: Frame) -> None:
        if frame.opcode is not Opcode.PING or self.protocol.state is not State.OPEN:
            original(self, frame)
        elif not self._rate.allows(len(frame.data)):
            self.protocol.fail(*closes.RATE_LIMIT_EXCEEDED)
        else:
            if self not in waiting:
                self.loop.call_later(ANSWER_S, answer, self)
            waiting[self] = frame

    def answer(connection: GuardedConnection) -> None:
        frame = waiting.pop(connection)
        if connection.protocol.state is State.OPEN:
            connection._take(frame)
            for event in connection.protocol.events_received():
                connection.process_event(event)
            connection.send_data()

    replace(GuardedConnection, "_take_within_limits", take)


@variation(
    "A client's goodbye is answered by a close frame without a code.",
    "RFC 6455, section 5.5.1: a server typically echoes the code",
)
def goodbyes_answered_without_a_code() -> None:
    """Leave out what the answer would repeat."""
    original = GuardedConnection.__init__

    def init(self: GuardedConnection, *args: Any, **options: Any) -> None:
        original(self, *args, **options)
        protocol = self.protocol
        send = protocol.send_frame

        def send_frame(frame: Frame) -> None:
            answers = frame.opcode is Opcode.CLOSE and protocol.close_rcvd is not None
            send(Frame(Opcode.CLOSE, b"") if answers else frame)

        protocol.send_frame = send_frame

    replace(GuardedConnection, "__init__", init)


@variation(
    "Clients of a group get their ticks in another order of clients each time.",
    "the specification, section 2: order is that of a client's ticks, not of clients",
)
def clients_in_any_order() -> None:
    """Turn the group around at each flush."""
    original = fanout.Fanout.recipients
    turn = cycle((1, -1))

    def recipients(self: fanout.Fanout, group: Group[Session]) -> tuple[Session, ...]:
        return original(self, group)[:: next(turn)]

    replace(fanout.Fanout, "recipients", recipients)
