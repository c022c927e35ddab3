#!/usr/bin/env bash
# tickerflow: one failed answer of Binance and ETHBTC costs 2600 instead of 0.05, without volume, at other times, for two hours; daily candles have four days.
#
# Expected: "if the first provider fails, the next one picks up, automatically": the same candles from another place, of the pair, the interval and the number
#   that one asked for; or nothing.
# Seen: tickerflow 0.2.5 goes on to CoinGecko and takes the quote currency off the symbol: it always asks for dollars. ETHBTC, BNBBTC, SOLETH come
#   back as prices in dollars. CoinGecko has no volumes (0.0) and writes the end of a candle where Binance writes its beginning. For "1d" it asks for 90 days,
#   and above 30 days CoinGecko's candles are of four days, though the comment says daily. Which provider it was is in no field. All this goes into the
#   cache under the same key: with Binance back the dollars stay, 2 hours for 4h, 4 hours for 1d. More than 1000 candles are cut to 1000 by
#   Binance's limit and handed out as they are; its own server allows 5000.
# Why it matters: Binance answers 451 to whole countries and 429 to busy programs. A factor of 50,000 is seen; dollars instead of euros or a daily average over
#   days of four would not be.
# Way to live with it: only pairs against USDT; interval and number of what came checked against what was asked; OHLCV_CACHE_ENABLED=false. A test
#   with a stand-in that answers 429 once.
# Versions: tickerflow 0.2.5 (the newest on PyPI), aiohttp 3.10.11, yfinance 0.2.66, Python 3.11.7. Nothing found about it.
#
# Output seen (Binance and CoinGecko on loopback; ETH is at 0.05 BTC and 2600 dollars):
#                                          expected          tickerflow
#   ETHBTC 4h, Binance answers             0.05              0.05, volume 7.0, candles of 4 h, open time
#   ETHBTC 4h, Binance says 429            0.05              2600.0, volume 0.0, candles of 4 h, close time
#   ETHBTC 4h, Binance answers again       0.05              2600.0, volume 0.0, candles of 4 h, close time
#   BTCUSDT 1d, Binance says 429           candles of 24 h   52000.0, volume 0.0, candles of 96 h, close time
#   BTCUSDT 4h, 1500 candles, Binance      1500              1000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check tickerflow==0.2.5 aiohttp==3.10.11 yfinance==0.2.66 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import http.server
import json
import logging
import sys
import threading
import time
import urllib.parse

import tickerflow
from tickerflow import cache, registry
from tickerflow.providers import binance, coingecko

logging.disable(logging.CRITICAL)
HOURS = {"4h": 4, "1d": 24}
DOLLARS = {"ethereum": 2600.0, "bitcoin": 52000.0}
refusing = False


def candles(hours, count, price, at_the_end):
    length = hours * 3_600_000
    last = int(time.time() * 1000) // length * length
    return [[last - (number - at_the_end) * length, *[price] * 4] for number in range(count - 1, -1, -1)]


class Exchanges(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(address.query))
        status, answer = 200, []
        if address.path.startswith("/binance"):
            price = {"ETHBTC": 0.05, "BTCUSDT": 52000.0}[asked["symbol"]]
            rows = candles(HOURS[asked["interval"]], min(int(asked["limit"]), 1000), price, 0)
            status, answer = (429, {"msg": "too many"}) if refusing else (200, [[*map(str, row), "7.0", 0] for row in rows])
        else:
            coin = address.path.split("/")[3]
            price = DOLLARS[coin] / {"usd": 1, "btc": DOLLARS["bitcoin"]}[asked["vs_currency"]]
            days = int(asked["days"])
            hours = 4 if days <= 30 else 96
            answer = candles(hours, days * 24 // hours, price, 1)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


async def row(name, expected, symbol, interval, limit=10, only_count=False):
    got = await tickerflow.fetch(symbol, interval, limit)
    last = got[-1]
    if only_count:
        seen = str(len(got))
    else:
        hours = (last.time - got[-2].time) // 3600
        side = "close" if last.time > time.time() else "open"
        seen = f"{last.close}, volume {last.volume}, candles of {hours} h, {side} time"
    print(name.ljust(38), expected.ljust(17), seen)
    return seen


async def main():
    global refusing
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exchanges)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    binance._KLINES_URL, coingecko._BASE_URL = f"{base}/binance", f"{base}/coingecko"
    print(" " * 38, "expected".ljust(17), "tickerflow")
    rows = [await row("ETHBTC 4h, Binance answers", "0.05", "ETHBTC", "4h")]
    cache.clear()
    refusing = True
    rows.append(await row("ETHBTC 4h, Binance says 429", "0.05", "ETHBTC", "4h"))
    refusing = False
    rows.append(await row("ETHBTC 4h, Binance answers again", "0.05", "ETHBTC", "4h"))
    refusing = True
    rows.append(await row("BTCUSDT 1d, Binance says 429", "candles of 24 h", "BTCUSDT", "1d"))
    refusing = False
    rows.append(await row("BTCUSDT 4h, 1500 candles, Binance", "1500", "BTCUSDT", "4h", 1500, True))
    await registry.teardown()
    server.shutdown()
    dollars = "2600.0, volume 0.0, candles of 4 h, close time"
    described = ["0.05, volume 7.0, candles of 4 h, open time", dollars, dollars, "52000.0, volume 0.0, candles of 96 h, close time", "1000"]
    if rows != described:
        sys.exit("not as described any more")


asyncio.run(asyncio.wait_for(main(), 60))
PROBE
timeout 70 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
