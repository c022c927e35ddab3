#!/usr/bin/env bash
# distogram: 999 answers in 5 ms and one in 100 ms have a p90 of 81 ms.
#
# Expected: a streaming histogram is approximate, and exact as long as there are fewer different values than bins: 999 of 1000 values are 5, so each quantile up to 0.999 is 5.
# Seen: distogram 3.0.3 puts a straight line between two neighbouring bins, each with half of its count on either side: half of the 999 lie "between 5 and 100". The p90 is 81, the
#   p99 98. With 100 bins free this is the case for whatever comes in few values: milliseconds as whole numbers, prices at a few levels, two machines that are merged, one at 10 ms
#   and one with 1 % of the answers at 1000 ms: p50 19.8, p90 812. Mean, count, minimum and maximum are right. With thousands of different values,
#   as in the examples of the README, the quantiles are good.
# Why it matters: a limit of "p99 below 50 ms" fails for one answer in a thousand; the same test with a timer of microseconds passes. A dashboard shows a p90 that no request had.
# Way to live with it: HdrHistogram or DDSketch for times; else feed times that were not rounded. In tests of the figures 999 equal values and one other.
# Versions: distogram 3.0.3 (PyPI), Python 3.11. Source: quantile() in distogram/__init__.py. Nothing found about it.
#
# Output seen (right value in brackets):
#   999 of 5 ms, one of 100           p50 5.1 (5)  p90 81.1 (5)  p99 98.2 (5)
#   990 of 5, 8 of 6, 2 of 300        p50 5.0 (5)  p90 5.8 (5)  p99 6.0 (5)
#   1000 of 10 and 10 of 1000, merged p50 19.8 (10)  p90 811.8 (10)  p99 988.2 (10)
#   10000 different ones              p50 6.9 (6.9)  p90 23.5 (23.6)  p99 47.0 (46.8)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check distogram==3.0.3

cat > probe.py <<'PROBE'
import math
import random
import sys

import distogram


def filled(values):
    histogram = distogram.Distogram()
    for value in values:
        histogram = distogram.update(histogram, value)
    return histogram


def row(name, values, histogram=None):
    histogram, ordered, seen = histogram or filled(values), sorted(values), []
    for q in (0.5, 0.9, 0.99):
        seen.append((round(distogram.quantile(histogram, q), 1), round(ordered[math.ceil(q * len(ordered)) - 1], 1)))
    print(f"{name:33}", "  ".join(f"p{round(q * 100)} {one} ({two})" for q, (one, two) in zip((0.5, 0.9, 0.99), seen)))
    return seen


quick, slow = [10] * 1000, [1000] * 10
shuffled = [5] * 990 + [6] * 8 + [300] * 2
random.seed(1)
random.shuffle(shuffled)
seen = [
    row("999 of 5 ms, one of 100", [5] * 999 + [100]),
    row("990 of 5, 8 of 6, 2 of 300", shuffled),
    row("1000 of 10 and 10 of 1000, merged", quick + slow, distogram.merge(filled(quick), filled(slow))),
    row("10000 different ones", [random.expovariate(0.1) for _ in range(10000)]),
]
if seen[0][1:] != [(81.1, 5), (98.2, 5)] or not seen[2][1][0] > 800 or not all(abs(one - two) < 0.05 * two for one, two in seen[3]):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
