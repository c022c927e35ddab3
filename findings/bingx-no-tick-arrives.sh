#!/usr/bin/env bash
# bingx-python: of what BingX sends nothing arrives, as all of it is gzip; and the README's own order of calls raises.
#
# Expected: a client for one exchange reads that exchange's messages; subscribing between connect() and listen(), as in its
#   README, subscribes.
# Seen: BingX packs each message of its streams with gzip, its "Ping" too, and says so. MarketDataStream of
#   bingx-python 2.1.7 gives the bytes to json.loads(). The UnicodeDecodeError is none of those it catches, goes into
#   websocket-client and comes to the error handler; without one it is a line in a log that nobody has set up. No
#   "Pong" is sent, so that the exchange ends the line. connect() only makes an object: subscribing after it
#   raises WebSocketConnectionClosedException, before it it is put down for later. There is no new connection.
# Why it matters: stream, subscription and a handler, and a quiet market: nothing in the program says otherwise. The package's
#   tests never see a frame. It has 190 methods and 2 streams; only the REST part can be used.
# Way to live with it: subscribe before connect(), and put the two steps in between: stream._on_message = a function that
#   unpacks, answers "Ping" with "Pong" and hands the rest to the original. In tests packed frames, as the exchange's.
# Versions: bingx-python 2.1.7 (PyPI, not by the exchange), websocket-client 1.9.2, websockets 15.0.1, Python 3.11.7. Nothing
#   found about it.
#
# Output seen:
#   subscribing as in the README: WebSocketConnectionClosedException
#   as the exchange sends   3 ticks and a Ping: handler 0, error handler 4 UnicodeDecodeError, Pongs 0
#   not packed              3 ticks: handler 3
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check bingx-python==2.1.7 websocket-client==1.9.2 websockets==15.0.1 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import gzip
import json
import sys
import threading
import time

from bingx.websocket import MarketDataStream
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

TICKS = [{"code": 0, "dataType": "BTC-USDT@trade", "data": [{"p": str(100 + n), "q": "1"}]} for n in range(3)]


def run(packed):
    heard, got, errors = [], [], []

    def service(client):
        try:
            heard.append(client.recv())
            for tick in TICKS:
                client.send(gzip.compress(json.dumps(tick).encode()) if packed else json.dumps(tick))
            if packed:
                client.send(gzip.compress(b"Ping"))
            for message in client:
                heard.append(message)
        except ConnectionClosed:
            pass

    with serve(service, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stream = MarketDataStream(f"ws://127.0.0.1:{server.socket.getsockname()[1]}")
        stream.on_message(got.append)
        stream.on_error(lambda error: errors.append(type(error).__name__))
        stream.subscribe_trade("BTC-USDT")
        stream.connect()
        stream.listen_async()
        until = time.monotonic() + 5
        while len(got) + len(errors) < 3 + packed and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.5)
        seen = len(got), list(errors), len(heard) - 1
        stream.disconnect()
    return seen


stream = MarketDataStream("ws://127.0.0.1:1")
stream.connect()
try:
    stream.subscribe_trade("BTC-USDT")
    readme = "subscribed"
except Exception as error:
    readme = type(error).__name__
packed, plain = run(True), run(False)
print(f"subscribing as in the README: {readme}")
print(f"as the exchange sends   3 ticks and a Ping: handler {packed[0]}, error handler {len(packed[1])} {' '.join(set(packed[1]))}, Pongs {packed[2]}")
print(f"not packed              3 ticks: handler {plain[0]}")
if (readme, packed, plain[0]) != ("WebSocketConnectionClosedException", (0, ["UnicodeDecodeError"] * 4, 0), 3):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
