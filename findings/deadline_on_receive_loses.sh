#!/usr/bin/env bash
# Receiving with a deadline loses messages, on one server and two clients.
#
# One would expect: asyncio.wait_for(receive(), t) that times out leaves the next
#   message for the next call, as `websockets`, aiohttp, tornado, uvicorn,
#   Hypercorn and Daphne do.
# What happens: on Granian a cancelled receive() takes the next message with it:
#   it is gone, with no error. The same in httpx-ws (its own timeout= loses none)
#   and, for many more, in curl_cffi's AsyncSession.
# Why it matters: "wait for a message, at most until the next heartbeat is due" is
#   the usual loop of both sides. What is lost is a subscribe now and then, or one
#   tick in a hundred: few enough to pass every short test.
# Live with it: one task that only receives and fills an asyncio.Queue, and the
#   deadline on the queue. Test with numbered ticks and count the gaps.
# Versions: Granian 2.8.9, uvicorn 0.54.0, httpx-ws 0.9.0 (wsproto 1.3.2),
#   curl_cffi 0.17.0, websockets 17.4, aiohttp 3.14.5, Python 3.11.7.
# Documented: `websockets` promises that recv() can be cancelled. Nothing found
#   about it for Granian, httpx-ws and curl_cffi.
# Seen (1,000 numbered messages about 3 ms apart, deadline 3 ms for servers and
# 1.5 ms for clients; what is lost differs from run to run):
#   server uvicorn                      1000 of 1000
#   server granian                       945 of 1000
#   client websockets                   1000 of 1000
#   client aiohttp                      1000 of 1000
#   client httpx-ws, its own timeout=   1000 of 1000
#   client httpx-ws                      992 of 1000
#   client curl_cffi                     938 of 1000
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
  granian==2.8.9 uvicorn==0.54.0 websockets==17.4 httpx-ws==0.9.0 httpx==0.28.1 wsproto==1.3.2 curl_cffi==0.17.0 aiohttp==3.14.5 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
cat >app.py <<'PY'
import asyncio


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
    await receive()
    await send({"type": "websocket.accept"})
    got = []
    while True:
        try:
            message = await asyncio.wait_for(receive(), 0.003)
        except TimeoutError:
            continue
        if message["type"] == "websocket.disconnect":
            return
        got.append(message["text"])
        if got[-1].startswith("end"):  # sent several times, since one may be lost
            got.pop()
            await send({"type": "websocket.send", "text": str(len(got))})
            return
PY
cat >probe.py <<'PY'
import contextlib
import signal
import socket
import subprocess
import sys
import time

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def serving(*command, port):
    with open("server.log", "ab") as log:
        child = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until or child.poll() is not None:
                    with open("server.log") as log:
                        raise SystemExit(f"no server at port {port}: {log.read()[-2000:]}")
                time.sleep(0.05)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


import asyncio  # noqa: E402
import random  # noqa: E402

import aiohttp  # noqa: E402
import curl_cffi  # noqa: E402
import httpx_ws  # noqa: E402
import websockets  # noqa: E402
from websockets.asyncio.server import serve  # noqa: E402

COUNT = 1000


async def messages():
    dice = random.Random(1)
    for n in range(COUNT):
        yield str(n)
        await asyncio.sleep(dice.random() * 0.006)


async def to_server(port):
    async with websockets.connect(f"ws://127.0.0.1:{port}/", proxy=None) as ws:
        async for message in messages():
            await ws.send(message)
        for _ in range(20):
            await ws.send("end")
            await asyncio.sleep(0.05)
            if ws.close_code is not None:
                break
        return int(await asyncio.wait_for(ws.recv(), 5))


async def ticks(ws):
    try:
        async for message in messages():
            await ws.send(message)
        for _ in range(100):
            await ws.send("end")
            await asyncio.sleep(0.05)
    except websockets.ConnectionClosed:
        pass


async def count(receive, **own):
    got = set()
    while True:
        try:
            message = await (receive(timeout=0.0015) if own else asyncio.wait_for(receive(), 0.0015))
        except TimeoutError:
            continue
        if isinstance(message, tuple):  # curl_cffi: data and flags
            message = message[0].decode()
        if message == "end":
            return len(got)
        got.add(message)


async def clients(report):
    async with serve(ticks, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with websockets.connect(url, proxy=None) as ws:
            report("client websockets", await count(ws.recv))
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
            report("client aiohttp", await count(ws.receive_str))
        async with httpx_ws.aconnect_ws(url) as ws:
            report("client httpx-ws, its own timeout=", await count(ws.receive_text, own=True))
        async with httpx_ws.aconnect_ws(url) as ws:
            report("client httpx-ws", await count(ws.receive_text))
        async with curl_cffi.AsyncSession() as session:
            ws = await session.ws_connect(url)
            report("client curl_cffi", await count(ws.recv))
            await ws.close()


def main():
    lost = {}

    def report(who, got):
        lost[who] = COUNT - got
        print(f"{who:34} {got:5} of {COUNT}", flush=True)

    for name, command in {
        "uvicorn": ["uvicorn", "app:app", "--log-level", "critical", "--port"],
        "granian": ["granian", "app:app", "--interface", "asgi", "--host", "127.0.0.1", "--port"],
    }.items():
        port = free()
        with serving(sys.executable, "-m", *command, str(port), port=port):
            report(f"server {name}", asyncio.run(to_server(port)))
    asyncio.run(clients(report))
    losing = {who for who, n in lost.items() if n}
    losing.discard("client httpx-ws")  # its one or two are not lost in every run
    return losing == {"server granian", "client curl_cffi"}


if not main():
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
