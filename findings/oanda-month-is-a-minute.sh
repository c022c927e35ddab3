#!/usr/bin/env bash
# oandapyV20: monthly candles are asked for as if a month had 60 seconds; half a second becomes 5 microseconds, and 14:30 in New York 14:30 UTC.
#
# Expected: InstrumentsCandlesFactory() makes as many requests as the broker's limit asks for: one for the 132 months from 2015 to
#   2026. OANDA calls a month "M", an hour "H", a day "D". DateTime is "always RFC3339 datetime string" in UTC.
# Seen: granularity_to_time() of oandapyV20 0.7.2 reads "M" as "M1", one minute. The factory cuts 11 years into pieces of 500 minutes
#   and yields 11,572 requests of eight hours each for the same months; for days it yields nine.
#   DateTime reads the digits behind the second as a whole number of microseconds, so that ".5" is 000005 and ".250"
#   000250; six digits are right, and the nine that OANDA itself sends raise a ValueError. A datetime with a zone loses the zone.
# Why it matters: a day of requests for one chart, and the account's limit of requests is used up on the way. Each piece holds the
#   month around it, so that months come many times. A GTD order of a desk in New York ends five hours early: the
#   price is right, the order is gone.
# Way to live with it: months from one plain InstrumentsCandles request; DateTime only from datetimes in UTC. In tests count
#   the requests for each granularity.
# Versions: oandapyV20 0.7.2 (the newest on PyPI; it needs requests and six and does not say so), requests 2.34.2, six 1.17.0,
#   Python 3.11.7. Nothing found about it.
#
# Output seen:
#   requests for 2015 to 2026: D 9, W 2, M 11572; the first of them 2015-01-01T00:00:00Z to 2015-01-01T08:20:00Z
#   2026-01-05T14:30:00.5Z -> 2026-01-05T14:30:00.000005Z
#   2026-01-05T14:30:00.250Z -> 2026-01-05T14:30:00.000250Z
#   2026-01-05T14:30:00.250000Z -> 2026-01-05T14:30:00.250000Z
#   14:30 at -05:00 -> 2026-01-05T14:30:00.000000Z (right: 19:30)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check oandapyV20==0.7.2 requests==2.34.2 six==1.17.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
from datetime import datetime, timedelta, timezone

from oandapyV20.contrib.factories import InstrumentsCandlesFactory
from oandapyV20.types import DateTime


def requests(granularity):
    span = {"from": "2015-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z", "granularity": granularity, "count": 500}
    return [request.params for request in InstrumentsCandlesFactory("EUR_USD", span)]


made = {granularity: requests(granularity) for granularity in ("D", "W", "M")}
counts = ", ".join(f"{granularity} {len(pieces)}" for granularity, pieces in made.items())
first = made["M"][0]
print(f"requests for 2015 to 2026: {counts}; the first of them {first['from']} to {first['to']}")
read = []
for text in ("2026-01-05T14:30:00.5Z", "2026-01-05T14:30:00.250Z", "2026-01-05T14:30:00.250000Z"):
    read.append(DateTime(text).value)
    print(f"{text} -> {read[-1]}")
read.append(DateTime(datetime(2026, 1, 5, 14, 30, tzinfo=timezone(timedelta(hours=-5)))).value)
print(f"14:30 at -05:00 -> {read[-1]} (right: 19:30)")
if (
    [len(pieces) for pieces in made.values()] != [9, 2, 11572]
    or first["to"] != "2015-01-01T08:20:00Z"
    or [text[19:] for text in read] != [".000005Z", ".000250Z", ".250000Z", ".000000Z"]
    or read[-1][11:16] != "14:30"
):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
