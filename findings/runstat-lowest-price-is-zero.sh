#!/usr/bin/env bash
# runstat: the lowest price is 0 for every share, the first price is never the highest, and the variance of two prices is half of what it should be.
#
# Expected: "keeping the running statistics of a continuously sampled process": min, max, mean and a sample variance, that of the statistics module of Python.
# Seen: runstat 1.0.0 begins with 0 for both min and max, and leaves out the first value of each when it looks for them: prices are never below 0, and a day that opens at its high
#   has the second highest as its high; of negative values the highest is 0. Up to two values the variance is divided by n, from three on by n - 1. Mean and
#   variance of more values are right.
# Why it matters: the range of the day, a stop below the low, a latency's minimum of 0 ms: plausible for latencies, and nobody looks at a minimum that is 0. A day
#   that falls from its open shows another high than the exchange.
# Way to live with it: keep min and max beside it, from the first value on; statistics, or runstats (another package, with an s), which has both right. In tests a row
#   that falls, with its lowest above 0.
# Versions: runstat 1.0.0 (the newest on PyPI), runstats 2.0.0, Python 3.11.7. Source: __init__, update and var in runstat.py. Nothing found about it.
#
# Output seen (prices; low, high, variance):
#                      runstat        runstats       Python
#   105 101 103        0 103 4        101 105 4      101 105 4
#   -3 -1 -2           -2 0 1         -3 -1 1        -3 -1 1
#   105 101            0 101 4        101 105 8      101 105 8
#   101 101 103 101    0 103 1        101 103 1      101 103 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check runstat==1.0.0 runstats==2.0.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import statistics
import sys

from runstat import RunStat
from runstats import Statistics


def text(low, high, variance):
    return f"{low:g} {high:g} {round(variance, 9):g}"


def runstat(prices):
    stat = RunStat(float)
    for price in prices:
        stat.update(price)
    return text(stat.min, stat.max, stat.var)


def runstats(prices):
    stat = Statistics(prices)
    return text(stat.minimum(), stat.maximum(), stat.variance())


def python(prices):
    return text(min(prices), max(prices), statistics.variance(prices))


rows = []
print(f"{'':18} runstat        runstats       Python")
for prices in ([105, 101, 103], [-3, -1, -2], [105, 101], [101, 101, 103, 101]):
    row = [reader(prices) for reader in (runstat, runstats, python)]
    rows.append(row)
    print(f"{' '.join(map(str, prices)):18} {row[0]:14} {row[1]:14} {row[2]}")
right = [row[0] for row in rows] == ["0 103 4", "-2 0 1", "0 101 4", "0 103 1"] and all(row[1] == row[2] for row in rows)
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 60 venv/bin/python probe.py
