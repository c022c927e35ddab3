#!/usr/bin/env bash
# rolling: the kurtosis of 20 prices of EURUSD is anything from -1386 to 2,194,000, and is between -1.8 and 1.7; that of bitcoin is -24 trillion.
#
# Expected: skewness and kurtosis of a window are those of its values, whatever the level: 1.08410 and 1.08412 differ as 0 and 2 do. Variance
#   and standard deviation of the same package are right to eight digits at any price.
# Seen: Skew and Kurtosis of rolling 0.5.0 keep sums of the second, third and fourth powers of the prices and subtract; the differences of
#   ticks are in digits that a float has no more. EURUSD: the sign of the skewness is wrong in a quarter of the windows, the kurtosis in nearly
#   all. A share at 187: the kurtosis is between -185 and 122. Bitcoin: down to -2e13, and a skewness of two million. Returns, and prices less
#   the first one in ticks, are right, as the example of the README with small whole numbers is. Rolling kurt() of pandas 3.0.6 is right for
#   all. Nothing is raised, nothing is NaN.
# Why it matters: a filter of "fat tails" or of jumps by kurtosis opens and closes by rounding errors; it was tried with returns, and is fed with
#   prices.
# Way to live with it: subtract the first price of the day and divide by the tick before; or take returns. In tests the same moves at 1.0841, at 187 and at
#   67000, which must give the same.
# Versions: rolling 0.5.0, pandas 3.0.6, numpy 1.26.4, Python 3.11. Nothing found about it.
#
# Output seen:
#   right: skew -0.8996 to 1.381, kurtosis -1.78 to 1.716
#   ticks from the first  skew -0.8996 to 1.381, kurtosis -1.78 to 1.716, wrong signs 0 and 0 of 181, pandas -1.78 to 1.716
#   EURUSD at 1.0841      skew -8.907 to 1.073, kurtosis -1386 to 2.194e+06, wrong signs 51 and 169 of 181, pandas -1.78 to 1.716
#   a share at 187.42     skew -0.9 to 1.382, kurtosis -184.9 to 121.5, wrong signs 0 and 51 of 181, pandas -1.78 to 1.716
#   bitcoin at 67000      skew 4780 to 2.206e+06, kurtosis -2.457e+13 to -4.769e+09, wrong signs 74 and 11 of 181, pandas -1.78 to 1.716
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check rolling==0.5.0 pandas==3.0.6 numpy==1.26.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import random
import sys

import pandas
import rolling

random.seed(3)
moves = [random.choice([-2, -1, 0, 1, 2]) for _ in range(200)]
ticks = [sum(moves[:i + 1]) for i in range(200)]
PRICES = {
    "ticks from the first": ticks,
    "EURUSD at 1.0841": [round(1.0841 + t * 0.00001, 5) for t in ticks],
    "a share at 187.42": [round(187.42 + t * 0.01, 2) for t in ticks],
    "bitcoin at 67000": [round(67000 + t * 0.01, 2) for t in ticks],
}
windows = [pandas.Series(ticks[i:i + 20]) for i in range(181)]
right = {"skew": [w.skew() for w in windows], "kurtosis": [w.kurt() for w in windows]}


def span(values):
    return f"{min(values):.4g} to {max(values):.4g}"


seen = {}
print(f"right: skew {span(right['skew'])}, kurtosis {span(right['kurtosis'])}")
for name, prices in PRICES.items():
    skew, kurtosis = list(rolling.Skew(prices, 20)), list(rolling.Kurtosis(prices, 20))
    std = [a / b for a, b in zip(rolling.Std(prices, 20), pandas.Series(prices).rolling(20).std().dropna())]
    theirs = pandas.Series(prices).rolling(20).kurt().dropna()
    wrong = [sum(a * b < 0 for a, b in zip(mine, right[kind])) for kind, mine in (("skew", skew), ("kurtosis", kurtosis))]
    seen[name] = (min(kurtosis), max(kurtosis), wrong, max(abs(x - 1) for x in std), min(theirs))
    print(f"{name:21} skew {span(skew)}, kurtosis {span(kurtosis)}, wrong signs {wrong[0]} and {wrong[1]} of 181, pandas {span(theirs)}")

ok = (seen["ticks from the first"][2] == [0, 0] and seen["EURUSD at 1.0841"][1] > 100_000 and seen["EURUSD at 1.0841"][2][1] > 100
      and seen["a share at 187.42"][0] < -50 and seen["bitcoin at 67000"][0] < -1e9 and all(row[3] < 1e-6 for row in seen.values())
      and all(row[4] > -2 for row in seen.values()))
if not ok:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
