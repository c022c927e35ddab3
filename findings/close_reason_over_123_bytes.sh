#!/usr/bin/env bash
# A reason over 123 bytes, and the close code is another one on each server.
#
# One would expect: a reason that is too long for a close frame is shortened or
#   refused, and 4001 stays 4001.
# What happens: seven servers, five answers. uvicorn raises ProtocolError and cuts
#   the line (1006), sanic closes with 1000, websockets with 1011, wsproto shortens
#   (uvicorn --ws wsproto, Hypercorn), and aiohttp and Granian send a control frame
#   that is longer than the protocol allows, so that the client fails it with 1002. Starlette's
#   TestClient hands over all 150 characters and passes.
# Why it matters: a reason such as "unknown symbols: A, B, C ..." is as long as
#   the client's list. A client that reads 4001 as "do not come back" and 1006 as
#   "reconnect" comes back for ever, and only for its longest lists. The limit
#   counts bytes of UTF-8, not characters.
# Live with it: cut the reason at 123 bytes in one place of the service, and test
#   it over a socket.
# Versions: uvicorn 0.54.0, Hypercorn 0.18.0, Granian 2.8.9, aiohttp 3.14.5,
#   sanic 25.12.1, websockets 17.4, wsproto 1.3.2, Starlette
#   1.10.0 with httpx 0.28.1, Python 3.11.7.
# Documented: the limit in RFC 6455, 5.5; what a server does about it: not found.
# Seen (a client of `websockets` 17.4; the service closes with 4001 and 123, then
# 150 bytes of reason):
#   uvicorn                123: 4001, reason of 123   150: 1006
#   uvicorn --ws wsproto   123: 4001, reason of 123   150: 4001, reason of 123
#   hypercorn              123: 4001, reason of 123   150: 4001, reason of 123
#   granian                123: 4001, reason of 123   150: 1002 by the client
#   aiohttp                123: 4001, reason of 123   150: 1002 by the client
#   sanic                  123: 4001, reason of 123   150: 1000, reason of 0
#   websockets             123: 4001, reason of 123   150: 1011, reason of 0
#   Starlette TestClient   123: 4001, reason of 123   150: 4001, reason of 150
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
"$work/venv/bin/pip" install -q --disable-pip-version-check \
  uvicorn==0.54.0 hypercorn==0.18.0 granian==2.8.9 aiohttp==3.14.5 sanic==25.12.1 websockets==17.4 wsproto==1.3.2 starlette==1.10.0 httpx==0.28.1 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
cat >app.py <<'PY'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": kind + ".complete"})
            if kind == "lifespan.shutdown":
                return
    await receive()
    await send({"type": "websocket.accept"})
    size = int(scope["path"][1:])
    await send({"type": "websocket.close", "code": 4001, "reason": "r" * size})
PY
cat >others.py <<'PY'
import asyncio
import sys

kind, port = sys.argv[1], int(sys.argv[2])
if kind == "aiohttp":
    from aiohttp import web

    async def close(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await ws.close(code=4001, message=b"r" * int(request.path[1:]))
        return ws

    service = web.Application()
    service.router.add_get("/{size}", close)
    web.run_app(service, host="127.0.0.1", port=port, print=None)
elif kind == "sanic":
    from sanic import Sanic

    service = Sanic("closes")

    @service.websocket("/<size:int>")
    async def close(request, ws, size):
        await ws.close(4001, "r" * size)

    if __name__ == "__main__":
        service.run("127.0.0.1", port, single_process=True, motd=False)
elif kind == "websockets":
    from websockets.asyncio.server import serve

    async def close(ws):
        await ws.close(4001, "r" * int(ws.request.path[1:]))

    async def main():
        async with serve(close, "127.0.0.1", port) as server:
            await server.serve_forever()

    asyncio.run(main())
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

import websockets  # noqa: E402
from starlette.testclient import TestClient  # noqa: E402

from app import app  # noqa: E402

ASGI = {
    "uvicorn": ["uvicorn", "app:app", "--log-level", "critical", "--port"],
    "uvicorn --ws wsproto": ["uvicorn", "app:app", "--log-level", "critical", "--ws", "wsproto", "--port"],
    "granian": ["granian", "app:app", "--interface", "asgi", "--host", "127.0.0.1", "--port"],
}
EXPECTED = {
    "uvicorn": "1006",
    "uvicorn --ws wsproto": "4001, reason of 123",
    "hypercorn": "4001, reason of 123",
    "granian": "1002 by the client",
    "aiohttp": "1002 by the client",
    "sanic": "1000, reason of 0",
    "websockets": "1011, reason of 0",
    "Starlette TestClient": "4001, reason of 150",
}


async def ending(port, size):
    url = f"ws://127.0.0.1:{port}/{size}"
    async with websockets.connect(url, proxy=None, close_timeout=1) as ws:
        try:
            await asyncio.wait_for(ws.recv(), 3)
        except TimeoutError:
            return "still open after 3 s"
        except websockets.ConnectionClosed as e:
            if e.rcvd:
                return f"{e.rcvd.code}, reason of {len(e.rcvd.reason)}"
            return f"{e.sent.code} by the client" if e.sent else "1006"


def main():
    good = True
    for name, wanted in EXPECTED.items():
        if name == "Starlette TestClient":
            got = []
            for size in (123, 150):
                with TestClient(app).websocket_connect(f"/{size}") as session:
                    message = session.receive()
                    got.append(f"{message['code']}, reason of {len(message['reason'])}")
        else:
            port = free()
            if name in ASGI:
                command = [sys.executable, "-m", *ASGI[name], str(port)]
            elif name == "hypercorn":
                command = [sys.executable, "-m", "hypercorn", "app:app", "--bind", f"127.0.0.1:{port}"]
            else:
                command = [sys.executable, "others.py", name, str(port)]
            with serving(*command, port=port):
                got = [asyncio.run(ending(port, size)) for size in (123, 150)]
        print(f"{name:22} 123: {got[0]:21} 150: {got[1]}", flush=True)
        good &= got == ["4001, reason of 123", wanted]
    return good


if not main():
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" -W ignore probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
