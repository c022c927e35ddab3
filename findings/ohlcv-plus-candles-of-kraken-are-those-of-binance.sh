#!/usr/bin/env bash
# ohlcv-plus: with one database, the second exchange is given the candles of the first, and a limit counts once.
#
# Expected: load() looks for what was saved for the exchange, the market and the timeframe, and downloads what is not there: another exchange, or more
#   candles than last time. The table of contents has a column for the exchange and one for the limit.
# Seen: the signature that names a table is a function of (exchange, market, timeframe), and load() of ohlcv-plus 2.0.3 calls it with (market,
#   timeframe, since). BTC/USDT of Kraken is found as soon as that of Binance was saved from the same moment on; the exchange that it
#   was given is not asked at all. The limit is not looked at when something is found: 20, 100 and 1000 are each the 100 of
#   the first call. A download also leaves out the last candle before it cuts to the limit: 499 of 500 where the exchange has 500.
# Why it matters: spreads between exchanges are zero, arbitrage and "best venue" are decided on one venue's prices; a longer backtest is
#   as long as the shorter one before it. No request, no error, and it is fast.
# Way to live with it: one database file per exchange, and a new file for another limit. In tests two clients with different prices on one
#   file.
# Versions: ohlcv-plus 2.0.3, pandas 3.1.1, SQLAlchemy 2.1.9 (PyPI), Python 3.11.7. Source: ohlcv/ohlcv.py, utils.py. A module with an empty
#   class Exchange stands in for ccxt, which is used for a type only; the clients are objects with fetch_ohlcv(). Nothing found about it.
#
# Output seen:
#   shared.db Binance  price 100   limit  100   loaded 100 at 100   requests 2
#   shared.db Kraken   price 200   limit  100   loaded 100 at 100   requests 0
#   shared.db Kraken   price 200   limit 1000   loaded 100 at 100   requests 0
#   shared.db Binance  price 100   limit   20   loaded 100 at 100   requests 0
#   own.db    Kraken   price 200   limit  500   loaded 499 at 200   requests 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pandas==3.1.1 SQLAlchemy==2.1.9 colorama==0.4.6 >pip.log 2>&1 || { cat pip.log; exit 1; }
venv/bin/pip install -qq --disable-pip-version-check --no-deps ohlcv-plus==2.0.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

printf 'class Exchange:\n    pass\n' > ccxt.py
cat > probe.py <<'PROBE'
import contextlib
import io
import sys

from ohlcv.ohlcv import OhlcvPlus


class Client:
    def __init__(self, name, price):
        self.name, self.price, self.asked = name, price, 0

    def fetch_ohlcv(self, market, timeframe, since, limit):
        self.asked += 1
        return [[since + 60_000 * number] + [self.price] * 4 + [1.0] for number in range(500)]


def load(name, price, limit, path="shared.db"):
    client = Client(name, price)
    with contextlib.redirect_stdout(io.StringIO()):
        candles = OhlcvPlus(client, path).load("BTC/USDT", "1m", "2026-01-05 10:00:00", limit, workers=2)
    print(f"{path:9} {name:8} price {price:g}   limit {limit:4}   loaded {len(candles):3} at {candles['close'].iloc[0]:g}   requests {client.asked}")
    return len(candles), float(candles["close"].iloc[0]), client.asked > 0


seen = [load("Binance", 100.0, 100), load("Kraken", 200.0, 100), load("Kraken", 200.0, 1000), load("Binance", 100.0, 20)]
seen.append(load("Kraken", 200.0, 500, "own.db"))
if seen != [(100, 100.0, True), (100, 100.0, False), (100, 100.0, False), (100, 100.0, False), (499, 200.0, True)]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
