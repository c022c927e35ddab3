#!/usr/bin/env bash
# renkodf and rangedf: all bricks of the first second are thrown away, and of a burst nothing is left.
#
# Expected: the same ticks make the same bricks, whether their times are exact to the second or to the millisecond.
# Seen: renkodf 2.0 and rangedf 2.1 take away the first bar, of which they do not know the start, by its time: with
#   it go all bars of the same time. Thirty-six ticks, three at each price from 100 to 111, make ten bricks with
#   a time for each tick; with times in seconds and twelve ticks a second eight; with one time, none.
#   What is left begins in the middle of the move, and nothing tells.
# Why it matters: exchanges and brokers give times in whole seconds, and the opening is the second with the most
#   ticks: just the jump of the opening is missing. Replays of a burst with one time stamp are empty charts, and
#   tests with a tick per second are right.
# Way to live with it: times without repeats before the bars are built (add the position in the second as
#   microseconds), or keep the sequence number as time; compare the first brick's open with the first tick.
# Versions: renkodf 2.0, rangedf 2.1, pandas 2.3.3, numpy 2.2.6, mplfinance 0.12.10b0, Python 3.11.7. Nothing found.
#
# Output seen:
#   times                     renkodf             rangedf
#   one for each tick         10, from 101.0      4, from 102.0
#   twelve ticks a second     8, from 103.0       4, from 102.0
#   one for all               0                   0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check renkodf==2.0 rangedf==2.1 pandas==2.3.3 numpy==2.2.6 \
  mplfinance==0.12.10b0 six==1.17.0

cat > bars.py <<'BARS'
import sys

import pandas as pd
from rangedf import Range
from renkodf import Renko

OPEN = pd.Timestamp("2026-01-05 09:15:00")
PRICES = [float(100 + number // 3) for number in range(36)]


def ticks(per_second):
    at = [OPEN + pd.Timedelta(seconds=number // per_second) for number in range(len(PRICES))]
    return pd.DataFrame({"datetime": at, "close": PRICES})


def told(bars):
    return f"{len(bars)}, from {bars.open.iloc[0]}" if len(bars) else "0"


seen = []
print(f"{'times':<26}{'renkodf':<20}rangedf")
for times, per_second in (("one for each tick", 1), ("twelve ticks a second", 12), ("one for all", 36)):
    row = told(Renko(ticks(per_second), 1).renko_df("normal")), told(Range(ticks(per_second), 1).range_df())
    seen.append(row)
    print(f"{times:<26}{row[0]:<20}{row[1]}")
if seen != [("10, from 101.0", "4, from 102.0"), ("8, from 103.0", "4, from 102.0"), ("0", "0")]:
    sys.exit("not as described any more")
BARS
timeout 60 venv/bin/python -W ignore bars.py
