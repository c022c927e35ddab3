#!/usr/bin/env bash
# basana: a trade in the last millisecond of a bar is in no bar, and a bar that begins at zero begins later.
#
# Expected: bars follow one another without a gap: each trade is in one. Open is the first trade's price.
# Seen: bars of RealTimeTradesToBar in basana 1.11 end a millisecond before the next begins. A trade at 59.9995 s is too
#   late for its bar, waits for the next, and is too early for that: "Trade is out of order" in the log, though
#   it came in order, and it is gone. A price of zero counts as none: where the first trade is at 0.00 open,
#   high and low are the next one's, and a low of zero is forgotten.
# Why it matters: exchanges with microseconds (Bitstamp, for which this is made) have trades there, and matching at
#   the turn of a minute is where they are dense: the close is missing, volumes do not add up. Millisecond
#   stamps show none of it. Spreads and funding pass through zero.
# Way to live with it: cut times down to milliseconds before push_trade(); count trades and compare with the volume
#   of the bars; in tests a trade 0.0005 s before the end, and a price of zero.
# Versions: basana 1.11 (PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen (bars of 3 s; second and price of each trade of one unit):
#   0 100, 1 101, 2.9995 102, 3 103, 4 104   bars 100 101 100 101 (2), 103 104 103 104 (2)  1 "Trade is out of order"
#   0 0, 1 5, 2 3                            bars 5 5 3 3 (3)                               no error
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check basana==1.11

cat > bars.py <<'BARS'
import asyncio
import sys
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from basana.core.bar import RealTimeTradesToBar
from basana.core.pair import Pair

SECONDS = 3


async def story(trades):
    """Trades are pushed when their bar has begun; it is made half a second after its end."""
    source, errors = RealTimeTradesToBar(Pair("BTC", "USD"), SECONDS, skip_first_bar=False), []
    source.on_error = lambda error: errors.append(str(error).split(" {")[0])
    now = datetime.now(timezone.utc)
    begin = now - timedelta(seconds=now.timestamp() % SECONDS) + timedelta(seconds=SECONDS)
    await asyncio.sleep((begin - now).total_seconds() + 0.1)
    running = asyncio.create_task(source.main())
    await asyncio.sleep(0.1)
    for second, price in trades:
        source.push_trade(begin + timedelta(seconds=second), Decimal(price), Decimal(1))
    await asyncio.sleep(2 * SECONDS + 1)
    running.cancel()
    bars = []
    while event := source.pop():
        bar = event.bar
        bars.append(f"{bar.open} {bar.high} {bar.low} {bar.close} ({bar.volume})")
    told = f'{len(errors)} "{errors[0]}"' if errors else "no error"
    pushed = ", ".join(f"{second:g} {price}" for second, price in trades)
    print(f"{pushed:39}  bars {', '.join(bars):41}  {told}", flush=True)
    return bars, told


async def main():
    return [
        await story([(0, 100), (1, 101), (2.9995, 102), (3, 103), (4, 104)]),
        await story([(0, 0), (1, 5), (2, 3)]),
    ]


if asyncio.run(main()) != [
    (["100 101 100 101 (2)", "103 104 103 104 (2)"], '1 "Trade is out of order"'),
    (["5 5 3 3 (3)"], "no error"),
]:
    sys.exit("not as described any more")
BARS
venv/bin/python -W ignore bars.py
