#!/usr/bin/env bash
# jpxtime3: at midnight the trading day of Osaka's night session jumps by one more: 23:59 on Monday is Tuesday's, 00:00 is Wednesday's.
#
# Expected: the night session from 16:30 to 6:00 belongs to the next trading day as a whole: Monday 20:00 and Tuesday 03:00 are both
#   Tuesday's, and the session ends after it begins.
# Seen: get_nominal_trading_day() of jpxtime3 0.0.7 takes the next trading day after the date for all night sessions, those after
#   midnight too, for which the date is the new one already. Only the night to Saturday comes out right, as the next one after both Friday
#   and Saturday is Monday. SessionTime gives as the end of the night 06:00 on the date of its beginning, ten and a half hours before. Time to
#   expiry with year=245 takes 24 hours off for each holiday that is touched, also for a part of one: from Saturday noon to
#   Monday 09:00 it is below 0. The holidays end in 2023, so New Year's Day 2024 is open; and the default of is_open(dt) and Session(dt)
#   is datetime.now() in the signature, which is the time of the import: a process that asks is_open() gets one answer for ever.
# Why it matters: bars, volume and settlement by trading day are split at midnight on four of five nights; a square root of a
#   negative time is NaN or an error in option prices at weekends.
# Way to live with it: for times up to 06:00 take six hours and a minute off before get_nominal_trading_day() (03:00 is 20:59 of the day
#   before then); always give dt; own holidays in jpxtime3.holiday_jpx. In tests a time after midnight in the middle of the week.
# Versions: jpxtime3 0.0.7 (times of J-GATE 3.0, before November 2024), python-dateutil 2.9.0, Python 3.11. Nothing found about it.
#
# Output seen:
#   Mon 2024-06-10 23:59  trading day Tue 2024-06-11
#   Tue 2024-06-11 00:00  trading day Wed 2024-06-12
#   Tue 2024-06-11 09:00  trading day Tue 2024-06-11
#   Fri 2024-06-14 23:59  trading day Mon 2024-06-17
#   Sat 2024-06-15 03:00  trading day Mon 2024-06-17
#   night of Mon 20:00    from 2024-06-10 16:30 to 2024-06-10 06:00
#   days from Sat 12:00 to Mon 09:00, year=245: -0.125
#   open on 2023-01-02: 0, on 2024-01-01: 1
#   Session() a second later has the same time: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check jpxtime3==0.0.7 python-dateutil==2.9.0.post0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
import time
from datetime import datetime

import jpxtime3

days = []
for text in ("2024-06-10 23:59", "2024-06-11 00:00", "2024-06-11 09:00", "2024-06-14 23:59", "2024-06-15 03:00"):
    moment = datetime.fromisoformat(text)
    day = jpxtime3.get_nominal_trading_day(moment)
    days.append(day.day)
    print(f"{moment:%a} {text}  trading day {day:%a} {day}")

night = jpxtime3.SessionTime(datetime(2024, 6, 10, 20))
print(f"night of Mon 20:00    from {night.opening_time_ns:%Y-%m-%d %H:%M} to {night.closing_time_ns:%Y-%m-%d %H:%M}")
hours = (night.closing_time_ns - night.opening_time_ns).total_seconds() / 3600

left = round(jpxtime3.get_t(datetime(2024, 6, 15, 12), datetime(2024, 6, 17, 9), year=245) * 245, 6)
print(f"days from Sat 12:00 to Mon 09:00, year=245: {left}")

new_year = [jpxtime3.is_open(moment) for moment in (datetime(2023, 1, 2, 10), datetime(2024, 1, 1, 10))]
print(f"open on 2023-01-02: {new_year[0]}, on 2024-01-01: {new_year[1]}")

first = jpxtime3.Session().dt
time.sleep(1)
same = jpxtime3.Session().dt == first
print("Session() a second later has the same time:", same)

if (days, hours, left, new_year, same) != ([11, 12, 11, 17, 17], -10.5, -0.125, [0, 1], True):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
