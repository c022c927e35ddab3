#!/usr/bin/env bash
# Trading calendars: one package, one exchange, two names, and two ends of the session.
#
# Expected: pandas_market_calendars has one Hong Kong, under its name and its code, and where it takes
#   a calendar from exchange_calendars it takes it whole.
# Seen: "HKEX" is its own calendar and has no half days: on 24 December 2026 it closes at 16:00, and
#   "XHKG", which it takes over, at noon. It closed on 2023-09-01 (a typhoon), where "XHKG" was open.
#   What it takes over loses late opens: Korea's first session of the year starts at 10:00 in
#   exchange_calendars and at 9:00 here. "NSE" has the evening session of Diwali 2024 and 2025 where
#   "XBOM" has a holiday; that of 2026, a Sunday, is in neither.
# Why it matters: the watchdog "no tick for a minute within the session" alarms for an afternoon, or is
#   silent; a replay of "the last session" takes another day; expected counts of bars differ between
#   two services that use the same package at the same version.
# Way to live with it: one name per market, written down; compare once a year the two packages' special
#   days with the exchange's notice, and keep exceptions in a file of one's own.
# Versions: pandas_market_calendars 5.5.0, exchange_calendars 4.13.2, pandas 3.1.1.
#
# Output seen (local time):
#   2026-12-24  HKEX 09:30-16:00  XHKG 09:30-12:00
#   2023-09-01  HKEX closed       XHKG 09:30-16:00
#   2026-01-02  XKRX 09:00-15:30  XKRX of exchange_calendars 10:00-15:30
#   2024-11-01  NSE  18:00-19:00  XBOM closed
#   2025-10-21  NSE  13:45-14:45  XBOM closed
#   2026-11-08  NSE  closed       XBOM closed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    pandas_market_calendars==5.5.0 exchange_calendars==4.13.2 pandas==3.1.1

cat > calendars.py <<'CALENDARS'
import warnings

warnings.simplefilter("ignore")
import exchange_calendars
import pandas_market_calendars

ZONES = {"HKEX": "Asia/Hong_Kong", "XKRX": "Asia/Seoul", "NSE": "Asia/Kolkata"}


def hours(row, start, end, zone):
    return "-".join(row[at].tz_convert(zone).strftime("%H:%M") for at in (start, end))


def by_package(name, day, zone):
    found = pandas_market_calendars.get_calendar(name).schedule(day, day)
    return hours(found.iloc[0], "market_open", "market_close", zone) if len(found) else "closed"


def by_exchange_calendars(name, day, zone):
    calendar = exchange_calendars.get_calendar(name, start="2023-01-01", end="2026-12-31")
    return hours(calendar.schedule.loc[day], "open", "close", zone)


seen = []
for day, name, other in (
    ("2026-12-24", "HKEX", "XHKG"),
    ("2023-09-01", "HKEX", "XHKG"),
    ("2026-01-02", "XKRX", None),
    ("2024-11-01", "NSE", "XBOM"),
    ("2025-10-21", "NSE", "XBOM"),
    ("2026-11-08", "NSE", "XBOM"),
):
    zone = ZONES[name]
    one = by_package(name, day, zone)
    two = by_package(other, day, zone) if other else by_exchange_calendars(name, day, zone)
    print(f"{day}  {name:4} {one:11}  {other or name + ' of exchange_calendars'} {two}")
    seen.append((one, two))
assert seen == [
    ("09:30-16:00", "09:30-12:00"),
    ("closed", "09:30-16:00"),
    ("09:00-15:30", "10:00-15:30"),
    ("18:00-19:00", "closed"),
    ("13:45-14:45", "closed"),
    ("closed", "closed"),
], seen
CALENDARS
venv/bin/python calendars.py
