#!/usr/bin/env bash
# business-days (PyPI): for three years Presidents' Day is a Thursday, its Monday is a business day, and 2027 has no holidays.
#
# Expected: US holidays by their rules: Presidents' Day is the third Monday of February (15 February 2021, 21 February 2022, 20 February 2023); a
#   holiday on a Sunday is kept on Monday (5 July 2021, 26 December 2022, 2 January 2023); Juneteenth since 2021; 1 January of any year.
# Seen: business-days 0.0.8 has a list of dates, written by hand and compared as text. For 2021, 2022 and 2023 Presidents' Day is
#   18, 17 and 16 February, each a Thursday. Holidays on a Sunday have no Monday in the list, Juneteenth begins with 2024, and the list ends with 2026: after that each
#   weekday is a business day. days_from_now(), previous_day() and business_timediff() all go by it.
# Why it matters: a backfill waits for the ticks of a holiday and reports three gaps, and it skips three days on which all exchanges were open. With Christmas and
#   Thanksgiving, which one looks at first, all is right; nothing says that a year isn't known.
# Way to live with it: exchange_calendars or pandas_market_calendars for sessions; where this one stays, compare its days of each year with the rules, and refuse dates
#   after the last year of the list.
# Versions: business-days 0.0.8 (the newest on PyPI), Python 3.11.7. Source: business_days/business_days.py, HOLIDAYS. Nothing found about it.
#
# Output seen:
#   Presidents' Day Mon 15 Feb 2021: business day True, closed in February: Thu 18
#   Presidents' Day Mon 21 Feb 2022: business day True, closed in February: Thu 17
#   Presidents' Day Mon 20 Feb 2023: business day True, closed in February: Thu 16
#   Presidents' Day Mon 19 Feb 2024: business day False, closed in February: Mon 19
#   Independence Day, kept Mon 05 Jul 2021: business day True
#   Christmas, kept        Mon 26 Dec 2022: business day True
#   New Year, kept         Mon 02 Jan 2023: business day True
#   Juneteenth             Mon 19 Jun 2023: business day True
#   New Year               Fri 01 Jan 2027: business day True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -q --no-deps --disable-pip-version-check business-days==0.0.8

cat > probe.py <<'PROBE'
from datetime import date, timedelta
from business_days import is_business_day

def monday(year, month, nth):
    first = date(year, month, 1)
    return first + timedelta(days=(-first.weekday()) % 7 + 7 * (nth - 1))

for year in (2021, 2022, 2023, 2024):
    day = monday(year, 2, 3)
    off = [d for d in (date(year, 2, n) for n in range(10, 29)) if d.weekday() < 5 and not is_business_day(d)]
    print(f"Presidents' Day {day:%a %d %b %Y}: business day {is_business_day(day)}, closed in February: {', '.join(f'{d:%a %d}' for d in off)}")
for name, day in (("Independence Day, kept", date(2021, 7, 5)), ("Christmas, kept", date(2022, 12, 26)), ("New Year, kept", date(2023, 1, 2)),
                  ("Juneteenth", date(2023, 6, 19)), ("New Year", date(2027, 1, 1))):
    print(f"{name:22} {day:%a %d %b %Y}: business day {is_business_day(day)}")
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
Presidents' Day Mon 15 Feb 2021: business day True, closed in February: Thu 18
Presidents' Day Mon 21 Feb 2022: business day True, closed in February: Thu 17
Presidents' Day Mon 20 Feb 2023: business day True, closed in February: Thu 16
Presidents' Day Mon 19 Feb 2024: business day False, closed in February: Mon 19
Independence Day, kept Mon 05 Jul 2021: business day True
Christmas, kept        Mon 26 Dec 2022: business day True
New Year, kept         Mon 02 Jan 2023: business day True
Juneteenth             Mon 19 Jun 2023: business day True
New Year               Fri 01 Jan 2027: business day True
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
