#!/usr/bin/env bash
# stock-pandas: a weekly candle begins on the 1st, 7th, 14th, 21st and 28th of a month, whatever day of the week that is: in January 2027 on a Thursday.
#
# One would expect: time_frame="1w" cumulates to weeks that begin on Monday, as all exchanges' weekly candles do, or on a day that can be given, and each week is five
#   trading days but for holidays.
# What happens: the number of the day in its month is divided by 7, and what has the same whole result, month and year is one candle. So there is a new one on the days that can be
#   divided by 7 and on the 1st. The first of a month has six days, the last one to four, and a week over the end of a month is two candles. In a month like December
#   2026, whose 7th is a Monday, the middle looks right. "3d" goes the same way: two days at the beginning of each month, one to three at its end.
# Why it matters: averages, highs of 52 weeks, gaps and signals on weekly candles are of other candles than those of the exchange and of each chart; a year has 59 or 60
#   of them instead of 52 or 53. Daily and monthly candles and those of minutes and hours are right, and tests with a week of data in the middle of a month too.
# Live with it: DataFrame.resample("W-MON", label="left", closed="left") for weeks, and StockDataFrame for its indicators only. In tests a week across the end of a month.
# Versions: stock-pandas 5.4.5 (the newest on PyPI), pandas 2.3.3, numpy 2.4.6, Python 3.11.7. Source: unify_date in stock_pandas/meta/time_frame.py.
# Documented: the README lists '1W' and TimeFrame.W1 among the time frames and says nothing of where a week begins; nothing found about it elsewhere.
#
# Seen ("the trading days of 2026-11-23 to 2027-01-22, volume 1 a day; first day of each candle and its number of days"):
#   pandas W-MON   Mon 11-23 5, Mon 11-30 5, Mon 12-07 5, Mon 12-14 5, Mon 12-21 5, Mon 12-28 5, Mon 01-04 5, Mon 01-11 5, Mon 01-18 5
#   1w             Mon 11-23 5, Mon 11-30 1, Tue 12-01 4, Mon 12-07 5, Mon 12-14 5, Mon 12-21 5, Mon 12-28 4, Fri 01-01 4, Thu 01-07 5, Thu 01-14 5, Thu 01-21 2
#   candles in 2027: pandas 53, stock-pandas 59
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile stock-pandas==5.4.5 pandas==2.3.3 numpy==2.4.6 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import pandas as pd
from stock_pandas import StockDataFrame


def days(first, last):
    times = pd.bdate_range(first, last)
    return pd.DataFrame({"time": times, "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": 1})


def by_pandas(frame):
    weeks = frame.set_index("time").assign(first=frame["time"].to_numpy()).resample("W-MON", label="left", closed="left")
    return weeks.agg({"first": "first", "volume": "sum"}).set_index("first")


def by_stock_pandas(frame):
    return StockDataFrame(frame, date_col="time", time_frame="1w").cumulate()


def text(candles):
    return ", ".join(f"{time:%a %m-%d} {int(volume)}" for time, volume in candles["volume"].items())


frame = days("2026-11-23", "2027-01-22")
print("pandas W-MON  ", text(by_pandas(frame)))
print("1w            ", text(by_stock_pandas(frame)))
year = days("2027-01-01", "2027-12-31")
print(f"candles in 2027: pandas {len(by_pandas(year))}, stock-pandas {len(by_stock_pandas(year))}")
PROBE
venv/bin/python -W ignore probe.py | tee seen
cat > want <<'WANT'
pandas W-MON   Mon 11-23 5, Mon 11-30 5, Mon 12-07 5, Mon 12-14 5, Mon 12-21 5, Mon 12-28 5, Mon 01-04 5, Mon 01-11 5, Mon 01-18 5
1w             Mon 11-23 5, Mon 11-30 1, Tue 12-01 4, Mon 12-07 5, Mon 12-14 5, Mon 12-21 5, Mon 12-28 4, Fri 01-01 4, Thu 01-07 5, Thu 01-14 5, Thu 01-21 2
candles in 2027: pandas 53, stock-pandas 59
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
