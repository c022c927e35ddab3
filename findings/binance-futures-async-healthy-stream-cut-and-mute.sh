#!/usr/bin/env bash
# binance-futures-async: a healthy stream is cut after three minutes, and after each reconnection it has no subscription and takes none.
#
# Expected: "auto reconnect and health checks", "auto ping-pong": a line that brings trades is healthy; after a cut the streams go on.
# Seen: the health check of binance-futures-async 0.1.1 wants a JSON message with e="ping". Binance's pings are frames, aiohttp answers them and shows them
#   to nobody, so the time of the last one is that of the connection: ping_interval + 10 s after it, 190 s by default, the line is cut,
#   whatever comes on it. Then _resubscribe() calls subscribe() with the streams of its list, subscribe() leaves out those that are in
#   the list, all of them, and sends nothing. Calling it yourself does the same, without an error. is_connected stays True.
# Why it matters: each program with this package stops to hear the market in its fourth minute and knows nothing of it: no exception, no callback, a line
#   that is up. A test of two minutes is green.
# Way to live with it: ping_interval of weeks in the config; after a reconnection unsubscribe(), then subscribe(); the age of the newest tick as the sign of
#   life. A test that runs longer than the longest interval of the configuration, and one with a cut.
# Versions: binance-futures-async 0.1.1 (the newest on PyPI), aiohttp 3.14.5, websockets 17.4 (the server), Python 3.11.7. Nothing found about it.
#
# Output seen (two trades a second; ping_interval 1 instead of 180, so that the first cut comes after 11 s instead of 190 s):
#                                       connections   subscriptions sent   trades in the last 2 s
#   after 5 s                           1             1                    yes
#   after 18 s                          2             1                    no, is_connected True
#   subscribe_aggregate_trade() again   2             1                    no, is_connected True
#   unsubscribe, subscribe              2             2                    yes
#   ping_interval 180, cut at 2 s       2             1                    no, is_connected True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check binance-futures-async==0.1.1 aiohttp==3.14.5 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import logging
import os
import sys

from binance_futures_async.client import DEFAULT_MARKET_STREAM_CONFIG
from binance_futures_async.market_streams.market_service import MarketService
from websockets.asyncio.server import serve

logging.disable(logging.CRITICAL)


class Exchange:
    def __init__(self, cut=None):
        self.connections = self.subscriptions = 0
        self.cut = cut
        self.trades = []

    async def start(self, **config):
        self.server = await serve(self.talk, "127.0.0.1", 0)
        url = f"ws://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        config = {**DEFAULT_MARKET_STREAM_CONFIG, **config}
        self.client = MarketService(base_url=url, message_handler=self.trades.append, config=config)
        await self.client.connect()
        await self.client.subscribe_aggregate_trade(["BTCUSDT"])

    async def feed(self, line):
        while True:
            await line.send(json.dumps({"e": "aggTrade", "s": "BTCUSDT", "p": "64250.10"}))
            await asyncio.sleep(0.5)

    async def talk(self, line):
        self.connections += 1
        if self.cut and self.connections == 1:
            asyncio.get_running_loop().call_later(self.cut, line.transport.abort)
        feeding = None
        try:
            async for message in line:
                request = json.loads(message)
                await line.send(json.dumps({"result": None, "id": request["id"]}))
                if request["method"] == "SUBSCRIBE":
                    self.subscriptions += 1
                    feeding = feeding or asyncio.create_task(self.feed(line))
        except Exception:
            pass
        if feeding:
            feeding.cancel()

    async def row(self, name):
        self.trades.clear()
        await asyncio.sleep(2)
        heard = "yes" if self.trades else f"no, is_connected {self.client.market_streams.is_connected}"
        print(name.ljust(35), str(self.connections).ljust(13), str(self.subscriptions).ljust(20), heard, flush=True)
        return self.connections, self.subscriptions, heard


async def main():
    print(" " * 35, "connections   subscriptions sent   trades in the last 2 s")
    one, other = Exchange(), Exchange(cut=2)
    await one.start(ping_interval=1)
    await asyncio.sleep(3)
    rows = [await one.row("after 5 s")]
    await asyncio.sleep(11)
    rows.append(await one.row("after 18 s"))
    await one.client.subscribe_aggregate_trade(["BTCUSDT"])
    rows.append(await one.row("subscribe_aggregate_trade() again"))
    await one.client.market_streams.unsubscribe(["btcusdt@aggTrade"])
    await one.client.subscribe_aggregate_trade(["BTCUSDT"])
    rows.append(await one.row("unsubscribe, subscribe"))
    await other.start()
    await asyncio.sleep(8)
    rows.append(await other.row("ping_interval 180, cut at 2 s"))
    mute = "no, is_connected True"
    right = rows == [(1, 1, "yes"), (2, 1, mute), (2, 1, mute), (2, 2, "yes"), (2, 1, mute)]
    if not right:
        print("not as described any more", file=sys.stderr, flush=True)
    os._exit(not right)


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
