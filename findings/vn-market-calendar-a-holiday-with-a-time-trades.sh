#!/usr/bin/env bash
# vn-market-calendar, business-calendar: a holiday that comes as a datetime is a trading day; and of the "data 2000-2040" ten years are there.
#
# Expected: is_trading_day(tick.time) and isbusday(tick.time) look at the day. README of the first: "Data 2000-2040, auto-updated
#   annually"; docstring of the second: all functions accept a str, a datetime or a date.
# Seen: vn-market-calendar 0.2.0 looks the value up in a set of dates. A datetime or a pandas Timestamp passes as a date and equals none
#   of them, midnight included: only weekends are closed then, with six sessions on Reunification Day; trading_days() from a datetime on gives
#   datetimes, and all holidays. business-calendar 0.2.1 holds its holidays as datetimes at midnight: from 00:00:01 on it is a
#   working day. Neither says a word. The first has holidays of 2018 to 2027 and no check of the range; before and after, all weekdays trade.
#   settlement_day(), is_open(), current_session() and trading_minutes() of its README are not in the package.
# Why it matters: a service asks with the time of a tick or with now(). A feed that is silent on a holiday is reported as dead, orders
#   are sent, and days until an expiry are counted wrongly. Tests are written with "2026-04-30", where all is right.
# Way to live with it: .date() at each call; a test with now() and with the last year that is needed.
# Versions: vn-market-calendar 0.2.0, business-calendar 0.2.1 (the newest on PyPI both), pandas 2.3.3, Python 3.11.7. Nothing found about it.
#
# Output seen (trading day or not, on 30 April 2026, Reunification Day in Vietnam, a holiday in both):
#                                       vn-market-calendar  business-calendar
#   "2026-04-30"                        False               False
#   datetime, 00:00                     True                False
#   datetime, 10:00                     True                True
#   Timestamp, 10:00                    True                True
#   trading days of 2026 from dates, from datetimes: 250, 261
#   Labour Day, a Monday: 2017 True, 2023 False, 2028 True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check vn-market-calendar==0.2.0 business-calendar==0.2.1 pandas==2.3.3 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
from datetime import date, datetime

import pandas as pd
from business_calendar import Calendar
from vn_market_calendar import HOSE

hose = HOSE()
working = Calendar(holidays=["2026-01-01", "2026-04-30", "2026-12-31"])
seen = []
print(f"{'':<36}{'vn-market-calendar':<20}business-calendar")
for name, moment in (
    ('"2026-04-30"', "2026-04-30"),
    ("datetime, 00:00", datetime(2026, 4, 30)),
    ("datetime, 10:00", datetime(2026, 4, 30, 10)),
    ("Timestamp, 10:00", pd.Timestamp("2026-04-30 10:00")),
):
    answers = hose.is_trading_day(moment), working.isbusday(moment)
    seen.append(answers)
    print(f"{name:<36}{answers[0]!s:<20}{answers[1]}")
days = [hose.count_trading_days(kind(2026, 1, 1), kind(2026, 12, 31)) for kind in (date, datetime)]
print("trading days of 2026 from dates, from datetimes:", ", ".join(map(str, days)))
labour = [hose.is_trading_day(f"{year}-05-01") for year in (2017, 2023, 2028)]
print("Labour Day, a Monday: 2017 {}, 2023 {}, 2028 {}".format(*labour), flush=True)
described = [(False, False), (True, False), (True, True), (True, True)]
if seen != described or days != [250, 261] or labour != [True, False, True]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
