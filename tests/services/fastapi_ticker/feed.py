"""The feed: ticks from Redis Pub/Sub, for as long as the service lives, whatever Redis does.

redis-py heals a connection without a word when it is allowed to; here each loss must be heard of,
so that it does not retry, and this module connects again itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

log = logging.getLogger("ticker.feed")

CONNECT_S = 2.0
"""How long connecting and subscribing may take."""
ASK_S = 1.0
"""After how much silence Redis is asked whether it is there."""
SILENT_S = 4.0
"""After how much silence it is given up."""
AGAIN_S = 0.2
"""How long to wait before the next attempt."""


class Feed:
    """Calls `on_tick` with each payload, and `on_status` when the feed is lost or found."""

    def __init__(
        self, url: str, on_tick: Callable[[bytes], None], on_status: Callable[[bool], None]
    ) -> None:
        self._url, self._on_tick, self._on_status = url, on_tick, on_status
        self.connected = False
        self._pubsub: Any = None
        self._drained = asyncio.Event()

    async def run(self) -> None:
        """Listen, and begin again whenever that ends."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as problem:
                log.warning("the feed is lost: %s", type(problem).__name__)
            self._lost()
            await asyncio.sleep(AGAIN_S)

    async def drain(self, within_s: float) -> None:
        """Return once all that Redis had when this was called has come, or time is up."""
        if not self.connected:
            return
        with suppress(RedisError, OSError, TimeoutError):
            async with asyncio.timeout(within_s):
                await self._pubsub.ping(b"drain")
                await self._drained.wait()

    def _lost(self) -> None:
        if self.connected:
            self.connected = False
            self._on_status(False)

    async def _listen(self) -> None:
        redis = Redis.from_url(
            self._url,
            retry=Retry(NoBackoff(), 0),
            socket_connect_timeout=CONNECT_S,
            socket_timeout=CONNECT_S,
        )
        pubsub = self._pubsub = redis.pubsub()
        try:
            async with asyncio.timeout(CONNECT_S):
                await pubsub.psubscribe("ticker:*")
                while (await pubsub.get_message(timeout=CONNECT_S) or {}).get(
                    "type"
                ) != "psubscribe":
                    pass
            self.connected = True
            self._on_status(True)
            log.info("the feed is there")
            await self._read(pubsub)
        finally:
            with suppress(Exception):
                async with asyncio.timeout(CONNECT_S):
                    await pubsub.aclose()
                    await redis.aclose()

    async def _read(self, pubsub: Any) -> None:
        heard = asked = time.monotonic()
        while True:
            message = await pubsub.get_message(timeout=ASK_S / 2)
            now = time.monotonic()
            if message is None:
                if now - heard > SILENT_S:
                    raise TimeoutError
                if now - asked > ASK_S:
                    asked = now
                    await pubsub.ping(b"there?")
                continue
            heard = now
            if message["type"] == "pmessage":
                self._on_tick(message["data"])
            elif message["type"] == "pong" and message["data"] == b"drain":
                self._drained.set()
