#!/usr/bin/env bash
# unicorn-fy: the volume of a spot mini ticker is called the taker's, the trades of a candle have no ids, and all mark prices at once are none.
#
# Expected: one decoder for Binance's messages: a name means the same quantity in each event and on each market, and
#   what is in the message is in the result.
# Seen: in UnicornFy 0.17.2 the total volume of a spot mini ticker (v, q) comes out as taker_by_base_asset_volume and
#   taker_by_quote_asset_volume, the names that a candle of the same package has for what takers bought (V, Q). The
#   same mini ticker of the futures market has total_traded_.... The ids of a candle's first and last trade are looked
#   for beside the candle, where Binance has never had them, and are False on both markets. The stream of all mark
#   prices is known to it as !markPriceUpdate@arr; Binance calls it !markPrice@arr, so of each of its messages only
#   the package's own mark is left.
# Why it matters: who reads the takers' volume of spot symbols by the name of the field has the volume of all, and
#   takes it for one-sided flow. A gap check by trade ids compares False with False and finds none. The websocket
#   manager of the same author hands out these results with output="UnicornFy".
# Way to live with it: output="dict" and the letters of the exchange; or rename the two fields and take k.f and k.L
#   from the raw message. In tests one message of each kind with a different number in each field.
# Versions: unicorn-fy 0.17.2 (the newest on PyPI), Python 3.11.7. Source: unicorn_fy.py. Messages as in Binance's
#   documentation. Nothing found about it.
#
# Output seen (the documented messages: volume of the mini ticker 10000, of the candle 1000, of that bought by takers 500):
#   spot     mini ticker  taker_by_base_asset_volume 10000
#   spot     candle       taker_by_base_asset_volume 500, first_trade_id False, last_trade_id False
#   futures  mini ticker  total_traded_base_asset_volume 10000
#   futures  candle       taker_by_base_asset_volume 500, first_trade_id False, last_trade_id False
#   futures  mark price   of one symbol 11185.87786614   of all: {'unicorn_fied': ['binance.com-futures', '0.17.2']}
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check unicorn-fy==0.17.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import logging

from unicorn_fy.unicorn_fy import UnicornFy

logging.disable(logging.CRITICAL)
MINI = {"e": "24hrMiniTicker", "E": 1672515782136, "s": "BNBBTC", "c": "0.0025", "o": "0.0010", "h": "0.0025", "l": "0.0010", "v": "10000",
        "q": "18"}
BAR = {"t": 1672515780000, "T": 1672515839999, "s": "BNBBTC", "i": "1m", "f": 100, "L": 200, "o": "0.0010", "c": "0.0020", "h": "0.0025",
       "l": "0.0015", "v": "1000", "n": 100, "x": False, "q": "1.0000", "V": "500", "Q": "0.500", "B": "123456"}
CANDLE = {"e": "kline", "E": 1672515782136, "s": "BNBBTC", "k": BAR}
MARK = {"e": "markPriceUpdate", "E": 1562305380000, "s": "BTCUSDT", "p": "11185.87786614", "i": "11784.62659091", "P": "11784.25641265",
        "r": "0.00030000", "T": 1562306400000}


def told(decode, stream, data):
    return decode(json.dumps({"stream": stream, "data": data}))


markets = {"spot": UnicornFy.binance_com_websocket, "futures": UnicornFy.binance_com_futures_websocket}
for name, decode in markets.items():
    mini = told(decode, "bnbbtc@miniTicker", MINI)["data"][0]
    print(f"{name:<8} mini ticker  " + ", ".join(f"{key} {value}" for key, value in mini.items() if value == MINI["v"]))
    candle = told(decode, "bnbbtc@kline_1m", CANDLE)["kline"]
    print(f"{name:<8} candle       " + ", ".join(
        f"{key} {candle[key]}" for key in ("taker_by_base_asset_volume", "first_trade_id", "last_trade_id")))
one = told(markets["futures"], "btcusdt@markPrice@1s", MARK)
every = told(markets["futures"], "!markPrice@arr@1s", [MARK, {**MARK, "s": "ETHUSDT"}])
print("futures  mark price   of one symbol", one["data"][0]["mark_price"], "  of all:", every)
PROBE
venv/bin/python probe.py >seen 2>err || { cat seen err; exit 1; }
cat seen
cat > expected <<'EXPECTED'
spot     mini ticker  taker_by_base_asset_volume 10000
spot     candle       taker_by_base_asset_volume 500, first_trade_id False, last_trade_id False
futures  mini ticker  total_traded_base_asset_volume 10000
futures  candle       taker_by_base_asset_volume 500, first_trade_id False, last_trade_id False
futures  mark price   of one symbol 11185.87786614   of all: {'unicorn_fied': ['binance.com-futures', '0.17.2']}
EXPECTED
diff expected seen >/dev/null || { echo "not as described any more"; exit 1; }
