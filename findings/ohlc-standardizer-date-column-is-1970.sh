#!/usr/bin/env bash
# ohlc-standardizer: a column "date" is dropped and the row numbers become the times, 1 ns apart in 1970; strict=True has no objection.
#
# Expected: normalize() maps the usual names of columns to timestamp, open, high, low, close, volume, and strict=True raises
#   if there is "no valid timestamp".
# Seen: version 0.1.0 knows "timestamp", "Datetime", "Date" and "time" with just this case. Without one of them extract_timestamp()
#   tries the index: pd.to_datetime() takes the numbers 0, 1, 2 of a plain index for nanoseconds since 1970, all are "valid", and that is
#   the timestamp. The real column ("date", "datetime", "Timestamp", "ts", "Time", "t") isn't one of the six standard ones and is
#   dropped. Sorting by time then keeps the order of the file, so that bars which aren't in order stay so. A known column with
#   epoch milliseconds or seconds is read as nanoseconds too: 29 minutes or 2 seconds after 1970. validate() passes all of it, as it
#   looks at the order only.
# Why it matters: the bars look right and have prices; a join by time with another source is empty, resampling makes one bar of all, and
#   the true times are gone.
# Way to live with it: give column_map={"date": "timestamp", ...} with all six names and convert the times before; in tests look at the
#   first and the last timestamp, not only at the columns.
# Versions: ohlc-standardizer 0.1.0, pandas 2.3.3, Python 3.11. Nothing found about it.
#
# Output seen (bars of 13:31, 13:30, 13:32 in this order, strict=True):
#   Date       2025-06-11 13:30:00 to 2025-06-11 13:32:00, closes 101 102 103
#   date       1970-01-01 00:00:00 to 1970-01-01 00:00:00.000000002, closes 102 101 103
#   datetime   1970-01-01 00:00:00 to 1970-01-01 00:00:00.000000002, closes 102 101 103
#   Timestamp  1970-01-01 00:00:00 to 1970-01-01 00:00:00.000000002, closes 102 101 103
#   time in ms 1970-01-01 00:29:09.648600 to 1970-01-01 00:29:09.648720, closes 101 102 103
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile ohlc-standardizer==0.1.0 pandas==2.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import pandas as pd
from ohlc_standardizer.normalize import normalize

TIMES = ["2025-06-11 13:31", "2025-06-11 13:30", "2025-06-11 13:32"]
BARS = {"open": [101, 100, 102], "high": [103, 102, 104], "low": [100, 99, 101], "close": [102, 101, 103], "volume": [5, 4, 6]}
MILLISECONDS = [1749648660000, 1749648600000, 1749648720000]

cases = [(name, {name: TIMES}) for name in ("Date", "date", "datetime", "Timestamp")] + [("time in ms", {"time": MILLISECONDS})]
seen = []
for name, times in cases:
    bars = normalize(pd.DataFrame({**times, **BARS}), strict=True)
    assert list(bars.columns) == ["timestamp", "open", "high", "low", "close", "volume"]
    text = f"{bars['timestamp'].iloc[0]} to {bars['timestamp'].iloc[-1]}, closes {' '.join(map(str, bars['close']))}"
    seen.append(text)
    print(f"{name:<10} {text}")

row_numbers = "1970-01-01 00:00:00 to 1970-01-01 00:00:00.000000002, closes 102 101 103"
expected = [
    "2025-06-11 13:30:00 to 2025-06-11 13:32:00, closes 101 102 103",
    row_numbers,
    row_numbers,
    row_numbers,
    "1970-01-01 00:29:09.648600 to 1970-01-01 00:29:09.648720, closes 101 102 103",
]
if seen != expected:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
