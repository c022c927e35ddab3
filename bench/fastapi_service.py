"""Part (b): a ticker service as one writes it with FastAPI: each tick is sent to each client.

It does less than the reference service: no authentication, no limits, no eviction of the slow.
"""

from __future__ import annotations

import asyncio
import json
import os
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import (  # type: ignore[import-not-found, unused-ignore]
    FastAPI,
    WebSocket,
    WebSocketDisconnect,
)
from redis.asyncio import Redis

subscribers: defaultdict[str, set[WebSocket]] = defaultdict(set)


async def relay(pubsub: Any) -> None:
    """Send every tick to everybody who subscribed to its symbol."""
    async for message in pubsub.listen():
        if message["type"] != "pmessage":
            continue
        text = message["data"].decode()
        symbol = json.loads(text)["symbol"]
        for websocket in list(subscribers[symbol]):
            try:
                await websocket.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                subscribers[symbol].discard(websocket)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Listen to the feed for as long as the service lives."""
    redis: Any = Redis.from_url(os.environ["FEED_URL"])
    async with redis, redis.pubsub() as pubsub:
        await pubsub.psubscribe("ticker:*")
        relaying = asyncio.create_task(relay(pubsub))
        yield
        relaying.cancel()
        with suppress(asyncio.CancelledError):
            await relaying


app = FastAPI(lifespan=lifespan)


@app.get("/health")  # type: ignore[misc, untyped-decorator, unused-ignore]
async def health() -> dict[str, str]:
    """Say that the service is up."""
    return {"status": "ok"}


@app.websocket("/ws/ticks")  # type: ignore[misc, untyped-decorator, unused-ignore]
async def ticks(websocket: WebSocket) -> None:
    """Serve one client."""
    await websocket.accept()
    await websocket.send_json(
        {"type": "connection", "status": "connected", "session_id": str(uuid.uuid4())}
    )
    wanted: set[str] = set()
    try:
        while True:
            command = await websocket.receive_json()
            wanted |= set(command["symbols"])
            for symbol in command["symbols"]:
                subscribers[symbol].add(websocket)
            await websocket.send_json({"type": "subscribed"})
    except WebSocketDisconnect:
        pass
    finally:
        for symbol in wanted:
            subscribers[symbol].discard(websocket)
