#!/usr/bin/env bash
# dukascopy-python: January's candle is February's, December is an error, 90 minutes are 60, and ticks of one millisecond come twice.
#
# Expected: a candle has the time at which it began; interval_value=90 with TIME_UNIT_MIN makes candles of 90 minutes; a
#   history has each tick once.
# Seen: live_fetch() of dukascopy-python 4.0.1 names a month's candle after the next month and raises ValueError for
#   December. It looks for the start of a candle within the hour or the minute only, so that 75 or 90 minutes give
#   candles of 60 without a word. fetch() asks for the next page from the last tick's time on and drops one row of what
#   comes: of several ticks in one millisecond at a page's end the others come twice.
# Why it matters: candles and ticks are of the right form and number, under a wrong month or twice; 75 minutes are what
#   India's traders chart.
# Way to live with it: candles from the ticks by oneself; intervals that divide 60; drop repeated rows;
#   in tests December, 90 minutes, and ticks of one time at the end of a page.
# Versions: dukascopy-python 4.0.1, pandas 3.1.1 (PyPI), Python 3.11.7. Nothing found about it. The service's answers are the
#   script's own, in the place of the one function that asks for them; they begin with the tick of the time asked for, as
#   the package expects.
#
# Output seen:
#   months             tick on 5 January: 2026-02-01, 5 February: 2026-03-01, 5 December: ValueError
#   09:00 to 12:00     60 minutes: 09:00 10:00 11:00 12:00, 75 minutes: 09:00 10:00 11:00 12:00, 90 minutes: 09:00 10:00 11:00 12:00
#   ten ticks by five  received 12, different 10
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check dukascopy-python==4.0.1 pandas==3.1.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import logging
import sys
from datetime import datetime, timezone

import dukascopy_python

logging.disable(logging.CRITICAL)
START, END = (datetime(year, 1, 1, tzinfo=timezone.utc) for year in (2026, 2027))


def tick(*when, price=1.1, milliseconds=0):
    time = int(datetime(2026, *when, tzinfo=timezone.utc).timestamp() * 1000) + milliseconds
    return [time, price, price + 0.0001, 1_000_000, 1_000_000]


def answer_with(rows):
    def answer(last_update, limit, **_):
        return [list(row) for row in rows if row[0] >= last_update][:limit]

    dukascopy_python._fetch = answer


def candles(rows, value, unit):
    answer_with(rows)
    try:
        for frame in dukascopy_python.live_fetch("EUR/USD", value, unit, "B", START, END, max_retries=0):
            pass
    except ValueError:
        return ["ValueError"]
    return [str(time)[:10] if unit == "MONTH" else f"{time:%H:%M}" for time in frame.index]


def history(rows, limit):
    answer_with(rows)
    frame = dukascopy_python.fetch("EUR/USD", "TICK", "B", START, END, max_retries=0, limit=limit)
    return f"received {len(frame)}, different {frame.bidPrice.nunique()}"


months = [f"5 {name}: {candles([tick(number, 5, 9)], 1, 'MONTH')[0]}" for number, name in
          ((1, "January"), (2, "February"), (12, "December"))]
day = [tick(1, 5, hour, minute) for hour in (9, 10, 11) for minute in range(0, 60, 5)] + [tick(1, 5, 12)]
lengths = [f"{value} minutes: {' '.join(candles(day, value, 'MIN'))}" for value in (60, 75, 90)]
# Three ticks in each millisecond, the last one apart.
busy = [tick(1, 5, 9, price=1 + n / 1000, milliseconds=n // 3) for n in range(10)]
lines = [
    f"months             tick on {', '.join(months)}",
    f"09:00 to 12:00     {', '.join(lengths)}",
    f"ten ticks by five  {history(busy, 5)}",
]
print("\n".join(lines))
if lines != [
    "months             tick on 5 January: 2026-02-01, 5 February: 2026-03-01, 5 December: ValueError",
    "09:00 to 12:00     60 minutes: 09:00 10:00 11:00 12:00, 75 minutes: 09:00 10:00 11:00 12:00, "
    "90 minutes: 09:00 10:00 11:00 12:00",
    "ten ticks by five  received 12, different 10",
]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
