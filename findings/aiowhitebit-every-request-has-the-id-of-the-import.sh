#!/usr/bin/env bash
# aiowhitebit: all requests have one id, the second of the import; after one deadline each price is that of the market before, and a cut is for ever.
#
# Expected: WSRequest: id "defaults to current timestamp"; WhiteBIT wants it "unique to handle response for your request"; last_price(market)
#   is the last price of that market, bookticker_subscribe() brings "real-time best bid/ask prices".
# Seen: aiowhitebit 0.4.0 computes the default when the class is made, so each request of the process has the same id.
#   PublicWebSocketClient sends one and takes the next frame for its answer, whatever it is. A call that gave up leaves its answer to the next one, and all later
#   calls are one behind: id and form are right, the price is that of another market. Behind a subscription the next frame is a tick, which is
#   no answer: a ValidationError, and one more behind for each tick. Ticks themselves come to nobody, there is no method for them. connect()
#   asks whether there is a connection object, which there is after a cut: all later calls fail, until a new client is made.
# Why it matters: the price of Bitcoin for Ether, with nothing to see it by. WhiteBIT cuts after 60 seconds without a message of
#   the client, so each quiet minute ends it.
# Way to live with it: one client for each question, or a new one after each exception; ticks by another library; base_ws_requester() with
#   WSRequest(id=...) of one's own and a look at response.id.
# Versions: aiowhitebit 0.4.0 (the newest on PyPI), websockets 15.0.1 and pycares 4.11.0 (its aiodns wants one below 5), Python 3.11.7. WhiteBIT's
#   documentation has the forms and the 60 seconds; nothing found about the library.
#
# Output seen (the service has BTC_USDT at 65000, ETH_USDT at 3000):
#   last_price("BTC_USDT"), deadline of 0.2 s      TimeoutError
#   last_price("ETH_USDT")                         65000
#   last_price("BTC_USDT")                         3000
#   different ids in three requests                1
#   subscribed, last_price("ETH_USDT")             ValidationError
#   cut by the service, three calls                ConnectionClosedError, connections 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check aiowhitebit==0.4.0 websockets==15.0.1 pycares==4.11.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import logging
import sys

from aiowhitebit.clients.websocket import PublicWebSocketClient
from aiowhitebit.clients.websocket.public import BaseWebSocketClient
from websockets.asyncio.server import serve

logging.disable()
PRICES = {"BTC_USDT": "65000", "ETH_USDT": "3000"}
TICK = {"id": None, "method": "bookTicker_update", "params": [[1751958383.5, 1751958383.6, "BTC_USDT", 1, "65000", "1", "65001", "1"]]}
requests, lines, seen = [], [], []


async def whitebit(line):
    lines.append(line)
    async for message in line:
        request = json.loads(message)
        requests.append(request)
        if len(requests) == 1:
            await asyncio.sleep(0.5)
        subscribed = request["method"] == "bookTicker_subscribe"
        result = {"status": "success"} if subscribed else PRICES[request["params"][0]]
        await line.send(json.dumps({"id": request["id"], "result": result, "error": None}))
        if subscribed:
            await line.send(json.dumps(TICK))


def row(name, value):
    print(name.ljust(46), value, flush=True)
    seen.append(value)


async def name_of_error(awaitable):
    try:
        return (await awaitable).result
    except Exception as error:
        return type(error).__name__


async def main():
    async with serve(whitebit, "127.0.0.1", 0) as service:
        url = f"ws://127.0.0.1:{service.sockets[0].getsockname()[1]}/"
        client = PublicWebSocketClient(BaseWebSocketClient(url))
        row('last_price("BTC_USDT"), deadline of 0.2 s', await name_of_error(asyncio.wait_for(client.last_price("BTC_USDT"), 0.2)))
        await asyncio.sleep(1.2)
        row('last_price("ETH_USDT")', await name_of_error(client.last_price("ETH_USDT")))
        row('last_price("BTC_USDT")', await name_of_error(client.last_price("BTC_USDT")))
        row("different ids in three requests", len({request["id"] for request in requests}))
        client = PublicWebSocketClient(BaseWebSocketClient(url))
        await client.bookticker_subscribe("BTC_USDT")
        row('subscribed, last_price("ETH_USDT")', await name_of_error(client.last_price("ETH_USDT")))
        client = PublicWebSocketClient(BaseWebSocketClient(url))
        await client.last_price("BTC_USDT")
        before = len(lines) - 1
        await lines[-1].close(1012)
        await asyncio.sleep(0.2)
        errors = {await name_of_error(client.last_price("BTC_USDT")) for _ in range(3)}
        row("cut by the service, three calls", f"{' '.join(errors)}, connections {len(lines) - before}")


asyncio.run(main())
described = ["TimeoutError", "65000", "3000", 1, "ValidationError", "ConnectionClosedError, connections 1"]
if seen != described:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
