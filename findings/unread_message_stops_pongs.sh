#!/usr/bin/env bash
# One message nobody reads, and the service stops answering pings.
#
# One would expect: answering pings is the server's affair, so that a handler
#   that only pushes ticks keeps its clients whether it calls receive() or not.
# What happens: uvicorn stops reading the socket at the first message that the
#   application has not taken. From then on it answers no ping and no Close. A
#   client with an ordinary keepalive gives up on a service that is healthy and
#   whose ticks still arrive. aiohttp answers pings inside receive() only: a
#   handler that never calls it answers none, with no message sent at all.
# Why it matters: one late "subscribe" or heartbeat is enough, and the client's
#   log blames the network. The `websockets` client pings every 20 s by default.
# Live with it: run a task beside the one that pushes, that receives and throws
#   away, for as long as the connection lasts.
# Versions: uvicorn 0.54.0 (websockets-sansio, its default), aiohttp 3.14.5,
#   websockets 17.4, Python 3.11.7.
# Documented: aiohttp issue 6910 tells a part of it. uvicorn: nothing found.
# Seen (a client that pings once a second and waits a second for the pong):
#   uvicorn  push only, client silent                 alive after 6 s
#   uvicorn  push only, client sends one message      client gave up: 1011 keepalive ping timeout, 40 ticks
#   uvicorn  a task receives, client sends one        alive after 6 s
#   aiohttp  push only, client silent                 client gave up: 1011 keepalive ping timeout, 40 ticks
#   aiohttp  a task receives, client sends one        alive after 6 s
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
  uvicorn==0.54.0 websockets==17.4 aiohttp==3.14.5 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
cat >app.py <<'PY'
import asyncio


async def push(send):
    for n in range(400):
        await send({"type": "websocket.send", "text": '{"n":%d}' % n})
        await asyncio.sleep(0.05)


async def app(scope, receive, send):
    if scope["type"] != "websocket":
        return
    await receive()
    await send({"type": "websocket.accept"})

    async def discard():
        while (await receive())["type"] == "websocket.receive":
            pass

    reader = asyncio.create_task(discard()) if scope["path"] == "/reads" else None
    try:
        await push(send)
    except Exception:  # the client is gone: the end of this experiment
        pass
    finally:
        if reader:
            reader.cancel()
PY
cat >aio.py <<'PY'
import asyncio
import sys

from aiohttp import web


async def handler(request):
    ws = web.WebSocketResponse()
    await ws.prepare(request)

    async def discard():
        async for _ in ws:
            pass

    reader = asyncio.create_task(discard()) if request.path == "/reads" else None
    try:
        for n in range(400):
            await ws.send_str('{"n":%d}' % n)
            await asyncio.sleep(0.05)
    except ConnectionError:
        pass
    finally:
        if reader:
            reader.cancel()
    return ws


service = web.Application()
service.router.add_get("/{path}", handler)
web.run_app(service, host="127.0.0.1", port=int(sys.argv[1]), print=None)
PY
cat >probe.py <<'PY'
import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import time

import websockets

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def serving(*command, port):
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
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
        yield
    finally:
        child.kill()
        child.wait()


async def listen(port, path, message):
    ticks = 0
    url = f"ws://127.0.0.1:{port}{path}"
    connecting = websockets.connect(
        url, ping_interval=1, ping_timeout=1, close_timeout=1, compression=None, proxy=None
    )
    async with connecting as ws:
        if message:
            await ws.send(message)
        try:
            async with asyncio.timeout(6):
                async for _ in ws:
                    ticks += 1
        except TimeoutError:
            return "alive after 6 s"
        except websockets.ConnectionClosed as e:
            return f"client gave up: {e.sent.code} {e.sent.reason}, {ticks} ticks"
    return "closed by the service"


def main():
    seen = []
    for server in ("uvicorn", "aiohttp"):
        port = free()
        command = (
            [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "critical"]
            if server == "uvicorn"
            else [sys.executable, "aio.py", str(port)]
        )
        with serving(*command, port=port):
            for path, message, what in (
                ("/push", None, "push only, client silent"),
                ("/push", '{"op":"subscribe"}', "push only, client sends one message"),
                ("/reads", '{"op":"subscribe"}', "a task receives, client sends one"),
            ):
                if (server, what) == ("aiohttp", "push only, client sends one message"):
                    continue  # silent is enough there
                end = asyncio.run(listen(port, path, message))
                print(f"{server:8} {what:40} {end}", flush=True)
                seen.append(end.split(":")[0].split(",")[0])
    return seen == ["alive after 6 s", "client gave up", "alive after 6 s", "client gave up", "alive after 6 s"]


if not main():
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
