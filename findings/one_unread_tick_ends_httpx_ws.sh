#!/usr/bin/env bash
# One tick unread, and httpx-ws ends its own healthy connection.
#
# One would expect: queue_size=512, the default, lets the asynchronous client hold
#   512 ticks while the application is busy, and its keepalive (20/20 s by
#   default) watches the service meanwhile.
# What happens: the asynchronous session queues none, whatever queue_size says. With
#   one tick not yet taken its reader stands still, hears no pong, and its own
#   keepalive ends the connection. The synchronous session keeps to queue_size
#   under the same load; so does `websockets` with its 16 messages.
# Why it matters: a consumer that needs 40 s for a batch now and then loses the
#   stream of a healthy service and blames the service; a larger queue_size does
#   not help.
# Live with it: a task of one's own that only receives, into an asyncio.Queue; or
#   keepalive_ping_interval_seconds=None and a watch on the arrival of ticks.
# Versions: httpx-ws 0.9.0, httpx 0.28.1, wsproto 1.3.2, websockets 17.4, Python
#   3.11.7.
# Documented: queue_size is described as the size of the queue for received
#   messages, for both sessions alike.
# Seen (keepalive 1/1 s; three ticks are sent, one is taken, the consumer is busy
# for 5 s and then takes the others):
#   httpx-ws, aconnect_ws  2 of 3 ticks, WebSocketNetworkError
#   httpx-ws, connect_ws   3 of 3 ticks, no error
#   websockets             3 of 3 ticks, no error
set -euo pipefail
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
  httpx-ws==0.9.0 httpx==0.28.1 httpcore==1.0.9 anyio==4.16.0 wsproto==1.3.2 websockets==17.4 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
cat >probe.py <<'PY'
import asyncio
import signal
import sys
import time

import httpx_ws
import websockets
from websockets.asyncio.server import serve

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
KEEPALIVE = {"keepalive_ping_interval_seconds": 1, "keepalive_ping_timeout_seconds": 1, "queue_size": 512}


async def three(ws):
    for n in range(3):
        await ws.send('{"n":%d}' % n)
    await ws.wait_closed()


async def asynchronous(url):
    taken = 0
    try:
        async with httpx_ws.aconnect_ws(url, **KEEPALIVE) as ws:
            for busy in (5, 0, 0):
                await ws.receive_text(timeout=2)
                taken += 1
                await asyncio.sleep(busy)
    except BaseException as e:
        while isinstance(e, BaseExceptionGroup):
            e = e.exceptions[0]
        return f"{taken} of 3 ticks, {type(e).__name__}"
    return f"{taken} of 3 ticks, no error"


def synchronous(url):
    taken = 0
    try:
        with httpx_ws.connect_ws(url, **KEEPALIVE) as ws:
            for busy in (5, 0, 0):
                ws.receive_text(timeout=2)
                taken += 1
                time.sleep(busy)
    except Exception as e:
        return f"{taken} of 3 ticks, {type(e).__name__}"
    return f"{taken} of 3 ticks, no error"


async def other(url):
    taken = 0
    try:
        async with websockets.connect(url, ping_interval=1, ping_timeout=1, proxy=None) as ws:
            for busy in (5, 0, 0):
                await ws.recv()
                taken += 1
                await asyncio.sleep(busy)
    except websockets.ConnectionClosed as e:
        return f"{taken} of 3 ticks, {type(e).__name__}"
    return f"{taken} of 3 ticks, no error"


async def main():
    async with serve(three, "127.0.0.1", 0, ping_interval=None, compression=None) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        got = await asyncio.gather(asynchronous(url), asyncio.to_thread(synchronous, url), other(url))
    for who, what in zip(("httpx-ws, aconnect_ws", "httpx-ws, connect_ws", "websockets"), got, strict=True):
        print(f"{who:22} {what}")
    return "no error" not in got[0] and got[1:] == ["3 of 3 ticks, no error"] * 2


if not asyncio.run(main()):
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
