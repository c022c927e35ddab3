#!/usr/bin/env bash
# throttler, limiter and asyncio-throttle: who waits goes in any order, so that a cancel is sent before the order that it cancels.
#
# Expected: a limit holds messages back; those that wait go out in the order in which they came, as at a semaphore.
# Seen: throttler 1.2.3, limiter 0.5.0 and asyncio-throttle 1.0.2 keep no queue. Each waiting task sleeps by itself, wakes at about the same moment
#   as all others, and the first to look takes the place; the rest sleep again. With messages 20 ms apart about a third of the cancels go
#   ahead of their orders. The rate itself holds. aiolimiter 1.3.0 wakes them one
#   by one, but whoever comes just then goes first. asynciolimiter 1.2.0 keeps the order in each run.
# Why it matters: "new" and "cancel", "subscribe" and "unsubscribe", or amendments of one price are sent by two tasks through one limiter. The exchange
#   refuses the cancel ("unknown order"), takes the order, and it stays. It shows only when the limit is reached, which a test with one order
#   does not do.
# Way to live with it: one task that sends, with a queue before the limiter; or asynciolimiter. In tests more messages than the limit
#   allows, in pairs, and their order at the other end.
# Versions: throttler 1.2.3, limiter 0.5.0, asyncio-throttle 1.0.2, aiolimiter 1.3.0, asynciolimiter 1.2.0 (all the newest on PyPI), Python
#   3.11.7. None of their READMEs has a word about order.
#
# Output seen (15 orders, each with a cancel 20 ms later, 5 messages a second; another run has other numbers):
#                      cancels ahead of their orders   messages overtaken
#   throttler          5                               21
#   limiter            5                               20
#   asyncio-throttle   10                              23
#   aiolimiter         1                               14
#   asynciolimiter     0                               0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check throttler==1.2.3 limiter==0.5.0 asyncio-throttle==1.0.2 aiolimiter==1.3.0 asynciolimiter==1.2.0 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import sys

import aiolimiter
import asyncio_throttle
import asynciolimiter
import limiter
import throttler


def block(context):
    async def wait():
        async with context:
            pass

    return wait


async def sent(wait):
    """The numbers of the messages as they go out: 2n is an order, 2n + 1 its cancel."""
    out = []

    async def message(number):
        await asyncio.sleep(0.02 * number)
        await wait()
        out.append(number)

    await asyncio.wait_for(asyncio.gather(*map(message, range(30))), 30)
    ahead = sum(out.index(number + 1) < out.index(number) for number in range(0, 30, 2))
    overtaken = sum(later < max(out[:place], default=-1) for place, later in enumerate(out))
    return ahead, overtaken


async def main():
    waits = {
        "throttler": block(throttler.Throttler(5, 1)),
        "limiter": block(limiter.Limiter(rate=5, capacity=5)),
        "asyncio-throttle": block(asyncio_throttle.Throttler(5, 1)),
        "aiolimiter": block(aiolimiter.AsyncLimiter(5, 1)),
        "asynciolimiter": asynciolimiter.Limiter(5).wait,
    }
    seen = dict(zip(waits, await asyncio.gather(*map(sent, waits.values()))))
    print(" " * 18, "cancels ahead of their orders   messages overtaken")
    for name, (ahead, overtaken) in seen.items():
        print(f"{name:18} {ahead:<31} {overtaken}")
    some = seen["throttler"][0] and seen["limiter"][0] and seen["asyncio-throttle"][1]
    if not some or seen["asynciolimiter"] != (0, 0):
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py
