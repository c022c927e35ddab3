#!/usr/bin/env bash
# ccxw: the taker of a Binance trade is the other side, the five trades on show are from 2500 trades ago, and half of them are dated a second ahead.
#
# Expected: one form for the trades of all exchanges: side_of_taker tells who took, the list has the latest trades,
#   trade_time_date is trade_time in words.
# Seen: in ccxw 0.2.32 Binance's m (true: the buyer was the maker, so a seller took) becomes BUY. Bybit's S, the
#   taker's side, is taken as it is: the same sales are BUY on one exchange and SELL on the other. With the defaults,
#   result_max_len 5 and data_max_len 2500, each message gives the first five of what is kept: the first five trades
#   since the start until 2500 have come, from then on those of 2500 trades ago. The date is made of the seconds
#   rounded and the milliseconds written after it: from .501 on it is one second ahead.
# Why it matters: flow by side is turned round on the largest exchange alone; a screen or a stop that reads the newest
#   entry on the list acts on a price of minutes or hours ago; sorted by date, trades change places.
# Way to live with it: turn the side for Binance; result_max_len as large as data_max_len, and the last entry;
#   trade_time, not the date. In tests play more trades than the list is long, the same ones through each exchange.
# Versions: ccxw 0.2.32 (the newest on PyPI for Python 3.11), websocket-client 1.8.0, Python 3.11.7. Source:
#   ccxw/binance.py, ccxw/bybit.py. Messages as in the exchanges' documentation; the list of symbols comes from the
#   script. Nothing found about it.
#
# Output seen (3000 trades of one symbol, number n at the price n, each even one a sale by the taker):
#   Binance
#     after trade 4     on the list 1 2 3 4
#       trade 1  taker SELL  time 22:13:20.300  date 22:13:20.300
#       trade 2  taker BUY   time 22:13:20.600  date 22:13:21.600
#       trade 3  taker SELL  time 22:13:20.900  date 22:13:21.900
#       trade 4  taker BUY   time 22:13:21.200  date 22:13:21.200
#     after trade 2000  on the list 1 2 3 4 5
#     after trade 3000  on the list 501 502 503 504 505
#   Bybit
#     after trade 4     on the list 1 2 3 4
#       trade 1  taker BUY   time 22:13:20.300  date 22:13:20.300
#       trade 2  taker SELL  time 22:13:20.600  date 22:13:21.600
#       trade 3  taker BUY   time 22:13:20.900  date 22:13:21.900
#       trade 4  taker SELL  time 22:13:21.200  date 22:13:21.200
#     after trade 2000  on the list 1 2 3 4 5
#     after trade 3000  on the list 501 502 503 504 505
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps ccxw==0.2.32 websocket-client==1.8.0 humanize==4.11.0 websocket-server==0.6.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
from datetime import datetime, timezone

import ccxw.ccxw_common_functions as common
from ccxw.binance import BinanceCcxwAuxClass
from ccxw.bybit import BybitCcxwAuxClass

SYMBOLS = {"symbols": [{"symbol": "BTCUSDT", "baseAsset": "BTC", "quoteAsset": "USDT", "status": "TRADING"}],
           "result": {"list": [{"symbol": "BTCUSDT", "baseCoin": "BTC", "quoteCoin": "USDT"}]}}
common.file_get_contents_url = lambda *_, **__: json.dumps(SYMBOLS)


def binance(n, time):
    return {"e": "trade", "E": time, "s": "BTCUSDT", "t": n, "p": str(n), "q": "1", "T": time, "m": n % 2 == 0, "M": True}


def bybit(n, time):
    return {"topic": "publicTrade.BTCUSDT", "type": "snapshot", "ts": time, "data": [
        {"T": time, "s": "BTCUSDT", "S": "Buy" if n % 2 else "Sell", "v": "1", "p": str(n), "L": "PlusTick", "i": str(n), "BT": False}]}


for made, message in ((BinanceCcxwAuxClass, binance), (BybitCcxwAuxClass, bybit)):
    decoder = made([{"endpoint": "trades", "symbol": "BTC/USDT"}])
    decoder.get_websocket_url()
    decoder.get_websocket_endpoint_path()
    print(made.__name__.removesuffix("CcxwAuxClass"))
    for n in range(1, 3001):
        result = decoder.manage_websocket_message(None, json.dumps(message(n, 1700000000000 + n * 300)))["data"]
        if n in (4, 2000, 3000):
            print(f"  after trade {n:<5} on the list", *[one["price"] for one in result])
        if n == 4:
            for one in result:
                real = datetime.fromtimestamp(one["trade_time"] / 1000, timezone.utc).strftime("%H:%M:%S.%f")[:-3]
                print(f"    trade {one['trade_id']}  taker {one['side_of_taker']:<4}  time {real}  date {one['trade_time_date'][11:]}")
PROBE
venv/bin/python probe.py >seen 2>err || { cat seen err; exit 1; }
cat seen
cat > expected <<'EXPECTED'
Binance
  after trade 4     on the list 1 2 3 4
    trade 1  taker SELL  time 22:13:20.300  date 22:13:20.300
    trade 2  taker BUY   time 22:13:20.600  date 22:13:21.600
    trade 3  taker SELL  time 22:13:20.900  date 22:13:21.900
    trade 4  taker BUY   time 22:13:21.200  date 22:13:21.200
  after trade 2000  on the list 1 2 3 4 5
  after trade 3000  on the list 501 502 503 504 505
Bybit
  after trade 4     on the list 1 2 3 4
    trade 1  taker BUY   time 22:13:20.300  date 22:13:20.300
    trade 2  taker SELL  time 22:13:20.600  date 22:13:21.600
    trade 3  taker BUY   time 22:13:20.900  date 22:13:21.900
    trade 4  taker SELL  time 22:13:21.200  date 22:13:21.200
  after trade 2000  on the list 1 2 3 4 5
  after trade 3000  on the list 501 502 503 504 505
EXPECTED
diff expected seen >/dev/null || { echo "not as described any more"; exit 1; }
