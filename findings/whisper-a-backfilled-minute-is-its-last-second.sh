#!/usr/bin/env bash
# whisper (Graphite): ticks that are imported late are not aggregated: sum, min, max and average of the minute are all its last second; and of several values of one second update_many() keeps the first, update() the last.
#
# Expected: a file with seconds for an hour and minutes for a day has the same minutes, whether the ticks came in time or after an outage. The last of several values for one second is kept, as update() does.
# Seen: update_many() of whisper 1.1.10 writes values that are older than the seconds reach straight into the minutes, where each overwrites the one before: no aggregation method is applied, and no error raised. It sorts
#   by time from new to old and turns the list around, so that values of the same second change places: the first one wins, for times with fractions as well.
# Why it matters: after an outage the import says "one trade in the minute, low equal to high", with sum and min of the last second. The chart has a step at the hour that the seconds reach. Ticks have many values in a
#   second: in bulk the second is its open, one by one its close, and a test with one value for each second sees no difference.
# Way to live with it: aggregate to the interval of the archive before an import; one value for each second, chosen by oneself. In tests an import of yesterday, and two values in one second.
# Versions: whisper 1.1.10 (newest), Python 3.11; the same with python3-whisper 1.1.4 (Debian 12). Source: file_update_many and __archive_update_many in whisper.py. The first value that wins is known to carbon
#   (pull request 499 there), which removes doubles before; the missing aggregation is told in an issue about whisper-resize only (316).
#
# Output seen:
#   the minute                       10 minutes ago  2 hours ago
#   sum                              7770            159
#   min                              100             159
#   max                              159             159
#   average                          129.5           159
#   last                             159             159
#   100, 101, 102 in one update_many 100
#   in three of them                 102
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check whisper==1.1.10 six==1.17.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import os
import sys
import time

import whisper

now = int(time.time())
now -= now % 60


def minute(method, age):
    """The value of the minute that was `age` seconds ago, of 60 ticks from 100 to 159."""
    if os.path.exists("ticks.wsp"):
        os.remove("ticks.wsp")
    whisper.create("ticks.wsp", [(1, 3600), (60, 86400)], xFilesFactor=0, aggregationMethod=method)
    start = now - age
    whisper.update_many("ticks.wsp", [(start + i, 100.0 + i) for i in range(60)])
    step, values = whisper.fetch("ticks.wsp", start - 1, start, archiveToSelect=60)
    return values[0]


def second(*updates):
    os.remove("ticks.wsp")
    whisper.create("ticks.wsp", [(1, 3600)])
    at = now - 60
    for update in updates:
        whisper.update_many("ticks.wsp", [(at + fraction, value) for fraction, value in update])
    return whisper.fetch("ticks.wsp", at - 1, at)[1][0]


seen = []
print(f"{'the minute':32} {'10 minutes ago':15} 2 hours ago")
for method in ("sum", "min", "max", "average", "last"):
    fresh, late = minute(method, 600), minute(method, 7200)
    print(f"{method:32} {fresh:<15g} {late:g}")
    seen += [fresh, late]
ticks = [(0.1, 100.0), (0.5, 101.0), (0.9, 102.0)]
for name, value in (("100, 101, 102 in one update_many", second(ticks)), ("in three of them", second(*[[tick] for tick in ticks]))):
    print(f"{name:32} {value:g}")
    seen.append(value)
if seen != [7770, 159, 100, 159, 159, 159, 129.5, 159, 159, 159, 100, 102]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
