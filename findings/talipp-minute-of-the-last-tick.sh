#!/usr/bin/env bash
# talipp: sampled to a minute, a minute's volume is that of its last tick, and a range of 20 is a range of 0.
#
# Expected: input_sampling=MIN_1 makes minutes of what is finer: the highest high, the lowest low, the sum of volumes.
# Seen: talipp 2.7.0 puts the last input of a minute in the place of the one before. Of three bars of 20 s with volumes
#   1000, 5000 and 1 and prices between 90 and 110 the minute keeps volume 1 and the price 100: ATR 0 in place of 20, on-
#   balance and weighted by 1 in place of 6001. For closes (SMA, RSI) it is right. A bar that comes late, for the
#   minute before, is taken for a new minute.
# Why it matters: "auto-sampling" is there for streams; stops that are multiples of ATR are zero in a fast market, and
#   a weighted price hangs on single trades. Tests with bars whose high, low and close are the same see nothing.
# Way to live with it: build the minutes oneself, and update() the last one with the whole of it; in tests a minute with a
#   spike in its middle.
# Versions: talipp 2.7.0 (PyPI), Python 3.11.7. Its documentation names sampling and does not say what becomes of
#   highs, lows and volumes; nothing found.
#
# Output seen (volume, high, low of three bars of 20 s: 1000 100 100, 5000 110 90, 1 100 100; then the next minute at 101, 1):
#   the minute that is kept       volume 1, high 100, low 100
#   ATR(1)                        sampled 0.0, of the whole minute 20.0
#   VWAP after both minutes       sampled 100.5, of the whole minutes 100.0002
#   minutes after a late bar      sampled 3, of the whole minutes 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check talipp==2.7.0 2>/dev/null

cat > ask.py <<'ASK'
import sys
from datetime import datetime, timedelta

from talipp.indicators import ATR, VWAP
from talipp.input import SamplingPeriodType
from talipp.ohlcv import OHLCV

OPENS = datetime(2026, 1, 5, 9, 15)


def bar(seconds, price, high, low, volume):
    return OHLCV(price, high, low, price, volume, OPENS + timedelta(seconds=seconds))


FINE = [bar(0, 100, 100, 100, 1000), bar(20, 100, 110, 90, 5000), bar(40, 100, 100, 100, 1), bar(60, 101, 101, 101, 1)]
WHOLE = [bar(0, 100, 110, 90, 6001), bar(60, 101, 101, 101, 1)]


def fed(indicator, bars):
    for one in bars:
        indicator.add(one)
    return indicator


sampling = {"input_sampling": SamplingPeriodType.MIN_1}
kept = fed(VWAP(**sampling), FINE).input_values[0]
ranges = fed(ATR(1, **sampling), FINE)[0], fed(ATR(1), WHOLE)[0]
weighted = fed(VWAP(**sampling), FINE)[-1], round(fed(VWAP(), WHOLE)[-1], 4)
late = len(fed(VWAP(**sampling), [*FINE, bar(50, 100, 100, 100, 1)]).input_values)
print(f"{'the minute that is kept':<29} volume {kept.volume}, high {kept.high}, low {kept.low}")
print(f"{'ATR(1)':<29} sampled {ranges[0]}, of the whole minute {ranges[1]}")
print(f"{'VWAP after both minutes':<29} sampled {weighted[0]}, of the whole minutes {weighted[1]}")
print(f"{'minutes after a late bar':<29} sampled {late}, of the whole minutes 2")
if (kept.volume, kept.high, kept.low, ranges, weighted, late) != (1, 100, 100, (0.0, 20.0), (100.5, 100.0002), 3):
    sys.exit("not as described any more")
ASK
venv/bin/python -W ignore ask.py
