"""The socket of a functional client: hands every frame on at the moment of its arrival."""

from __future__ import annotations

from typing import Protocol

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ProtocolError
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.protocol import Event


class Owner(Protocol):
    """Who wants to know what arrives."""

    def arrived(self, frame: WireFrame) -> None:
        """Take a frame that has just arrived."""

    def answered(self, event: Event) -> None:
        """Take the answer to the handshake."""

    def misunderstood(self, problem: Exception) -> None:
        """Take note of bytes that are against RFC 6455."""

    def ended(self) -> None:
        """Take note of the end of the network connection."""


class Recorder(ClientConnection):
    """A websockets connection that hands every frame to its log on arrival."""

    owner: Owner

    def process_event(self, event: Event) -> None:
        """Hand a frame on; only control frames go on to the library, which answers them."""
        if isinstance(event, WireFrame):
            self.owner.arrived(event)
            if event.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                super().process_event(event)
        else:
            self.owner.answered(event)
            super().process_event(event)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and hand on why it could not be."""
        super().data_received(data)
        if isinstance(self.protocol.parser_exc, ProtocolError | UnicodeDecodeError):
            self.owner.misunderstood(self.protocol.parser_exc)

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand on that the network connection has ended."""
        self.owner.ended()
        super().connection_lost(exc)
