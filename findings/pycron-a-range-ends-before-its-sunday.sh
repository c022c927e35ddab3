#!/usr/bin/env bash
# pycron: a range to Sunday ends on Saturday, day 7 never comes, nor do months with a name or steps from a number; all of it without an error.
#
# Expected: cron: Sunday is 0 or 7; pycron.DOW_CHOICES and names of days are there; what cannot be read is a ValueError, as in croniter and cronsim.
# Seen: pycron 3.3.0 counts Sunday as 0 and nothing else. 7 is compared with 0 to 6 and never true; 5-7 is Friday and Saturday. A range that
#   runs over the end of the week ("fri-mon", "5-1", "sat-sun") is taken as "from the first to 6", so what lies behind Saturday is lost.
#   Names are read for days only: with "may" in the field of the month no day ever matches. "3/2" (every second from the third on) never
#   matches either. Each error is caught and means "not now"; is_now() of an expression that nobody could read is False at all times.
# Why it matters: FX opens on Sunday at 17:00 in New York, and crypto trades at weekends: "0 17 * * 0-5" connects, "0 17 * * 5-7" does not, and
#   no log has a line. A job that never runs looks like one that had nothing to do. With "mon-fri" in the tests all is green.
# Way to live with it: lists in place of ranges ("5,6,0"), numbers in place of names; a test that each expression has a next time in another library.
# Versions: pycron 3.3.0 (the newest on PyPI), croniter 7.0.0, cronsim 2.8, Python 3.11.7. Nothing found about it.
#
# Output seen (days of a week on which 9:00 matches):
#                     pycron                 croniter               cronsim
#   0 9 * * mon-fri   Mon Tue Wed Thu Fri    Mon Tue Wed Thu Fri    Mon Tue Wed Thu Fri
#   0 9 * * sat-sun   Sat                    Sat Sun                an error
#   0 9 * * fri-mon   Fri Sat                Mon Fri Sat Sun        an error
#   0 9 * * 5-7       Fri Sat                Fri Sat Sun            Fri Sat Sun
#   0 9 * * 7         none                   Sun                    Sun
#   0 9 * may *       none                   all                    all
#   0 9 4/2 * *       none                   Mon Wed Fri Sun        Mon Wed Fri Sun
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pycron==3.3.0 croniter==7.0.0 cronsim==2.8 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
from datetime import datetime, timedelta

import pycron
from croniter import croniter
from cronsim import CronSim

WEEK = [datetime(2026, 5, 4, 9) + timedelta(days=day) for day in range(7)]
MINUTE = timedelta(minutes=1)
libraries = {
    "pycron": pycron.is_now,
    "croniter": lambda expression, moment: croniter.match(expression, moment),
    "cronsim": lambda expression, moment: next(CronSim(expression, moment - MINUTE)) == moment,
}


def days(matches, expression):
    try:
        found = [f"{moment:%a}" for moment in WEEK if matches(expression, moment)]
    except Exception:
        return "an error"
    return "all" if len(found) == 7 else " ".join(found) or "none"


print(" " * 17, " ".join(name.ljust(22) for name in libraries).rstrip())
seen = {}
for field in ("* * mon-fri", "* * sat-sun", "* * fri-mon", "* * 5-7", "* * 7", "* may *", "4/2 * *"):
    seen[field] = [days(matches, f"0 9 {field}") for matches in libraries.values()]
    print(f"0 9 {field}".ljust(17), " ".join(text.ljust(22) for text in seen[field]).rstrip(), flush=True)
described = {
    "* * mon-fri": ["Mon Tue Wed Thu Fri"] * 3,
    "* * sat-sun": ["Sat", "Sat Sun", "an error"],
    "* * fri-mon": ["Fri Sat", "Mon Fri Sat Sun", "an error"],
    "* * 5-7": ["Fri Sat", "Fri Sat Sun", "Fri Sat Sun"],
    "* * 7": ["none", "Sun", "Sun"],
    "* may *": ["none", "all", "all"],
    "4/2 * *": ["none", "Mon Wed Fri Sun", "Mon Wed Fri Sun"],
}
if seen != described:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
