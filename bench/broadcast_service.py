"""Part (b): a ticker service on `websockets.broadcast`, one call per tick.

It does less than the reference service: no authentication, no limits, no eviction of the slow.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import uuid
from collections import defaultdict
from typing import Any

import uvloop
from redis.asyncio import Redis
from websockets.asyncio.server import ServerConnection, broadcast, serve

subscribers: defaultdict[str, set[ServerConnection]] = defaultdict(set)


async def relay(pubsub: Any) -> None:
    """Send every tick to everybody who subscribed to its symbol."""
    async for message in pubsub.listen():
        if message["type"] == "pmessage":
            text = message["data"].decode()
            broadcast(subscribers[json.loads(text)["symbol"]], text)


async def ticks(connection: ServerConnection) -> None:
    """Serve one client."""
    welcome = {"type": "connection", "status": "connected", "session_id": str(uuid.uuid4())}
    await connection.send(json.dumps(welcome))
    wanted: set[str] = set()
    try:
        async for text in connection:
            symbols = json.loads(text)["symbols"]
            wanted |= set(symbols)
            for symbol in symbols:
                subscribers[symbol].add(connection)
            await connection.send('{"type":"subscribed"}')
    finally:
        for symbol in wanted:
            subscribers[symbol].discard(connection)


async def main() -> None:
    """Serve until told to end."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    redis: Any = Redis.from_url(os.environ["FEED_URL"])
    async with redis, redis.pubsub() as pubsub:
        await pubsub.psubscribe("ticker:*")
        relaying = asyncio.create_task(relay(pubsub))
        async with serve(ticks, "127.0.0.1", 0, compression=None) as server:
            print(f"broadcasting on port {server.sockets[0].getsockname()[1]}", flush=True)
            await stop.wait()
        relaying.cancel()


if __name__ == "__main__":
    uvloop.run(main())
