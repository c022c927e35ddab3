#!/usr/bin/env bash
# pybotters: with the fifth symbol's order book the best ask of the first goes, and with each new level of another symbol one more.
#
# Expected: a book has the levels the exchange sent. If a store must forget, it forgets what is far from the market.
# Seen: pybotters 1.11.2 keeps the books of all symbols of an exchange in one store, which holds 9999 items and throws away those that
#   came first. Binance's snapshot of 1000 levels has 2000 items, the asks first and from the best one on: when the fifth is in, the
#   best ask of the first symbol is gone, a hundred new levels of the fifth later the best hundred. A snapshot of 5000 levels
#   loses its own best ask at once. watch() is not told, and a level that changes again comes back, so that the book has holes.
# Why it matters: the ask that is shown is higher than the market's, and the spread of the symbol that one took first, which is the one
#   that matters most, grows all day, while the others are right. A limit to buy below the ask that is shown is filled at once. With four
#   symbols, and in each test with small books, all is well.
# Way to live with it: a store for each symbol; limit=100; store.orderbook._MAXLEN = 10**9 before the first snapshot.
# Versions: pybotters 1.11.2 (the newest on PyPI), aiohttp 3.13.2, Python 3.11.7. The documentation tells of the limit and that the
#   oldest go, for the sake of trade histories; of books it says nothing. The exchange is a small stand-in on loopback.
#
# Output seen (ask minus bid of BTCUSDT, a tick is 0.01):
#   snapshots                       items   spread
#   BTCUSDT                         2000    0.01
#   ETHUSDT                         4000    0.01
#   SOLUSDT                         6000    0.01
#   XRPUSDT                         8000    0.01
#   BNBUSDT                         9999    0.02
#   100 new levels of BNBUSDT       9999    1.02
#   5000 levels of BTCUSDT alone    9999    0.02
#   deletions that watch() told     0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pybotters==1.11.2 aiohttp==3.13.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import sys

import pybotters
from aiohttp import web

PRICES = {"BTCUSDT": 100_000, "ETHUSDT": 4_000, "SOLUSDT": 200, "XRPUSDT": 50, "BNBUSDT": 900}
seen = []


async def depth(request):
    bid, levels = PRICES[request.query["symbol"]], int(request.query["limit"])
    return web.json_response({
        "lastUpdateId": 100,
        "bids": [[f"{bid - i / 100:.2f}", "1.00000000"] for i in range(levels)],
        "asks": [[f"{bid + (i + 1) / 100:.2f}", "1.00000000"] for i in range(levels)],
    })


def show(what, store):
    best = {side: float(rows[0]["p"]) for side, rows in store.orderbook.sorted({"s": "BTCUSDT"}, limit=1).items()}
    seen.append((len(store.orderbook), round(best["a"] - best["b"], 2)))
    print(f"{what:<31} {seen[-1][0]:<7} {seen[-1][1]}")


async def main():
    app = web.Application()
    app.router.add_get("/api/v3/depth", depth)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/api/v3/depth"
    print(f"{'snapshots':<31} {'items':<7} spread")
    async with pybotters.Client() as client:

        async def fetch(store, symbol, limit):
            await store.initialize(client.get(url, params={"symbol": symbol, "limit": str(limit)}))

        store = pybotters.BinanceSpotDataStore()
        for symbol in PRICES:
            await fetch(store, symbol, 1000)
            show(symbol, store)
        with store.orderbook.watch() as stream:
            new = [[f"{PRICES['BNBUSDT'] + i / 100:.2f}", "2.00000000"] for i in range(1001, 1101)]
            store.onmessage({"e": "depthUpdate", "s": "BNBUSDT", "U": 101, "u": 101, "b": [], "a": new})
            changes = [stream._queue.get_nowait().operation for _ in range(stream._queue.qsize())]
        show("100 new levels of BNBUSDT", store)
        alone = pybotters.BinanceSpotDataStore()
        await fetch(alone, "BTCUSDT", 5000)
        show("5000 levels of BTCUSDT alone", alone)
    await runner.cleanup()
    print(f"{'deletions that watch() told':<31} {changes.count('delete')}")
    return changes


changes = asyncio.run(main())
sys.stdout.flush()
expected = [(2000, 0.01), (4000, 0.01), (6000, 0.01), (8000, 0.01), (9999, 0.02), (9999, 1.02), (9999, 0.02)]
if seen != expected or changes != ["update"] * 100:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
