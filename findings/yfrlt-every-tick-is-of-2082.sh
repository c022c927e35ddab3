#!/usr/bin/env bash
# yfrlt: each tick is of 2082 and has twice the volume, before the opening the market is open, and a restart meets thousands of attempts.
#
# Expected: Yahoo's stream with its README's fields: timestamp, day_volume, is_market_open; reconnect_delay=5 waits five seconds between
#   attempts, reconnect=False makes none.
# Seen: yfrlt 1.0.0 reads the Protocol Buffers by hand, and all whole numbers as plain varints. Yahoo's time, volume and price hint are
#   sint64, written zigzag: a positive one is read as its double. yliveticker, with a compiled schema, reads the same bytes right.
#   market_hours is an enum whose 0 means pre-market and is not sent at all; here what is missing is 1, and every kind is True. Client
#   waits only after an exception, and websocket-client's run_forever() raises none: after a close it connects again at once, with
#   reconnect=False as well, and to a port where nobody listens as fast as the processor can.
# Why it matters: prices are right, so that all looks well. Sorted with other feeds these ticks are always the newest; volume filters pass
#   half of what they should stop. A feed that restarts is met by each client's thousands of attempts a second.
# Way to live with it: halve time, volume and hint, or use a compiled schema; a loop of one's own with a pause. In tests one message with
#   a known time, and a service that is away for a second.
# Versions: yfrlt 1.0.0 (the only one on PyPI), yliveticker 0.5.5, websocket-client 1.9.2, websockets 17.4, protobuf 7.36.2, Python
#   3.11.7. Nothing found about it.
#
# Output seen (one message before the opening, 2026-01-05 15:00 UTC; reconnect_delay 5):
#                time                       volume   hint  open
#   yliveticker  2026-01-05 15:00:00 UTC   1000000   2     pre-market
#   yfrlt        2082-01-10 06:00:00 UTC   2000000   4     True
#   closed with 1012 after 0.3 s, reconnect=False: connections in 2 s  7
#   nobody listens, reconnect=True: attempts in 2 s                    8797
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check yfrlt==1.0.0 yliveticker==0.5.5 websocket-client==1.9.2 websockets==17.4 \
  protobuf==7.36.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import base64
import json
import logging
import socket
import sys
import threading
import time
from datetime import datetime, timezone

from websockets.sync.server import serve
from yfrlt import Client
from yliveticker.yaticker_pb2 import yaticker

logging.disable()
sent = yaticker(id="AAPL", price=250.5, time=1767625200000, currency="USD", exchange="NMS", dayVolume=1000000, priceHint=2)
payload = sent.SerializeToString()
connections, ticks = [], []


def feed(client):
    connections.append(time.time())
    client.recv()
    client.send(json.dumps({"type": "pricing", "message": base64.b64encode(payload).decode()}))
    time.sleep(0.3)
    client.close(1012)


def row(name, moment, *rest):
    print("{:<11}  {:%Y-%m-%d %H:%M:%S} UTC   {:<9} {:<5} {}".format(name, moment, *rest), flush=True)


class Counted(Client):
    attempts = 0

    def _connect(self):
        self.attempts += 1
        super()._connect()


def run(port, reconnect):
    client = Counted(url=f"ws://127.0.0.1:{port}/", reconnect=reconnect, reconnect_delay=5)
    client.subscribe(["AAPL"], ticks.append)
    client.start()
    time.sleep(1)
    client.should_run = False
    return client


with serve(feed, "127.0.0.1", 0) as service:
    threading.Thread(target=service.serve_forever, daemon=True).start()
    run(service.socket.getsockname()[1], False)
    time.sleep(1)
right = yaticker()
right.ParseFromString(payload)
print(f"{'':<13}{'time':<26} {'volume':<8} hint  open")
assert right.marketHours == 0
row("yliveticker", datetime.fromtimestamp(right.time / 1000, timezone.utc), right.dayVolume, right.priceHint, "pre-market")
tick = ticks[0]
moment = tick.timestamp.astimezone(timezone.utc)
row("yfrlt", moment, tick.day_volume, tick.price_hint, tick.is_market_open)
print(f"closed with 1012 after 0.3 s, reconnect=False: connections in 2 s  {len(connections)}")
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    attempts = run(free.getsockname()[1], True).attempts
print(f"nobody listens, reconnect=True: attempts in 2 s                    {attempts}")
wrong = (moment.year, tick.day_volume, tick.price_hint, tick.is_market_open, tick.price)
if wrong != (2082, 2000000, 4, True, 250.5) or len(connections) < 3 or attempts < 100:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
