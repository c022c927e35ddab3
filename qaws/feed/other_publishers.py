"""Who else publishes on the feed's channels, where the broker is not the suite's own.

What a colleague's run or a real feed publishes on a shared broker reaches the service's clients
like any tick. To the oracles it would be a duplicate, a tick out of order, or one that nobody
published: textbook accusations of a service that did its duty. So the suite listens itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Collection, Container

import redis
import redis.asyncio
from redis.asyncio.client import PubSub

from qaws.sut.broker import Broker

SHOWN_BYTES = 80
"""So much of a payload is shown."""

ANSWER_S = 1.0
"""How long the broker may take to answer; what it has sent before has come then."""


class OtherPublishers:
    """Listens to channels of a broker; use it on the loop thread.

    `own_words` are texts that what the suite has caused bears, without having published it; `name`
    is what the broker knows the listener by, and a channel on which only the suite publishes.
    """

    def __init__(self, broker: Broker, channels: Collection[str], own: Container[str]) -> None:
        """Begin without listening.

        Args:
            broker: where.
            channels: on which.
            own: the payloads that the suite publishes.
        """
        self.own_words: set[str] = set()
        self.name = f"qaws-listens-{secrets.token_hex(4)}"
        self._broker, self._channels, self._own = broker, tuple(channels), own
        self._client: redis.asyncio.Redis | None = None
        self._pubsub: PubSub | None = None
        self._task: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self._heard = ""

    async def listen(self) -> None:
        """Listen from now on; what was heard before is forgotten. A dead line is replaced."""
        self._heard = ""
        if self.is_listening:
            return
        await self.leave()
        self._client = self._broker.client(self.name)
        self._pubsub = self._client.pubsub()
        with contextlib.suppress(redis.RedisError, OSError):
            await self._pubsub.subscribe(*self._channels, self.name)
            self._task = asyncio.get_running_loop().create_task(self._take(self._pubsub))

    async def leave(self) -> None:
        """Listen no longer."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._pubsub and self._client:
            with contextlib.suppress(redis.RedisError, OSError):
                await self._pubsub.aclose()  # type: ignore[no-untyped-call]
                await self._client.aclose()
            self._pubsub = self._client = None

    @property
    def is_listening(self) -> bool:
        """Return whether the broker counts this listener among those who hear a tick."""
        return self._task is not None and not self._task.done()

    async def heard(self) -> str:
        """Say what others have published so far, in one sentence; "" for nothing."""
        if not self._heard and self._client and self.is_listening:
            self._answered.clear()
            with contextlib.suppress(redis.RedisError, OSError, TimeoutError):
                await self._client.publish(self.name, b"")  # behind all that was published before
                await asyncio.wait_for(self._answered.wait(), ANSWER_S)
        return self._heard

    async def _take(self, pubsub: PubSub) -> None:
        """Take what comes until the line is dead: what a broker is away for is judged elsewhere."""
        with contextlib.suppress(redis.RedisError, OSError):
            async for message in pubsub.listen():
                if message["type"] != "message":
                    continue
                if message["channel"] == self.name.encode():
                    self._answered.set()
                elif not self._heard:
                    self._judge(message["channel"], message["data"])

    def _judge(self, channel: bytes, payload: bytes) -> None:
        text = payload.decode("utf-8", "backslashreplace")
        if text in self._own or any(word in text for word in self.own_words):
            return
        shown = text[:SHOWN_BYTES] + ("…" if len(text) > SHOWN_BYTES else "")
        where = channel.decode("utf-8", "replace")
        self._heard = (
            f"somebody else publishes at {self._broker.shown_url}, on the channel {where}: "
            f"{shown!r}; give the suite a broker, or channels in [feed], of its own"
        )
