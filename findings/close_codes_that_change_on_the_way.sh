#!/usr/bin/env bash
# A planned restart (1012) that clients read as a protocol error, and a close
# without a code that they read in four ways.
#
# One would expect: the code that a service sends is the code that a client
#   reports; without one it is 1005, as RFC 6455 says.
# What happens: faye-websocket turns 1012, 1013 and 1014 into 1002 and also sends
#   1002 back. What is built on wsproto (httpx-ws, trio-websocket) does so with
#   1014 only, Autobahn calls that 1006. A close without a code is 1005, 1006
#   (aiohttp, websocket-node), 1000 (faye-websocket) or none at all (Autobahn,
#   tornado).
# Why it matters: uvicorn closes with 1012 at SIGTERM, gateways with 1014. A client
#   that reconnects after 1012 and stops after 1002 does not come back from a
#   routine restart, and the service's own log counts protocol errors of clients.
#   A client's alarm on 1006 fires for each end that a service gave no code.
# Live with it: send a code each time, and one of 1000, 1001, 1011 or 4000 to 4999
#   if you do not choose your clients; assert codes with the client that your
#   users have.
# Versions: uvicorn's 1012 seen with 0.54.0; clients: websockets 17.4, aiohttp
#   3.14.5, tornado 6.6.1, httpx-ws 0.9.0, trio-websocket 0.12.2 (wsproto 1.3.2),
#   Autobahn 26.10.2; faye-websocket 0.11.4 (websocket-driver 0.7.5), websocket
#   1.0.35, ws 8.23.0, undici 7.30.2; Node.js 20.20.2, Python 3.11.7.
# Documented: faye-websocket issues 46 and 67 are about codes that one may send.
#   Nothing found about the ones received.
# Seen:
#   sent              1001  1012  1013  1014  4001  none
#   websockets        1001  1012  1013  1014  4001  1005
#   aiohttp           1001  1012  1013  1014  4001  1006
#   tornado           1001  1012  1013  1014  4001  none
#   httpx-ws          1001  1012  1013  1002  4001  1005
#   trio-websocket    1001  1012  1013  1002  4001  1005
#   autobahn          1001  1012  1013  1006  4001  none
#   ws                1001  1012  1013  1014  4001  1005
#   undici            1001  1012  1013  1014  4001  1005
#   websocket-node    1001  1012  1013  1014  4001  1006
#   faye-websocket    1001  1002  1002  1002  4001  1000
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
  websockets==17.4 aiohttp==3.14.5 tornado==6.6.1 httpx-ws==0.9.0 httpx==0.28.1 wsproto==1.3.2 trio-websocket==0.12.2 autobahn==26.10.2 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" \
  faye-websocket@0.11.4 websocket-driver@0.7.5 websocket@1.0.35 ws@8.23.0 undici@7.30.2 >"$work/npm.log" 2>&1 || { cat "$work/npm.log"; exit 1; }
cat >client.js <<'JS'
const [, , kind, url] = process.argv;
const done = (code) => { console.log(code); process.exit(0); };
if (kind === 'ws') new (require('ws'))(url).on('close', done);
if (kind === 'undici') new (require('undici').WebSocket)(url).onclose = (e) => done(e.code);
if (kind === 'faye-websocket') new (require('faye-websocket').Client)(url).on('close', (e) => done(e.code));
if (kind === 'websocket-node') {
  const client = new (require('websocket').client)();
  client.on('connect', (connection) => connection.on('close', done));
  client.connect(url);
}
JS
cat >probe.py <<'PY'
import asyncio
import signal
import sys

import aiohttp
import httpx_ws
import tornado.websocket
import trio
import trio_websocket
import websockets
from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from websockets.asyncio.server import serve
from websockets.frames import CloseCode

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
CODES = (1001, 1012, 1013, 1014, 4001, None)
EXPECTED = {
    "websockets": [1001, 1012, 1013, 1014, 4001, 1005],
    "aiohttp": [1001, 1012, 1013, 1014, 4001, 1006],
    "tornado": [1001, 1012, 1013, 1014, 4001, None],
    "httpx-ws": [1001, 1012, 1013, 1002, 4001, 1005],
    "trio-websocket": [1001, 1012, 1013, 1002, 4001, 1005],
    "autobahn": [1001, 1012, 1013, 1006, 4001, None],
    "ws": [1001, 1012, 1013, 1014, 4001, 1005],
    "undici": [1001, 1012, 1013, 1014, 4001, 1005],
    "websocket-node": [1001, 1012, 1013, 1014, 4001, 1006],
    "faye-websocket": [1001, 1002, 1002, 1002, 4001, 1000],
}


async def closing(ws):
    await ws.send('{"n":1}')
    await asyncio.sleep(0.1)
    code = ws.request.path[1:]
    if code == "None":
        ws.protocol.send_close()  # a close frame without a code
        ws.send_data()
        await ws.wait_closed()
    else:
        await ws.close(CloseCode(int(code)) if int(code) < 3000 else int(code), "restart")


async def python(kind, url):
    if kind == "websockets":
        async with websockets.connect(url, proxy=None) as ws:
            try:
                while True:
                    await ws.recv()
            except websockets.ConnectionClosed:
                return ws.close_code
    if kind == "aiohttp":
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
            async for _ in ws:
                pass
            return ws.close_code
    if kind == "tornado":
        ws = await tornado.websocket.websocket_connect(url)
        while await ws.read_message() is not None:
            pass
        return ws.close_code
    if kind == "httpx-ws":
        async with httpx_ws.aconnect_ws(url) as ws:
            try:
                while True:
                    await ws.receive()
            except httpx_ws.WebSocketDisconnect as e:
                return e.code
    if kind == "trio-websocket":

        async def main():
            async with trio_websocket.open_websocket_url(url) as ws:
                try:
                    while True:
                        await ws.get_message()
                except trio_websocket.ConnectionClosed as e:
                    return e.reason.code

        return await asyncio.to_thread(trio.run, main)
    if kind == "autobahn":
        loop = asyncio.get_running_loop()
        ended = loop.create_future()

        class Client(WebSocketClientProtocol):
            def onClose(self, wasClean, code, reason):
                if not ended.done():
                    ended.set_result(code)

        factory = WebSocketClientFactory(url)
        factory.protocol = Client
        await loop.create_connection(factory, "127.0.0.1", factory.port)
        return await ended
    child = await asyncio.create_subprocess_exec("node", "client.js", kind, url, stdout=-1)
    try:
        return int((await asyncio.wait_for(child.communicate(), 15))[0])
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


async def main():
    good = True
    print(f"{'sent':16}", *(f"{c or 'none':>5}" for c in CODES))
    async with serve(closing, "127.0.0.1", 0, close_timeout=2) as server:
        port = server.sockets[0].getsockname()[1]
        for kind, wanted in EXPECTED.items():
            got = [await asyncio.wait_for(python(kind, f"ws://127.0.0.1:{port}/{c}"), 20) for c in CODES]
            print(f"{kind:16}", *(f"{c or 'none':>5}" for c in got), flush=True)
            good &= got == wanted
    return good


if not asyncio.run(main()):
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
