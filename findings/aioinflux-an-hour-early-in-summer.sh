#!/usr/bin/env bash
# aioinflux: on a machine in London or New York, ticks of the summer are written an hour early; winter and UTC are right.
#
# Expected: a time without a zone is taken for UTC, wherever the machine stands ("Assume tz-naive input to be in UTC, not local time", says its
#   source).
# Seen: aioinflux 0.9.0 turns the time of a dictionary into seconds as if it were local, which takes summer time into account, and takes back the
#   zone's offset in winter, which does not. 14:30 in July becomes 13:30 in London and New York, in Sydney 14:30 in January does. Times as
#   text ("2026-07-15T14:30:00") are the same. A time with a zone is right.
# Why it matters: containers and CI run in UTC and zones like India's have no summer time: both see nothing. A desk's machine in London stores
#   every tick from March to October an hour early, beside ticks of another process that are right; on the Sunday of the change all moves back.
#   What is read back does not tell.
# Way to live with it: times with tzinfo=timezone.utc, or whole nanoseconds; TZ=UTC for the process. A test with TZ=Europe/London and a day in July.
# Versions: aioinflux 0.9.0 (the newest, of 2019), Python 3.11.7. Its issue 11 ("interpreted as local time") is closed with the subtraction that is
#   right in winter.
#
# Output seen (15 January and 15 July 2026, 14:30 without a zone; the time that is written, in UTC):
#                     dictionary    as text       with a zone
#   UTC               14:30 14:30   14:30 14:30   14:30 14:30
#   Asia/Kolkata      14:30 14:30   14:30 14:30   14:30 14:30
#   Europe/London     14:30 13:30   14:30 13:30   14:30 14:30
#   America/New_York  14:30 13:30   14:30 13:30   14:30 14:30
#   Australia/Sydney  13:30 14:30   13:30 14:30   14:30 14:30
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check aioinflux==0.9.0

cat > times.py <<'TIMES'
import datetime
import os

from aioinflux.serialization import serialize


def written(line):
    nanoseconds = int(line.decode().split()[-1])
    return f"{datetime.datetime.fromtimestamp(nanoseconds / 10**9, datetime.timezone.utc):%H:%M}"


def point(time):
    return written(serialize({"measurement": "ticks", "time": time, "fields": {"price": 100.05}}))


days = [datetime.datetime(2026, month, 15, 14, 30) for month in (1, 7)]
ways = (
    point,
    lambda day: point(day.isoformat()),
    lambda day: point(day.replace(tzinfo=datetime.timezone.utc)),
)
print(os.environ["TZ"].ljust(17), "   ".join(" ".join(way(day) for day in days) for way in ways))
TIMES
{
    echo '                  dictionary    as text       with a zone'
    for zone in UTC Asia/Kolkata Europe/London America/New_York Australia/Sydney; do
        TZ=$zone venv/bin/python -W ignore times.py
    done
} | tee output
cat > expected <<'EXPECTED'
                  dictionary    as text       with a zone
UTC               14:30 14:30   14:30 14:30   14:30 14:30
Asia/Kolkata      14:30 14:30   14:30 14:30   14:30 14:30
Europe/London     14:30 13:30   14:30 13:30   14:30 14:30
America/New_York  14:30 13:30   14:30 13:30   14:30 14:30
Australia/Sydney  13:30 14:30   13:30 14:30   14:30 14:30
EXPECTED
diff expected output || { echo "not as described any more"; exit 1; }
