#!/usr/bin/env bash
# cryptocom-exchange: all trades of the history are 299, and so are 500; one market without asks ends the order books of all markets.
#
# Expected: get_trades(pair, all_history=True) goes on until there are no more trades, count=500 gives 500; listen_orderbook(a, b) gives the
#   books of both as the exchange sends them, one-sided ones too.
# Seen: cryptocom-exchange 2.8.0 asks for pages of 150 and stops at a page with fewer than 150 new trades. Each page but the first begins with
#   the last trade of the one before (the exchange's end_ts is inclusive, as the source says itself), so that the second has 149 new ones and
#   is the last. Without start_ts the answer is 150 + 149, whatever one asked for; with start_ts it is complete, and candles, whose
#   end_ts excludes, are complete in any case. A book with one empty side is "malformed input" and raises in the middle of
#   listen_orderbook(), an async generator: it is over for every market in it, and the loop cannot be taken up again.
# Why it matters: "all history" is the last few minutes, without a sign; a backfill of 500 fails by 201. In a fast fall, or before a market
#   opens, one side is empty: then all other books stop as well.
# Way to live with it: always pass start_ts, and check the time of the oldest trade; one listen_orderbook() per market, started again in a
#   loop. In tests three pages, and a book without asks.
# Versions: cryptocom-exchange 2.8.0 (the newest on PyPI), httpx 0.28.1, websockets 15.0.1, Python 3.11.7. Nothing found about it. Answers of
#   the forms that the exchange documents.
#
# Output seen (1000 trades, one each second; 1000 candles, one each minute):
#                                     trades   candles
#   all_history=True                  299      1000
#   count=500                         299      500
#   from start_ts                     1000     1000
#   books: BTC_USD, ETH_USD, BTC_USD without asks, ETH_USD, ETH_USD
#   seen:  BTC_USD, ETH_USD, ValueError: Order book has no asks
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check cryptocom-exchange==2.8.0 httpx==0.28.1 websockets==15.0.1 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import cryptocom.exchange as exchange
from cryptocom.exchange.api import ApiProvider
from websockets.asyncio.server import serve

START, COUNT = 1767625200, 1000
TRADES = [
    {"s": "BUY", "p": "100", "q": "1", "t": second * 1000, "tn": str(second * 10**9), "d": str(second), "i": "BTC_USD"}
    for second in range(START, START + COUNT)
]
CANDLES = [{"o": "1", "h": "1", "l": "1", "c": "1", "v": "1", "t": (START + minute * 60) * 1000} for minute in range(COUNT)]
SIDE = [["100", "1", "1"]]
BOOKS = [("BTC_USD", SIDE), ("ETH_USD", SIDE), ("BTC_USD", []), ("ETH_USD", SIDE), ("ETH_USD", SIDE)]


class Rest(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        end, count = int(asked["end_ts"]), int(asked["count"])
        if "get-trades" in self.path:
            data = [trade for trade in reversed(TRADES) if int(trade["tn"]) <= end][:count]
        else:
            data = [candle for candle in CANDLES if candle["t"] < end][-count:]
        body = json.dumps({"id": -1, "method": "public", "code": 0, "result": {"data": data}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


async def stream(client):
    await client.recv()
    for name, asks in BOOKS:
        book = {"bids": SIDE, "asks": asks, "t": 1, "tt": 1, "u": 1}
        result = {"instrument_name": name, "subscription": f"book.{name}.50", "channel": "book", "depth": 50, "data": [book]}
        await client.send(json.dumps({"id": -1, "method": "subscribe", "code": 0, "result": result}))
    await client.wait_closed()


async def books(market, pairs):
    names = []
    try:
        async with asyncio.timeout(3):
            async for book in market.listen_orderbook(*pairs):
                names.append(book.pair.exchange_name)
    except ValueError as error:
        names.append(f"ValueError: {error}")
    except TimeoutError:
        names.append("and the stream goes on")
    return names


async def main():
    rest = ThreadingHTTPServer(("127.0.0.1", 0), Rest)
    threading.Thread(target=rest.serve_forever, daemon=True).start()
    async with serve(stream, "127.0.0.1", 0) as service:
        sockets = f"ws://127.0.0.1:{service.sockets[0].getsockname()[1]}/"
        api = ApiProvider(auth_required=False, root_url=f"http://127.0.0.1:{rest.server_port}/", ws_root_url=sockets)
        market = exchange.Market(api)
        bitcoin, ether = exchange.pairs.BTC_USD, exchange.pairs.ETH_USD
        print(f"{'':<33} trades   candles")
        rows = []
        for name, trades_asked, candles_asked in (
            ("all_history=True", {"all_history": True}, {"all_history": True}),
            ("count=500", {"count": 500}, {"count": 500}),
            ("from start_ts", {"start_ts": START}, {"start_ts": START}),
        ):
            trades = [trade async for trade in market.get_trades(bitcoin, **trades_asked)]
            candles = [candle async for candle in market.get_candles(bitcoin, exchange.Timeframe.MIN, **candles_asked)]
            rows.append((len(trades), len(candles)))
            print("{:<33} {:<8} {}".format(name, *rows[-1]), flush=True)
        seen = await books(market, (bitcoin, ether))
    print("books: " + ", ".join(name if asks else f"{name} without asks" for name, asks in BOOKS))
    print("seen:  " + ", ".join(seen))
    if rows != [(299, 1000), (299, 500), (1000, 1000)] or seen != ["BTC_USD", "ETH_USD", "ValueError: Order book has no asks"]:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py
