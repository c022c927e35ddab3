#!/usr/bin/env bash
# tickbar: Tick(time, 100.99, 0.5) is a trade of nothing at 100; the example's session is a day of 1970, and its filter refuses every price.
#
# Expected: Tick takes prices and volumes as floats, as in the examples of its README.md; bars, mid prices and the side of a trade are
#   made of them. The example "NYSE regular session, 14:30-21:00 UTC" of TradingCalendar keeps each day's ticks of these hours.
# Seen: tickbar 0.2.0 (a Rust core, 64-bit integers) cuts the floats of Tick and Tick.from_quote() to whole numbers, without a word and
#   without the four or eight decimals that the filter's comments ("10_000: below $1.00") and the numpy example speak of; only
#   push_from_arrays() refuses floats. The sessions of a calendar are moments since 1970, not times of a day: with the
#   example's, all ticks but those of January 1, 1970 are left out. The example's filter refuses a price of 100.
# Why it matters: EURUSD is 1 at the open, the high, the low and the close, coins below a dollar are 0, and volumes of coins are 0. Bars of
#   shares look right but for the cents, which one sees in the returns only; the example's own trade has no side.
# Way to live with it: whole numbers in the smallest unit on the way in, and divide on the way out; a session for each date, in nanoseconds;
#   in tests a price with decimals and a day of this year.
# Versions: tickbar 0.2.0 (the newest on PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen:
#   EURUSD 1.08345 1.08901 1.07999         open 1.0 high 1.0 low 1.0 close 1.0 volume 3.0
#   a coin, 0.5 at 0.93 and at 0.97        open 0.0 high 0.0 low 0.0 close 0.0 volume 0.0
#   a share, 300 at 100.99 and at 100.01   open 100.0 high 100.0 low 100.0 close 100.0 volume 600.0
#   the example's trade, 100.5 in 99/101   Neutral   (README.md: Buy)
#   the example's session                  bars on January 1, 1970: 1, on January 5, 2026: 0
#   the example's filter from $1 to $1000  invalid configuration: price 100 below minimum 10000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check tickbar==0.2.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from tickbar import Tick, TickAggregator, TickFilter, TradeClassifier, TradingCalendar

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
MONDAY = 1767571200 * SECOND  # January 5, 2026


def bar(trades):
    aggregator = TickAggregator(interval_secs=60)
    for number, (price, volume) in enumerate(trades):
        aggregator.push_tick(Tick(number * SECOND, price, volume))
    (record,) = aggregator.finalize().to_records()
    return "open {} high {} low {} close {} volume {}".format(*record[1:6])


def bars_on(day):
    aggregator = TickAggregator(interval_secs=60)
    aggregator.set_calendar(TradingCalendar([(52200_000_000_000, 75600_000_000_000)]))
    aggregator.push_tick(Tick(day + 15 * HOUR, 100.0, 5.0))
    return len(aggregator.finalize().to_records())


def filtered():
    limits = TickFilter()
    limits.min_price = 10_000
    limits.max_price = 10_000_000
    aggregator = TickAggregator(interval_secs=60)
    aggregator.set_filter(limits)
    try:
        aggregator.push_tick(Tick(0, 100.0, 5.0))
    except ValueError as error:
        return str(error)
    return "accepted"


classifier = TradeClassifier()
quote = Tick.from_quote(0, 99.0, 101.0)
classifier.update_quote(quote)
side = classifier.classify_trade(Tick(1, 100.5, 100.0))
seen = [
    ("EURUSD 1.08345 1.08901 1.07999", bar([(1.08345, 1.0), (1.08901, 1.0), (1.07999, 1.0)])),
    ("a coin, 0.5 at 0.93 and at 0.97", bar([(0.93, 0.5), (0.97, 0.5)])),
    ("a share, 300 at 100.99 and at 100.01", bar([(100.99, 300.0), (100.01, 300.0)])),
    ("the example's trade, 100.5 in 99/101", str(side).split(".")[-1]),
    ("the example's session", f"bars on January 1, 1970: {bars_on(0)}, on January 5, 2026: {bars_on(MONDAY)}"),
    ("the example's filter from $1 to $1000", filtered()),
]
for name, value in seen:
    print(f"{name:<39}{value}")
if [value for _, value in seen] != [
    "open 1.0 high 1.0 low 1.0 close 1.0 volume 3.0",
    "open 0.0 high 0.0 low 0.0 close 0.0 volume 0.0",
    "open 100.0 high 100.0 low 100.0 close 100.0 volume 600.0",
    "Neutral",
    "bars on January 1, 1970: 1, on January 5, 2026: 0",
    "invalid configuration: price 100 below minimum 10000",
]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
