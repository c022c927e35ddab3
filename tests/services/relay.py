"""A relay, as docker-proxy or a tunnel: it takes every connection, whoever is behind it or not."""

import asyncio
import contextlib

from tests.services.scripted import OnThread, end_other_tasks


class Relay(OnThread):
    """Passes on what comes; whom it cannot pass on it closes at once."""

    def __init__(self, to_port):
        self.to_port = to_port
        self.turned_away = 0

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/ws/ticks"

    async def main(self):
        async with await asyncio.start_server(self._take, "127.0.0.1", 0) as server:
            self.port = server.sockets[0].getsockname()[1]
            await self.until_stopped()
            await end_other_tasks()

    async def _take(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.to_port)
        except OSError:
            self.turned_away += 1
            writer.transport.abort()
            return
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    @staticmethod
    async def _pump(reader, writer):
        with contextlib.suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()
