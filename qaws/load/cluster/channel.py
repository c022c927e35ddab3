"""The child's end of the control connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from qaws.load.cluster import wire


class ControlChannel:
    """What a worker or the publisher speaks through; messages come from `reader`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self._writer = writer

    def send(self, message: wire.Message) -> None:
        """Send a message, as soon as the network takes it."""
        if not self._writer.is_closing():
            self._writer.write(wire.packed(message))

    async def beat(self, progress: Callable[[], wire.Progress]) -> None:
        """Say how far things are, every half second, until cancelled: the sign of life."""
        while True:
            self.send(progress())
            await asyncio.sleep(wire.HEARTBEAT_S)

    async def drain(self) -> None:
        """Wait until everything is on its way."""
        await self._writer.drain()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()
