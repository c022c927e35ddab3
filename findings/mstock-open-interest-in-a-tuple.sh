#!/usr/bin/env bash
# mStock: open interest is a tuple with a hundredth of it, a quote is of 1980, and the watch over the line never pings.
#
# Expected: numbers as the broker's full and quote packets have them; a packet without a time gives no time; and
#   a client with PING_INTERVAL = 2.5 notices within seconds that nobody answers.
# Seen: mstock-tradingapi-a 0.1.9 divides open interest by 100, as it does prices, and a comma behind it makes a tuple:
#   1500000 is (15000.0,). A quote packet (44 bytes) ends before times and open interest; what is read behind its
#   end is 0, so that its times are "1980-01-01T12:00:00AM" and its open interest (0.0,). The loop that is to
#   ping notes the time and sends nothing, and the check of pongs checks nothing before the first pong: nothing ever
#   asks whether the line is alive.
# Why it matters: "open_interest > limit" compares a tuple and fails; a recorder puts quotes into 1980, or, when it
#   takes the last known time, sorts them first; a dead line is a quiet market.
# Way to live with it: open_interest[0] * 100 and only from full packets; times of one's own for quotes; a deadline
#   on the age of the last tick.
# Versions: mstock-tradingapi-a 0.1.9, autobahn 26.10.2, twisted 25.5.0 (PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen:
#   full   volume_traded 1234567  open_interest (15000.0,)  exchange_timestamp 2025-12-30T09:45:01AM
#   quote  volume_traded 1234567  open_interest (0.0,)      exchange_timestamp 1980-01-01T12:00:00AM
#   a quiet line: pings in 12 s: 0, connected: True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check mstock-tradingapi-a==0.1.9 six==1.17.0 \
  autobahn==26.10.2 twisted==25.5.0 pyopenssl service_identity websockets==15.0.1 2>/dev/null

cat > read.py <<'READ'
import asyncio
import struct
import sys
import threading
import time

from tradingapi_a.mticker import MTicker
from websockets.asyncio.server import serve
from websockets.frames import OP_PING

COMMON = (738561, 250005, 10, 249990, 1234567, 4000, 5000, 249000, 251000, 248000, 249500)
LATER = (1451555100, 1500000, 1600000, 1400000, 1451555101)  # seconds since 1980 and open interest


def frame(*numbers, depth=b""):
    packet = struct.pack(f">{len(numbers)}I", *numbers) + depth
    return struct.pack(">HH", 1, len(packet)) + packet


DEPTH = b"".join(struct.pack(">IIHH", 10, 249900 + level, 1, 0) for level in range(10))
ticker = MTicker("key", "token", "ws://127.0.0.1:1")
got = []
for name, data in (("full", frame(*COMMON, *LATER, depth=DEPTH)), ("quote", frame(*COMMON))):
    (tick,) = ticker._parse_binary(data)
    line = tick["volume_traded"], tick["open_interest"], tick["exchange_timestamp"]
    print(f"{name:<6} volume_traded {line[0]}  open_interest {line[1]!s:<10}  exchange_timestamp {line[2]}", flush=True)
    got.append(line)

pings, address, ready = [], [], threading.Event()


async def service(client):
    real = client.protocol.recv_frame
    client.protocol.recv_frame = lambda frame: (pings.append(1) if frame.opcode == OP_PING else None, real(frame))[1]
    await client.wait_closed()


async def run():
    async with serve(service, "127.0.0.1", 0, ping_interval=None) as listener:
        address.append(f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
        ready.set()
        await asyncio.Future()


threading.Thread(target=lambda: asyncio.run(run()), daemon=True).start()
ready.wait(10)
ticker = MTicker("key", "token", address[0])
ticker.connect(threaded=True)
time.sleep(12)
print(f"a quiet line: pings in 12 s: {len(pings)}, connected: {bool(ticker.is_connected())}")
expected = [(1234567, (15000.0,), "2025-12-30T09:45:01AM"), (1234567, (0.0,), "1980-01-01T12:00:00AM")]
if (got, len(pings), bool(ticker.is_connected())) != (expected, 0, True):
    sys.exit("not as described any more")
READ
venv/bin/python -W ignore read.py
