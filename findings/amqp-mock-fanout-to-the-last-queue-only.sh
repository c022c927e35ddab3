#!/usr/bin/env bash
# amqp-mock: a fanout to two queues reaches the last one only, a refused message never comes back, and 64250.30 arrives as 64250.3.
#
# Expected: a stand-in for RabbitMQ gives each queue bound to a fanout its copy, hands out again what was refused with requeue, or not acknowledged by a
#   consumer that is gone, keeps to prefetch, and gives the bytes that were published.
# Seen: amqp-mock 0.6.2 keeps one queue for each exchange and routing key: the second binding with the same key, and a fanout has the empty one,
#   takes the place of the first. A nack is written into the history and that is all; the requeue in it is not looked at. What a consumer held
#   when it went is CONSUMING for ever. Qos is answered and not kept: with prefetch 1 and no ack all five arrive. Bodies are read as JSON
#   and written anew: 64250.30 becomes 64250.3, and a body that is no JSON becomes the text of its Python repr in quotes.
# Why it matters: a service with two consumers of the feed, say a recorder and a strategy, is red or green by which of them starts last. Tests of
#   retries and of a killed consumer can only fail, tests that nothing comes twice can only pass, and a checksum over the body is wrong.
# Way to live with it: it is good for what its README shows, a message published and a message consumed, as JSON and with one queue for each key. The
#   rest belongs to a real broker.
# Versions: amqp-mock 0.6.2 (the newest on PyPI), aio-pika 9.6.2, aiormq 6.9.4, pamqp 3.3.0, Python 3.11.7. Its README names none of these limits.
#
# Output seen (of RabbitMQ's rules; of amqp-mock):
#                                            expected   amqp-mock
#   fanout, two queues: first, second        1, 1       0, 1
#   direct, two queues of one key            1, 1       0, 1
#   refused twice, requeue: times handed out 3          1
#   consumer gone, no ack: to the next one   1          0
#   prefetch 1, five sent, no ack: arrived   1          5
#   body 64250.30                            64250.30   64250.3
#   body BTC 1.5                             BTC 1.5    "b'BTC 1.5'"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check amqp-mock==0.6.2 aio-pika==9.6.2 aiormq==6.9.4 pamqp==3.3.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import logging
import sys
from contextlib import AsyncExitStack

import aio_pika
from amqp_mock import AmqpServer, HttpServer, Storage, create_amqp_mock

logging.disable(logging.CRITICAL)


class Bench(AsyncExitStack):
    async def __aenter__(self):
        await super().__aenter__()
        storage = Storage()
        mock = create_amqp_mock(HttpServer(storage, "127.0.0.1"), AmqpServer(storage, "127.0.0.1"), storage)
        self.port = (await self.enter_async_context(mock)).amqp_server.port
        return self

    async def channel(self):
        line = await asyncio.wait_for(aio_pika.connect(f"amqp://guest:guest@127.0.0.1:{self.port}/"), 10)
        self.push_async_callback(line.close)
        return line, await line.channel()

    async def send(self, *bodies, exchange=None, kind=None):
        _, channel = await self.channel()
        target = await channel.declare_exchange(exchange, kind) if exchange else channel.default_exchange
        for body in bodies:
            await asyncio.wait_for(target.publish(aio_pika.Message(body), routing_key="BTC"), 5)
        await asyncio.sleep(0.7)

    async def consume(self, channel, queue, taken, acknowledge=True):
        async def handle(message):
            taken.append(message.body)
            if acknowledge:
                await message.ack()

        await queue.consume(handle)


async def copies(kind):
    async with Bench() as bench:
        taken = [], []
        for number, own in enumerate(taken):
            _, channel = await bench.channel()
            exchange = await channel.declare_exchange("ticks", kind)
            queue = await channel.declare_queue(f"queue {number}")
            await queue.bind(exchange, routing_key="BTC" if kind == "direct" else "")
            await bench.consume(channel, queue, own)
        await bench.send(b"1", exchange="ticks", kind=kind)
        return f"{len(taken[0])}, {len(taken[1])}"


async def refused():
    async with Bench() as bench:
        _, channel = await bench.channel()
        queue = await channel.declare_queue("BTC")
        taken = []

        async def handle(message):
            taken.append(message)
            await (message.nack(requeue=True) if len(taken) < 3 else message.ack())

        await queue.consume(handle)
        await bench.send(b"1")
        return len(taken)


async def gone():
    async with Bench() as bench:
        first, second = [], []
        line, channel = await bench.channel()
        await bench.consume(channel, await channel.declare_queue("BTC"), first, acknowledge=False)
        await bench.send(b"1")
        assert len(first) == 1
        await line.close()
        _, channel = await bench.channel()
        await bench.consume(channel, await channel.declare_queue("BTC"), second)
        await asyncio.sleep(0.7)
        return len(second)


async def prefetch():
    async with Bench() as bench:
        taken = []
        _, channel = await bench.channel()
        await channel.set_qos(prefetch_count=1)
        await bench.consume(channel, await channel.declare_queue("BTC"), taken, acknowledge=False)
        await bench.send(*[b"1"] * 5)
        return len(taken)


async def body(content):
    async with Bench() as bench:
        taken = []
        _, channel = await bench.channel()
        await bench.consume(channel, await channel.declare_queue("BTC"), taken)
        await bench.send(content)
        return taken[0].decode()


async def main():
    rows = [
        ("fanout, two queues: first, second", "1, 1", await copies("fanout"), "0, 1"),
        ("direct, two queues of one key", "1, 1", await copies("direct"), "0, 1"),
        ("refused twice, requeue: times handed out", 3, await refused(), 1),
        ("consumer gone, no ack: to the next one", 1, await gone(), 0),
        ("prefetch 1, five sent, no ack: arrived", 1, await prefetch(), 5),
        ("body 64250.30", "64250.30", await body(b"64250.30"), "64250.3"),
        ("body BTC 1.5", "BTC 1.5", await body(b"BTC 1.5"), "\"b'BTC 1.5'\""),
    ]
    print(" " * 40, "expected   amqp-mock")
    for name, expected, seen, _ in rows:
        print(name.ljust(40), str(expected).ljust(10), seen)
    if any(seen != described for _, _, seen, described in rows):
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
