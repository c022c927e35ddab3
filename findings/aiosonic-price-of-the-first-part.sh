#!/usr/bin/env bash
# aiosonic: of a message that is sent in parts only the first is read: 18000.5 is 18; and pings are not answered.
#
# Expected: a WebSocket message is the same whether it is sent in one frame or in several (RFC 6455, 5.4); a ping is answered; the
#   code that the service closed with is in close_code ("the close code if connection was closed").
# Seen: aiosonic 1.3.3 does not look at the bit that says whether a frame ends its message. The first frame is handed out as a
#   message of its own and the ones that continue it are dropped: no error, no log. A service that sends ["18", "000.5"] has sent the price
#   18. It drops pings too: a service that asks whether its client is alive cuts the connection, however many ticks are
#   read; aiosonic's own keep-alive (30 s) does not help, and the loop over messages simply ends. close_code stays None when the
#   service closes.
# Why it matters: websockets sends an iterable in parts, and other servers and proxies part what is large, as snapshots are. Where
#   the first part is a number, or a whole line, it is a price. With the 20 s of websockets and uvicorn the line is cut every 40 s or so,
#   and who looks at close_code finds no restart and no refusal.
# Way to live with it: another client where the service pings or sends in parts; JSON, which does not survive to be cut.
# Versions: aiosonic 1.3.3, websockets 17.4, aiohttp 3.14.5 (PyPI), Python 3.11.7. The README shows ping() and names the keep-alive,
#   nothing of this.
#
# Output seen (sent: 17999.5, then 18000.5 in two parts, then 18001):
#                                        aiohttp                   aiosonic
#   prices                               17999.5 18000.5 18001     17999.5 18 18001
#   pings every 0.5 s, ticks for 3 s     open for 3 s              cut after 1 s
#   service closes with 1012             1012                      None
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check aiosonic==1.3.3 websockets==17.4 aiohttp==3.14.5 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import logging
import sys
import time

import aiohttp
import websockets
from aiosonic.web_socket_client import WebSocketClient

logging.disable(logging.CRITICAL)


async def prices(connection):
    await connection.send("17999.5")
    await connection.send(["18", "000.5"])
    await connection.send("18001")
    await connection.close(1012)


async def ticks(connection):
    for _ in range(60):
        await connection.send("18001")
        await asyncio.sleep(0.05)


async def with_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.ws_connect(url) as connection:
        return [message.data async for message in connection], connection.close_code


async def with_aiosonic(url):
    async with WebSocketClient() as client:
        connection = await client.connect(url)
        got = [message.data async for message in connection]
        code = connection.close_code
        await connection.close()
        return got, code


async def column(client):
    async with websockets.serve(prices, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        got, code = await asyncio.wait_for(client(f"ws://127.0.0.1:{port}/"), 20)
    async with websockets.serve(ticks, "127.0.0.1", 0, ping_interval=0.5, ping_timeout=0.5) as server:
        port = server.sockets[0].getsockname()[1]
        start = time.monotonic()
        await asyncio.wait_for(client(f"ws://127.0.0.1:{port}/"), 20)
        passed = time.monotonic() - start
    return [" ".join(got), "open for 3 s" if passed > 2.8 else f"cut after {passed:.0f} s", str(code)]


async def main():
    columns = [await column(with_aiohttp), await column(with_aiosonic)]
    print(" " * 36, "aiohttp".ljust(25), "aiosonic")
    for name, one, other in zip(
        ("prices", "pings every 0.5 s, ticks for 3 s", "service closes with 1012"), *columns, strict=True
    ):
        print(f"{name:36} {one:25} {other}")
    return columns == [
        ["17999.5 18000.5 18001", "open for 3 s", "1012"],
        ["17999.5 18 18001", "cut after 1 s", "None"],
    ]


right = asyncio.run(main())
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 120 venv/bin/python probe.py
