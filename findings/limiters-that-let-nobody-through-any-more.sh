#!/usr/bin/env bash
# async-throttle, bucketratelimiter, aioburst: after two failed requests, a second "async with" or two deadlines nobody gets through any more, ever.
#
# Expected: "async with" gives the place back, whatever happens in it; a limiter can be used again; who gives up while waiting holds nothing.
# Seen: async-throttle 1.0.0 releases its place behind a yield without try: a request that raises keeps it. bucketratelimiter 1.0.0 cancels
#   its task of refilling at the end of "async with" and never starts another, since it still has the old one: in a second "async with" the places
#   that were left go, then none. aioburst 0.2.0 takes a place and then sleeps: who is cancelled in that sleep keeps it. In each the
#   rest waits without an error, a deadline or a word; the processor is idle, the connection is fine.
# Why it matters: exchanges answer 429 and 503 when markets are fast, and deadlines pass then. After as many of them as there are places the
#   client is silent, with orders in its queue; a restart "helps". Tests have no failing request.
# Way to live with it: aiolimiter; try around the request inside the block; asyncio.timeout() around the limiter, and an alarm when it passes
#   again and again.
# Versions: async-throttle 1.0.0, bucketratelimiter 1.0.0, aioburst 0.2.0 (the newest on PyPI), aiolimiter 1.3.0, Python 3.11.7. Nothing found about it.
#
# Output seen (two places; five requests with 1.2 s for each, after what is named):
#                                        async-throttle  bucketratelimiter  aioburst  aiolimiter
#   nothing                              5               5                  5         5
#   two requests that raised             0               5                  5         5
#   used in an "async with" before       5               2                  5         5
#   two that gave up while they waited   5               5                  0         5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check async-throttle==1.0.0 bucketratelimiter==1.0.0 aioburst==0.2.0 aiolimiter==1.3.0 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import sys

from aioburst import AIOBurst
from aiolimiter import AsyncLimiter
from async_throttle import Throttle
from bucketratelimiter import AsyncioBucketTimeRateLimiter

PERIOD = 0.5


class Bucket:
    """bucketratelimiter limits a function, in the block of its limiter."""

    def __init__(self):
        self.limiter = AsyncioBucketTimeRateLimiter(max_size=2, recovery_time=PERIOD, rest_time=0.05)

    def session(self):
        return self.limiter

    async def request(self, function):
        return await self.limiter.wrap_operation(function)


class Block:
    """The others limit the block of an "async with"."""

    def __init__(self, make):
        self.make = make

    @contextlib.asynccontextmanager
    async def session(self):
        yield

    async def request(self, function):
        async with self.make():
            return await function()


def throttle():
    limiter = Throttle(100, concurrency=2, period=PERIOD)
    return Block(lambda: limiter())


def burst():
    limiter = AIOBurst.create(limit=2, period=PERIOD)
    return Block(lambda: limiter)


def leaky():
    limiter = AsyncLimiter(2, PERIOD)
    return Block(lambda: limiter)


async def right():
    return True


async def wrong():
    raise ConnectionError("503")


async def through(limiter, requests=5):
    done = 0
    for _ in range(requests):
        with contextlib.suppress(TimeoutError):
            done += await asyncio.wait_for(limiter.request(right), 1.2)
    return done


async def nothing(limiter):
    async with limiter.session():
        return await through(limiter)


async def raised(limiter):
    async with limiter.session():
        for _ in range(2):
            with contextlib.suppress(ConnectionError):
                await limiter.request(wrong)
        return await through(limiter)


async def again(limiter):
    async with limiter.session():
        await limiter.request(right)
        await asyncio.sleep(PERIOD * 1.2)
    async with limiter.session():
        return await through(limiter)


async def gave_up(limiter):
    async with limiter.session():
        for _ in range(2):
            await limiter.request(right)
        for _ in range(2):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(limiter.request(right), 0.05)
        return await through(limiter)


limiters = {"async-throttle": throttle, "bucketratelimiter": Bucket, "aioburst": burst, "aiolimiter": leaky}
cases = {
    "nothing": nothing,
    "two requests that raised": raised,
    'used in an "async with" before': again,
    "two that gave up while they waited": gave_up,
}
widths = [16, 19, 10, 10]
print(" " * 37 + "".join(name.ljust(width) for name, width in zip(limiters, widths, strict=True)).rstrip())
seen = []
for name, case in cases.items():
    seen.append([asyncio.run(case(make())) for make in limiters.values()])
    print(name.ljust(37) + "".join(str(value).ljust(width) for value, width in zip(seen[-1], widths, strict=True)).rstrip(), flush=True)
if seen != [[5, 5, 5, 5], [0, 5, 5, 5], [5, 2, 5, 5], [5, 5, 0, 5]]:
    sys.exit("not as described any more")
PROBE
timeout 90 venv/bin/python -W ignore probe.py
