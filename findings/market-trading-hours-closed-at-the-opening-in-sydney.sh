#!/usr/bin/env bash
# market-trading-hours: Monday's opening in Sydney is no trading day, nor Friday evening in New York; a night session ends at midnight.
#
# Expected: is_market_open() goes by the timezone, the weekend days and the sessions of market_timings.json; of a session with its close
#   before its open ("overnight") the docstring says that the hours after midnight belong to it.
# Seen: market-trading-hours 0.0.6 looks first whether today is a trading day, and "today" is the date in UTC: in Sydney Monday's
#   first hour is Sunday, in New York the last hour of Friday's late trading is Saturday, and holidays are shifted by the same. Of a
#   night session it makes the one that begins today: at 2:00 that lies ahead, and what began yesterday is not looked at.
# Why it matters: a scheduler that waits for it misses the opening on Mondays and the day after a holiday; a feed's watchdog is
#   asleep when the night session still trades, and awake on a holiday's eve. India, where it was made, sees none of it.
# Way to live with it: is_trading_day() with the date of the exchange, and for the hours after midnight a second session from 00:00; in
#   tests the first minute of a week and two in the morning.
# Versions: market-trading-hours 0.0.6 (the newest on PyPI), tzdata 2026.6, Python 3.11.7. Nothing found about it. The clock is the script's.
#
# Output seen:
#   Sydney    Mon 10:05 (10:00-16:00)   Not a trading day   (right: regular)
#   Sydney    Mon 11:05 (10:00-16:00)   regular             (right: regular)
#   New York  Fri 19:30 (16:00-20:00)   Not a trading day   (right: late)
#   New York  Thu 19:30 (16:00-20:00)   late                (right: late)
#   Osaka     Tue 23:00 (17:00-06:00)   night               (right: night)
#   Osaka     Wed 02:00 (17:00-06:00)   Market closed       (right: night)
#   Mumbai    Mon 09:20 (09:15-15:30)   regular             (right: regular)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check market-trading-hours==0.0.6 tzdata==2026.6 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import datetime as clock
import json
import os
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

CASES = [
    ("Sydney", "Australia/Sydney", "regular", "10:00", "16:00", "2026-01-05 10:05"),
    ("Sydney", "Australia/Sydney", "regular", "10:00", "16:00", "2026-01-05 11:05"),
    ("New York", "America/New_York", "late", "16:00", "20:00", "2026-01-09 19:30"),
    ("New York", "America/New_York", "late", "16:00", "20:00", "2026-01-08 19:30"),
    ("Osaka", "Asia/Tokyo", "night", "17:00", "06:00", "2026-01-06 23:00"),
    ("Osaka", "Asia/Tokyo", "night", "17:00", "06:00", "2026-01-07 02:00"),
    ("Mumbai", "Asia/Kolkata", "regular", "09:15", "15:30", "2026-01-05 09:20"),
]
os.environ.update(PROJECT_DIRECTORY=str(Path.cwd()), EXCHANGE="TEST")
config = Path("_CONFIG", "TEST")
config.mkdir(parents=True)
(config / "trading_holidays.json").write_text('{"market_holidays": [{"year": 2026, "holidays": []}]}')
import TRADING_HOURS


class Clock(clock.datetime):
    moment = None

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(cls.moment.timestamp(), tz)


TRADING_HOURS.datetime = Clock
seen = []
for place, zone, name, opens, closes, moment in CASES:
    session = {"name": name, "open": opens, "close": closes, "breaks": None}
    timings = {"timezone": zone, "weekend_days": ["Saturday", "Sunday"], "sessions": [session]}
    (config / "market_timings.json").write_text(json.dumps({"market_timings": timings}))
    TRADING_HOURS._TIMINGS_CACHE = None  # read the file anew
    Clock.moment = clock.datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone))
    _, phase = TRADING_HOURS.processing_market_window(sessions=[name])
    seen.append(phase)
    print(f"{place:<9} {Clock.moment:%a %H:%M} ({opens}-{closes})   {phase:<19} (right: {name})")
if seen != ["Not a trading day", "regular", "Not a trading day", "late", "night", "Market closed", "regular"]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
