"""Services that let slow clients go, or keep them, each as a process of its own.

python -m tests.services.evicting SmallWindows redis://127.0.0.1:6379/0
"""

import asyncio
import socket
import sys

from tests.services.scripted import Ticker, as_process

SCALES = 6
"""Where TCP_INFO has how far both windows are scaled, the peer's in the lower half (tcp(7))."""


class Patient(Ticker):
    """Lets nobody go by itself."""

    async def _evict(self, client):
        self.clients.remove(client)
        self.held.append(asyncio.create_task(client.close(1008, "slow consumer")))

    async def left(self, client):
        if client in self.clients:
            await super().left(client)


class SmallWindows(Patient):
    """Takes a client with a small window for slow, and lets it go before it has shown anything."""

    async def deliver(self, client, tick, text):
        end = client.connection.transport.get_extra_info("socket")
        info = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)
        if info[SCALES] & 0x0F == 0:
            await self._evict(client)
        else:
            await super().deliver(client, tick, text)


class Watchful(Patient):
    """Lets a client go for which bytes wait that the system has not taken."""

    async def deliver(self, client, tick, text):
        if not client.wants(tick):
            return
        if client.connection.transport.get_write_buffer_size():
            await self._evict(client)
        else:
            await super().deliver(client, tick, text)


if __name__ == "__main__":
    asyncio.run(as_process(globals()[sys.argv[1]](sys.argv[2])))
