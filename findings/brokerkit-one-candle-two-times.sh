#!/usr/bin/env bash
# brokerkit: the candle of 09:15 in Mumbai is 03:45 from Fyers, without a zone, and 09:15+05:30 from Upstox; an Upstox expiry is a day late in Tokyo.
#
# Expected: "every timestamp in BrokerKit is IST, made timezone-aware rather than left naive" (brokerkit.utils.datetime), and a candle's
#   timestamp is "timezone-aware in IST" (model Candle), so that brokers can be exchanged and compared.
# Seen: the adapters (1.0.3, Groww 1.0.4) have datetime.fromtimestamp() without a zone for each time that comes as a number: candles of Fyers, of
#   Dhan and of Groww, ticks, orders and market hours of Upstox and the expiry dates of both. That is the local time of the machine, naive. Candles
#   of Upstox and Angel One come as text with +05:30 and are aware. So == between them is False, sorting them together is a TypeError,
#   and within Upstox alone a tick can't be compared with its candle. Upstox has 23:59:59 IST as expiry, a day later for machines
#   east of India. On a developer's machine in India all numbers are right, and only the zone is missing.
# Why it matters: in a container (UTC) bars of one broker are 5:30 early, the first bar of a session is before it opens, and rules by
#   time of day never fire; expiry day logic is a day off in Singapore or Tokyo.
# Way to live with it: TZ=Asia/Kolkata for the process, and replace(tzinfo=IST) for each naive time as it comes in; in tests
#   a run with another TZ.
# Versions: brokerkit-core, brokerkit-fyers, brokerkit-upstox 1.0.3, Python 3.11. Nothing found about it.
#
# Output seen (the candle of 2025-06-11 09:15 IST and a tick in it, an expiry on 2025-06-26):
#   TZ=Asia/Kolkata  fyers 2025-06-11 09:15:00, upstox 2025-06-11 09:15:00+05:30, tick 2025-06-11 09:15:30, expiry 2025-06-26
#   TZ=UTC           fyers 2025-06-11 03:45:00, upstox 2025-06-11 09:15:00+05:30, tick 2025-06-11 03:45:30, expiry 2025-06-26
#   TZ=Asia/Tokyo    fyers 2025-06-11 12:45:00, upstox 2025-06-11 09:15:00+05:30, tick 2025-06-11 12:45:30, expiry 2025-06-27
#   equal: False, tick after its candle's start: can't compare offset-naive and offset-aware datetimes
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile brokerkit-core==1.0.3 brokerkit-fyers==1.0.3 brokerkit-upstox==1.0.3 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import os
import sys
import time

from brokerkit_fyers.mapper import fyers_to_candle
from brokerkit_upstox.instruments import _parse_row
from brokerkit_upstox.mapper import upstox_to_candle, upstox_to_tick

START = 1749613500  # 2025-06-11 09:15 IST
OPTION = {
    "segment": "NSE_FO", "exchange": "NSE", "instrument_type": "CE", "trading_symbol": "NIFTY 25000 CE 26 JUN 25", "name": "NIFTY",
    "instrument_key": "NSE_FO|51834", "exchange_token": "51834", "lot_size": 75, "tick_size": 5.0, "strike_price": 25000.0,
    "underlying_symbol": "NIFTY", "expiry": 1750962599000,
}
seen = []
for zone in ("Asia/Kolkata", "UTC", "Asia/Tokyo"):
    os.environ["TZ"] = zone
    time.tzset()
    fyers = fyers_to_candle([START, 100.0, 101.0, 99.0, 100.5, 1000])
    upstox = upstox_to_candle(["2025-06-11T09:15:00+05:30", 100.0, 101.0, 99.0, 100.5, 1000, 0])
    option = _parse_row(OPTION)
    tick = upstox_to_tick(option, {"ltp": 100.2, "ltt": str((START + 30) * 1000), "ltq": "75", "cp": 99.0})
    seen.append(f"fyers {fyers.timestamp}, upstox {upstox.timestamp}, tick {tick.timestamp}, expiry {option.expiry}")
    print(f"{f'TZ={zone}':<16} {seen[-1]}")
try:
    after = str(tick.timestamp > upstox.timestamp)
except TypeError as problem:
    after = str(problem)
equal = fyers == upstox
print(f"equal: {equal}, tick after its candle's start: {after}")

aware = "upstox 2025-06-11 09:15:00+05:30"
expected = [
    f"fyers 2025-06-11 09:15:00, {aware}, tick 2025-06-11 09:15:30, expiry 2025-06-26",
    f"fyers 2025-06-11 03:45:00, {aware}, tick 2025-06-11 03:45:30, expiry 2025-06-26",
    f"fyers 2025-06-11 12:45:00, {aware}, tick 2025-06-11 12:45:30, expiry 2025-06-27",
]
if seen != expected or equal or not after.startswith("can't compare"):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
