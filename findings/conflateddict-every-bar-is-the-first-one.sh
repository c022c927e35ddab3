#!/usr/bin/env bash
# conflateddict: after reset() the next bar opens at the first one's open and keeps its high and low.
#
# Expected: OHLCConflator gives open, high, low and close "observed during the interval"; reset() ends an interval, and the next tick
#   opens the next bar. So it is with its mean and its batch.
# Seen: conflateddict 0.1.2. reset() forgets which symbols have changed, and keeps the bars. The next tick of a symbol goes on with the bar
#   of the interval before: of three minutes around 100, 103 and 50 all open at 100, all have the highest high so far and the lowest low. Only
#   the close is right. The conflator of means begins anew at reset(), the one of modes does not either.
# Why it matters: the first bar is right, and a test has one. From the second on each bar's range is that of the day, stops and ranges
#   grow until the evening, and each bar looks as if it had opened at the morning's price.
# Way to live with it: clear() in place of reset(), or a new OHLCConflator for each interval; in tests two intervals that do not overlap.
# Versions: conflateddict 0.1.2 (the newest on PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen (minutes of ticks 100 110 90 101, then 102 104 103, then 50 51; open high low close of each):
#   reset()  100 110 90 101, 100 110 90 103, 100 110 50 51
#   clear()  100 110 90 101, 102 104 102 103, 50 51 50 51
#   mode     1 (3 of 3), 1 (3 of 5)       (of 1 1 1 and 2 2; right: 1 (3 of 3), 2 (2 of 2))
#   mean     2.0, 20.0                    (of 1 3 and 10 30)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check conflateddict==0.1.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from conflateddict import MeanConflator, ModeConflator, OHLCConflator


def intervals(conflator, minutes, end):
    shown = []
    for ticks in minutes:
        for price in ticks:
            conflator["NIFTY"] = price
        value = conflator["NIFTY"]
        if isinstance(conflator, OHLCConflator):
            value = " ".join(map(str, value))
        elif isinstance(conflator, ModeConflator):
            value = f"{value.value} ({value.observations} of {value.count})"
        shown.append(str(value))
        end(conflator)
    return ", ".join(shown)


MINUTES = [[100, 110, 90, 101], [102, 104, 103], [50, 51]]
rows = {
    "reset()": intervals(OHLCConflator(), MINUTES, OHLCConflator.reset),
    "clear()": intervals(OHLCConflator(), MINUTES, OHLCConflator.clear),
    "mode": intervals(ModeConflator(), [[1, 1, 1], [2, 2]], ModeConflator.reset),
    "mean": intervals(MeanConflator(), [[1, 3], [10, 30]], MeanConflator.reset),
}
for name, text in rows.items():
    print(f"{name:8} {text}")
right = list(rows.values()) == [
    "100 110 90 101, 100 110 90 103, 100 110 50 51",
    "100 110 90 101, 102 104 102 103, 50 51 50 51",
    "1 (3 of 3), 1 (3 of 5)",
    "2.0, 20.0",
]
if not right:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py
