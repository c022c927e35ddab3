#!/usr/bin/env bash
# duka: the hour of a tick is guessed from the minutes, so that an hour without ticks puts the rest of the day an hour early.
#
# Expected: Dukascopy has one file for each hour, with milliseconds since its start; a tick gets the hour of its file.
# Seen: duka 0.2.0 puts the 24 files of a day together before it decodes them. A day begins at midnight (Sundays and New Year at
#   21:00 or 22:00), and an hour is added where the minute of a tick is smaller than that of the one before. An hour
#   without ticks is not seen: all that follows is an hour early. Nor is an hour whose first tick has no smaller
#   minute than the last one before: its ticks go into the hour before. The file is in order and has no gap.
# Why it matters: gold and silver pause for an hour each day, indices trade from the morning on, holidays have quiet hours: news and
#   openings are hours away from the prices. EURUSD on a working day, with which one tries it, is right.
# Way to live with it: a library that decodes file by file; in tests a day with an empty hour, and look at the last tick.
# Versions: duka 0.2.0 (the newest on PyPI), Python 3.11.7. Nothing found about it. Files in Dukascopy's layout, made by the script.
#
# Output seen (Monday, January 5; two ticks an hour but for what is said):
#   every hour                        from 00:10 to 23:40   (right: from 00:10 to 23:40)
#   a pause from 22:00 to 23:00       from 00:10 to 22:40   (right: from 00:10 to 23:40)
#   an index, from 08:00 to 21:00     from 00:10 to 12:40   (right: from 08:10 to 20:40)
#   21:05, then 22:50, then no more   from 00:10 to 21:50   (right: from 00:10 to 22:50)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check duka==0.2.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import lzma
import struct
import sys
from datetime import date

from duka.core.processor import decompress

MONDAY = date(2026, 1, 5)


def bi5(minutes):
    """The file of an hour: milliseconds, ask and bid in points, volumes in millions."""
    rows = [struct.pack(">IIIff", minute * 60_000, 108_010, 108_000, 1.0, 1.0) for minute in minutes]
    return lzma.compress(b"".join(rows), lzma.FORMAT_ALONE) if rows else b""


usual = {hour: [10, 40] for hour in range(24)}
cases = [
    ("every hour", usual),
    ("a pause from 22:00 to 23:00", {**usual, 22: []}),
    ("an index, from 08:00 to 21:00", {hour: [10, 40] for hour in range(8, 21)}),
    ("21:05, then 22:50, then no more", {**usual, 21: [5], 22: [50], 23: []}),
]
seen = []
for name, hours in cases:
    day = b"".join(bi5(hours.get(hour, [])) for hour in range(24))
    got = [f"{tick[0]:%H:%M}" for tick in decompress(MONDAY, memoryview(day))]
    right = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in hours.get(hour, [])]
    seen.append((len(got) == len(right), got[0], got[-1]))
    print(f"{name:<34}from {got[0]} to {got[-1]}   (right: from {right[0]} to {right[-1]})")
if seen != [(True, "00:10", last) for last in ("23:40", "22:40", "12:40", "21:50")]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
