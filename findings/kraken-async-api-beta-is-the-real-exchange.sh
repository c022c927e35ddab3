#!/usr/bin/env bash
# kraken-async-api: BetaConfig() has the addresses of the real exchange, the callback is never called, and a token of 15 minutes is used for ever.
#
# Expected: BetaConfig is the "Config with default values given for the Kraken test environment". Kraken.connect(async_callback) calls that for what comes in. A
#   token that has run out is fetched anew before an order.
# Seen: in kraken-async-api 0.1.1b1 BetaConfig is a dataclass whose two addresses have no annotation, so that they are no fields: __init__ sets those of Config, and
#   an instance has ws.kraken.com; only the class itself shows beta. The task that reads a socket is never started: subscriptions go out and are confirmed,
#   and nothing arrives at the callback, public or private. The token is fetched again if its time is later than now, and that time is 900 * 0.9 seconds after
#   1970: never.
# Why it matters: orders of an acceptance test go to the real exchange with the real key, and their answers are read by nobody. After a quarter of an hour, or a line
#   that was cut, an order without a private subscription that still holds has a dead token, until the process is restarted.
# Way to live with it: Config(public_websocket_url=..., private_websocket_url=...) by hand; api.public.listening = asyncio.create_task(api.public._listen()), and the same for
#   private; api.private._ws_token = None before an order. In tests look at the addresses of the object, not of the class.
# Versions: kraken-async-api 0.1.1b1 (PyPI, the newest), websockets 13.1, aiohttp 3.13.2, Python 3.11. Source: BetaConfig in config.py; _listen and get_ws_token in
#   websocket.py; nothing in the package calls the first. Nothing found about it. The script has an exchange of its own on loopback.
#
# Output seen:
#   BetaConfig(): wss://ws.kraken.com wss://ws-auth.kraken.com
#   BetaConfig:   wss://beta-ws.kraken.com wss://beta-ws-auth.kraken.com
#   subscriptions that the exchange got: 2, calls of the callback: 0
#   tokens fetched: 1, token of an order an hour later: 'token 1'
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile kraken-async-api==0.1.1b1 websockets==13.1 aiohttp==3.13.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import sys
import time

import kraken_async_api.websocket
from aiohttp import web
from kraken_async_api import Config, Kraken
from kraken_async_api.config import BetaConfig
from kraken_async_api.constants import Depth

received, tokens, calls = [], [], []


class Later:
    """The clock of the package, an hour on."""

    time = staticmethod(lambda: time.time() + 3600)


async def socket(request):
    line = web.WebSocketResponse()
    await line.prepare(request)
    async for message in line:
        received.append(json.loads(message.data))
        await line.send_json({"event": "subscriptionStatus", "status": "subscribed"})
        await line.send_json([0, {"b": [["64000.1", "1", "1767604500.1"]]}, "book-100", "XBT/USD"])
    return line


async def token(request):
    tokens.append(f"token {len(tokens) + 1}")
    return web.json_response({"error": [], "result": {"token": tokens[-1], "expires": 900}})


async def callback(message):
    calls.append(message)


async def main():
    beta = BetaConfig()
    addresses = [beta.public_websocket_url, beta.private_websocket_url]
    print("BetaConfig():", *addresses)
    print("BetaConfig:  ", BetaConfig.public_websocket_url, BetaConfig.private_websocket_url)

    app = web.Application()
    app.router.add_get("/", socket)
    app.router.add_post("/0/private/GetWebSocketsToken", token)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    here = "127.0.0.1:%d" % site._server.sockets[0].getsockname()[1]
    config = Config("key", "c2VjcmV0", f"http://{here}", public_websocket_url=f"ws://{here}", private_websocket_url=f"ws://{here}")
    exchange = await Kraken.connect(callback, config)
    await exchange.public.subscribe_to_book(["XBT/USD"], Depth.D100)
    await exchange.private.subscribe_to_own_trades()
    await asyncio.sleep(1)
    heard = len(calls)
    print(f"subscriptions that the exchange got: {len(received)}, calls of the callback: {heard}")

    kraken_async_api.websocket.time = Later
    await exchange.private.add_order("limit", "XBT/USD", "64000.1", "buy", "0.01")
    await asyncio.sleep(0.5)
    order = next(one for one in received if one["event"] == "addOrder")
    print(f"tokens fetched: {len(tokens)}, token of an order an hour later: {order['token']!r}")
    await exchange.close()
    await runner.cleanup()
    return addresses, heard, tokens, order["token"]


expected = (["wss://ws.kraken.com", "wss://ws-auth.kraken.com"], 0, ["token 1"], "token 1")
if asyncio.run(main()) != expected:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
