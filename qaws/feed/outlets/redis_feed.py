"""Feeds on a server of the Redis protocol: Pub/Sub, and streams."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import redis
import redis.asyncio
from redis.asyncio.client import PubSub

from qaws.feed.outlets.outlet import ANSWER_S, Breath, Listened, Listener, Message, Outlet, Take
from qaws.sut.broker import Broker
from qaws.sut.brokers.redis_server import blocking_client, client

ERRORS = (redis.RedisError, OSError)


class RedisPubSub(Outlet):
    """Redis Pub/Sub: the broker counts who hears each message, and lets the suite cut them off."""

    kind = "Redis Pub/Sub"
    errors = ERRORS

    def __init__(self, broker: Broker) -> None:
        """Begin without a connection.

        Args:
            broker: where.
        """
        self._broker = broker
        self._client = client(broker.url)

    async def publish(self, channel: str, payload: str | bytes) -> int | None:
        """Hand over one message; return how many heard it."""
        return int(await self._client.publish(channel, payload))

    async def publish_all(self, messages: Sequence[Message]) -> list[int | None]:
        """Hand over several at a time; return how many heard each."""
        handing_over = self._client.pipeline(transaction=False)
        for channel, payload in messages:
            self._add(handing_over, channel, payload)
        return [self._heard(answer) for answer in await handing_over.execute()]

    def _add(self, where: Any, channel: str, payload: str | bytes) -> Any:
        """Say to a client or a pipeline what hands over a message."""
        return where.publish(channel, payload)

    def _heard(self, answer: Any) -> int | None:
        """Return how many heard a message, by the broker's answer."""
        return int(answer)

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Outlet]:
        """Give one more connection."""
        other = self._beside()
        try:
            yield other
        finally:
            await other.close()

    def _beside(self) -> RedisPubSub:
        return RedisPubSub(self._broker)

    @contextmanager
    def breath(self) -> Iterator[Breath]:
        """Give a connection that blocks."""
        with blocking_client(self._broker.url) as line:
            line.ping()  # connects
            yield _Transactions(self, line)

    def listener(self, name: str) -> Listener | None:
        """Return what hears others who publish."""
        return _Subscriber(self._broker, name)

    async def listened_to(self) -> Listened | None:
        """Return the channels and the number of patterns; the broker keeps the patterns."""
        channels = [_text(each) for each in await self._client.pubsub_channels()]
        patterns = int(await self._client.pubsub_numpat())
        return Listened(tuple(sorted(channels)), ("",) * patterns)

    async def subscribers(self, but: str) -> set[str]:
        """Return the ids of all who listen, but of one name."""
        clients = await self._client.client_list(_type="pubsub")
        return {each["id"] for each in clients if each.get("name") != but}

    async def configure(self, name: str, value: str) -> str:
        """Set a parameter of the broker; return what it was."""
        before = await self._client.config_get(name)
        await self._client.config_set(name, value)
        return str(before[name])

    async def hang_up(self) -> None:
        """Give up the connections."""
        await self._client.connection_pool.disconnect()

    async def close(self) -> None:
        """Leave the broker."""
        await self._client.aclose()


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "replace")


class _Transactions(Breath):
    """Messages in transactions: nothing comes in between."""

    def __init__(self, outlet: RedisPubSub, line: redis.Redis) -> None:
        self._outlet, self._line = outlet, line

    def publish(self, messages: Sequence[Message], command: Sequence[str] = ()) -> list[int | None]:
        """Hand over messages in one transaction; one alone needs none."""
        if len(messages) == 1 and not command:
            return [self._outlet._heard(self._outlet._add(self._line, *messages[0]))]
        with self._line.pipeline(transaction=True) as transaction:
            if command:
                transaction.execute_command(*command)  # type: ignore[no-untyped-call]
            for channel, payload in messages:
                self._outlet._add(transaction, channel, payload)
            answers = transaction.execute()
        return [self._outlet._heard(answer) for answer in answers[len(answers) - len(messages) :]]


class _Subscriber(Listener):
    """Subscribed to channels, and to one of its own name."""

    def __init__(self, broker: Broker, name: str) -> None:
        self._broker, self._name = broker, name
        self._client: redis.asyncio.Redis | None = None
        self._pubsub: PubSub | None = None
        self._task: asyncio.Task[None] | None = None
        self._answered, self._begun = asyncio.Event(), asyncio.Event()

    @property
    def is_on(self) -> bool:  # type: ignore[override]
        """Return whether the broker counts this listener among those who hear a message."""
        return self._task is not None and not self._task.done()

    async def begin(self, channels: Collection[str], take: Take) -> None:
        """Listen from now on, if the broker agrees: a refusal comes as an answer of its own."""
        self._client = client(self._broker.url, self._name)
        self._pubsub = self._client.pubsub()
        self._begun.clear()
        self.problem = ""
        try:
            await self._pubsub.subscribe(*channels, self._name)
        except ERRORS as problem:
            self.problem = str(problem)
            return
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._listen(self._pubsub, take))
        agreed = loop.create_task(self._begun.wait())
        either = self._task, agreed
        await asyncio.wait(either, timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
        agreed.cancel()

    async def _listen(self, pubsub: PubSub, take: Take) -> None:
        """Take what comes until the line is dead: what a broker is away for is judged elsewhere."""
        try:
            async for message in pubsub.listen():
                is_mine = message["channel"] == self._name.encode()
                if message["type"] != "message":
                    if is_mine:
                        self._begun.set()
                elif is_mine:
                    self._answered.set()
                else:
                    take(message["channel"].decode("utf-8", "replace"), message["data"])
        except ERRORS as problem:
            self.problem = str(problem)

    async def settle(self, within_s: float) -> None:
        """Wait for a message of the suite's own, behind all that was published before."""
        assert self._client
        self._answered.clear()
        with contextlib.suppress(*ERRORS, TimeoutError):
            await self._client.publish(self._name, b"")
            await asyncio.wait_for(self._answered.wait(), within_s)

    async def end(self) -> None:
        """Listen no longer."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._pubsub and self._client:
            with contextlib.suppress(*ERRORS):
                await self._pubsub.aclose()  # type: ignore[no-untyped-call]
                await self._client.aclose()
            self._pubsub = self._client = None


class RedisStreams(RedisPubSub):
    """Redis streams: the broker keeps entries for whoever reads, and does not tell who does."""

    kind = "a Redis stream"

    def __init__(self, broker: Broker, field: str) -> None:
        """Begin without a connection.

        Args:
            broker: where.
            field: of an entry, which has the payload.
        """
        super().__init__(broker)
        self._field = field

    async def publish(self, channel: str, payload: str | bytes) -> int | None:
        """Add one entry."""
        return self._heard(await self._add(self._client, channel, payload))

    def _add(self, where: Any, channel: str, payload: str | bytes) -> Any:
        return where.xadd(channel, {self._field: payload})

    def _heard(self, answer: Any) -> int | None:
        return None

    def _beside(self) -> RedisPubSub:
        return RedisStreams(self._broker, self._field)

    def listener(self, name: str) -> Listener | None:
        """Return what hears others who publish."""
        return _Reader(self._broker, self._field)

    async def listened_to(self) -> Listened | None:
        """Return None: readers of a stream are not known to the broker."""
        return None

    async def subscribers(self, but: str) -> set[str]:
        """Raise `NotVerified`: readers of a stream are not known to the broker."""
        return await Outlet.subscribers(self, but)

    async def configure(self, name: str, value: str) -> str:
        """Raise `NotVerified`: readers of a stream have no buffer at the broker."""
        return await Outlet.configure(self, name, value)


class _Reader(Listener):
    """Reads what was added to streams since it began, when it is asked."""

    def __init__(self, broker: Broker, field: str) -> None:
        self._broker, self._field = broker, field.encode()
        self._client: redis.asyncio.Redis | None = None
        self._last: dict[str, Any] = {}
        self._knows = False
        self._take: Take = lambda channel, payload: None

    @property
    def is_on(self) -> bool:  # type: ignore[override]
        """Return whether it knows where each stream ended as it began."""
        return self._client is not None and self._knows

    async def begin(self, channels: Collection[str], take: Take) -> None:
        """Remember where the streams end now."""
        self._client, self._take, self._knows = client(self._broker.url), take, False
        self.problem = ""
        try:
            for channel in channels:
                last: Any = await self._client.xrevrange(channel, count=1)
                self._last[channel] = last[0][0] if last else b"0-0"
            self._knows = True
        except ERRORS as problem:
            self.problem = str(problem)

    async def settle(self, within_s: float) -> None:
        """Read what was added since."""
        assert self._client
        with suppress(*ERRORS, TimeoutError):
            async with asyncio.timeout(within_s):
                for channel, last in self._last.items():
                    added: Any = await self._client.xrange(channel, min=b"(" + last)
                    for number, entry in added:
                        self._last[channel] = number
                        self._take(channel, entry.get(self._field, b"".join(entry.values())))

    async def end(self) -> None:
        """Leave the broker."""
        if self._client:
            with suppress(*ERRORS):
                await self._client.aclose()
            self._client = None
