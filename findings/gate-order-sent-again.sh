#!/usr/bin/env bash
# gate-ws: ticks that arrive in order are handled side by side, and a reconnection sends the order again.
#
# Expected: a handler is called with one tick after the other; after a reconnection the subscriptions of now are made again.
# Seen: gate-ws 0.5.6 (Gate's own) gives each message to a thread of a pool, or, if the handler is a coroutine, to a
#   task of its own, and does not wait. A handler that takes longer for one tick than for the next ends with the older
#   price. Of what was sent everything is kept and sent again after each reconnection, in the first order: what was
#   unsubscribed since is subscribed and unsubscribed, and an order that was placed is placed once more.
# Why it matters: last prices, books and sequence checks are wrong when there is load, and right when a test sends slowly; a
#   second order is money. (The service may refuse a repetition that is too old, or one with a known id.)
# Way to live with it: a handler that only puts into a queue, with executor_pool=ThreadPoolExecutor(1); a connection of its
#   own for orders, made anew instead of reconnected; in tests cut the line after an order.
# Versions: gate-ws 0.5.6, websockets 13.1 (PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen (the handler takes 200 ms for the first tick and 20 ms for the others):
#   sent 1 2 3 4 5, a function   handled 2 3 4 5 1, at most 5 at once
#   sent 1 2 3 4 5, a coroutine  handled 2 3 4 5 1, at most 5 at once
#   before the cut               login, order buy 1 at 100
#   after the cut                login, order buy 1 at 100
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check gate-ws==0.5.6 websockets==13.1 2>/dev/null

cat > read.py <<'READ'
import asyncio
import json
import logging
import sys
import time

from gate_ws import Configuration, Connection
from gate_ws.spot import SpotOrderPlaceChannel, SpotTickerChannel
from websockets.exceptions import ConnectionClosed
from websockets.server import serve

logging.disable()


async def ticks(kind):
    handled, busy, most = [], 0, 0

    async def service(line):
        try:
            async for text in line:
                if json.loads(text)["channel"] == "spot.tickers":
                    for n in range(1, 6):
                        message = {"time": 1, "channel": "spot.tickers", "event": "update", "result": {"last": str(n)}}
                        await line.send(json.dumps(message))
        except ConnectionClosed:
            pass

    def takes(tick):
        return 0.2 if tick == "1" else 0.02

    def function(_, response):
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        time.sleep(takes(response.result["last"]))
        busy -= 1
        handled.append(response.result["last"])

    async def coroutine(_, response):
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(takes(response.result["last"]))
        busy -= 1
        handled.append(response.result["last"])

    async with serve(service, "127.0.0.1", 0) as listener:
        host = f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        connection = Connection(Configuration(host=host, event_loop=asyncio.get_running_loop()))
        channel = SpotTickerChannel(connection, function if kind == "a function" else coroutine)
        channel.subscribe(["BTC_USDT"])
        running = asyncio.create_task(connection.run())
        await asyncio.sleep(1.5)
        connection.close()
        await running
    order = " ".join(handled)
    print(f"sent 1 2 3 4 5, {kind:<12} handled {order}, at most {most} at once", flush=True)
    return order, most > 1


async def order():
    received = []

    async def service(line):
        received.append([])
        try:
            async for text in line:
                message = json.loads(text)
                if message["channel"] == "spot.login":
                    received[-1].append("login")
                elif message["channel"] == "spot.order_place":
                    what = message["payload"]["req_param"]
                    received[-1].append(f"order {what['side']} {what['amount']} at {what['price']}")
                    if len(received) == 1:
                        line.transport.abort()
        except ConnectionClosed:
            pass

    async with serve(service, "127.0.0.1", 0) as listener:
        host = f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        options = {"api_key": "key", "api_secret": "secret", "ping_interval": 1}
        connection = Connection(Configuration(host=host, event_loop=asyncio.get_running_loop(), **options))
        SpotOrderPlaceChannel(connection, lambda *_: None).api_request(
            {"currency_pair": "BTC_USDT", "side": "buy", "amount": "1", "price": "100"}, "header", "request-1"
        )
        running = asyncio.create_task(connection.run())
        await asyncio.sleep(4)
        connection.close()
        await running
    lines = [", ".join(line) for line in received]
    for name, line in zip(("before the cut", "after the cut"), lines, strict=False):
        print(f"{name:<28} {line}", flush=True)
    return lines


seen = [asyncio.run(ticks("a function")), asyncio.run(ticks("a coroutine"))]
lines = asyncio.run(order())
late = all(order.endswith("1") and together for order, together in seen)
if not late or lines != ["login, order buy 1 at 100"] * 2:
    sys.exit("not as described any more")
READ
venv/bin/python -W ignore read.py
