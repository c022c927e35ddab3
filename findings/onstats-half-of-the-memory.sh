#!/usr/bin/env bash
# onstats: an average with com=9 forgets twice as fast as pandas' com=9, and the first tick is a rise of 6,699,900 %.
#
# Expected: ema(com=...) is pandas' com, to which the docstring points: alpha = 1 / (1 + com). The first return is none, or 0. README: "good
#   stability": the variance of 20 prices is that of pandas.
# Seen: ema() of onstats 0.9.4 makes alpha = 2 / (com + 1), which is pandas' span. percentual_diff() compares the first price with 1, diff() with
#   0, and the delayed side of auto_corr() begins with zeros: until they have left the window it says 0.29 where 0.86 comes a tick
#   later. var(), cov_xy() and corr_xy() subtract sums of squares: at 67,000 dollars with moves of a cent the variance of 20
#   ticks is anything from three quarters to nearly twice what it is.
# Why it matters: an alarm on the distance of a price from its average is about twice as nervous as in the study in pandas it was tuned in; the first tick
#   after each start sets off a limit on moves. The variance is all right with EURUSD, at 1.08, and not with bitcoin.
# Way to live with it: ema(alpha=1 / (1 + com)); leave the first value out, and 20 more of auto_corr(); subtract the first price before
#   var(). In tests a price of five digits with moves of one tick, against pandas.
# Versions: onstats 0.9.4, pandas 3.0.6, numpy 1.26.4, Python 3.11. Nothing found about it.
#
# Output seen:
#   com=9 after 100 102 101 105 104 108: 103.1462, pandas com=9 101.7691, pandas span=9 103.1462
#   first return of 67000.00 67000.01: 6699900 %, first difference 67000
#   variance of 20 ticks around 67000: between 0.78 and 1.90 of pandas
#   lag 1, last tick with a zero in the window: 0.29, next one: 0.86
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check onstats==0.9.4 pandas==3.0.6 numpy==1.26.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import random
import sys

import pandas
from onstats import stats

steps = [100, 102, 101, 105, 104, 108]
ema = stats.ema(com=9)
mine = [round(float(ema.send(price)), 4) for price in steps][-1]
series = pandas.Series(steps)
com, span = (round(series.ewm(adjust=False, **kind).mean().iloc[-1], 4) for kind in ({"com": 9}, {"span": 9}))
print(f"com=9 after {' '.join(map(str, steps))}: {mine}, pandas com=9 {com}, pandas span=9 {span}")

first = stats.percentual_diff().send(67000.0) * 100
print(f"first return of 67000.00 67000.01: {first:.0f} %, first difference {stats.diff().send(67000.0):.0f}")

random.seed(5)
price, prices = 67000.0, []
for _ in range(2000):
    price = round(price + random.choice([-0.01, 0, 0.01]), 2)
    prices.append(price)
var, lag = stats.var(20), stats.auto_corr(20, 1)
variances = [float(var.send(price)) for price in prices]
right = pandas.Series(prices).rolling(20).var()
ratios = [variances[i] / right[i] for i in range(19, 2000) if right[i] > 0.00001]
low, high = min(ratios), max(ratios)
print(f"variance of 20 ticks around 67000: between {low:.2f} and {high:.2f} of pandas")
lags = [float(lag.send(price)) for price in prices]
print(f"lag 1, last tick with a zero in the window: {lags[19]:.2f}, next one: {lags[20]:.2f}")

if mine != span or mine == com or first != 6699900 or high < 1.5 or low > 0.9 or lags[20] - lags[19] < 0.3:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
