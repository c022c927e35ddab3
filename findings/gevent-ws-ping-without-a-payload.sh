#!/usr/bin/env bash
# gevent-ws: a ping without a payload is never answered, so aiohttp's heartbeat cuts each quiet line, and an empty message is not sent.
#
# Expected: each ping is answered with a pong, also the empty one; send("") sends an empty message.
# Seen: gevent-ws 2.1.0 makes frames in a loop over the bytes of the payload; no bytes, no frame. A ping of websockets, four bytes long, is
#   answered, one of aiohttp's heartbeat or of ws.ping() in Node.js, both empty, is not. aiohttp takes ticks as a sign of life too: while
#   they come all is well, and after the first quiet moment it ends the line with 1006. send("") raises nothing.
# Why it matters: with one client a service keeps quiet lines for hours, with another one it loses them one and a half after the last
#   tick: nights and thin instruments, never a test with ticks that flow. Each cut costs the ticks until the next subscription.
# Way to live with it: a message of one's own in place of silence, more often than the clients ping; "{}" in place of "".
# Versions: gevent-ws 2.1.0 (the newest on PyPI), gevent 26.9.0, aiohttp 3.14.5, websockets 17.4, Python 3.11.7. Nothing found about it.
#
# Output seen (two seconds of ticks, then six quiet ones, then a tick; heartbeat or ping each second):
#   aiohttp, heartbeat=1.0       ticks, then 1006
#   aiohttp, no heartbeat        ticks, then the tick after the silence
#   websockets, ping_interval=1  ticks, then the tick after the silence
#   ping b"x", ping b""          answered, not answered
#   send "a", "", "b"            'a' 'b'
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check gevent-ws==2.1.0 gevent==26.9.0 aiohttp==3.14.5 websockets==17.4 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > service.py <<'SERVICE'
import sys

import gevent
from gevent.pywsgi import WSGIServer
from gevent_ws import WebSocketHandler


def app(environ, _):
    socket = environ["wsgi.websocket"]
    while (asked := socket.receive()) is not None:
        if asked == "ticks":
            for number in range(20):
                socket.send(str(number))
                gevent.sleep(0.1)
            gevent.sleep(6)
            try:
                socket.send("after")
            except (EOFError, OSError):
                return []
        else:
            for text in ("a", "", "b"):
                socket.send(text)
    return []


WSGIServer(("127.0.0.1", int(sys.argv[1])), app, handler_class=WebSocketHandler, log=None, error_log=None).serve_forever()
SERVICE
cat > probe.py <<'PROBE'
import asyncio
import socket
import subprocess
import sys
import time

import aiohttp
import websockets

with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
AFTER = "ticks, then the tick after the silence"


async def with_aiohttp(heartbeat):
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"http://127.0.0.1:{PORT}/", heartbeat=heartbeat) as line:
            await line.send_str("ticks")
            got = []
            while True:
                message = await line.receive(12)
                if message.type != aiohttp.WSMsgType.TEXT:
                    return f"{'ticks' if len(got) == 20 else got}, then {line.close_code}"
                got.append(message.data)
                if message.data == "after":
                    return AFTER


async def with_websockets():
    async with websockets.connect(f"ws://127.0.0.1:{PORT}/", ping_interval=1, ping_timeout=1) as line:
        await line.send("ticks")
        while await line.recv() != "after":
            pass
        return AFTER


async def by_hand():
    async with websockets.connect(f"ws://127.0.0.1:{PORT}/", ping_interval=None) as line:
        answers = []
        for payload in (b"x", b""):
            try:
                await asyncio.wait_for(await line.ping(payload), 1)
                answers.append("answered")
            except asyncio.TimeoutError:
                answers.append("not answered")
        await line.send("empty")
        got = []
        try:
            while True:
                got.append(repr(await asyncio.wait_for(line.recv(), 0.7)))
        except asyncio.TimeoutError:
            return ", ".join(answers), " ".join(got)


async def main():
    some, none, others, hand = await asyncio.gather(with_aiohttp(1.0), with_aiohttp(None), with_websockets(), by_hand())
    rows = {
        "aiohttp, heartbeat=1.0": some,
        "aiohttp, no heartbeat": none,
        "websockets, ping_interval=1": others,
        'ping b"x", ping b""': hand[0],
        'send "a", "", "b"': hand[1],
    }
    for name, text in rows.items():
        print(f"{name:28} {text}")
    if list(rows.values()) != ["ticks, then 1006", AFTER, AFTER, "answered, not answered", "'a' 'b'"]:
        sys.exit("not as described any more")


service = subprocess.Popen([sys.executable, "service.py", str(PORT)])
try:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", PORT), 1).close()
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    asyncio.run(main())
finally:
    service.terminate()
    service.wait()
PROBE
timeout 80 venv/bin/python -W ignore probe.py
