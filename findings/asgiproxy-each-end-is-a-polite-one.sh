#!/usr/bin/env bash
# asgiproxy: a restart, a refusal and a torn line all reach the client as 1000, and a client that offers compression gets no tick at all.
#
# Expected: a proxy hands on the close code and reason of the service, and tells of a torn line with 1006, 1011 or 1014.
# Seen: asgiproxy 0.2.0. It reads the service's closing as an unknown message, ends its loops at that, and closes both sides without a
#   code: the client notes 1000. An empty message ends the line in the same way. The client's offer of permessage-deflate goes on to the
#   service as one of its header fields; the service compresses, the proxy cannot read it, ends, and the client again notes a 1000
#   before the first tick (each browser offers it). fastapi-proxy-lib 0.3.0 hands on codes and empty messages.
# Why it matters: 1000 is "done, don't come back" in most clients that reconnect: after a restart behind the proxy they all stay away,
#   and a test of the end of a session is green for a service that was torn off. No tick and 1000 looks like a market with no trades.
# Way to live with it: a client that comes back after 1000 too; compression off at the service; in tests the same client beside the proxy.
# Versions: asgiproxy 0.2.0, fastapi-proxy-lib 0.3.0 (the newest on PyPI), uvicorn 0.54.0, starlette 1.10.0, fastapi 0.165.0, aiohttp 3.14.5,
#   httpx-ws 0.9.0, websockets 17.4 (service and client), Python 3.11.7. Nothing found about it.
#
# Output seen (one tick and then the end; each client without compression but the last):
#   end                      asgiproxy       fastapi-proxy-lib
#   1012 "restart"           1 tick, 1000    1 tick, 1012 restart
#   4003 "token has ended"   1 tick, 1000    1 tick, 4003 token has ended
#   torn off                 1 tick, 1000    1 tick, 1011
#   empty message            1000            echo
#   1012, compression        0 ticks, 1000   0 ticks, 1002 Reserved bit set unexpectedly
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check asgiproxy==0.2.0 fastapi-proxy-lib==0.3.0 uvicorn==0.54.0 starlette==1.10.0 \
  fastapi==0.165.0 aiohttp==3.14.5 httpx-ws==0.9.0 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import logging
import socket
import sys

import uvicorn
import websockets
from asgiproxy.config import BaseURLProxyConfigMixin, ProxyConfig
from asgiproxy.context import ProxyContext
from asgiproxy.simple_proxy import make_simple_proxy_app
from fastapi_proxy_lib.fastapi.app import reverse_ws_app

logging.disable(logging.CRITICAL)


async def service(line):
    if line.request.path == "/echo":
        async for message in line:
            await line.send(message)
        return
    await line.send("tick")
    await asyncio.sleep(0.2)
    if line.request.path == "/torn":
        line.transport.abort()
    else:
        code, reason = line.request.path[1:].split("-", 1)
        await line.close(int(code), reason.replace("-", " "))


async def ending(url, compression=None):
    async with websockets.connect(url, compression=compression, ping_interval=None) as line:
        count = 0
        try:
            while True:
                await asyncio.wait_for(line.recv(), 5)
                count += 1
        except websockets.ConnectionClosed:
            ticks = "1 tick" if count == 1 else f"{count} ticks"
            return f"{ticks}, {int(line.close_code)} {line.close_reason}".strip()


async def empty(url):
    async with websockets.connect(url, compression=None, ping_interval=None) as line:
        await line.send("")
        try:
            return "echo" if await asyncio.wait_for(line.recv(), 5) == "" else "?"
        except websockets.ConnectionClosed:
            return str(int(line.close_code))


async def column(app):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    url = f"ws://127.0.0.1:{port}"
    cells = [
        await ending(f"{url}/1012-restart"),
        await ending(f"{url}/4003-token-has-ended"),
        await ending(f"{url}/torn"),
        await empty(f"{url}/echo"),
        await ending(f"{url}/1012-restart", "deflate"),
    ]
    server.should_exit = True
    await serving
    return cells


async def main():
    async with websockets.serve(service, "127.0.0.1", 0) as behind:
        host = f"127.0.0.1:{behind.sockets[0].getsockname()[1]}"

        class Config(BaseURLProxyConfigMixin, ProxyConfig):
            upstream_base_url = f"http://{host}"
            rewrite_host_header = host

        first = await column(make_simple_proxy_app(ProxyContext(Config())))
        second = await column(reverse_ws_app(base_url=f"ws://{host}/"))
    names = ['1012 "restart"', '4003 "token has ended"', "torn off", "empty message", "1012, compression"]
    print(f"{'end':24} {'asgiproxy':15} fastapi-proxy-lib")
    for row in zip(names, first, second):
        print("{:24} {:15} {}".format(*row))
    if [first, second] != [
        ["1 tick, 1000", "1 tick, 1000", "1 tick, 1000", "1000", "0 ticks, 1000"],
        [
            "1 tick, 1012 restart",
            "1 tick, 4003 token has ended",
            "1 tick, 1011",
            "echo",
            "0 ticks, 1002 Reserved bit set unexpectedly",
        ],
    ]:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 80 venv/bin/python -W ignore probe.py
