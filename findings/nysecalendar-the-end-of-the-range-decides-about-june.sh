#!/usr/bin/env bash
# NYSECalendar: whether New York traded on 19 June 2019 depends on how far into the future one asks.
#
# Expected: NYSE_tradingdays(first, last) is the list of the days of trading between the two; a longer range has the days of a shorter one.
#   Juneteenth is a holiday of the exchange from 2022 on; on a Saturday it is kept on the Friday before (18 June 2027).
# Seen: NYSECalendar 0.0.4 adds Juneteenth for every year of the range as soon as either end is after 19 June 2022. Asked to the end of 2021
#   it trades on 19 June 2018, 2019 and 2020 and on 20 June 2011 and 2016, asked to the end of 2022 on none of them. For Independence Day and
#   Christmas it has the Friday before a Saturday, for Juneteenth only the Monday after a Sunday: 18 June 2027 trades. The two days of
#   the hurricane of 2012 are closed only for who asks for both. 9 January 2025 (a day of mourning) trades.
# Why it matters: a backtest whose range ends today lacks ten days of ticks that it has in the store ("no session, skipped"), and a
#   check of completeness passes. Numbers of days (252 of 2019 or 251) change with the last day that was asked for.
# Way to live with it: ask year by year, and once more for 2027 against the exchange's list. In tests the days of one past year, asked
#   for alone and out of a range to the present: the same list.
# Versions: NYSECalendar 0.0.4 (the newest on PyPI), python-dateutil 2.9.0.post0, Python 3.11.7. Source: nysecalendar.py.
#   Nothing found about it.
#
# Output seen:
#   asked for           2010 to 2021   2010 to 2022   that year alone
#   2011-06-20          trading        closed         trading
#   2016-06-20          trading        closed         trading
#   2019-06-19          trading        closed         trading
#   2020-06-19          trading        closed         trading
#   days 2010 to 2021   3021           3011
#   days of 2019        252            251            252
#   2012-10-29, asked for from the 1st to the 29th of October: trading, to the 30th: closed
#   2027-06-18 (holiday): trading   2022-06-20 (holiday): closed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check NYSECalendar==0.0.4 python-dateutil==2.9.0.post0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
from datetime import date

from nysecalendar.nysecalendar import NYSE_tradingdays


def days(first, last):
    return {moment.date() for moment in NYSE_tradingdays(first, last)}


def word(day, found):
    return "trading" if day in found else "closed"


before = days(date(2010, 1, 1), date(2021, 12, 31))
after = days(date(2010, 1, 1), date(2022, 12, 31))
seen = []
print("asked for           2010 to 2021   2010 to 2022   that year alone")
for day in (date(2011, 6, 20), date(2016, 6, 20), date(2019, 6, 19), date(2020, 6, 19)):
    alone = days(date(day.year, 1, 1), date(day.year, 12, 31))
    seen.append((day in before, day in after, day in alone))
    print(f"{day}          {word(day, before):15}{word(day, after):15}{word(day, alone)}")
counts = len(before), sum(day.year < 2022 for day in after)
print(f"days 2010 to 2021   {counts[0]:<15}{counts[1]}")
of_2019 = [sum(day.year == 2019 for day in found) for found in (before, after, days(date(2019, 1, 1), date(2019, 12, 31)))]
print("days of 2019        {:<15}{:<15}{}".format(*of_2019))
storm = date(2012, 10, 29)
storms = [word(storm, days(date(2012, 10, 1), date(2012, 10, last))) for last in (29, 30)]
print("2012-10-29, asked for from the 1st to the 29th of October: {}, to the 30th: {}".format(*storms))
observed = [word(day, days(date(day.year, 1, 1), date(day.year, 12, 31))) for day in (date(2027, 6, 18), date(2022, 6, 20))]
print("2027-06-18 (holiday): {}   2022-06-20 (holiday): {}".format(*observed))
if (seen, counts, storms, observed) != ([(True, False, True)] * 4, (3021, 3011), ["trading", "closed"], ["trading", "closed"]):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
