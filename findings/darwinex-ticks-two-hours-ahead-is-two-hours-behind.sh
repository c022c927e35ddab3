#!/usr/bin/env bash
# Darwinex-ticks: times two hours ahead of UTC are marked as two hours behind it: a quote of noon joins at four, in summer at five.
#
# Expected: darwinex_time=True (and to_darwinex_time()) gives "GMT+2 but with the New York DST": the same moments with the clock of the
#   broker's MetaTrader, so that a comparison with ticks in UTC, or a way back to UTC, finds them where they were.
# Seen: Darwinex-ticks 0.1.5 adds seven hours to the time of New York, takes the zone off and puts "Etc/GMT+2" on. In the names of the zone
#   database the sign is turned round: Etc/GMT+2 is two hours west, UTC-2. The clock shows the right 14:00, the moment is 16:00 UTC
#   instead of 12:00; between March and November the clock is three hours ahead and the moment five hours late.
# Why it matters: as-of joins with trades, signals and other feeds take quotes that were four or five hours old, and do not complain: both
#   sides have a zone. Plots by the broker's clock look right, which is what one checks.
# Way to live with it: ask for UTC and convert for display only; take the zone off what is there: index.tz_localize(None). In tests one tick
#   in winter and one in summer, there and back to UTC.
# Versions: Darwinex-ticks 0.1.5, pandas 1.5.3 (it needs is_all_dates, gone in pandas 2), Python 3.11.7. Source: darwinex_ticks/core.py.
#
# Output seen:
#   tick in UTC        broker's clock     as marked   back in UTC
#   2026-01-05 12:00   2026-01-05 14:00   -02:00      2026-01-05 16:00
#   2026-07-06 12:00   2026-07-06 15:00   -02:00      2026-07-06 17:00
#   quote that a trade of 12:01 UTC on 5 January joins: 1.0800 of 08:00, right: 1.1000 of 12:00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check setuptools==80.9.0 wheel==0.45.1 >pip.log 2>&1 || { cat pip.log; exit 1; }
venv/bin/pip install -qq --disable-pip-version-check --no-build-isolation Darwinex-ticks==0.1.5 pandas==1.5.3 numpy==1.26.4 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import pandas
from darwinex_ticks.core import to_darwinex_time


def quotes(*moments, bid=1.1):
    index = pandas.DatetimeIndex([pandas.Timestamp(moment, tz="UTC") for moment in moments])
    return pandas.DataFrame({"Bid": bid}, index=index)


minute = "%Y-%m-%d %H:%M"
back = []
print("tick in UTC        broker's clock     as marked   back in UTC")
for moment in ("2026-01-05 12:00", "2026-07-06 12:00"):
    marked = to_darwinex_time(quotes(moment)).index[0]
    back.append(marked.tz_convert("UTC").strftime(minute))
    print(f"{moment}   {marked.strftime(minute)}   {marked.isoformat()[-6:]}      {back[-1]}")

two = quotes("2026-01-05 08:00", "2026-01-05 12:00", bid=[1.08, 1.10])
trade = pandas.DataFrame({"size": [1]}, index=pandas.DatetimeIndex([pandas.Timestamp("2026-01-05 12:01", tz="UTC")]))
marked = to_darwinex_time(two.copy()).tz_convert("UTC")
joined = pandas.merge_asof(trade, marked, left_index=True, right_index=True)["Bid"].iloc[0]
right = pandas.merge_asof(trade, two, left_index=True, right_index=True)["Bid"].iloc[0]
print(f"quote that a trade of 12:01 UTC on 5 January joins: {joined:.4f} of 08:00, right: {right:.4f} of 12:00")
if (back, joined, right) != (["2026-01-05 16:00", "2026-07-06 17:00"], 1.08, 1.10):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
