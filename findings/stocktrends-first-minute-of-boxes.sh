#!/usr/bin/env bash
# stocktrends: point-and-figure begins at 100 where the price is 100.95, and currency climbs a brick less than it did.
#
# Expected: boxes and bricks that the price went through: none before it moved, and one for each whole step.
# Seen: stocktrends 0.1.6 rounds the first price to a whole number, whatever the box: at boxes of 0.05 a stock at
#   100.95 has 19 boxes upwards, from 100 to 100.95, in its first minute, in which it did not move. Renko counts
#   bricks by cutting off a quotient of floats: in bricks of 0.01 the prices 84.00 to 84.03 end at 84.02, with no
#   brick in the third minute; in bricks of 1 the same climb, 8400 to 8403, has them all.
# Why it matters: a rise of 19 boxes is the strongest signal of the day, and each day begins with one, except for
#   prices near a whole number and except for boxes of 1, with which one tests. Currency and options, with steps
#   of 0.0025 to 0.05, are the ones that are wrong.
# Way to live with it: count in ticks: prices and box as whole numbers of ticks, and divide afterwards; in
#   tests a first price that is no whole number and a box of 0.05.
# Versions: stocktrends 0.1.6, pandas 2.3.3, Python 3.11.7. Issue 5 of ChillarAnand/stocktrends (open) suspects the
#   cut off quotient of Renko; about the first boxes, and that it takes a brick away, nothing was found.
#
# Output seen:
#   point and figure, box 0.05, 100.95 100.95 100.95:  19 boxes, the first from 100.00 to 100.05
#   point and figure, box 1, 2019 2019 2019:           none
#   Renko, brick 0.01, 84.00 84.01 84.02 84.03:        last close 84.02
#   Renko, brick 1, 8400 8401 8402 8403:               last close 8403.00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check stocktrends==0.1.6 pandas==2.3.3

cat > boxes.py <<'BOXES'
import sys

import pandas as pd
from stocktrends import PnF, Renko


def minutes(prices):
    at = pd.date_range("2026-01-05 09:15", periods=len(prices), freq="min")
    return pd.DataFrame({"date": at} | {name: prices for name in ("open", "high", "low", "close")})


def boxes(size, prices):
    chart = PnF(minutes(prices))
    chart.box_size = size
    try:
        found = chart.get_ohlc_data()
    except ValueError:  # what pandas says about no box at all
        return "none"
    return f"{len(found)} boxes, the first from {found.open[0]:.2f} to {found.close[0]:.2f}"


def bricks(size, prices):
    chart = Renko(minutes(prices))
    chart.brick_size = size
    return f"last close {chart.get_ohlc_data().close.iloc[-1]:.2f}"


seen = []
for chart, count, size, prices in (
    ("point and figure, box", boxes, 0.05, [100.95] * 3),
    ("point and figure, box", boxes, 1, [2019.0] * 3),
    ("Renko, brick", bricks, 0.01, [84.00, 84.01, 84.02, 84.03]),
    ("Renko, brick", bricks, 1, [8400.0, 8401.0, 8402.0, 8403.0]),
):
    form = ".2f" if size < 1 else ".0f"
    what = f"{chart} {size}, {' '.join(format(price, form) for price in prices)}:"
    seen.append(count(size, prices))
    print(f"{what:<50} {seen[-1]}")
if seen != ["19 boxes, the first from 100.00 to 100.05", "none", "last close 84.02", "last close 8403.00"]:
    sys.exit("not as described any more")
BOXES
timeout 60 venv/bin/python -W ignore boxes.py
