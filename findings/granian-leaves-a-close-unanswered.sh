#!/usr/bin/env bash
# Granian: a close frame stays unanswered when a message under way is given up.
#
# One would expect: the server answers a client's close frame, whatever the
#   application is doing (RFC 6455, section 5.5.1), and cancelling an
#   `await send(...)` costs at most the message that it was about.
# What happens: the usual pair of tasks, one that receives and one that sends,
#   is ended at "websocket.disconnect" by cancelling the one that sends. Where
#   that one was just inside send(), the server's close frame is lost with it:
#   TCP ends at once, and the client that closed in good order has code 1006.
#   The same handler that lets send() come back first answers every time.
# Why it matters: it takes a tick in the very instant of the leave, so it is
#   rare in a quiet market and shows as clients with 1006 in a busy one; pages
#   count those as broken connections and come back at once.
# Live with it: do not cancel a task inside send(); tell it to stop and wait for
#   it, with a limit. uvicorn and Hypercorn answer either way.
# Versions: Granian 2.8.9, uvicorn 0.54.0, Hypercorn 0.18.0, websockets 17.4,
#   Python 3.11.7.
# Documented: nothing found about it.
# Seen (4,000 clients each, which leave amid ticks 0.3 ms apart; counted is who
#   got no close frame; it has to be more than none in the first line only):
#   granian    cancelled    18 of 4000 unanswered (with a bare client 57 and 159 of 5000)
#   granian    let finish   0 of 4000 unanswered
#   uvicorn    cancelled    0 of 4000 unanswered
#   hypercorn  cancelled    0 of 4000 unanswered
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
import os

FINISH = os.environ["HOW"] == "let finish"


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await receive()
    await send({"type": "websocket.accept"})
    gone = asyncio.Event()

    async def read():
        while (await receive())["type"] != "websocket.disconnect":
            pass
        gone.set()

    async def write():
        while not gone.is_set():
            await asyncio.sleep(0.0003)
            await send({"type": "websocket.send", "text": '{"tick":1}'})

    tasks = [asyncio.create_task(read()), asyncio.create_task(write())]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    if FINISH:
        await asyncio.wait(tasks[1:], timeout=5)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
PY
cat >probe.py <<'PY'
import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time

import websockets

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
CLIENTS, AT_ONCE = 4000, 10


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def serving(server, how, port):
    command = {
        "granian": ["--interface", "asgi", "--host", "127.0.0.1", "--port", str(port), "app:app"],
        "uvicorn": ["app:app", "--port", str(port), "--log-level", "critical"],
        "hypercorn": ["app:app", "--bind", f"127.0.0.1:{port}"],
    }[server]
    child = subprocess.Popen(
        [sys.executable, "-m", server, *command],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "HOW": how},
    )
    try:
        until = time.monotonic() + 30
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


async def leave(port):
    ws = await websockets.connect(
        f"ws://127.0.0.1:{port}/", proxy=None, compression=None, close_timeout=10
    )
    for _ in range(random.randint(1, 4)):
        await ws.recv()
    await asyncio.sleep(random.random() * 0.001)
    await ws.close(1000)
    return ws.protocol.close_rcvd is None


async def unanswered(port):
    count = 0
    for _ in range(CLIENTS // AT_ONCE):
        count += sum(await asyncio.gather(*(leave(port) for _ in range(AT_ONCE))))
    return count


as_described = True
for server, how in (
    ("granian", "cancelled"), ("granian", "let finish"),
    ("uvicorn", "cancelled"), ("hypercorn", "cancelled"),
):
    port = free()
    with serving(server, how, port):
        count = asyncio.run(unanswered(port))
    print(f"{server:<10} {how:<12} {count} of {CLIENTS} unanswered", flush=True)
    as_described &= bool(count) == ((server, how) == ("granian", "cancelled"))
sys.exit(0 if as_described else "not as described any more")
PY
"$work/venv/bin/python" probe.py &
probe=$!
wait "$probe"
