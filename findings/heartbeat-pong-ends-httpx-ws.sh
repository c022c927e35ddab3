#!/usr/bin/env bash
# A heartbeat that the protocol allows, a pong that nobody asked for, ends the client of httpx-ws.
#
# Expected: an unsolicited pong is a heartbeat in one direction; "a response to an unsolicited Pong frame is not
#   expected" (RFC 6455, 5.5.3). .NET's WebSockets send just these as their keepalive, by default.
# Seen: httpx-ws 0.9.0 looks each pong up among the pings that it has sent and raises KeyError in its reader when there
#   is none: the connection ends with an ExceptionGroup, between two ticks, without a close code. aiohttp, websockets,
#   tornado, websocket-client, simple-websocket, and as servers uvicorn, Hypercorn, Granian, Daphne and ws, take it in
#   silence.
# Why it matters: a service in ASP.NET Core sends its first heartbeat after two minutes. Each test is shorter, and in
#   production the stream dies every two minutes with an error that names no frame, no peer and no service.
# Way to live with it: KeepAliveTimeout beside KeepAliveInterval in a .NET service of .NET 9 makes them real pings; another
#   client for services that one did not write; a test double that sends one unsolicited pong before its ticks.
# Versions: httpx-ws 0.9.0 (httpx 0.28.1, wsproto 1.3.2), websockets 17.4 (service and comparison), aiohttp 3.14.5,
#   tornado 6.6.1, Python 3.11.7. .NET documents its keepalive as unsolicited pongs (KeepAliveInterval). Nothing found
#   about httpx-ws.
#
# Output seen (two ticks, a heartbeat, two ticks):
#   websockets  1 2 3 4
#   aiohttp     1 2 3 4
#   tornado     1 2 3 4
#   httpx-ws    1 2, then KeyError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check httpx-ws==0.9.0 httpx==0.28.1 wsproto==1.3.2 websockets==17.4 \
  aiohttp==3.14.5 tornado==6.6.1

cat > listen.py <<'LISTEN'
import asyncio
import contextlib
import sys

import aiohttp
import httpx
import httpx_ws
import tornado.websocket
import websockets
from websockets.asyncio.server import serve


async def service(client):
    with contextlib.suppress(websockets.ConnectionClosed):
        for tick in "12":
            await client.send(tick)
        await asyncio.sleep(0.2)
        await client.pong(b"")
        await asyncio.sleep(0.2)
        for tick in "34":
            await client.send(tick)
        await client.wait_closed()


async def with_websockets(url, got):
    async with websockets.connect(url, proxy=None) as ws:
        while len(got) < 4:
            got.append(await ws.recv())


async def with_aiohttp(url, got):
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
        while len(got) < 4:
            got.append(await ws.receive_str())


async def with_tornado(url, got):
    ws = await tornado.websocket.websocket_connect(url)
    while len(got) < 4:
        got.append(await ws.read_message())
    ws.close()


async def with_httpx_ws(url, got):
    async with httpx.AsyncClient() as client, httpx_ws.aconnect_ws(url.replace("ws:", "http:"), client) as ws:
        while len(got) < 4:
            got.append(await ws.receive_text())


def first(error):
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return type(error).__name__


async def main():
    rows = []
    async with serve(service, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        for name, listen in (
            ("websockets", with_websockets),
            ("aiohttp", with_aiohttp),
            ("tornado", with_tornado),
            ("httpx-ws", with_httpx_ws),
        ):
            got = []
            try:
                async with asyncio.timeout(10):
                    await listen(url, got)
                end = ""
            except Exception as error:
                end = f", then {first(error)}"
            rows.append(" ".join(got) + end)
            print(f"{name:<11} {rows[-1]}", flush=True)
    return rows


if asyncio.run(main()) != [*["1 2 3 4"] * 3, "1 2, then KeyError"]:
    sys.exit("not as described any more")
LISTEN
venv/bin/python listen.py
