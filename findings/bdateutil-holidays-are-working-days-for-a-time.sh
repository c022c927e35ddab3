#!/usr/bin/env bash
# bdateutil: a holiday from a list of dates is one for a date only; a time on that day is a working day.
#
# Expected: a holiday is a holiday for a date and for a time on that date: the business day after Thursday 3 July 2025, 15:00 is Monday the 7th.
# Seen: bdateutil 0.1 asks `dt in holidays`, with the datetime as it is; the holidays are here a list of dates. A datetime equals no date, and a datetime of midnight in the list equals no other time of its
#   day: from Thursday 3 July, 15:00, the next business day is Friday the 4th, and isbday() of that Friday, 11:00, is True. Weekends are known for both.
# Why it matters: ticks and orders have times. A check "did the feed stay away on a business day" reports each holiday as an outage, and settlement and expiry come
#   a day early. A test with dates is right, and nothing is raised.
# Way to live with it: ask with .date() and put the time back with datetime.combine(); or give an object whose `in` cuts the time off, as that of the package holidays
#   does. In tests a holiday with a time.
# Versions: bdateutil 0.1 (the newest on PyPI), Python 3.11.7. Source: bdateutil/__init__.py, isbday; relativedelta.py. Nothing found about it.
#
# Output seen:
#   2025-07-03 + 1 business day: 2025-07-07
#   2025-07-03 15:00:00 + 1 business day: 2025-07-04 15:00:00
#   2025-07-04 a business day: False
#   2025-07-04 11:00:00 a business day: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check bdateutil==0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import datetime
from bdateutil import isbday, relativedelta
holidays = [datetime.date(2025, 7, 4)]
for start in (datetime.date(2025, 7, 3), datetime.datetime(2025, 7, 3, 15)):
    print(f"{start} + 1 business day:", start + relativedelta(bdays=+1, holidays=holidays))
for moment in (datetime.date(2025, 7, 4), datetime.datetime(2025, 7, 4, 11)):
    print(f"{moment} a business day:", isbday(moment, holidays=holidays))
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
2025-07-03 + 1 business day: 2025-07-07
2025-07-03 15:00:00 + 1 business day: 2025-07-04 15:00:00
2025-07-04 a business day: False
2025-07-04 11:00:00 a business day: True
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
