#!/usr/bin/env bash
# kraken-wsclient-v2: request() keeps its line open, and sends the order again each time that line is cut and connects again.
#
# Expected: an add_order goes out once; connecting again by itself is for subscriptions. Two subscriptions of one channel are two, or the second is refused.
# Seen: in kraken-wsclient-v2 0.0.2 request() goes the same way as a subscription: a connection of its own, whose first words are the payload, in a factory
#   that connects again (30 times) and then says the payload again. Nothing closes that line after the answer, so it idles until the venue or the net
#   cuts it, and the order is placed once more, be it hours later. A subscription is known by its channel and its first symbol, or the first
#   letter, if symbol is a string: another one with the same is dropped; _start_socket returns False, subscribe_public returns None for all.
# Why it matters: the order of the morning is repeated by each cut of the day, restart of the venue's gateway included. In a test the process ends after
#   the answer. ["BTC/USD", "ETH/USD"] beside ["BTC/USD", "XRP/USD"] never brings a tick of ETH, and "AVAX/USD" is mute because of "ADA/USD".
# Way to live with it: keys before and after request(), and stop_socket(key) with the answer; a cl_ord_id in each order, so that the venue refuses the second;
#   one subscription for each channel with all symbols in a list. In tests cut the order's line after the answer and count the orders.
# Versions: kraken-wsclient-v2 0.0.2 (the newest, a sample by Kraken "for demonstration"), Twisted 22.4.0, autobahn 23.1.2, Python 3.11.7.
#   It needs pyOpenSSL and service-identity, which it doesn't ask for. Source: kraken_wsclient_v2.py. Nothing found about it.
#
# Output seen (a local server, which cuts the line 0.2 s after its answer, twice; TLS left out):
#   one request(add_order)    orders at the server: 3, answers to the callback: 3
#   after stop_socket with the answer    orders at the server: 1
#   subscribed ['BTC/USD', 'XRP/USD'], then ['BTC/USD', 'ETH/USD']    at the server: [['BTC/USD', 'XRP/USD']]
#   subscribed 'ADA/USD', then 'AVAX/USD'    at the server: ['ADA/USD']
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile kraken-wsclient-v2==0.0.2 pyopenssl==23.2.0 service-identity==24.2.0 \
  websockets==13.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import os
import threading
import time

import websockets
from autobahn.twisted.websocket import connectWS
from kraken_wsclient_v2.kraken_wsclient_v2 import WssClient

heard = []
cuts = 2
ready = threading.Event()


async def serve(line):
    global cuts
    try:
        async for message in line:
            message = json.loads(message)
            heard.append(message)
            await line.send(json.dumps({"method": message["method"], "success": True, "result": {"order_id": "OQ6L"}}))
            if message["method"] == "add_order" and cuts:
                cuts -= 1
                await asyncio.sleep(0.2)
                line.transport.abort()
    except websockets.ConnectionClosed:
        pass


async def main():
    global port
    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        ready.set()
        await asyncio.Future()


threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
ready.wait()


class Client(WssClient):
    STREAM_URL = PRIVATE_STREAM_URL = f"ws://127.0.0.1:{port}"

    def add_connection(self, key, url):
        self._conns[key] = connectWS(self.factories[key])  # as the package does, without TLS


client = Client()
client.daemon = True
client.start()
order = {"method": "add_order", "params": {"symbol": "BTC/USD", "side": "buy", "order_qty": 0.1, "order_type": "market", "token": "t"}}

answers = []
client.request(order, answers.append)
time.sleep(5)
print(f"one request(add_order)    orders at the server: {len(heard)}, answers to the callback: {len(answers)}")

heard.clear()
cuts = 2
answered = threading.Event()
client.request(order, lambda answer: answered.set())
answered.wait(10)
from twisted.internet import reactor  # noqa: E402

reactor.callFromThread(client.stop_socket, list(client._conns)[-1])
time.sleep(4)
print("after stop_socket with the answer    orders at the server:", len(heard))

for first, second in ((["BTC/USD", "XRP/USD"], ["BTC/USD", "ETH/USD"]), ("ADA/USD", "AVAX/USD")):
    heard.clear()
    for symbol in (first, second):
        client.subscribe_public({"channel": "ticker", "symbol": symbol}, lambda tick: None)
        time.sleep(1)
    print(f"subscribed {first!r}, then {second!r}    at the server: {[one['params']['symbol'] for one in heard]}", flush=True)
os._exit(0)
PROBE
timeout 90 venv/bin/python -u probe.py 2>err | tee seen
[ -s seen ] || cat err
cat > want <<'WANT'
one request(add_order)    orders at the server: 3, answers to the callback: 3
after stop_socket with the answer    orders at the server: 1
subscribed ['BTC/USD', 'XRP/USD'], then ['BTC/USD', 'ETH/USD']    at the server: [['BTC/USD', 'XRP/USD']]
subscribed 'ADA/USD', then 'AVAX/USD'    at the server: ['ADA/USD']
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
