#!/usr/bin/env bash
# welford-remove: parts merged into an empty total: the total is the last part, and what's added to it goes into that part too.
#
# Expected: merge() adds another accumulator; README: "Merge objects to get variance of WHOLE samples". A total that begins empty and takes part after part
#   is the usual way to write it.
# Seen: merge() of welford-remove 0.2.1 into an object that has no data takes the other's count, mean and sum over, but not its shape, by which it knows that it
#   isn't empty any more. The next merge() replaces all that was there, and add() begins anew at count 1.
# Why it matters: a day's total over the minutes, or over the workers, is its last minute: count, mean and variance are those of a quiet close. Nothing is raised.
#   The package that it comes from (welford 0.2.5) raises a TypeError in the same case.
# Way to live with it: begin with a copy.deepcopy() of the first part; check that count is the sum of the parts' counts; in tests three parts
#   merged into a new Welford().
# Versions: welford-remove 0.2.1 (the newest on PyPI), welford 0.2.5, numpy 2.4.6, Python 3.11.7. Nothing found about it.
#
# Output seen:
#   first minute + second + third          count 3, mean 104.00
#                                          count 7, mean 110.57
#   empty + first + second + third         count 2, mean 120.50
#   empty + first, then a price of 200     count 1, mean 200.00
#   welford, empty + first                 TypeError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile welford-remove==0.2.1 welford==0.2.5 numpy==2.4.6 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import numpy as np
from welford import Welford as Original
from welford_remove import Welford

MINUTES = [np.array([[p] for p in prices]) for prices in ([100.0, 104.0, 108.0], [110.0, 111.0], [120.0, 121.0])]


def show(title, total):
    print(f"{title:<38} count {total.count}, mean {total.mean[0]:.2f}")


show("first minute + second + third", total := Welford(MINUTES[0]))
for minute in MINUTES[1:]:
    total.merge(Welford(minute))
show("", total)
total = Welford()
for minute in MINUTES:
    total.merge(Welford(minute))
show("empty + first + second + third", total)
total, part = Welford(), Welford(MINUTES[0])
total.merge(part)
total.add(np.array([200.0]))
show("empty + first, then a price of 200", total)
try:
    Original().merge(Original(MINUTES[0]))
except Exception as error:
    print("welford, empty + first                ", type(error).__name__)
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
first minute + second + third          count 3, mean 104.00
                                       count 7, mean 110.57
empty + first + second + third         count 2, mean 120.50
empty + first, then a price of 200     count 1, mean 200.00
welford, empty + first                 TypeError
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
