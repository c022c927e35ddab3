"""Where a ticker of another dialect takes its ticks from, by the address: Redis, NATS, ZeroMQ."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import redis.asyncio

Take = Callable[[bytes], None]
Tell = Callable[[str], None]
AGAIN_S = 0.1


Settle = Callable[[], Awaitable[None]]
SETTLE: list[Settle] = []
"""What waits until all that the broker had has been taken, where the feed can tell."""


async def listen(url: str, take: Take, tell: Tell) -> None:
    """Take what is published, for ever; tell clients when the feed is lost, and found again."""
    scheme = url.partition("://")[0]
    if scheme == "nats":
        await _nats(url, take, tell)
    elif scheme == "tcp":
        await _zeromq(url, take)
    elif os.environ.get("FEED") == "streams":
        await _streams(url, take)
    else:
        await _redis(url, take)


async def settle(within_s: float) -> None:
    """Wait until all that was published before has been taken, as far as the feed can tell."""
    for each in SETTLE:
        with suppress(TimeoutError):
            await asyncio.wait_for(each(), within_s)


async def _redis(url: str, take: Take) -> None:
    while True:
        try:
            async with redis.asyncio.from_url(url) as client, client.pubsub() as feed:
                await feed.psubscribe("ticker:*")
                async for message in feed.listen():
                    if message["type"] == "pmessage":
                        take(message["data"])
        except (redis.RedisError, OSError):
            await asyncio.sleep(AGAIN_S)


async def _streams(url: str, take: Take) -> None:
    """Read the stream of the target `tokens`, from where it ends now; later from where it was."""
    stream, last = "ticker:nifty:options", ""
    while True:
        try:
            async with redis.asyncio.from_url(url) as client:
                if not last:
                    found: Any = await client.xrevrange(stream, count=1)
                    last = found[0][0].decode() if found else "0-0"
                while True:
                    answer: Any = await client.xread({stream: last}, block=1000)
                    for _, entries in answer:
                        for number, entry in entries:
                            last = number.decode()
                            take(entry[b"data"])
        except (redis.RedisError, OSError):
            await asyncio.sleep(AGAIN_S)


async def _nats(url: str, take: Take, tell: Tell) -> None:
    """Subscribe to `md.>`; a line on which the server does not answer pings is given up."""
    import nats
    import nats.errors
    from nats.aio.msg import Msg

    was_lost, came_back = False, asyncio.Event()

    async def heard(message: Msg) -> None:
        nonlocal was_lost
        if was_lost:
            was_lost = False
            tell("recovered")
        if message.subject == probe:
            came_back.set()
        else:
            take(message.data)

    async def quiet(problem: Exception) -> None:
        """Say nothing: what it comes to is that the line ends."""

    while True:
        ended = asyncio.Event()

        async def gone(ended: asyncio.Event = ended) -> None:
            ended.set()

        with suppress(nats.errors.Error, OSError, TimeoutError):
            line = await nats.connect(
                url,
                allow_reconnect=False,
                connect_timeout=2,
                ping_interval=1,
                max_outstanding_pings=2,
                error_cb=quiet,
                closed_cb=gone,
            )
            probe = f"md.probe.{line.client_id}"
            await line.subscribe("md.>", cb=heard)
            await line.publish(probe, b"")

            async def settled(line: nats.NATS = line, probe: str = probe) -> None:
                came_back.clear()
                await line.publish(probe, b"")  # behind all that the server has sent
                await came_back.wait()

            SETTLE[:] = [settled]
            await ended.wait()
            SETTLE.clear()
            was_lost = True
            tell("degraded")
        await asyncio.sleep(AGAIN_S)


async def _zeromq(url: str, take: Take) -> None:
    """Subscribe to all topics that begin with `ticker:`; what comes are topic and payload."""
    import zmq
    import zmq.asyncio

    with zmq.asyncio.Context() as context, context.socket(zmq.SUB) as line:
        line.setsockopt(zmq.LINGER, 0)
        line.setsockopt(zmq.RCVHWM, 0)
        line.connect(url)
        line.subscribe(b"ticker:")
        while True:
            _, payload = await line.recv_multipart()
            take(payload)
