#!/usr/bin/env bash
# simplefix: 0.00001 goes out as 44=1e-05, a lot of a hundred as 38=1E+2, and 9:15 in Mumbai as 9:15 UTC.
#
# Expected: a FIX float is digits with a point, without an exponent (FIX 4.4, "float"); a field called
#   UTCTimestamp has UTC; a boolean is Y or N. What the package cannot write so is an error.
# Seen: simplefix 1.0.17 writes each value as Python prints it. A float below 0.0001 or from 1e16 has an exponent, a
#   Decimal that was normalized has one from ten on and below 0.000001, True is "True". append_utc_timestamp() takes
#   a time with a zone and leaves the zone away: 9:15 at +5:30 is sent as 9:15 UTC, five and a half hours late.
#   Its own parser gives all of it back, so that a test with the package at both ends passes.
# Why it matters: the other side refuses the message or, worse, reads 1 and ignores the rest: small prices and sizes are
#   usual in crypto, and only these fail. Decimal.normalize() is what one uses to lose zeros behind the point.
#   A time that is in the future passes for a clock that is wrong.
# Way to live with it: format(value, "f") for each number and astimezone(timezone.utc) for each time, in one function;
#   in tests a price of 0.00001, a size of Decimal("100").normalize() and a time with a zone, read as text.
# Versions: simplefix 1.0.17 (PyPI), Python 3.11.7. The package says that it converts with str(); nothing found about
#   exponents and zones.
#
# Output seen:
#   price 100.05              44=100.05
#   price 0.0001              44=0.0001
#   price 0.00001             44=1e-05
#   size Decimal 100          38=100
#   size Decimal normalized   38=1E+2
#   last fragment True        893=True
#   time 03:45 UTC            60=20260105-03:45:00.000
#   time 09:15 in Mumbai      60=20260105-09:15:00.000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check simplefix==1.0.17

cat > write.py <<'WRITE'
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import simplefix

MUMBAI = timezone(timedelta(hours=5, minutes=30))
OPEN = datetime(2026, 1, 5, 9, 15, tzinfo=MUMBAI)  # 3:45 UTC


def written(method, tag, value):
    message = simplefix.FixMessage()
    message.append_pair(8, "FIX.4.4")
    message.append_pair(35, "D")
    getattr(message, method)(tag, value)
    parser = simplefix.FixParser()
    parser.append_buffer(message.encode())
    return f"{tag}={parser.get_message().get(tag).decode()}"


for what, method, tag, value in (
    ("price 100.05", "append_pair", 44, 100.05),
    ("price 0.0001", "append_pair", 44, 0.0001),
    ("price 0.00001", "append_pair", 44, 0.00001),
    ("size Decimal 100", "append_pair", 38, Decimal("100")),
    ("size Decimal normalized", "append_pair", 38, Decimal("100").normalize()),
    ("last fragment True", "append_pair", 893, True),
    ("time 03:45 UTC", "append_utc_timestamp", 60, OPEN.astimezone(timezone.utc)),
    ("time 09:15 in Mumbai", "append_utc_timestamp", 60, OPEN),
):
    print(f"{what:24}  {written(method, tag, value)}")
WRITE
venv/bin/python -W ignore write.py | tee seen
cat > expected <<'EXPECTED'
price 100.05              44=100.05
price 0.0001              44=0.0001
price 0.00001             44=1e-05
size Decimal 100          38=100
size Decimal normalized   38=1E+2
last fragment True        893=True
time 03:45 UTC            60=20260105-03:45:00.000
time 09:15 in Mumbai      60=20260105-09:15:00.000
EXPECTED
diff -q expected seen > /dev/null || { echo "not as described any more"; exit 1; }
