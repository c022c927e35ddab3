#!/usr/bin/env bash
# pymexc: with restart_on_error and ten retries the line is cut once, and no attempt to come back is ever made.
#
# Expected: restart_on_error=True, the default, restores connection and subscriptions, up to ten times.
# Seen: pymexc 1.3.0 closes what is left of the old connection first, and for that waits for the thread that
#   receives, from within it. Python forbids that; the RuntimeError goes into websocket-client, which keeps it, and
#   the reconnection behind it is never reached. One line at ERROR names the cut, not the end of the attempts; the
#   program gets no exception, the process stays alive, is_connected() says False. 1.2.19 does the same. 1.3.1, the
#   newest, cannot be imported (pymexc._async.web is not in the wheel).
# Why it matters: MEXC ends each connection after 24 hours: the recording is of one day, and the code that is to
#   prevent that is there, on by default, and documented. A test that looks whether the option is set passes.
# Way to live with it: look at is_connected(), or at the age of the last tick, and make a new client; in tests
#   cut the line from the side of the service, and count the connections.
# Versions: pymexc 1.3.0, websocket-client 1.9.2, websockets 15.0.1, Python 3.11.7. Nothing found.
#
# Output seen:
#   connections before the cut 1, ten seconds after it 1
#   restart_on_error True, retries 10, is_connected False, receiving thread alive False
#   logged: WebSocket SpotV3 encountered error: Connection to remote host was lost.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pymexc==1.3.0 websocket-client==1.9.2 websockets==15.0.1

cat > probe.py <<'PROBE'
import logging
import os
import socket
import sys
import threading
import time

import pymexc.base_websocket
from pymexc import spot
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

connections, logged = [], []


class Heard(logging.Handler):
    def emit(self, record):
        if record.levelno >= logging.ERROR and record.name.startswith("pymexc"):
            logged.append(record.getMessage().replace(f" ({url})", "").rstrip(".") + ".")


def service(client):
    connections.append(client)
    try:
        client.recv()
        client.send('{"id": 0, "code": 0, "msg": "spot@public.aggre.deals.v3.api.pb@BTCUSDT"}')
        time.sleep(1)
        if len(connections) == 1:
            client.socket.shutdown(socket.SHUT_RDWR)  # a cut: no close frame
        client.recv()
    except ConnectionClosed:
        pass


logging.getLogger().addHandler(Heard())
listener = serve(service, "127.0.0.1", 0)
threading.Thread(target=listener.serve_forever, daemon=True).start()
url = f"ws://127.0.0.1:{listener.socket.getsockname()[1]}"
pymexc.base_websocket.SPOT = url
client = spot.WebSocket()
client.endpoint = url
client.deals_stream(print, "BTCUSDT")
thread = client.wst
before = len(connections)
until = time.monotonic() + 10
while client.is_connected() and time.monotonic() < until:
    time.sleep(0.02)
time.sleep(10)
alive = bool(thread and thread.is_alive())
state = client.restart_on_error, client.retries, client.is_connected(), alive
print(f"connections before the cut {before}, ten seconds after it {len(connections)}")
print("restart_on_error {}, retries {}, is_connected {}, receiving thread alive {}".format(*state))
print("logged:", *logged, flush=True)
good = (before, len(connections), state) == (1, 1, (True, 10, False, False)) and logged == [
    "WebSocket SpotV3 encountered error: Connection to remote host was lost."
]
if not good:
    print("not as described any more", file=sys.stderr, flush=True)
os._exit(not good)
PROBE
timeout 90 venv/bin/python -W ignore probe.py
