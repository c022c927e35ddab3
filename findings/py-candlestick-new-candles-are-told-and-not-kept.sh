#!/usr/bin/env bash
# py-candlestick: update_chart() tells the listener that the chart has changed, and leaves it as it was.
#
# Expected: README: "update_chart() adds only new candles (based on timestamp)", and the handler gets the chart with them. chart + chart does
#   the same. A difference of three pips is 3. Two candles are equal if they are the same candle.
# Seen: update_chart() of py-candlestick 0.1.1 adds the new candles and then puts the list back that it had copied before; the handler is called with
#   the old candles each time, and so is that of the sum. The next update finds the same candles new again. price_dif_to_pips() cuts a
#   float: 1.0853 - 1.0850 is 2 pips, and of the first 500 differences 166 lack one. Candles are compared without their time: one at 12:00
#   and one at 17:00 with the same four prices are one. A change of the last, unfinished candle is no new candle and dropped as README says.
# Why it matters: a live chart stays at its first page and strategies run on each update, on the same candles: no error, the log full of
#   "Chart updated". Stops in pips are a pip nearer for a third of the distances.
# Way to live with it: chart.candles.extend(new) by hand and call the handler oneself; round(diff * 10 ** places). In tests the length after
#   one update.
# Versions: py-candlestick 0.1.1, pandas 3.1.1, numpy 2.4.6 (PyPI), Python 3.11.7. Source: py_candlestick/chart.py, symbol.py. MetaTrader5, which
#   it imports for eight constants, is for Windows; a module with these numbers stands in. Nothing found about it.
#
# Output seen:
#   candles at first 2, after two new ones 2, after three 2, after a sum 2
#   the handler was called 3 times, with closes [1.0, 2.0]
#   1.0853 - 1.0850 in pips: 2   wrong from 1 to 500 pips: 166
#   a candle of 0:00 and one of 5:00 with the same prices are equal: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pandas==3.1.1 numpy==2.4.6 more-itertools==11.1.0 >pip.log 2>&1 || { cat pip.log; exit 1; }
venv/bin/pip install -qq --disable-pip-version-check --no-deps py-candlestick==0.1.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > MetaTrader5.py <<'STANDIN'
TIMEFRAME_M1, TIMEFRAME_M5, TIMEFRAME_M15 = 1, 5, 15
TIMEFRAME_H1, TIMEFRAME_H4, TIMEFRAME_D1, TIMEFRAME_W1, TIMEFRAME_MN1 = 16385, 16388, 16408, 32769, 49153
STANDIN
cat > probe.py <<'PROBE'
import sys

from py_candlestick import Candle, Chart, Symbol


def candle(minute, price):
    return Candle(timestamp=60.0 * minute, open=price, high=price, low=price, close=price, volume=1.0)


told = []
chart = Chart([candle(0, 1.0), candle(1, 2.0)], on_chart_update=lambda candles: told.append([one.close for one in candles]))
lengths = [len(chart)]
chart.update_chart([candle(2, 3.0), candle(3, 4.0)])
lengths.append(len(chart))
chart.update_chart([candle(2, 3.0), candle(3, 4.0), candle(4, 5.0)])
lengths.append(len(chart))
lengths.append(len(chart + Chart([candle(5, 6.0)])))
print("candles at first {}, after two new ones {}, after three {}, after a sum {}".format(*lengths))
print(f"the handler was called {len(told)} times, with closes {told[-1]}")
euro = Symbol("EUR", "USD", 4)
pips = euro.price_dif_to_pips(1.0853 - 1.0850)
short = sum(euro.price_dif_to_pips((10850 + number) / 10000 - 1.0850) != number for number in range(1, 501))
print(f"1.0853 - 1.0850 in pips: {pips}   wrong from 1 to 500 pips: {short}")
same = candle(0, 1.0) == candle(300, 1.0)
print(f"a candle of 0:00 and one of 5:00 with the same prices are equal: {same}")
if (lengths, len(told), told[-1], pips, same) != ([2, 2, 2, 2], 3, [1.0, 2.0], 2, True):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
