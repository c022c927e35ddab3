"""Slow clients: one stops reading, one trickles. How does the service end them?

Both set a small receive buffer before they connect: otherwise the kernel takes some megabytes on
the client's behalf, and the service cannot know that nobody reads.
"""

from __future__ import annotations

import asyncio
import select
import socket
import time
from collections import deque
from collections.abc import Callable

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from qaws.load.plan import Group
from qaws.load.refusal import Refusal
from qaws.load.result import ClosedClient, SlowRecord
from qaws.load.subscriber.connection import new_handshake, refusal_in_words
from qaws.load.subscriber.conversation import Conversation
from qaws.load.subscriber.ordering import Sequence
from qaws.load.subscriber.shared_stream import SharedStream
from qaws.load.violation import Violation
from qaws.measure.clock import now_us
from qaws.measure.line import Line
from qaws.measure.schedstat import own_wait_ms
from qaws.protocol.answers import as_http_1_1
from qaws.protocol.encoding import Undecodable
from qaws.runtime.dialing import Bytes, connected_socket
from qaws.runtime.trust import context_for

LOOK_EVERY_S = 0.05
"""How often a client that does not read looks whether it has been cut off."""

READ_OUT_S = 8.0
"""How long reading what is left may take at the end."""

QUIET_S = 1.0
"""When nothing has come for so long, nothing more will."""

BREATH_S = 0.05
"""When nothing has come for so long, and what has piled up was looked at, that was all of it."""

GLANCE_S = 0.005
"""When nothing has come for so long, one more portion of what has piled up is looked at."""

PORTION, MOST_BACKLOG = 64 * 1024, 16 * 1024 * 1024
"""How many bytes are read at a time, and how many before they are looked at."""

READ_OUT_BUFFER = 64 * 1024
"""SO_RCVBUF for reading what has piled up. Megabytes at once would be faster, but on one machine
the kernel then spends a third of a second on behalf of the sender: the service would stand still.
"""


class SlowClient:
    """One slow client, on a socket of its own; every tick that it does read is checked."""

    def __init__(
        self,
        name: str,
        group: Group,
        shared: SharedStream,
        on_fault: Callable[[str, Violation], None],
    ) -> None:
        self.record = SlowRecord(name)
        self.read_again = asyncio.Event()
        self._name = name
        self._group = group
        self._shared = shared
        self._on_fault = on_fault
        self._sequence: Sequence = shared.new_sequence()
        self._socket: socket.socket
        self._bytes: Bytes
        self._line: Line
        self._protocol: ClientProtocol
        self._leaving = False
        self._said_goodbye = False
        self._over = False
        self._fragments: list[bytes] = []
        self._is_binary = False
        self._encoding = shared.verifier.dialect.encoding
        self._conversation: Conversation
        self._owed: list[str] = []
        self._refused = ""
        self._receiving: asyncio.Task[bytes] | None = None
        self._ending: str | None = None

    async def open(
        self,
        url: str,
        headers: dict[str, str],
        conversation: Conversation,
        authority: str = "",
        compression: bool = False,
    ) -> None:
        """Connect with the small buffer, subscribe, and wait for the acknowledgement.

        Raises:
            Refusal: the service does not let this client in.
            OSError: nobody listens there.
        """
        self._protocol = new_handshake(url, headers, compression)
        uri = self._protocol.uri
        buffer = self._group.receive_buffer or 0
        self._socket = await connected_socket(uri.host, uri.port, buffer)
        self._bytes = Bytes(self._socket, context_for(url, authority), uri.host)
        await self._bytes.shake_hands()
        await self._write_out()
        self._conversation, opened = conversation, False
        while not conversation.is_acknowledged:
            await self._receive(16_384)
            problem = self._protocol.handshake_exc
            if problem or self._refused or self._over:
                answered = refusal_in_words(problem) if problem else str(self.record.closed)
                raise Refusal(self._refused or answered)
            if not opened and self._protocol.state is State.OPEN:
                opened = True
                await self._say(conversation.opened())

    async def _say(self, texts: list[str]) -> None:
        """Say what is owed, and what is wished for once this client is welcome."""
        conversation = self._conversation
        for text in texts + (conversation.wishes() if conversation.is_welcome else []):
            message = self._encoding.wire(text)
            if isinstance(message, str):
                self._protocol.send_text(message.encode())
            else:
                self._protocol.send_binary(message)
        await self._write_out()

    async def run(self) -> None:
        """Be slow until told to read again, then read to the end. Cancel to end it at once."""
        again = asyncio.create_task(self._until_told())
        self._line = Line(self._socket)
        self.record.line = self._line.record
        try:
            if self._group.behaviour == "trickles":
                before = self.record.bytes
                await self._trickle()
                self.record.trickled = self.record.bytes - before
            else:
                await self._look_on()
            self._line.look()
            before_ms = own_wait_ms()
            try:
                await self._read_out()
            finally:
                self.record.waited_ms = own_wait_ms() - before_ms
        finally:
            again.cancel()
            if self._receiving is not None:
                self._receiving.cancel()
            self._socket.close()

    async def _until_told(self) -> None:
        if (after := self._group.read_again_after_s) is not None:
            await asyncio.sleep(after)
            self.read_again.set()

    def leave(self) -> None:
        """Let the client read what there is, and close with 1000 if the service has not closed."""
        self._leaving = True
        self.read_again.set()

    async def _look_on(self) -> None:
        """Read nothing; notice when the service cuts the connection all the same."""
        poll = select.poll()
        poll.register(self._socket, 0)
        while not self.read_again.is_set():
            if self.record.cut_us is None and poll.poll(0):
                self.record.cut_us = now_us()
            self._line.look_now_and_then()
            await _wait(self.read_again, LOOK_EVERY_S)

    async def _trickle(self) -> None:
        while not self.read_again.is_set() and not self._over:
            await _wait(self.read_again, self._group.trickle_every_s)
            self._line.look_now_and_then()
            if not self.read_again.is_set():
                await self._receive(self._group.trickle_bytes)

    async def _read_out(self) -> None:
        """Read at full speed until the service ends the connection, or until told to leave.

        A client that leaves says so only when nothing more comes: to a connection that the service
        has closed already, that would be answered by a reset, and what it has sent would be lost.
        """
        self.record.read_again_us = now_us()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READ_OUT_BUFFER)
        deadline: float | None = None
        while not self._over and (deadline is None or time.monotonic() < deadline):
            if self._leaving and deadline is None:
                deadline = time.monotonic() + READ_OUT_S
            came = await self._receive_backlog()
            if self._leaving and not came and not self._said_goodbye:
                self._said_goodbye = True
                self._protocol.send_close(1000)
                await self._write_out()

    async def _receive_backlog(self) -> bool:
        """Read what has piled up, and take what it contains; return whether anything came.

        Whatever can be read is read before more is looked at: a service gives who was evicted a few
        seconds to leave. Those are for the line, and not for this process, which has megabytes to
        check.
        """
        backlog: deque[bytes] = deque()
        data, came = await self._read(PORTION, QUIET_S), False
        while data or backlog:
            if data:
                came = True
                backlog.append(data)
            else:
                await self._digest(backlog.popleft())
            if self._ending is not None or len(backlog) * PORTION >= MOST_BACKLOG:
                data = None
                await asyncio.sleep(0)  # another one may have to read
            else:
                data = await self._read(PORTION, GLANCE_S if backlog else BREATH_S)
        if self._ending is not None:
            self._end(1006, self._ending)
        return came

    async def _receive(self, most: int, within_s: float | None = None) -> bool:
        """Read up to `most` bytes and take what they contain; return whether anything came."""
        data = await self._read(most, within_s)
        if data:
            await self._digest(data)
        elif self._ending is not None:
            self._end(1006, self._ending)
        return bool(data)

    async def _read(self, most: int, within_s: float | None) -> bytes | None:
        """Read up to `most` bytes; None: nothing came in time; none: the line has ended.

        What is not there in time is waited for the next time: a read that is given up at the
        moment at which it is done would lose what it has read.
        """
        loop = asyncio.get_running_loop()
        if self._receiving is None:
            self._receiving = loop.create_task(self._bytes.receive(most))
        done, _ = await asyncio.wait({self._receiving}, timeout=within_s)
        if not done:
            return None
        receiving, self._receiving = self._receiving, None
        try:
            data = receiving.result()
        except OSError as problem:
            self._ending = str(problem)
            return b""
        if not data:
            self._ending = "cut without a close frame"
        await asyncio.sleep(0)  # what is there at once does not suspend by itself
        return data

    async def _digest(self, data: bytes) -> None:
        """Take what bytes contain."""
        self.record.bytes += len(data)
        if self._protocol.state is State.CONNECTING:
            data = as_http_1_1(data)
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
        if self._protocol.parser_exc is not None and not self._over:
            words = f"received no WebSocket: {self._protocol.parser_exc}"
            self._on_fault(self._name, Violation("protocol", 1, words))
            self._over = True
        owed, self._owed = self._owed, []
        if self._protocol.state is State.OPEN:
            await self._say(owed)
        await self._write_out()

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            close = self._protocol.close_rcvd
            assert close
            self._end(close.code, close.reason)
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            if frame.opcode is not Opcode.CONT:
                self._is_binary = frame.opcode is Opcode.BINARY
            self._fragments.append(bytes(frame.data))
            if frame.fin:
                payload, self._fragments = b"".join(self._fragments), []
                self._message(payload)

    def _message(self, payload: bytes) -> None:
        try:
            said = self._encoding.decoded(payload, binary=self._is_binary)
            message, fault = self._shared.read(said)
        except ValueError as problem:
            what = "a message that" if isinstance(problem, Undecodable) else "nonsense:"
            words = f"received {what} {problem}"
            self._on_fault(self._name, Violation("contract", 1, words))
            return
        faults = [fault] if fault else []
        for part in message.parts or (message,):
            if part.is_tick:
                self.record.ticks += 1
                faults += self._sequence.take(part)
                continue
            if part.kind == "error":
                self._refused = f"answered with the error {part.text!r}"
            self._owed += self._conversation.heard(part)
        for wrong in faults:
            self._on_fault(self._name, wrong)

    def _end(self, code: int, reason: str) -> None:
        if not self._over and not (self._said_goodbye and code == 1000):
            self.record.closed = ClosedClient(self._name, code, reason, now_us())
        self._over = True

    async def _write_out(self) -> None:
        data = b"".join(self._protocol.data_to_send())
        if data:
            try:
                await self._bytes.send(data)
            except OSError as problem:
                self._end(1006, str(problem))


async def _wait(event: asyncio.Event, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return
