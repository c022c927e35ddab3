#!/usr/bin/env bash
# limiter: with jitter, as in its README, there is no limit at all; and ralisem's limits by the day and by the half second are none either.
#
# Expected: jitter=range(0, 100) "adds a random amount between 0 and 100 milliseconds" to a wait; five in a second stay five. A limit of five
#   in half a second, or in a day, is what the timedelta says.
# Seen: limiter 0.5.0 takes the jitter off the wait, and lets a call go without a token when nothing is left of it. True is a number to it, one
#   second, and 0.5 is longer than any wait at five a second: all go at once. With range(0, 100) they wake early, wait for the little
#   that is missing, less up to 100 ms, and go. Twenty of twenty in the first second. ralisem 0.1.0 takes the "seconds" of a
#   timedelta, which has days and fractions elsewhere: 0 for half a second and for a day, 1 for a second and a half.
# Why it matters: it is the clients that start together, each with jitter so as not to hit the exchange together, that are banned. A limit by the
#   day is the one whose breach costs a day.
# Way to live with it: no jitter with limiter; a pause of one's own before it; ralisem with whole seconds below a day. A limit counted once in tests,
#   with the arguments of production.
# Versions: limiter 0.5.0, ralisem 0.1.0 (both the newest on PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen (20 tasks; how many went, counted for each second):
#   limiter, rate 5, capacity 5         9 5 5 1
#   the same, jitter=True               20
#   the same, jitter=range(0, 100)      20
#   the same, jitter=0.5                20
#   ralisem, 5 in 1 s                   5 5 5 5
#   ralisem, 5 in 0.5 s                 20
#   ralisem, 5 in a day                 20
#   ralisem, 5 in 1.5 s                 5 5 5 5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check limiter==0.5.0 ralisem==0.1.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import sys
import time
from collections import Counter
from datetime import timedelta

from limiter import Limiter
from ralisem import FixedNewFirstDelaySemaphore


async def seconds(limit):
    went, begun = [], time.monotonic()

    async def sender():
        async with limit:
            went.append(time.monotonic() - begun)

    await asyncio.wait_for(asyncio.gather(*(sender() for _ in range(20))), 20)
    count = Counter(int(at + 0.1) for at in went)
    return " ".join(str(count[second]) for second in range(max(count) + 1))


async def main():
    rows = {
        "limiter, rate 5, capacity 5": (Limiter(rate=5, capacity=5), "9 5 5 1"),
        "the same, jitter=True": (Limiter(rate=5, capacity=5, jitter=True), "20"),
        "the same, jitter=range(0, 100)": (Limiter(rate=5, capacity=5, jitter=range(0, 100)), "20"),
        "the same, jitter=0.5": (Limiter(rate=5, capacity=5, jitter=0.5), "20"),
        "ralisem, 5 in 1 s": (FixedNewFirstDelaySemaphore(5, timedelta(seconds=1)), "5 5 5 5"),
        "ralisem, 5 in 0.5 s": (FixedNewFirstDelaySemaphore(5, timedelta(milliseconds=500)), "20"),
        "ralisem, 5 in a day": (FixedNewFirstDelaySemaphore(5, timedelta(days=1)), "20"),
        "ralisem, 5 in 1.5 s": (FixedNewFirstDelaySemaphore(5, timedelta(seconds=1.5)), "5 5 5 5"),
    }
    seen = await asyncio.gather(*(seconds(limit) for limit, _ in rows.values()))
    for name, text in zip(rows, seen):
        print(f"{name:36}{text}")
    if list(seen) != [expected for _, expected in rows.values()]:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py
