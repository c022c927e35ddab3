#!/usr/bin/env bash
# frequenz-resampling: Python floats go in, single precision comes out: a Bitcoin of 67123.45 is 67123.453125, the mean of a thousand of them 67123.80.
#
# Expected: the last price of a bar is the price that was pushed; a Python float goes in, and the same number comes out.
# Seen: the Python class of frequenz-resampling 0.1.0 is made for 32-bit floats, as are its sums; the stub says float. That leaves seven digits: 67123.45 comes back as
#   67123.453125. Averages add up in 32 bits too: the mean of 1000 equal prices is 35 cents above each of them, and to a volume of 20 million one share can be added
#   any number of times.
# Why it matters: prices of the dearest instruments miss their tick, a mean lies above the high of its own bar, and the volume of a busy day stands still. Power
#   and temperature, which the package is made for, don't show it.
# Way to live with it: push the difference to the first price of the day, or whole ticks (up to 16 million), and use it for Last, Min and Max only; sum elsewhere.
#   In tests a price with eight digits, and low <= mean <= high.
# Versions: frequenz-resampling 0.1.0 (the newest on PyPI), Python 3.11.7. Source: src/python.rs. Nothing found about it.
#
# Output seen:
#   last of 101.25: 101.25
#   last of 67123.45: 67123.453125
#   last of 1234567.89: 1234567.875
#   sum of 20,000,000 shares and ten more: 20000000
#   mean of 1000 times 67123.45: 67123.8046875
#   prices 1234567.77 and 1234567.80, the same: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check frequenz-resampling==0.1.0

cat > probe.py <<'PROBE'
from datetime import datetime, timedelta, timezone
from frequenz.resampling import Closed, Label, Resampler, ResamplingFunction

start = datetime(2026, 3, 2, 10, tzinfo=timezone.utc)
def bar(function, values):
    one = Resampler(timedelta(seconds=60), function, max_age_in_intervals=1, start=start, closed=Closed.LEFT, label=Label.RIGHT)
    for number, value in enumerate(values, 1):
        one.push_sample(timestamp=start + timedelta(milliseconds=number), value=value)
    return one.resample(start + timedelta(seconds=60))[0][1]

for price in (101.25, 67123.45, 1234567.89):
    print(f"last of {price}: {bar(ResamplingFunction.LAST, [price])}")
print("sum of 20,000,000 shares and ten more:", f"{bar(ResamplingFunction.SUM, [20_000_000.0] + [1.0] * 10):.0f}")
print("mean of 1000 times 67123.45:", bar(ResamplingFunction.AVERAGE, [67123.45] * 1000))
print("prices 1234567.77 and 1234567.80, the same:", bar(ResamplingFunction.LAST, [1234567.77]) == bar(ResamplingFunction.LAST, [1234567.80]))
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
last of 101.25: 101.25
last of 67123.45: 67123.453125
last of 1234567.89: 1234567.875
sum of 20,000,000 shares and ten more: 20000000
mean of 1000 times 67123.45: 67123.8046875
prices 1234567.77 and 1234567.80, the same: True
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
