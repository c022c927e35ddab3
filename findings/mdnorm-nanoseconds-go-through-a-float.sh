#!/usr/bin/env bash
# market-data-normalizer: "time is integer nanoseconds", but each time goes through a float: one trade has two times by source, 256 ns apart.
#
# Expected: "integer nanoseconds, UTC: one comparable integer regardless of whether the source gave seconds, milliseconds, or a FIX
#   timestamp string" (its readme).
# Seen: epoch_to_ns() of 1.48.0 computes int(round(float(value) * factor)), and the reader of ISO and FIX times goes by
#   datetime.timestamp(). A float has 53 bits, which at today's epoch is steps of 256 ns. 13:30:00.123 is 64 ns late as milliseconds and
#   192 ns early as ISO or FIX text, that is in the millisecond before; of the 60,000 milliseconds of a minute 3 of 8 are early.
#   Nanoseconds that come as an int are changed as well: three ticks within 100 ns get one and the same time.
# Why it matters: comparing or joining two sources by time finds no pair, bars of 1 ms get the trades of their neighbour, the order of
#   ticks within a burst is lost, and time - truth isn't 0 in a latency test.
# Way to live with it: take the time from the raw message oneself: int(text) * 1_000_000, or for ISO text the microseconds as an int. Join
#   sources on the trade id or on milliseconds that are rounded, not cut. Bars of 4 ms, 100 ms, 1 s are safe (multiples of 256 ns).
# Versions: market-data-normalizer 1.48.0 (Python 3.11). Nothing found about it.
#
# Output seen (ns from the true time):
#   13:30:00.123 as milliseconds   64
#   13:30:00.123 as ISO text     -192
#   13:30:00.123 as FIX text     -192
#   milliseconds of a minute that are early, exact, late: 22500 15000 22500
#   start of the 1 ms bar, by source: .123 .122 .122
#   ticks 0, 1 and 100 ns after ...123456789: 1 different time
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check market-data-normalizer==1.48.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from mdnorm.bars import time_bars
from mdnorm.normalizers import from_csv_row, from_fix, from_ws_json

SECOND = 1749648600  # 2025-06-11 13:30:00 UTC
MILLISECONDS = SECOND * 1000 + 123
TRUE = MILLISECONDS * 1_000_000


def ws(time, unit="ms"):
    return from_ws_json({"s": "BTCUSDT", "p": "100.1", "q": "2", "T": time, "m": False}, venue="x", ts_unit=unit)


def iso(text):
    return from_csv_row({"symbol": "BTCUSDT", "ts": text, "price": "100.1", "size": "2", "side": "buy"}, venue="x")


trades = [
    ("milliseconds", ws(MILLISECONDS)),
    ("ISO text", iso("2025-06-11T13:30:00.123Z")),
    ("FIX text", from_fix("55=BTCUSDT|31=100.1|32=2|54=1|60=20250611-13:30:00.123", venue="x", sep="|")),
]
errors = [trade.ts_ns - TRUE for _, trade in trades]
for (name, _), error in zip(trades, errors):
    print(f"{f'13:30:00.123 as {name}':<28} {error:>4}")

minute = [iso(f"2025-06-11T13:30:{n // 1000:02}.{n % 1000:03}Z").ts_ns - (SECOND * 1000 + n) * 1_000_000 for n in range(60_000)]
shares = sum(e < 0 for e in minute), sum(e == 0 for e in minute), sum(e > 0 for e in minute)
print("milliseconds of a minute that are early, exact, late:", *shares)

starts = [time_bars([trade], 1_000_000)[0].start_ns // 1_000_000 - SECOND * 1000 for _, trade in trades]
print("start of the 1 ms bar, by source:", *(f".{start}" for start in starts))

nanoseconds = TRUE + 456_789
burst = {ws(nanoseconds + after, "ns").ts_ns for after in (0, 1, 100)}
print(f"ticks 0, 1 and 100 ns after ...123456789: {len(burst)} different time{'s' * (len(burst) > 1)}")

if (errors, shares, starts, len(burst)) != ([64, -192, -192], (22500, 15000, 22500), [123, 122, 122], 1):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
