#!/usr/bin/env bash
# candlelite: each five-minute bar has the turnover of the same five minutes, and Bollinger's bands are those of the bar before.
#
# Expected: compress_candle() makes one row of five: first open, highest high, lowest low, last close, volume and "other columns" summed over
#   those five. boll() and ma() of one package with the same n look at the same n candles.
# Seen: in compress_candle() of candlelite 1.0.17 the loop over the columns after the volume has the name of the loop over the rows: column 6 is
#   summed from row 6 on, column 7 from row 7 on, for every bar alike. Volume is right. Bars are cut by counting rows from the
#   first one, whatever the time: rows from 09:02 give bars at 09:02, 09:07, and one lost minute shifts all that follow. boll() takes the n
#   candles before the present one, ma() the n up to it.
# Why it matters: turnover divided by volume is the average price of a bar, and the trades of a bar are how it is weighed: both
#   are made of one number for ever, in a plausible size. With fewer than seven rows the columns are 0. Bands that leave out the candle
#   itself are touched by each jump.
# Way to live with it: resample with pandas by the time column; valid_interval() before; in tests a row with columns of its own
#   (amount, trades), two bars, and the sum of all bars against the sum of all rows.
# Versions: candlelite 1.0.17, paux 1.0.14, numpy 1.26.4, pandas 3.0.6, Python 3.11. Nothing found about it.
#
# Output seen:
#   09:00 volume  15 turnover  45000 expected  15000
#   09:05 volume  40 turnover  45000 expected  40000
#   09:10 volume  65 turnover  45000 expected  65000
#   all bars 135000, all rows 120000
#   from 09:02 and without 09:06: bars at 09:02 09:08
#   middle of the bands after 09:00 to 09:03, n=3: 101.5, average ma() of the same: 102.5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check candlelite==1.0.17 paux==1.0.14 numpy==1.26.4 pandas==3.0.6 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import numpy as np
from candlelite.calculate import technical, transform

NINE = 9 * 60


def clock(milliseconds):
    minutes = int(milliseconds // 60000)
    return f"{minutes // 60:02}:{minutes % 60:02}"


# time, open, high, low, close, volume, turnover: 1000 for each unit of volume
rows = np.array([[(NINE + i) * 60000, 100 + i, 101 + i, 99 + i, 100.5 + i, 1 + i, 1000 * (1 + i)] for i in range(15)], float)
bars = transform.compress_candle(rows, "5m", "1m")
for bar in bars:
    print(f"{clock(bar[0])} volume {bar[5]:3.0f} turnover {bar[6]:6.0f} expected {bar[5] * 1000:6.0f}")
print(f"all bars {bars[:, 6].sum():.0f}, all rows {rows[:, 6].sum():.0f}")

late = np.delete(rows, [0, 1, 6], axis=0)
starts = [clock(bar[0]) for bar in transform.compress_candle(late, "5m", "1m")]
print("from 09:02 and without 09:06: bars at", *starts)

middle = technical.boll(rows, 3)[3, 1]
average = technical.ma(rows, 3)[3, 4]
print(f"middle of the bands after 09:00 to 09:03, n=3: {middle}, average ma() of the same: {average}")

if (list(bars[:, 6]), starts, middle, average) != ([45000.0] * 3, ["09:02", "09:08"], 101.5, 102.5):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py | grep -v "^init settings"
