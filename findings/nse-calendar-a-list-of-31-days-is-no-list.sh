#!/usr/bin/env bash
# nse-calendar: a list of holidays that is 31 days old is thrown away when GitHub does not answer, and the market is open on Republic Day.
#
# Expected: README: "Local cache: valid for 30 days", "Remote source: fetched if the cache expires": an expired list is better than none, as the
#   holidays of a year are published in December before; a year that is not in it is refused.
# Seen: nse-calendar 1.0.0 asks GitHub when its file is 30 days old, and when that fails it goes on with an empty list, not with the file:
#   each weekday is a trading day, the evening session of Diwali, on a Sunday, is none. It prints "loaded from: none" and warns "No cache found",
#   which is wrong. There is no list in the package. A process that runs keeps what it has loaded first, for years; and a year without a list has no
#   holidays, without a word: is_nse_holiday("2027-01-26") is False until somebody publishes 2027.
# Why it matters: a service that is restarted while GitHub is unreachable, or in a network without it, waits for ticks of a closed
#   market, calls the feed dead, and counts the days to the expiry wrongly. Developers have a fresh file.
# Way to live with it: get_data_source_info()["source"] and get_holidays(year) looked at in the start of the service; the file in the image, touched.
# Versions: nse-calendar 1.0.0 (the newest on PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen (the same file with Republic Day and Diwali; nobody answers at GitHub's place):
#                                  29 days old  31 days old
#   source                         cache        none
#   2026-01-26 is a holiday        True         False
#   2026-11-08 has a session       True         False
#   trading day after 2026-01-23   2026-01-27   2026-01-26
#   2027-01-26 is a holiday        False        False
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check nse-calendar==1.0.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import os
import socket
import sys
import time
import warnings

warnings.simplefilter("ignore")
import nse_calendar.core as nse

DAY = 24 * 60 * 60
LISTS = {
    "schema_version": 1,
    "holidays": {"2026": [{"date": "2026-01-26", "description": "Republic Day"}]},
    "special_session": {"2026": [{"date": "2026-11-08", "description": "Diwali Lakshmi Puja"}]},
}


def answers(age):
    nse._CACHE_FILE.parent.mkdir(parents=True, exist_ok=True)
    nse._CACHE_FILE.write_text(json.dumps(LISTS))
    written = time.time() - age * DAY
    os.utime(nse._CACHE_FILE, (written, written))
    nse.refresh_holidays()
    return [
        nse.get_data_source_info()["source"],
        nse.is_nse_holiday("2026-01-26"),
        nse.is_special_session("2026-11-08"),
        nse.next_trading_day("2026-01-23").isoformat(),
        nse.is_nse_holiday("2027-01-26"),
    ]


with socket.socket() as nobody:
    nobody.bind(("127.0.0.1", 0))
    nse._GITHUB_URL = f"http://127.0.0.1:{nobody.getsockname()[1]}/holidays.json"
    nse._source_printed = True
    fresh, old = answers(29), answers(31)
print(f"{'':<31}{'29 days old':<13}31 days old")
questions = ("source", "2026-01-26 is a holiday", "2026-11-08 has a session", "trading day after 2026-01-23", "2027-01-26 is a holiday")
for question, *values in zip(questions, fresh, old, strict=True):
    print(f"{question:<31}{values[0]!s:<13}{values[1]}", flush=True)
if fresh != ["cache", True, True, "2026-01-27", False] or old != ["none", False, False, "2026-01-26", False]:
    sys.exit("not as described any more")
PROBE
mkdir home
HOME=$work/home timeout 60 venv/bin/python probe.py
