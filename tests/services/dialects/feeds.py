"""Where a ticker of another dialect takes its ticks from, by the address.

`STREAMS` names the Redis streams that it reads, where it reads any, `TOPICS` the topics of Kafka;
there it signs in as `KAFKA_USER` with `KAFKA_PASSWORD`, over TLS as `KAFKA_AUTHORITY` says.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import redis.asyncio

Take = Callable[[bytes], None]
Tell = Callable[[str], None]
AGAIN_S = 0.1
WITHIN_S = 2.0
LINES = int(os.environ.get("LINES", "1"))
IN_FORCE = asyncio.Event()


Settle = Callable[[], Awaitable[None]]
SETTLE: list[Settle] = []
"""What waits until all that the broker had has been taken, where the feed can tell."""


async def listen(url: str, take: Take, tell: Tell) -> None:
    """Take what is published, for ever; tell clients when the feed is lost, and found again.

    A feed that can be lost is lost until it is found for the first time.
    """
    scheme = url.partition("://")[0]
    if scheme in ("nats", "tls"):
        feed = _nats
    elif scheme in ("mqtt", "mqtts"):
        feed = _mqtt
    elif scheme == "ws":
        feed = _exchange
    elif scheme == "tcp":
        await _zeromq(url, take)
        return
    elif os.environ.get("TOPICS"):
        feed = _kafka
    elif os.environ.get("STREAMS"):
        feed = _streams
    else:
        await _redis(url, take)
        return
    tell("degraded")
    await feed(url, take, tell)


async def in_force() -> None:
    """Wait until nothing that Redis or Kafka gets is missed any more; not for ever: it may be down.

    Pub/Sub has taken the subscription then, and of streams and topics it is known where they end.
    """
    if os.environ["BROKER"].startswith("redis") or os.environ.get("TOPICS"):
        with suppress(TimeoutError):
            await asyncio.wait_for(IN_FORCE.wait(), WITHIN_S)


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
                await feed.get_message(timeout=WITHIN_S)  # which says that it is in force
                IN_FORCE.set()
                async for message in feed.listen():
                    if message["type"] == "pmessage":
                        take(message["data"])
        except (redis.RedisError, OSError):
            await asyncio.sleep(AGAIN_S)


async def _streams(url: str, take: Take, tell: Tell) -> None:
    """Read streams, from where they end now; after a loss from where it was.

    A broker that leaves a read unanswered is lost: one without news answers after a second.
    """
    at: dict[str, str] = dict.fromkeys(os.environ["STREAMS"].split(), "")
    was_lost = True

    async def settled(client: redis.asyncio.Redis) -> None:
        """Wait until all that is in the streams now has been taken."""
        ends = {stream: await _end(client, stream) for stream in at}
        while any(_place(at[stream]) < _place(end) for stream, end in ends.items()):  # noqa: ASYNC110
            await asyncio.sleep(0.002)

    while True:
        try:
            async with redis.asyncio.from_url(url, socket_timeout=3, retry=None) as client:
                for stream, place in at.items():
                    at[stream] = place or await _end(client, stream)
                IN_FORCE.set()
                SETTLE[:] = [partial(settled, client)]
                while True:
                    answer: Any = await client.xread(dict[Any, Any](at), block=1000)
                    if was_lost:
                        was_lost = False
                        tell("recovered")
                    for stream, entries in answer:
                        for number, entry in entries:
                            at[stream.decode()] = number.decode()
                            take(entry[b"data"])
        except (redis.RedisError, OSError):
            SETTLE.clear()
            if not was_lost:
                was_lost = True
                tell("degraded")
            await asyncio.sleep(AGAIN_S)


async def _end(client: redis.asyncio.Redis, stream: str) -> str:
    found: Any = await client.xrevrange(stream, count=1)
    return found[0][0].decode() if found else "0-0"


def _place(number: str) -> tuple[int, ...]:
    return tuple(map(int, number.split("-")))


async def _nats(url: str, take: Take, tell: Tell) -> None:
    """Subscribe to `md.>`; a line on which the server does not answer pings is given up."""
    import nats
    import nats.errors
    from nats.aio.msg import Msg

    was_lost, came_back = True, asyncio.Event()

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


async def _mqtt(url: str, take: Take, tell: Tell) -> None:
    """Subscribe to `md/#`; a broker that does not answer a ping within 2 s is lost."""
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    loop, parts, was_lost = asyncio.get_running_loop(), urlsplit(url), True
    probe = f"md/probe/{uuid.uuid4()}"
    came_back = asyncio.Event()

    def found() -> None:
        nonlocal was_lost
        if was_lost:
            was_lost = False
            tell("recovered")

    def heard(topic: str, payload: bytes) -> None:
        found()
        if topic == probe:
            came_back.set()
        elif not topic.startswith("md/probe/"):
            take(payload)

    while True:
        ready, ended = asyncio.Event(), asyncio.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        if parts.username:
            client.username_pw_set(parts.username, parts.password)
        if parts.scheme == "mqtts":
            client.tls_set()

        def on_connect(client: Any, *_: Any) -> None:
            client.subscribe("md/#", 1)

        def on_subscribe(*_: Any, ready: asyncio.Event = ready) -> None:
            loop.call_soon_threadsafe(ready.set)

        def on_message(_c: Any, _u: Any, message: Any) -> None:
            loop.call_soon_threadsafe(heard, message.topic, message.payload)

        def on_disconnect(*_: Any, ended: asyncio.Event = ended) -> None:
            loop.call_soon_threadsafe(ended.set)

        async def settled(client: mqtt.Client = client) -> None:
            came_back.clear()
            client.publish(probe, b"", 1)  # behind all that the broker has sent
            await came_back.wait()

        client.on_connect, client.on_subscribe = on_connect, on_subscribe
        client.on_message, client.on_disconnect = on_message, on_disconnect
        client.connect_timeout = 2
        with suppress(OSError, TimeoutError):
            await asyncio.to_thread(client.connect, parts.hostname, parts.port, 2)
            client.loop_start()
            async with asyncio.timeout(3):
                await ready.wait()
            found()
            SETTLE[:] = [settled]
            await ended.wait()
        SETTLE.clear()
        await asyncio.to_thread(client.loop_stop)
        if not was_lost:
            was_lost = True
            tell("degraded")
        await asyncio.sleep(AGAIN_S)


async def _kafka(url: str, take: Take, tell: Tell) -> None:
    """Consume topics in a group of its own, from their ends; after a loss from where it was.

    A broker is lost that does not say within a second where its topics end, or that hangs up on a
    line of the service's own: the library connects again without a word.
    """
    from aiokafka import AIOKafkaConsumer, TopicPartition
    from aiokafka.errors import KafkaError

    user, authority = os.environ.get("KAFKA_USER"), os.environ.get("KAFKA_AUTHORITY")
    trust = ssl.create_default_context(cafile=authority) if authority else None
    signed: dict[str, Any] = {
        "security_protocol": ("SASL_" * bool(user)) + ("SSL" if authority else "PLAINTEXT"),
        "ssl_context": trust,
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": user,
        "sasl_plain_password": os.environ.get("KAFKA_PASSWORD"),
    }
    at: dict[TopicPartition, int] = {}
    was_lost = True

    async def asked(line: AIOKafkaConsumer) -> dict[TopicPartition, int]:
        async with asyncio.timeout(1):
            return dict(await line.end_offsets(sorted(at)))

    async def watched(line: AIOKafkaConsumer) -> None:
        """Raise when the broker no longer answers."""
        while True:
            await asked(line)
            await asyncio.sleep(0.3)

    async def hung_up(_: AIOKafkaConsumer) -> None:
        """Raise when the broker ends a line that nobody uses."""
        reader, writer = await asyncio.open_connection(*url.split(":"), ssl=trust)
        try:
            await reader.read()
        finally:
            writer.close()
        raise OSError("the broker has hung up")

    async def taken(line: AIOKafkaConsumer) -> None:
        async for record in line:
            at[TopicPartition(record.topic, record.partition)] = record.offset + 1
            take(record.value)

    async def settled(line: AIOKafkaConsumer) -> None:
        """Wait until all that is in the topics now has been taken."""
        ends = await asked(line)
        while any(at[place] < end for place, end in ends.items()):  # noqa: ASYNC110
            await asyncio.sleep(0.002)

    while True:
        line = AIOKafkaConsumer(
            *os.environ["TOPICS"].split(),
            bootstrap_servers=url,
            group_id=f"ticker-{uuid.uuid4()}",
            auto_offset_reset="latest",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            request_timeout_ms=2000,
            retry_backoff_ms=50,
            **signed,
        )
        chores: list[asyncio.Task[None]] = []
        with suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(5):
                await line.start()
                for place in line.assignment():
                    if place in at:
                        line.seek(place, at[place])
                    else:
                        at[place] = await line.position(place)
            IN_FORCE.set()
            if was_lost:
                was_lost = False
                tell("recovered")
            SETTLE[:] = [partial(settled, line)]
            chores = [asyncio.create_task(each(line)) for each in (taken, watched, hung_up)]
            await asyncio.gather(*chores)
        SETTLE.clear()
        for chore in chores:
            chore.cancel()
        if not was_lost:
            was_lost = True
            tell("degraded")
        # In a task of its own: behind a hang-up it ends as cancelled, and would end this one too.
        await asyncio.wait([asyncio.create_task(line.stop())], timeout=1)
        await asyncio.sleep(AGAIN_S)


async def _exchange(url: str, take: Take, tell: Tell) -> None:
    """Log in at an exchange and subscribe, then take its ticks.

    One that does not answer a ping within 2 s is lost. `LINES` says how many connections are held;
    the first is the one that counts, as of two that hand out the same one is spare.
    """
    spare = [_line(f"{url}/spare", lambda _: None, lambda _: None) for _ in range(LINES - 1)]
    await asyncio.gather(_line(f"{url}/v2", take, tell), *spare)


async def _line(url: str, take: Take, tell: Tell) -> None:
    from websockets.asyncio.client import connect
    from websockets.exceptions import WebSocketException

    was_lost = True
    while True:
        with suppress(WebSocketException, OSError, TimeoutError):
            async with connect(
                url, open_timeout=2, ping_interval=1, ping_timeout=2, close_timeout=0.5
            ) as line:

                async def told(wanted: str, line: Any = line) -> None:
                    async with asyncio.timeout(2):
                        said = json.loads(await line.recv())
                    if said.get("ev") != wanted:
                        raise OSError(f"the exchange says {said}")

                await told("connected")
                await line.send(json.dumps({"op": "login", "key": "desk", "id": 1}))
                await told("login")
                await line.send(json.dumps({"op": "subscribe", "args": ["*"], "id": 2}))
                await told("subscribe")
                if was_lost:
                    was_lost = False
                    tell("recovered")

                async def settled(line: Any = line) -> None:
                    await (await line.ping())  # which is answered behind all that was sent

                SETTLE[:] = [settled]
                async for text in line:
                    take(text.encode())
        SETTLE.clear()
        if not was_lost:
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
