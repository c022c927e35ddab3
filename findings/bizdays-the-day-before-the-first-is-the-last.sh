#!/usr/bin/env bash
# bizdays: one business day before the first one of a calendar is its last one: 2 January 2026 less a day is 31 December 2026.
#
# Expected: a date outside of the calendar raises DateOutOfRange, as each method does for a date that it's given.
# Seen: offset() of bizdays 1.0.19 checks the date that goes in, not the one that comes out. With n < 0 it takes a place in a list of business
#   days, and a place below zero counts from the end of the list: in a calendar of 2026 two days before 5 January is 31 December
#   2026. Forward it is an IndexError of the list, no DateOutOfRange. Calendar(holidays) without dates begins at its first holiday and
#   ends at its last one, so that this comes on the first days of January and forward already at Christmas. The B3 calendar that
#   comes with it (2000 to 2026) gives 30 December 2026 for the day before 3 January 2000.
# Why it matters: "the previous close" or "the last three sessions" is asked each morning, and each first week of January is wrong by a year: into
#   the future. A query for ticks of that day finds nothing and says that there was no trading.
# Way to live with it: startdate a year before the first day in use; assert offset(day, -n) < day. In tests the first day of the calendar.
# Versions: bizdays 1.0.19 (PyPI), Python 3.11.7. Source: DateIndex.offset() in bizdays/__init__.py. Nothing found about it.
#
# Output seen:
#   calendar of 2026             5 January -1   2026-01-02
#   calendar of 2026             5 January -2   2026-12-31
#   calendar of 2026             2 January -1   2026-12-31
#   holidays of 2026, no dates   2 January -1   2026-12-24
#   B3, as it comes              2000-01-03 -1  2026-12-30
#   calendar of 2026             31 December 1  IndexError
#   a date before the calendar                  DateOutOfRange
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps bizdays==1.0.19 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from bizdays import Calendar

HOLIDAYS = ["2026-01-01", "2026-04-03", "2026-12-25"]
WEEKEND = ["Saturday", "Sunday"]
year = Calendar(HOLIDAYS, WEEKEND, startdate="2026-01-01", enddate="2026-12-31")
bare = Calendar(HOLIDAYS, WEEKEND)
b3 = Calendar.load("B3")
seen = []
for calendar, label, day, asked, n in (
    (year, "calendar of 2026", "2026-01-05", "5 January -1", -1),
    (year, "calendar of 2026", "2026-01-05", "5 January -2", -2),
    (year, "calendar of 2026", "2026-01-02", "2 January -1", -1),
    (bare, "holidays of 2026, no dates", "2026-01-02", "2 January -1", -1),
    (b3, "B3, as it comes", "2000-01-03", "2000-01-03 -1", -1),
    (year, "calendar of 2026", "2026-12-31", "31 December 1", 1),
    (year, "a date before the calendar", "2025-12-31", "", 1),
):
    try:
        answer = str(calendar.offset(day, n))
    except Exception as error:
        answer = type(error).__name__
    seen.append(answer)
    print(f"{label:28} {asked:14} {answer}")
if seen != ["2026-01-02", "2026-12-31", "2026-12-31", "2026-12-24", "2026-12-30", "IndexError", "DateOutOfRange"]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
