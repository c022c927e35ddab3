#!/usr/bin/env bash
# A client asks the service to compress with less memory: one server answers 500, and from two the client turns away.
#
# Expected: what a client offers for permessage-deflate is taken, taken with other values or declined (RFC 7692,
#   7); in each case there is a connection, at worst without compression.
# Seen: tornado 6.6.1 answers server_max_window_bits=8, a legal value, with 500: it agrees and finds out that
#   zlib has no such window. It also agrees to server_no_context_takeover without saying so, and aiohttp 3.14.5
#   to server_max_window_bits=15; an answer without what was asked for is no agreement, so that websockets 17.4
#   breaks off with NegotiationError. The client of ws does not mind, and connects. As servers ws and both of
#   uvicorn's implementations answer rightly.
# Why it matters: services with thousands of clients, and clients with hundreds of streams, ask for just this.
#   It works with the service of the tests and not with the one behind the gateway, and browsers, which ask for
#   none of it, connect to both.
# Way to live with it: offer permessage-deflate bare, or with window bits of 9 to 14; for aiohttp leave 15 away,
#   as it is the default; on tornado get_compression_options() decides for the server. Test the handshake with
#   each offer.
# Versions: tornado 6.6.1, aiohttp 3.14.5, websockets 17.4, uvicorn 0.54.0, wsproto 1.3.2 (PyPI), ws 8.23.0
#   (npm), Python 3.11.7, Node.js 20.20.2. Nothing found about these offers.
#
# Output seen (client: websockets; rows are servers, columns what it offered):
#                        server_no_context_takeover  server bits 15    server bits 10    server bits 8
#   tornado              NegotiationError            compressed        compressed        HTTP 500
#   aiohttp              compressed                  NegotiationError  compressed        plain
#   ws                   compressed                  compressed        compressed        compressed
#   uvicorn, wsproto     compressed                  compressed        compressed        plain
#   uvicorn, websockets  compressed                  compressed        compressed        plain
set -euo pipefail
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
  tornado==6.6.1 aiohttp==3.14.5 websockets==17.4 uvicorn==0.54.0 wsproto==1.3.2
npm install --silent --no-audit --no-fund --ignore-scripts ws@8.23.0

cat > on_tornado.py <<'TORNADO'
import asyncio
import sys

from tornado.web import Application
from tornado.websocket import WebSocketHandler


class Ticks(WebSocketHandler):
    def get_compression_options(self):
        return {}

    def on_message(self, message):
        self.write_message(message)


async def main():
    Application([("/", Ticks)]).listen(int(sys.argv[1]), "127.0.0.1")
    await asyncio.Event().wait()


asyncio.run(main())
TORNADO
cat > on_aiohttp.py <<'AIOHTTP'
import sys

from aiohttp import web


async def ticks(request):
    client = web.WebSocketResponse()
    await client.prepare(request)
    async for message in client:
        await client.send_str(message.data)
    return client


service = web.Application()
service.router.add_get("/", ticks)
web.run_app(service, host="127.0.0.1", port=int(sys.argv[1]), print=None)
AIOHTTP
cat > asgi.py <<'ASGI'
async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})
ASGI
cat > on_ws.mjs <<'WS'
import { WebSocketServer } from "ws";
const service = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: true });
service.on("connection", (client) => client.on("message", (text) => client.send(String(text))));
WS
cat > probe.py <<'PROBE'
import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import time

import websockets
from websockets.exceptions import InvalidStatus, NegotiationError
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
UVICORN = [sys.executable, "-m", "uvicorn", "asgi:app", "--log-level", "critical"]
SERVERS = {
    "tornado": [sys.executable, "on_tornado.py"],
    "aiohttp": [sys.executable, "on_aiohttp.py"],
    "ws": ["node", "on_ws.mjs"],
    "uvicorn, wsproto": [*UVICORN, "--ws", "wsproto", "--port"],
    "uvicorn, websockets": [*UVICORN, "--ws", "websockets-sansio", "--port"],
}
OFFERS = {
    "server_no_context_takeover": {"server_no_context_takeover": True},
    "server bits 15": {"server_max_window_bits": 15},
    "server bits 10": {"server_max_window_bits": 10},
    "server bits 8": {"server_max_window_bits": 8},
}
EXPECTED = {
    "tornado": ["NegotiationError", "compressed", "compressed", "HTTP 500"],
    "aiohttp": ["compressed", "NegotiationError", "compressed", "plain"],
    "ws": ["compressed"] * 4,
    "uvicorn, wsproto": ["compressed", "compressed", "compressed", "plain"],
    "uvicorn, websockets": ["compressed", "compressed", "compressed", "plain"],
}


@contextlib.contextmanager
def serving(command):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    child = subprocess.Popen([*command, str(port)], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield f"ws://127.0.0.1:{port}/"
    finally:
        child.kill()
        child.wait()


async def offer(url, settings):
    extension = ClientPerMessageDeflateFactory(**settings)
    try:
        async with websockets.connect(url, extensions=[extension], compression=None, proxy=None) as service:
            tick = '{"ltp": 100.05}' * 200
            await service.send(tick)
            if await asyncio.wait_for(service.recv(), 5) != tick:
                return "another text"
            return "compressed" if service.protocol.extensions else "plain"
    except NegotiationError:
        return "NegotiationError"
    except InvalidStatus as refused:
        return f"HTTP {refused.response.status_code}"


def line(name, cells):
    print(f"{name:19}  " + "  ".join(f"{cell:{max(16, len(head))}}" for cell, head in zip(cells, OFFERS)).rstrip())


line("", OFFERS)
seen = {}
for name, command in SERVERS.items():
    with serving(command) as url:
        seen[name] = [asyncio.run(offer(url, settings)) for settings in OFFERS.values()]
    line(name, seen[name])
if seen != EXPECTED:
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
