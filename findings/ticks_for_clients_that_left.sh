#!/usr/bin/env bash
# Ticks for a client that left: no error, for as long as the handler likes.
#
# One would expect: `await send(...)` to a client that closed fails, and that
#   ends a handler that only pushes, as it does on uvicorn.
# What happens: on Hypercorn and Granian send() goes on succeeding. The client
#   has closed in good order or vanished, and the handler formats and "sends"
#   ticks for it until it ends by itself. Every client that ever came stays in
#   the count of subscribers, and costs its share of a processor.
# Why it matters: a leak that no error, log line or close code shows; load grows
#   with the connections since the start, and not with the ones that are open.
# Live with it: receive() in a task beside the pushing one and stop at
#   "websocket.disconnect". Test it: leave, then count what is still being sent.
# Versions: Hypercorn 0.18.0, Granian 2.8.9, uvicorn 0.54.0, websockets 17.4,
#   Python 3.11.7.
# Documented: the ASGI specification has send() raise an OSError on a closed
#   connection (asgiref pull request 431, January 2024); uvicorn follows since
#   0.27. Nothing found about it for the two other servers.
# Seen (a tick each 50 ms; the handler looked at 3 s after the client left):
#   uvicorn    client closed    the handler ended: ClientDisconnected
#   hypercorn  client closed    55 ticks more, no error
#   hypercorn  client vanished  56 ticks more, no error
#   granian    client closed    58 ticks more, no error
#   granian    client vanished  58 ticks more, no error
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
  uvicorn==0.54.0 hypercorn==0.18.0 granian==2.8.9 websockets==17.4 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
cat >app.py <<'PY'
import asyncio
import json
import os


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return
    await receive()
    await send({"type": "websocket.accept"})
    mark = os.environ["MARKS"] + scope["path"]
    for n in range(1, 241):
        try:
            await send({"type": "websocket.send", "text": '{"n":%d}' % n})
            state = {"sent": n, "error": None}
        except BaseException as e:
            state = {"sent": n, "error": type(e).__name__}
            raise
        finally:
            with open(mark, "w") as f:
                json.dump(state, f)
        await asyncio.sleep(0.05)
PY
cat >probe.py <<'PY'
import asyncio
import contextlib
import json
import os
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
def serving(module, port, marks):
    command = {
        "uvicorn": ["app:app", "--port", str(port), "--log-level", "critical"],
        "hypercorn": ["app:app", "--bind", f"127.0.0.1:{port}"],
        "granian": ["app:app", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)],
    }[module]
    child = subprocess.Popen(
        [sys.executable, "-m", module, *command],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "MARKS": marks},
    )
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
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def state(marks, name):
    until = time.monotonic() + 2
    while True:
        try:
            with open(f"{marks}/{name}") as f:
                return json.load(f)
        except (OSError, ValueError):  # not written yet, or being written
            if time.monotonic() > until:
                raise
            time.sleep(0.01)


async def leave(port, marks, name):
    ws = await websockets.connect(f"ws://127.0.0.1:{port}/{name}", proxy=None, close_timeout=1)
    await ws.recv()
    if name == "vanished":
        ws.transport.abort()
    else:
        await ws.close()
    await asyncio.sleep(0.1)
    before = state(marks, name)
    await asyncio.sleep(3)
    after = state(marks, name)
    return after["sent"] - before["sent"], after["error"]


as_described = True
for server in ("uvicorn", "hypercorn", "granian"):
    port, marks = free(), os.path.abspath(server)
    os.mkdir(marks)
    with serving(server, port, marks):
        for name in ("closed", "vanished"):
            more, error = asyncio.run(leave(port, marks, name))
            what = f"the handler ended: {error}" if error else f"{more} ticks more, no error"
            print(f"{server:10} client {name:9} {what}", flush=True)
            as_described &= bool(error) if server == "uvicorn" else (not error and more > 15)
if not as_described:
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
