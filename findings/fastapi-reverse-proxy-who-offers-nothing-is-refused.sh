#!/usr/bin/env bash
# fastapi-reverse-proxy: a client that offers no subprotocol gets 403, and behind Hypercorn the first binary message of a client ends the line with 1000 and no word in the log.
#
# Expected: a proxy for WebSockets hands on what the client offers, and nothing if it offers nothing. A text is a text and bytes are bytes under each ASGI server.
# Seen: proxy_pass_websocket of fastapi-reverse-proxy 0.4.0 passes the empty list of a client without subprotocols to websockets.connect, and that sends an empty Sec-WebSocket-Protocol, which is no
#   valid header: services on websockets, on uvicorn --ws websockets-sansio or on ws for Node.js answer 400, and the client is told 403. The other: it takes a message with a key "text" for a text.
#   Hypercorn gives both keys and sets one to None, as the ASGI specification allows; None is sent, raises, is logged at DEBUG, and both sides get a goodbye of 1000. uvicorn gives one key.
# Why it matters: the service works, the proxy works with the one client that names a subprotocol, as GraphQL and STOMP clients do, and plain clients are "forbidden"; one looks for it among tokens
#   and origins. With another server under the same program an order in MessagePack or protobuf never arrives and the client's log says "closed normally". JSON goes on working.
# Way to live with it: websocket.scope["subprotocols"] = None before the call if that list is empty (the argument does not help, an empty one falls back to the list); uvicorn for binary feeds. In
#   tests one client without subprotocols, one binary message, and the server of production.
# Versions: fastapi-reverse-proxy 0.4.0 (PyPI, the newest), fastapi 0.165.0, starlette 1.10.0, uvicorn 0.54.0, hypercorn 0.18.0, websockets 17.4, Python 3.11. Source: proxy_pass_websocket and
#   client_to_target in fastapi_reverse_proxy/proxy_pass.py. Nothing found about it.
#
# Output seen (a service that sends back what it gets):
#   no subprotocol, beside the proxy      text came back, bytes came back
#   no subprotocol, uvicorn               text: refused with 403, bytes: refused with 403
#   subprotocol "ticks", uvicorn          text came back, bytes came back
#   subprotocol "ticks", hypercorn        text came back, bytes: closed with 1000, the service got nothing
#   scope without the list, uvicorn       text came back, bytes came back
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check fastapi-reverse-proxy==0.4.0 fastapi==0.165.0 starlette==1.10.0 uvicorn==0.54.0 hypercorn==0.18.0 websockets==17.4 \
  httpx==0.28.1 url-normalize==3.1.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > app.py <<'APP'
import os

from fastapi import FastAPI, WebSocket
from fastapi_reverse_proxy import proxy_pass_websocket

app = FastAPI()


@app.websocket("/{path:path}")
async def proxy(websocket: WebSocket, path: str):
    if path == "without" and not websocket.scope["subprotocols"]:
        websocket.scope["subprotocols"] = None
    await proxy_pass_websocket(websocket, os.environ["SERVICE"])
APP
cat > probe.py <<'PROBE'
import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

got = []


async def service(line):
    with contextlib.suppress(ConnectionClosed):
        async for message in line:
            got.append(message)
            await line.send(message)


@contextlib.asynccontextmanager
async def proxied(server, target):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = {"uvicorn": ["--port", str(port)], "hypercorn": ["-b", f"127.0.0.1:{port}"]}[server]
    process = subprocess.Popen(
        [f"venv/bin/{server}", *command, "app:app"], env={**os.environ, "SERVICE": target}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            await asyncio.sleep(0.1)
        yield f"ws://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


async def told(url, subprotocols):
    words = []
    for name, message in (("text", '{"bid":64123.45}'), ("bytes", b"\x81\xa3bid\x01")):
        got.clear()
        try:
            async with connect(url, subprotocols=subprotocols) as line:
                await line.send(message)
                words.append(f"{name} came back" if await asyncio.wait_for(line.recv(), 10) == message else f"{name}: another")
        except InvalidStatus as error:
            words.append(f"{name}: refused with {error.response.status_code}")
        except ConnectionClosed as error:
            words.append(f"{name}: closed with {error.rcvd.code}, the service got {'it' if got else 'nothing'}")
    return ", ".join(words)


async def main():
    fine = "text came back, bytes came back"
    async with serve(service, "127.0.0.1", 0) as server:
        direct = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        rows = [("no subprotocol, beside the proxy", await told(direct, None), fine)]
        async with proxied("uvicorn", direct) as url:
            rows.append(("no subprotocol, uvicorn", await told(url, None), "text: refused with 403, bytes: refused with 403"))
            rows.append(('subprotocol "ticks", uvicorn', await told(url, ["ticks"]), fine))
            last = ("scope without the list, uvicorn", await told(f"{url}/without", None), fine)
        async with proxied("hypercorn", direct) as url:
            rows.append(('subprotocol "ticks", hypercorn', await told(url, ["ticks"]), "text came back, bytes: closed with 1000, the service got nothing"))
        rows.append(last)
    for name, seen, _ in rows:
        print(f"{name:37} {seen}")
    if any(seen != expected for _, seen, expected in rows):
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 90 venv/bin/python probe.py
