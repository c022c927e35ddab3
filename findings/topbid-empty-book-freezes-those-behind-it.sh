#!/usr/bin/env bash
# topbid: one pair without bids, and every pair added after it keeps its price of before, for as long as that lasts.
#
# Expected: a pair whose price cannot be had is (None, None), as it is when a request fails, and the others go on. README: bids and asks
#   are numbers, (23130.41, 0.0584) for Binance.
# Seen: topbid 3.0.2 goes through all answers in the order in which the pairs were added, and takes level 0 of each side. An empty
#   side is an IndexError that ends the round; its own price and those of all pairs behind it stay as they were. An answer with
#   an error inside (Bybit's retCode, with HTTP 200) leaves that pair's price too, without a line in the log.
#   Prices of Binance, KuCoin, Gate and Kraken are texts as they came; only Bybit's and OKX's are numbers.
# Why it matters: the interface has no time. One market that has not opened, or was delisted, and half of the venues stand still
#   beside the other half that moves: arbitrage that is none. And '99999.90' > '100000.10'.
# Way to live with it: one OrderBook per pair; float() on all it gives; in tests an empty side and an error with HTTP 200, and
#   then another price at all others.
# Versions: topbid 3.0.2 (the newest on PyPI), request-boost 0.7, Python 3.11.7. Nothing found about it. Answers of the forms that the
#   exchanges document; the script's service stands in for all four.
#
# Output seen (best bid; between the rounds all prices go from 100 to 101, Gate's market is emptied, Bybit answers 10006):
#   binance BTC/USDT  '100.00'  '101.00'
#   bybit   BTC/USDT  100.0     100.0     (right: None)
#   gateio  NEW/USDT  '100.00'  '100.00'  (right: None)
#   kraken  XBT/USDT  '100.00'  '100.00'  (right: '101.00')
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check topbid==3.0.2 request-boost==0.7 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import logging
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from topbid.orderbook import OrderBook

PAIRS = {"binance": "BTC/USDT", "bybit": "BTC/USDT", "gateio": "NEW/USDT", "kraken": "XBT/USDT"}
market = {"price": "100.00", "round": 1}


def answer(exchange):
    price, later = market["price"], market["round"] == 2
    bids, asks = [[price, "2"]], [[f"{float(price) + 1:.2f}", "3"]]
    if exchange == "binance":
        return {"lastUpdateId": 1, "bids": bids, "asks": asks}
    if exchange == "bybit":
        if later:
            return {"retCode": 10006, "retMsg": "Too many visits!", "result": {}, "retExtInfo": {}, "time": 1750000000000}
        result = {"s": "BTCUSDT", "b": bids, "a": asks, "ts": 1750000000000, "u": 1}
        return {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": 1750000000000}
    if exchange == "gateio":
        book = {"bids": [] if later else bids, "asks": [] if later else asks}
        return {"id": 1, "current": 1750000000000, "update": 1750000000000, **book}
    levels = {"bids": [[price, "2.000", 1750000000]], "asks": [[asks[0][0], "3.000", 1750000000]]}
    return {"error": [], "result": {"XBTUSDT": levels}}


class Exchanges(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(answer(self.path.split("/")[1])).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class LocalBook(OrderBook):
    def get_orderbook_url(self, exchange_name, pair):
        return f"http://127.0.0.1:{server.server_port}/{exchange_name}/{pair.replace('/', '')}"


logging.disable()
server = ThreadingHTTPServer(("127.0.0.1", 0), Exchanges)
threading.Thread(target=server.serve_forever, daemon=True).start()
book = LocalBook()
for exchange, pair in PAIRS.items():
    book.add(exchange, pair)
book.start(update_every=1)


def bids():
    time.sleep(4)
    return [book.get_orderbook_top_bid(exchange, pair)[0] for exchange, pair in PAIRS.items()]


first = bids()
market.update(price="101.00", round=2)
second = bids()
book.stop()
rights = ("", "(right: None)", "(right: None)", "(right: '101.00')")
for exchange, before, after, right in zip(PAIRS, first, second, rights):
    print(f"{exchange:<7} {PAIRS[exchange]}  {before!r:<8}  {after!r:<8}  {right}".rstrip())
if [first, second] != [["100.00", 100.0, "100.00", "100.00"], ["101.00", 100.0, "100.00", "100.00"]]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
