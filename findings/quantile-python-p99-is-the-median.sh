#!/usr/bin/env bash
# quantile-python: of the latencies 1 ms to 100 ms p99 is 51 ms; with 40 of 100 ticks a second late p99 is 70 ms.
#
# Expected: "allowed error" 0.001 at 0.99 is a rank between 98.9 and 99.1 per cent (Cormode and Muthukrishnan, biased quantiles);
#   with 100 values that is 99.
# Seen: quantile-python 1.1 enters each value of a full buffer twice, the first one aside (at the end of its list once as the new end and
#   once more behind it), and counts it once. p99 is then the middle: 51 of 100, 248 of 500. From the second buffer on (512 values)
#   the share that is counted twice falls, and the list is not sorted any more, so that the answer depends on the order in which
#   values came: p99 of 1 to 5000 is 2477 in rising and 4476 in mixed order. quantile-estimator 0.1.3, made from the same paper and with
#   the same interface, is right to within its error.
# Why it matters: one bound on p99 for a window of 10 s, or a run with some hundreds of ticks, checks the median: half of the ticks
#   may be late. It is among the 15,000 most downloaded packages of PyPI.
# Way to live with it: quantile-estimator; HdrHistogram; sorted values while there are few. Each sketch checked once with 1 to 100.
# Versions: quantile-python 1.1 (the newest, of 2015), quantile-estimator 0.1.3 (PyPI), Python 3.11.7. Issue 1 of its
#   repository shows 50 in place of 99, open since 2020, without a cause; the class promises the error asked for.
#
# Output seen (p50, p95 and p99 in ms):
#                                    exact               quantile-python     quantile-estimator
#   1 to 100                         50, 95, 99          26, 48, 51          52, 96, 100
#   1 to 500                         250, 475, 495       128, 238, 248       255, 477, 495
#   1 to 5000, rising                2500, 4750, 4950    1235, 2373, 2477    2528, 4773, 4951
#   1 to 5000, mixed                 2500, 4750, 4950    2242, 4331, 4476    2500, 4774, 4954
#   60 from 20, 40 from 1000         69, 1034, 1038      45, 67, 70          71, 1035, 1039
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check quantile-python==1.1 quantile-estimator==0.1.3 2>/dev/null

cat > quantiles.py <<'QUANTILES'
import math
import random

import quantile
import quantile_estimator

WANTED = ((0.5, 0.01), (0.95, 0.005), (0.99, 0.001))


def exact(values):
    values = sorted(values)
    return [values[math.ceil(share * len(values)) - 1] for share, _ in WANTED]


def of(package):
    def measure(values):
        estimator = package.Estimator(*WANTED)
        for value in values:
            estimator.observe(value)
        return [estimator.query(share) for share, _ in WANTED]

    return measure


mixed = list(range(1, 5001))
random.Random(7).shuffle(mixed)
print(" " * 32, "exact".ljust(19), "quantile-python".ljust(19), "quantile-estimator")
for name, values in (
    ("1 to 100", range(1, 101)),
    ("1 to 500", range(1, 501)),
    ("1 to 5000, rising", range(1, 5001)),
    ("1 to 5000, mixed", mixed),
    ("60 from 20, 40 from 1000", [*range(20, 80), *range(1000, 1040)]),
):
    results = [measure(list(values)) for measure in (exact, of(quantile), of(quantile_estimator))]
    print(name.ljust(32), *(", ".join(map(str, result)).ljust(19) for result in results))
QUANTILES
venv/bin/python quantiles.py | sed 's/ *$//' | tee output
cat > expected <<'EXPECTED'
                                 exact               quantile-python     quantile-estimator
1 to 100                         50, 95, 99          26, 48, 51          52, 96, 100
1 to 500                         250, 475, 495       128, 238, 248       255, 477, 495
1 to 5000, rising                2500, 4750, 4950    1235, 2373, 2477    2528, 4773, 4951
1 to 5000, mixed                 2500, 4750, 4950    2242, 4331, 4476    2500, 4774, 4954
60 from 20, 40 from 1000         69, 1034, 1038      45, 67, 70          71, 1035, 1039
EXPECTED
diff expected output || { echo "not as described any more"; exit 1; }
