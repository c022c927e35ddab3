#!/usr/bin/env bash
# fcsapi-websocket: the README's example subscribes to nothing, and three short outages start three heartbeats.
#
# Expected: connect(), join(), run_forever(), in the order of the README's quick start, gives prices, or join() says that it
#   could not. One heartbeat for one connection.
# Seen: join() of fcsapi-websocket 4.0.0 sends if there is a connection and forgets the subscription if there is none;
#   connect() makes none yet. The example connects, pings and waits, without a price, an error or a line; join() returns
#   None in each case. What was joined is noted only when the service confirms it: what was asked for and not yet
#   confirmed when the line is cut is gone as well. A heartbeat sleeps for 25 s and looks then whether it is to stop; a
#   reconnection after 3 s has taken that back: it goes on beside the new one.
# Why it matters: the first program that one writes shows a connected client and a market that does not move. A restart of
#   the service during the morning's subscriptions loses a part of them for the day. Services count messages.
# Way to live with it: join in on_connected and again in on_reconnect, from a list of one's own; watch each symbol for
#   silence; in tests a service that cuts before it confirms.
# Versions: fcsapi-websocket 4.0.0, websocket-client 1.9.2, websockets 17.4 (PyPI), Python 3.11.7. Nothing found about it; another
#   example of the README waits two seconds before it joins. Messages of the form that the package reads.
#
# Output seen:
#   as in the README              join() None  the service got: ping              prices: none
#   joined in on_connected        join() None  the service got: join_symbol ping  prices: 100 101 102
#   cut before the confirmation   the service got: join_symbol ping, after it: ping
#   after three outages           threads of heartbeats 4
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps fcsapi-websocket==4.0.0 websocket-client==1.9.2 \
  websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import contextlib
import json
import os
import socket
import sys
import threading
import time

from fcs_client_lib import FCSClient
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

SYMBOL = "BINANCE:BTCUSDT"
connections = []
confirm = True


def service(client):
    asked = []
    connections.append((client, asked))
    client.send(json.dumps({"type": "welcome"}))
    with contextlib.suppress(ConnectionClosed):
        for text in client:
            message = json.loads(text)
            asked.append(message["type"])
            if message["type"] == "join_symbol" and confirm:
                client.send(json.dumps({"type": "message", "short": "joined_room", "symbol": SYMBOL, "timeframe": "1D"}))
                for number in range(3):
                    client.send(json.dumps({"type": "price", "symbol": SYMBOL, "prices": {"c": 100 + number}}))


def cut(connection):
    connections[connection][0].socket.shutdown(socket.SHUT_RDWR)


def wait(condition, seconds=15):
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)


def start(client):
    client.reconnect_delay = 0.1
    threading.Thread(target=client.run_forever, daemon=True).start()


def asked(connection):
    return " ".join(sorted(connections[connection][1]))


def example(in_handler):
    connections.clear()
    client, prices, joins = FCSClient("key", url), [], []

    @client.on_message
    def message(data):
        if data.get("type") == "price":
            prices.append(str(data["prices"]["c"]))

    def join():
        joins.append(client.join(SYMBOL, "1D"))

    if in_handler:
        client.on_connected(join)
    client.connect()
    if not in_handler:
        join()
    start(client)
    wait(lambda: len(prices) == 3, 4)
    wait(lambda: connections and "ping" in connections[0][1])
    client.disconnect()
    return f"join() {joins[0]}  the service got: {asked(0)}", f"prices: {' '.join(prices) or 'none'}"


def outage(times):
    connections.clear()
    client = FCSClient("key", url)
    client.on_connected(lambda: client.join(SYMBOL, "1D"))
    client.connect()
    start(client)
    for number in range(times):
        wait(lambda number=number: len(connections) > number and "ping" in connections[number][1])
        cut(number)
    wait(lambda: len(connections) > times and "ping" in connections[times][1])
    heartbeats = sum("heartbeat" in thread.name for thread in threading.enumerate()) - before
    client.disconnect()
    return heartbeats


server = serve(service, "127.0.0.1", 0)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/ws"

results = [example(False), example(True)]
width = max(len(first) for first, _ in results) + 2
lines = [f"{name:<30}{first:<{width}}{second}" for name, (first, second) in
         zip(("as in the README", "joined in on_connected"), results)]
confirm, before = False, 0
outage(1)
lines.append(f"cut before the confirmation   the service got: {asked(0)}, after it: {asked(1)}")
confirm = True
before = sum("heartbeat" in thread.name for thread in threading.enumerate())
lines.append(f"after three outages           threads of heartbeats {outage(3)}")
print("\n".join(lines), flush=True)
good = lines == [
    "as in the README              join() None  the service got: ping              prices: none",
    "joined in on_connected        join() None  the service got: join_symbol ping  prices: 100 101 102",
    "cut before the confirmation   the service got: join_symbol ping, after it: ping",
    "after three outages           threads of heartbeats 4",
]
if not good:
    print("not as described any more", file=sys.stderr, flush=True)
os._exit(not good)
PROBE
timeout 90 venv/bin/python -W ignore probe.py
