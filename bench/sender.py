"""The sender of part (a): admits clients, then writes the same pre-framed bytes to all of them.

    python -m bench.sender CLIENTS TICKS [HOW] [FLAW…]

It prints its port. A connection that begins with `CONTROL` is told, one JSON object a line, when
all clients are subscribed, and how the sending went; "go" from it starts the sending. When it hangs
up, the sender ends. There is one stream, as fast as the receivers take it: to each client in turn
one write of some 50 ticks, past those whose buffers are full. HOW is one of `bench.stream.Own`:
with `text`, `time` or `counter` the ticks of each client bear one of its own, so that no two
clients get the same bytes.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import cast, get_args

import uvloop
from websockets.extensions.permessage_deflate import (
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from bench.stream import IN_TEXT, Flaw, Own, deflated_slices, in_text, payloads, slices, streams
from qaws.measure.clock import now_us

CONTROL = b"CONTROL\n"
WELCOME = b'{"type":"connection","status":"connected","session_id":"bench"}'
SUBSCRIBED = b'{"type":"subscribed","totals":{"instruments":0,"symbols":1,"underlyings":0}}'
COMPRESSION: dict[Own, list[ServerPerMessageDeflateFactory]] = {
    "deflated": [ServerPerMessageDeflateFactory(server_no_context_takeover=True)],
    "remembered": [ServerPerMessageDeflateFactory()],
}
"""What is agreed to with clients that offer compression."""

LEAD_S = 0.1
"""From the word "go" to the first write."""


class Client(asyncio.Protocol):
    """One connection: a client, or the control connection."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.protocol = ServerProtocol(extensions=COMPRESSION.get(sender.own))
        self._is_control = False
        self._begun = False
        self.pieces: list[bytes] = []
        self.position = 0
        self.paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=1)

    def data_received(self, data: bytes) -> None:
        """Answer the handshake, a subscription, a ping, a close; or obey the bench."""
        if not self._begun:
            self._begun, self._is_control = True, data.startswith(CONTROL)
            if self._is_control:
                self._sender.controlled_by(self.transport)
                data = data.removeprefix(CONTROL)
        if self._is_control:
            if b"go" in data:
                self._sender.go()
            return
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            if isinstance(event, Request):
                response = self.protocol.accept(event)
                self.protocol.send_response(response)
                self.protocol.send_text(WELCOME)
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self.protocol.send_text(SUBSCRIBED)
                self._sender.subscribed(self)
        if answer := b"".join(self.protocol.data_to_send()):
            self.transport.write(answer)
        if self.protocol.close_expected():
            self.transport.close()

    def pause_writing(self) -> None:
        """Note that the client's buffers are full."""
        self.paused = True

    def resume_writing(self) -> None:
        """Note that the client's buffers have room."""
        self.paused = False
        self._sender.room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the client go; without the control connection the sender ends."""
        self._sender.gone(self, self._is_control)

    @property
    def is_open(self) -> bool:
        """Return whether ticks may still be written."""
        return self.protocol.state is State.OPEN and not self.transport.is_closing()


class Sender:
    """The server and its one stream."""

    def __init__(self, clients: int, ticks: int, own: Own, flaws: list[Flaw]) -> None:
        self._expected, self._ticks, self.own, self._flaws = clients, ticks, own, flaws
        self._clients: list[Client] = []
        self._control: asyncio.Transport | None = None
        self._sending: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        self.room = asyncio.Event()

    async def run(self) -> None:
        """Serve until the control connection ends."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Client(self), "127.0.0.1", 0, backlog=1024)
        print(f"port {server.sockets[0].getsockname()[1]}", flush=True)
        await self._over.wait()
        server.close()

    def controlled_by(self, transport: asyncio.Transport) -> None:
        """Take orders from the bench."""
        self._control = transport
        self._tell_subscribed()

    def subscribed(self, client: Client) -> None:
        """Count a client in."""
        self._clients.append(client)
        self._tell_subscribed()

    def gone(self, client: Client, was_control: bool) -> None:
        """Count a client out."""
        if was_control:
            self._over.set()
        client.position = sys.maxsize
        self.room.set()

    def _tell_subscribed(self) -> None:
        if len(self._clients) >= self._expected:
            self._tell({"subscribed": len(self._clients)})

    def _tell(self, what: dict[str, float | int]) -> None:
        if self._control is not None:
            self._control.write(json.dumps(what).encode() + b"\n")

    def go(self) -> None:
        """Begin to send."""
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send())

    def _deflated(self, ticks: list[bytes]) -> list[bytes]:
        """Return what all get: each has had the same before, so that it is deflated the same."""
        if self.own == "deflated":
            return deflated_slices(ticks)
        (agreed,) = self._clients[0].protocol.extensions
        assert isinstance(agreed, PerMessageDeflate)
        return deflated_slices(ticks, agreed.encoder)

    async def _send(self) -> None:
        """Send the stream to every client, as fast as they take it."""
        own_s = len(self._clients) * self._ticks * 4e-6 if self.own else 0.0
        due_us = now_us() + int((LEAD_S + self._ticks * 6e-5 + own_s) * 1e6)
        ticks = payloads(self._ticks, due_us, self._flaws)
        if self.own.endswith(IN_TEXT):
            ticks = list(map(in_text, ticks))
        same = self.own in ("", *COMPRESSION)
        pieces = self._deflated(ticks) if self.own in COMPRESSION else slices(ticks)
        for number, client in enumerate(self._clients, 1):
            client.pieces = pieces if same else streams(ticks, number, self.own)
        await asyncio.sleep(max(0.0, (due_us - now_us()) / 1e6))
        begun_us, begun_cpu = now_us(), time.process_time()
        while active := [c for c in self._clients if c.position < len(c.pieces) and c.is_open]:
            ready = [client for client in active if not client.paused]
            for client in ready:
                client.transport.write(client.pieces[client.position])
                client.position += 1
            if ready:
                await asyncio.sleep(0)
                continue
            self.room.clear()
            await self.room.wait()
        self._tell(
            {
                "begun_us": begun_us,
                "sent_us": now_us(),
                "cpu_s": time.process_time() - begun_cpu,
                "stream_bytes": sum(map(len, pieces)),
            }
        )


def main(arguments: list[str]) -> None:
    """Run one sender."""
    clients, ticks, *rest = arguments
    own: Own = next((own for own in get_args(Own) if own in rest), "")
    flaws = [Flaw.read(text) for text in rest if text != own]
    uvloop.run(_run(int(clients), int(ticks), own, flaws))


async def _run(clients: int, ticks: int, own: Own, flaws: list[Flaw]) -> None:
    await Sender(clients, ticks, own, flaws).run()


if __name__ == "__main__":
    main(sys.argv[1:])
