#!/usr/bin/env bash
# A subprotocol that the service leaves unanswered: Python's tests pass, the
# clients of Node.js and of pages do not.
#
# One would expect: a client that offers "ticks.v1" to a service that does not
#   know it connects without one, or is refused; in any case the same everywhere.
# What happens: the service (Starlette's accept() without a subprotocol) answers
#   101 each time. `websockets`, aiohttp, tornado, httpx-ws and faye-websocket go
#   on. ws, undici and websocket-node fail the connection, and websocket-client
#   does too, but names no subprotocol in its error. The service counts an
#   accepted client either way.
# Why it matters: tokens and versions often travel in Sec-WebSocket-Protocol. A
#   suite in Python stays green over a service that no browser can use (undici
#   follows the standard of pages).
# Live with it: assert the subprotocol that was chosen, not only that the line
#   opened, and accept with one of the offered names.
# Versions: uvicorn 0.54.0, Starlette 1.10.0; websockets 17.4, aiohttp 3.14.5,
#   tornado 6.6.1, httpx-ws 0.9.0, websocket-client 1.9.2; ws 8.23.0, undici
#   7.30.2, websocket 1.0.35, faye-websocket 0.11.4; Node.js 20.20.2, Python 3.11.7.
# Documented: RFC 6455 (4.1) has the client fail on a subprotocol that it did not
#   offer, and says nothing of one that is missing; the standard of pages fails.
#   That libraries differ was not found.
# Seen:
#   websockets        connected
#   aiohttp           connected
#   tornado           connected
#   httpx-ws          connected
#   websocket-client  failed: WebSocketException: Invalid WebSocket Header
#   ws                failed: Server sent no subprotocol
#   undici            failed: close event with 1006
#   websocket-node    failed: Expected a Sec-WebSocket-Protocol header.
#   faye-websocket    connected
#   accepted by the service: 9 of 9
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
  uvicorn==0.54.0 starlette==1.10.0 websockets==17.4 aiohttp==3.14.5 tornado==6.6.1 httpx-ws==0.9.0 httpx==0.28.1 wsproto==1.3.2 websocket-client==1.9.2 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" \
  faye-websocket@0.11.4 websocket@1.0.35 ws@8.23.0 undici@7.30.2 >"$work/npm.log" 2>&1 || { cat "$work/npm.log"; exit 1; }
cat >app.py <<'PY'
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute


async def ticks(ws):
    await ws.accept()
    await ws.send_text('{"n":1}')
    async for _ in ws.iter_text():
        pass


app = Starlette(routes=[WebSocketRoute("/", ticks)])
PY
cat >client.js <<'JS'
const [, , kind, url] = process.argv;
const offer = ['ticks.v1'];
const done = (text) => { console.log(text); process.exit(0); };
const ok = () => done('connected');
if (kind === 'ws') {
  const ws = new (require('ws'))(url, offer);
  ws.on('message', ok); ws.on('error', (e) => done('failed: ' + e.message));
}
if (kind === 'undici') {
  const ws = new (require('undici').WebSocket)(url, offer);
  ws.onmessage = ok; ws.onclose = (e) => done('failed: close event with ' + e.code);
}
if (kind === 'websocket-node') {
  const client = new (require('websocket').client)();
  client.on('connectFailed', (e) => done('failed: ' + e.message.split('\n')[0]));
  client.on('connect', (connection) => connection.on('message', ok));
  client.connect(url, offer);
}
if (kind === 'faye-websocket') {
  const ws = new (require('faye-websocket').Client)(url, offer);
  ws.on('message', ok); ws.on('error', (e) => done('failed: ' + e.message));
}
JS
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

import aiohttp  # noqa: E402
import httpx_ws  # noqa: E402
import tornado.websocket  # noqa: E402
import websocket  # noqa: E402
import websockets  # noqa: E402

OFFER = ["ticks.v1"]


async def python(kind, url):
    if kind == "websockets":
        async with websockets.connect(url, subprotocols=OFFER, proxy=None) as ws:
            return await ws.recv()
    if kind == "aiohttp":
        async with aiohttp.ClientSession() as session, session.ws_connect(url, protocols=OFFER) as ws:
            return await ws.receive_str()
    if kind == "tornado":
        ws = await tornado.websocket.websocket_connect(url, subprotocols=OFFER)
        message = await ws.read_message()
        ws.close()
        return message
    if kind == "httpx-ws":
        async with httpx_ws.aconnect_ws(url, subprotocols=OFFER) as ws:
            return await ws.receive_text()
    ws = await asyncio.to_thread(websocket.create_connection, url, subprotocols=OFFER)
    message = await asyncio.to_thread(ws.recv)
    ws.close()
    return message


def outcome(kind, url):
    if kind in ("ws", "undici", "websocket-node", "faye-websocket"):
        return subprocess.run(["node", "client.js", kind, url], capture_output=True, text=True, timeout=20).stdout.strip()
    try:
        return "connected" if asyncio.run(asyncio.wait_for(python(kind, url), 10)) else "?"
    except Exception as e:
        return f"failed: {type(e).__name__}: {e}"


def main():
    port, connected = free(), set()
    with serving(sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), port=port):
        for kind in ("websockets", "aiohttp", "tornado", "httpx-ws", "websocket-client",
                     "ws", "undici", "websocket-node", "faye-websocket"):
            said = outcome(kind, f"ws://127.0.0.1:{port}/")
            print(f"{kind:17} {said}", flush=True)
            if said == "connected":
                connected.add(kind)
            elif not said.startswith("failed"):
                return False
    with open("server.log") as log:
        accepted = log.read().count("[accepted]")
    print("accepted by the service:", accepted, "of 9")
    return accepted == 9 and connected == {"websockets", "aiohttp", "tornado", "httpx-ws", "faye-websocket"}


if not main():
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
