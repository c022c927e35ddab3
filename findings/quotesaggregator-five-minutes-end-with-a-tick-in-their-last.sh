#!/usr/bin/env bash
# quotesaggregator: a candle of five minutes lasts until a tick comes in a minute that can be divided by five, 22 minutes in the example.
#
# Expected: candles of 1, 5 and 10 minutes out of a ticker stream, each "saved after the end of each period". A tick of 12:06 ends
#   the period from 12:00 to 12:05, whether or not anything came at 12:05.
# Seen: process_ticker() of quotesaggregator 0.1.1 closes a candle only if the minute of the tick itself is a multiple of its length and
#   is not the minute of the candle's first tick. Ticks at 12:03, 12:06 and 12:16 are all in one candle of five minutes, which is saved
#   as that of 12:00 by the next tick at 12:25. With one tick a minute out of three it happens in two of three periods. The minute is looked
#   at without its hour: a candle of one minute takes in a tick of an hour later. Minutes without a candle are not to be seen, since each
#   one opens at the close of the last.
# Why it matters: highs and lows of quiet pairs come from another quarter of an hour, and rows are missing; on busy pairs, on which one tries
#   it out, there is a tick in each minute and everything is right.
# Way to live with it: keep the one-minute candles only, and build the others by rounding the time down. In tests a stream with a pause over
#   the end of a period, and one tick exactly an hour after another.
# Versions: quotesaggregator 0.1.1, aiologger 0.6.1 (PyPI), Python 3.11.7. Source: quotesaggregator/aggregator.py. Nothing found about it.
#
# Output seen:
#   ticks 12:03 100  12:06 200  12:16 302  12:21 400  12:25 1
#   5 minutes from 12:00: open 100 high 400 low 100 close 400   (right: 100, from 12:05 200, from 12:15 302, from 12:20 400)
#   10 minutes: none saved   (right: three)
#   ticks 12:03 100  13:03 50  13:04 51
#   1 minute from 12:03: open 100 high 100 low 50 close 50   (right: 100, from 13:03 50)
#   a tick in one minute of three, for a day: 94 candles of 5 minutes saved, 253 periods with ticks; longest 45 minutes
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check quotesaggregator==0.1.1 aiologger==0.6.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import os
import random
import sys
from datetime import datetime, timedelta

for name in ("HOST", "PORT", "USER", "PASSWORD", "NAME"):
    os.environ[f"QUOTESAGGREGATOR_DB_{name}"] = "none"  # asked for on import; nothing is stored here

from quotesaggregator import aggregator


class Silent:
    async def info(self, text):
        pass


class Kept(aggregator.Aggregator):
    def __init__(self):
        super().__init__(None)
        self.saved = []

    async def save_in_db(self, candle, currency_id):
        self.saved.append(dict(candle.to_dict(), till=self.now))

    async def ticks(self, ticks):
        for self.now, price in ticks:
            await self.process_ticker([1, str(price)], self.now)
        return self.saved


def at(clock):
    return datetime.fromisoformat(f"2026-01-05 {clock}")


def line(candle):
    prices = " ".join(f"{name} {candle[name]:g}" for name in ("open", "high", "low", "close"))
    return f"from {candle['date_time']:%H:%M}: {prices}"


async def main():
    aggregator.logger = Silent()
    first = [("12:03", 100), ("12:06", 200), ("12:16", 302), ("12:21", 400), ("12:25", 1)]
    second = [("12:03", 100), ("13:03", 50), ("13:04", 51)]
    one = await Kept().ticks([(at(clock), price) for clock, price in first])
    two = await Kept().ticks([(at(clock), price) for clock, price in second])
    five = [candle for candle in one if candle["frequency"] == 5]
    minute = [candle for candle in two if candle["frequency"] == 1]
    print("ticks", "  ".join(f"{clock} {price}" for clock, price in first))
    print(f"5 minutes {line(five[0])}   (right: 100, from 12:05 200, from 12:15 302, from 12:20 400)")
    print(f"10 minutes: {sum(candle['frequency'] == 10 for candle in one) or 'none'} saved   (right: three)")
    print("ticks", "  ".join(f"{clock} {price}" for clock, price in second))
    print(f"1 minute {line(minute[0])}   (right: 100, from 13:03 50)")

    random.seed(5)
    times = [at("00:00") + timedelta(minutes=number) for number in range(1440) if random.random() < 1 / 3]
    day = [candle for candle in await Kept().ticks([(time, 1) for time in times]) if candle["frequency"] == 5]
    periods = len({(time.hour, time.minute // 5) for time in times})
    starts = [candle["till"] for candle in day]
    longest = max((after - before).seconds // 60 for before, after in zip(starts, starts[1:]))
    print(f"a tick in one minute of three, for a day: {len(day)} candles of 5 minutes saved, {periods} periods with ticks; longest {longest} minutes")
    if (len(five), five[0]["high"], minute[0]["low"]) != (1, 400, 50) or len(day) > periods * 0.9:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py
