#!/usr/bin/env bash
# microalpha: the forward return is to the next row, whatever the horizon, of another instrument too; and real quotes are replaced by price +/- 0.01.
#
# Expected: "horizon: forward return horizon ("100ms", "1s")"; ts_unit says what the numbers of a file are; "auto-detect columns" uses the bid and
#   ask that a file has.
# Seen: microalpha 0.2.2 checks and prints the horizon and does not use it: fwd_ret is log(mid of the next row / mid), the same for 1 ms and for
#   1 h. Rows of two symbols in one file follow each other: the return goes from the one to the other. A file that lacks any one of its ten
#   columns, say event_type, is "converted": best_bid and best_ask are thrown away and made anew as price - 0.01 and price + 0.01, at any
#   price, so that a coin at 0.05 has a spread of 40 %, one at 0.005 a negative bid. On that way ts_unit is not passed on, and numbers are
#   tried as milliseconds first: seconds become January 1970, and a window of 1 s holds a quarter of an hour.
# Why it matters: the label that a model is trained on, and each spread and imbalance, are of something else, and look right: the columns are
#   there, in a small test with one tick each 100 ms of one symbol at 50,000 the values are too.
# Way to live with it: compute the return oneself (merge_asof on time + horizon, for each symbol); read_ticks() in place of analyze_ticks(), as it
#   raises where a column is missing. In tests two horizons that must differ, two symbols, a price below one.
# Versions: microalpha 0.2.2 (it needs requests without saying so), pandas 2.2.3, numpy 1.26.4, Python 3.11.7. Source: backtest.py, enhanced.py.
#   Nothing found about it.
#
# Output seen (mid 100, 101, 102, ... each 100 ms; fwd_ret of the first row):
#   horizon 1ms, 1s, 1h           0.00995 0.00995 0.00995   right: 0.0, 0.09531, no value
#   BTC 50000, ETH 3000 in turn   -2.81341
#   quotes 100.00 / 100.50        spread 0.5
#   the same, without event_type  spread 0.02
#   price 0.05, no event_type     bid 0.04, ask 0.06
#   price 0.005, no event_type    bid -0.005, ask 0.015
#   seconds, ts_unit="s"          first row 1970-01-21, trades in 1 s: 900 (one a second)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check microalpha==0.2.2 pandas==2.2.3 numpy==1.26.4 requests==2.32.5 2>/dev/null

cat > check.py <<'CHECK'
import contextlib
import io
import math
import sys
import warnings

warnings.simplefilter("ignore")
import pandas as pd
from microalpha import analyze_ticks


def show(what, seen):
    print(f"{what:29} {seen}")


def tick(time, symbol, bid, ask, **more):
    return dict(
        timestamp=time, symbol=symbol, event_type="trade", side="buy", price=round((bid + ask) / 2, 6), size=1,
        best_bid=bid, best_ask=ask, bid_size=10, ask_size=30, **more,
    )


def analyze(rows, without=None, **arguments):
    frame = pd.DataFrame(rows)
    if without:
        frame = frame.drop(columns=without)
    frame.to_csv("ticks.csv", index=False)
    with contextlib.redirect_stdout(io.StringIO()):
        return analyze_ticks("ticks.csv", **arguments)


def at(milliseconds):
    return (pd.Timestamp("2026-03-02 14:30") + pd.Timedelta(milliseconds, "ms")).isoformat(sep=" ", timespec="milliseconds")


rising = [tick(at(100 * n), "A", 99.5 + n, 100.5 + n) for n in range(30)]
returns = [round(float(analyze(rising, horizon=horizon).fwd_ret.iloc[0]), 5) for horizon in ("1ms", "1s", "1h")]
show("horizon 1ms, 1s, 1h", " ".join(map(str, returns)) + f"   right: 0.0, {round(math.log(110 / 100), 5)}, no value")

pair = [tick(at(100 * n), *(("BTC", 49999.0, 50001.0), ("ETH", 2999.0, 3001.0))[n % 2]) for n in range(10)]
two = round(float(analyze(pair, horizon="200ms").fwd_ret.iloc[0]), 5)
show("BTC 50000, ETH 3000 in turn", two)

quotes = [tick(at(100 * n), "A", 100.0, 100.5) for n in range(10)]
whole = round(float(analyze(quotes).spread.iloc[-1]), 6)
show("quotes 100.00 / 100.50", f"spread {whole}")
lacking = round(float(analyze(quotes, without="event_type").spread.iloc[-1]), 6)
show("the same, without event_type", f"spread {lacking}")
small = {}
for price in (0.05, 0.005):
    coins = [tick(at(100 * n), "A", price * 0.999, price * 1.001) for n in range(10)]
    last = analyze(coins, without="event_type").iloc[-1]
    small[price] = (round(float(last.best_bid), 6), round(float(last.best_ask), 6))
    show(f"price {price}, no event_type", f"bid {small[price][0]}, ask {small[price][1]}")

start = 1_772_461_800
seconds = [tick(start + n, "A", 100.0, 100.5) for n in range(900)]
result = analyze(seconds, without="event_type", window="1s", ts_unit="s")
first, trades = str(result.index[0].date()), int(result.trade_intensity.iloc[-1])
show('seconds, ts_unit="s"', f"first row {first}, trades in 1 s: {trades} (one a second)")

assert returns == [0.00995, 0.00995, 0.00995], returns
assert two == -2.81341, two
assert (whole, lacking) == (0.5, 0.02), (whole, lacking)
assert small == {0.05: (0.04, 0.06), 0.005: (-0.005, 0.015)}, small
assert (first, trades) == ("1970-01-21", 900), (first, trades)
sys.exit(0)
CHECK
venv/bin/python check.py
