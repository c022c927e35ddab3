"""A short-lived client: it comes, is served, and goes, some hundreds of times a second.

The handshake's request is written once and sent by all (each under its own session id, as the
service deals them). Every frame that it receives is decoded and checked against the contract, and
its ticks must be as they were published, and in order, as with any other client.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import struct
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from websockets.frames import Close
from websockets.utils import accept_key

from qaws.load.before import Before
from qaws.load.churn.tally import ContractTally
from qaws.load.refusal import Refusal
from qaws.load.subscriber.connection import new_handshake
from qaws.load.subscriber.conversation import Conversation
from qaws.load.subscriber.message import Message
from qaws.load.subscriber.ordering import Sequence
from qaws.load.violation import Violation
from qaws.protocol.answers import in_words
from qaws.protocol.encoding import Undecodable
from qaws.protocol.market import Selection
from qaws.protocol.spelling import Spelling
from qaws.runtime.dialing import own_limit, reset_at_close
from qaws.runtime.trust import client_context
from qaws.verdict import Broken

MASK = bytes(4)
"""Frames of short-lived clients are masked with zeros: legal (RFC 6455, section 5.3), and free."""


def client_frame(opcode: int, payload: bytes) -> bytes:
    """Return a client's frame of less than 64 kB (RFC 6455, section 5.2)."""
    size = len(payload)
    if size > 0xFFFF:
        raise ValueError(f"{size} bytes; short-lived clients send at most 65,535")
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + struct.pack("!H", size)
    return bytes((0x80 | opcode,)) + length + MASK + payload


def _in_words(status: str, head: str) -> str:
    """Return an answer that opens nothing, by its first line and its whole head."""
    words = f"HTTP {re.sub('^HTTP/1[.][01] ', '', status)}"
    found = re.search(r"^location:[ \t]*(\S+)", head, re.IGNORECASE | re.MULTILINE)
    code = re.match(r"HTTP (3\d\d)\b", words)
    if not (found and code):
        return words
    return in_words(int(code[1]), found[1])


_TURNS = itertools.count()
"""Whose turn it is among those who show a token, in this process."""

CLOSE = client_frame(8, struct.pack("!H", 1000))


@dataclass(frozen=True, slots=True)
class Address:
    """Where clients go, and what they say there.

    `requests` are what they take turns in, each with the answer's `Sec-WebSocket-Accept` that
    belongs to it, and `tokens` what they show in turn in a message of its own, where that is so.
    `before` is what each asks first, where the target wants that; its answer is good for one
    connection, so that each writes its own request. All three hold tokens: keep them out of logs.
    """

    host: str
    port: int
    requests: tuple[tuple[bytes, bytes], ...]
    selection: Selection
    dialect: Spelling
    authority: str = ""
    secure: bool = False
    tokens: tuple[str, ...] = ()
    before: Before | None = None

    @classmethod
    def of(
        cls,
        shown: Iterable[tuple[str, dict[str, str]]],
        selection: Selection,
        dialect: Spelling | None = None,
        authority: str = "",
        tokens: Iterable[str] = (),
    ) -> Address:
        """Prepare the handshakes.

        `shown` has a URL and headers for each token that clients take turns in showing, at least
        one; host and port are those of the first. `authority` is what `client_context` takes.
        `tokens` are shown in a message of its own, in the order of `shown`.
        """
        protocols = [new_handshake(url, headers) for url, headers in shown]
        uri = protocols[0].uri
        return cls(
            uri.host,
            uri.port,
            tuple((b"".join(p.data_to_send()), accept_key(p.key).encode()) for p in protocols),
            selection,
            dialect or Spelling(),
            authority,
            uri.secure,
            tuple(tokens),
        )


class ShortLivedClient(asyncio.Protocol):
    """One connection. `welcomed`, `acknowledged`, `ticked` and `gone` are events to wait for.

    Whoever waits for one of them is woken as well when the connection has ended, with False.
    """

    def __init__(
        self, name: str, address: Address, tally: ContractTally, portion: float = 1.0
    ) -> None:
        """Prepare.

        Args:
            name: what sentences call it.
            address: where it goes.
            tally: where it writes what it finds.
            portion: how much it sends of its request; default all of it.
        """
        self.name = name
        self.welcomed_at: float | None = None
        self.left_at: float | None = None
        self.leaving = False
        self.close: Close | None = None
        self.refusal = ""
        self.session_id: str | None = None
        self._address, self._tally = address, tally
        self._turn, self._portion = next(_TURNS), portion
        request, self._accept = address.requests[self._turn % len(address.requests)]
        token = address.tokens[self._turn % len(address.tokens)] if address.tokens else None
        self._dialect = dialect = tally.verifier.dialect
        self._conversation = Conversation(dialect, address.selection, token)
        self._pings_first = not dialect.welcomes
        self._send = request[: int(len(request) * portion)]
        self._where = address.host, address.port
        self._secure = address.secure
        self._is_prepared = address.before is None
        loop = asyncio.get_running_loop()
        self.welcomed: asyncio.Future[bool] = loop.create_future()
        self.acknowledged: asyncio.Future[bool] = loop.create_future()
        self.ticked: asyncio.Future[bool] = loop.create_future()
        self.gone: asyncio.Future[bool] = loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._sequence: Sequence | None = None
        self._tail = b""
        self._open = self._close_sent = self._awaits_pong = False
        self._fragments: list[bytes] = []
        self._is_binary = False

    # --- doing ----------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Ask for what the target wants asked before a connection; who is turned away is gone.

        Raises:
            OSError: that cannot be.
            Broken: its answer has not what is to be taken from it.
        """
        before = self._address.before
        if before is None or self._is_prepared:
            return
        self._is_prepared = True
        try:
            url, headers, shown = await before.way(self._turn, self.name)
        except Refusal as refusal:
            self.refusal = str(refusal)
            self.connection_lost(None)
            return
        protocol = new_handshake(url, headers)
        request, uri = b"".join(protocol.data_to_send()), protocol.uri
        self._send = request[: int(len(request) * self._portion)]
        self._accept = accept_key(protocol.key).encode()
        self._where, self._secure = (uri.host, uri.port), uri.secure
        self._conversation = Conversation(self._dialect, self._address.selection, shown)

    async def come(self) -> None:
        """Connect.

        Raises:
            OSError: that cannot be.
            Broken: as `prepare`; or this machine lets nobody connect.
        """
        await self.prepare()
        if self.gone.done():
            return
        context = client_context(self._address.authority) if self._secure else None
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self, *self._where, ssl=context)
        except OSError as problem:
            if limit := own_limit(problem):
                raise Broken(f"{self.name} could not connect: {limit} ({problem})") from None
            raise

    def subscribe(self) -> None:
        """Ask for the ticks of the address's selection."""
        self._sequence = Sequence(self._address.selection, {})
        self._say(self._conversation.wishes())

    def leave(self) -> None:
        """Close with 1000; `gone` tells when the service has ended the connection."""
        self.leaving = True
        self._note_left()
        self._close_sent = True
        self._write(CLOSE)

    def reset(self) -> None:
        """Cut the connection with a TCP reset."""
        self.leaving = True
        self._note_left()
        transport = self._transport
        if transport is not None and not transport.is_closing():
            reset_at_close(transport)
            transport.abort()

    def _note_left(self) -> None:
        if self.left_at is None:
            self.left_at = time.monotonic()

    def _say(self, texts: list[str]) -> None:
        for text in texts:
            message = self._dialect.encoding.wire(text)
            if isinstance(message, str):
                self._write(client_frame(1, message.encode()))
            else:
                self._write(client_frame(2, message))

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    # --- what happens ---------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request, or what there is of it."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._send)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake whoever waits."""
        self._note_left()
        for event in (self.welcomed, self.acknowledged, self.ticked):
            if not event.done():
                event.set_result(False)
        if not self.gone.done():
            self.gone.set_result(True)

    def data_received(self, data: bytes) -> None:
        """Take what has come, frame by frame."""
        chunk = self._tail + data if self._tail else data
        if not self._open:
            head, end, rest = chunk.partition(b"\r\n\r\n")
            if not end:
                self._tail = chunk
                return
            if not self._take_answer(head):
                return
            chunk = rest
        position, size = 0, len(chunk)
        while size - position >= 2:
            length, header = chunk[position + 1], 2
            if length >= 126:
                header = 4 if length == 126 else 10
                if size - position < header:
                    break
                length = int.from_bytes(chunk[position + 2 : position + header], "big")
            end_at = position + header + length
            if end_at > size:
                break
            self._take(chunk[position], chunk[position + header : end_at])
            position = end_at
        self._tail = chunk[position:]

    def _take_answer(self, head: bytes) -> bool:
        """Take the answer to the handshake; return whether the connection is open now."""
        status = head.split(b"\r\n", 1)[0]
        if not status.startswith(b"HTTP/1.1 101") or self._accept not in head:
            self.refusal = _in_words(status.decode("latin-1"), head.decode("latin-1"))
            if self._transport is not None:
                self._transport.abort()
            return False
        self._open, self._tail = True, b""
        self._say(self._conversation.opened())
        self._ping_where_nobody_is_welcomed()
        return True

    def _ping_where_nobody_is_welcomed(self) -> None:
        """Ask for a pong: it shows that the service has let this client in."""
        if self._pings_first and self._conversation.is_welcome:
            self._pings_first, self._awaits_pong = False, True
            self._say([self._conversation.ping()])

    def _take(self, first: int, payload: bytes) -> None:
        """Take one frame, which `first` is the first byte of."""
        opcode = first & 0x0F
        if first == 0x81 and not self._fragments:
            self._message(payload, binary=False)
        elif opcode in (0, 1, 2) and not first & 0x70:
            if opcode:
                self._is_binary = opcode == 2
            self._fragments.append(payload)
            if first & 0x80:
                whole, self._fragments = b"".join(self._fragments), []
                self._message(whole, binary=self._is_binary)
        elif first == 0x88:
            self._closed(payload)
        elif first == 0x89:
            self._write(client_frame(10, payload))
        elif first != 0x8A:
            words = f"received a frame that begins with the byte 0x{first:02x}"
            self._tally.fault(self.name, Violation("protocol", 1, words))

    def _closed(self, payload: bytes) -> None:
        self.close = Close.parse(payload)
        self._note_left()
        if not self._close_sent:
            self._close_sent = True
            self._write(client_frame(8, payload[:2]))

    def _message(self, payload: bytes, *, binary: bool) -> None:
        try:
            payload = self._dialect.encoding.decoded(payload, binary=binary)
            message = self._tally.verifier.read(payload)
        except Undecodable as problem:
            words = f"received a message that {problem}"
            self._tally.fault(self.name, Violation("contract", 1, words))
            return
        except ValueError as problem:
            words = f"received what cannot be read: {problem} ({payload[:120]!r})"
            self._tally.fault(self.name, Violation("contract", 1, words))
            return
        self._tally.check(self.name, payload)
        parts = message.parts or (message,)
        if any(part.is_tick for part in parts):
            self._tally.keep(self.name, payload)
        for part in parts:
            self._take_message(part)

    def _take_message(self, message: Message) -> None:
        self._tally.kinds["tick" if message.is_tick else message.kind] += 1
        if message.is_tick:
            if self._sequence is None:
                words = f"received {message} before it had subscribed"
                self._tally.fault(self.name, Violation("unsubscribed", 1, words))
                return
            for fault in self._sequence.take(message):
                self._tally.fault(self.name, fault)
            self._wake(self.ticked)
            return
        if message.kind == "error":
            words = f"was told of an error that it had not made: {message.text!r}"
            self._tally.fault(self.name, Violation("contract", 1, words))
        if message.kind == "pong" and self._awaits_pong:
            self._awaits_pong = False
            self._take_welcome(None)
            return
        self._say(self._conversation.heard(message))
        self._ping_where_nobody_is_welcomed()
        if message.kind == "connection":
            self._take_welcome(message.text or None)
        elif self._conversation.is_acknowledged:
            self._wake(self.acknowledged)

    def _take_welcome(self, session_id: str | None) -> None:
        self.welcomed_at = time.monotonic()
        self.session_id = session_id
        self._wake(self.welcomed)

    @staticmethod
    def _wake(event: asyncio.Future[bool]) -> None:
        if not event.done():
            event.set_result(True)

    def summary(self) -> str:
        """Say how far it came, for sentences."""
        if self.refusal:
            return f"was answered with {self.refusal}"
        if self.close is not None:
            reason = f' "{self.close.reason}"' if self.close.reason else " without a reason"
            return f"was closed with {self.close.code}{reason}"
        if self.welcomed_at is None:
            how = "was cut off" if self.gone.done() else "waited in vain"
            return f"{how} {'after' if self._open else 'during'} the handshake, without a welcome"
        return "was cut off" if self.gone.done() else "is connected"
