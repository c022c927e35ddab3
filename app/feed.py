"""The service's ear on the broker: Redis Pub/Sub, listened to for as long as the service lives.

Pub/Sub keeps nothing for a listener that is away. So a lost connection is announced at once,
however short it was, and found again with no help from outside.
"""

import asyncio
import contextlib
import logging
import math
import uuid
from typing import Any, Protocol

from redis.asyncio.connection import AbstractConnection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import DecorrelatedJitterBackoff, NoBackoff
from redis.exceptions import RedisError

from app.tasks import end

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 2.0
PAUSES_S = {"base": 0.05, "cap": 1.0}
"""Between two attempts, the shortest and the longest: a broker that is back is seen so late."""
HEALTH_INTERVAL_S = 1.0
HEALTH_TIMEOUT_S = 2.0


class FeedSilent(Exception):
    """The broker took a question, and said nothing at all."""


class Listener(Protocol):
    """What the feed tells."""

    def on_tick(self, channel: bytes, payload: bytes) -> None:
        """Take one published payload."""

    def on_feed_lost(self) -> None:
        """Learn that ticks may be missed from now on."""

    def on_feed_found(self) -> None:
        """Learn that ticks arrive again: the next call of on_tick is the first of them."""


class Feed:
    """Listens to a channel pattern, and reconnects for ever.

    ``connected`` tells whether the pattern is subscribed now. ``attempted`` is set when the
    first attempt to subscribe has succeeded or failed.
    """

    def __init__(self, url: str, pattern: str, listener: Listener) -> None:
        # RESP2 and no retries: the plainest way in (fewest calls per message), and no outage
        # that the library would mend, and hide, by itself.
        self._pool = ConnectionPool.from_url(
            url,
            protocol=2,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._pattern = pattern
        self._listener = listener
        self._connection: AbstractConnection | None = None
        self._fences: dict[bytes, asyncio.Future[None]] = {}
        self._was_heard = False
        self.connected = False
        self.attempted = asyncio.Event()

    async def run(self) -> None:
        """Listen until cancelled."""
        pauses = DecorrelatedJitterBackoff(**PAUSES_S)
        while True:
            try:
                await self._listen_once()
            except (RedisError, OSError, FeedSilent) as error:
                is_news = self.connected or not self.attempted.is_set()
                logger.log(logging.WARNING if is_news else logging.DEBUG, "feed away: %s", error)
            if self.connected:
                pauses.reset()
            self._lose()
            self.attempted.set()
            await asyncio.sleep(pauses.compute(0))

    async def fence(self) -> None:
        """Return when everything published before this call has been handed to the listener.

        The broker answers on the same connection, in order: behind what it sent before. Without
        a connection there is nothing to wait for.
        """
        if not self.connected or self._connection is None:
            return
        mark = uuid.uuid4().bytes
        passed = self._fences[mark] = asyncio.get_running_loop().create_future()
        try:
            await self._connection.send_command("PING", mark, check_health=False)
            await passed
        finally:
            self._fences.pop(mark, None)

    async def _listen_once(self) -> None:
        """Connect, subscribe, and listen until the connection fails.

        Raises:
            RedisError, OSError: the broker is away, refuses, or hung up.
            FeedSilent: the broker no longer answers.
        """
        connection: AbstractConnection
        connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        self._connection = connection
        tasks: list[asyncio.Task[None]] = []
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
            await connection.send_command("PSUBSCRIBE", self._pattern, check_health=False)
            tasks = [
                asyncio.create_task(self._read(connection)),
                asyncio.create_task(self._watch()),
            ]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await end(*tasks)
            self._connection = None
            with contextlib.suppress(RedisError, OSError):
                await connection.disconnect(nowait=True)

    async def _read(self, connection: AbstractConnection) -> None:
        while True:
            self._handle(await connection.read_response(timeout=math.inf))

    def _handle(self, reply: Any) -> None:
        """Take one reply of the broker: ``[kind, …]`` (Redis Pub/Sub, RESP2)."""
        self._was_heard = True
        kind = reply[0]
        if kind == b"pmessage":
            self._listener.on_tick(reply[2], reply[3])
        elif kind == b"pong":
            passed = self._fences.get(reply[1])
            if passed and not passed.done():
                passed.set_result(None)
        elif kind == b"psubscribe":
            self._find()

    async def _watch(self) -> None:
        """Ask for a sign of life at intervals.

        A broker that stalls, or a network that swallows, breaks no connection; but under a
        backlog the answer may be late, so that any reply counts.

        Raises:
            FeedSilent: nothing came for HEALTH_TIMEOUT_S.
        """
        while True:
            await asyncio.sleep(HEALTH_INTERVAL_S)
            self._was_heard = False
            try:
                async with asyncio.timeout(HEALTH_TIMEOUT_S):
                    await self.fence()
                    if self.connected:
                        continue
            except TimeoutError:
                pass
            if not self._was_heard:
                raise FeedSilent(f"the broker has been silent for {HEALTH_TIMEOUT_S:g} s")

    def _find(self) -> None:
        self.connected = True
        self.attempted.set()
        logger.info("feed subscribed to %s", self._pattern)
        self._listener.on_feed_found()

    def _lose(self) -> None:
        if self.connected:
            self.connected = False
            self._listener.on_feed_lost()
