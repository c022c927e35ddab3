#!/usr/bin/env bash
# aiohttp: a service that closes from a task of its own cuts off whoever is sending: 1006 in place of 1001 and a reason.
#
# Expected: behind its close frame a server waits for the client's, and then closes TCP (RFC 6455, 5.5.1 and 7.1.1); close()
#   has a timeout for that wait.
# Seen: aiohttp 3.14.5 waits where the task that reads calls close(). Where another task does (a broadcaster at shutdown, an
#   expiry), and the reader is waiting for a message, which is nearly always, TCP is closed at once. A client that sends
#   something then, before it has come round to reading, is answered by a reset, and its library reports a cut line: 1006.
# Why it matters: services that push ticks close from another task by design. At each deploy the busiest clients cannot tell
#   a planned end from a broken line, come back at once, and show up as abnormal ends.
# Way to live with it: the reader closes (wake it by a queue), or the other task sends the close frame by send_frame, with
#   autoclose=False, and the reader goes on until the client's. A test whose clients send while the service ends.
# Versions: aiohttp 3.14.5, websockets 17.4 (PyPI), Python 3.11.7. Nothing found in the documentation.
#
# Output seen:
#   close() by the task that reads  20 of 20 clients that send were told 1001
#   close() by another task         0 of 20 clients that send were told 1001
#   send_frame() by another task    20 of 20 clients that send were told 1001
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
venv/bin/pip install -qq --no-compile --disable-pip-version-check aiohttp==3.14.5 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }
cat > service.py <<'SERVICE'
import asyncio
import struct
import sys

from aiohttp import WSMsgType, web


ENDS = [asyncio.Event()]


async def ticks(request):
    way, end = request.query["way"], ENDS[-1]
    ws = web.WebSocketResponse(autoclose=way != "frame")
    await ws.prepare(request)
    await ws.send_str("welcome")

    async def goodbye():
        await end.wait()
        if way == "other":
            await ws.close(code=1001, message=b"server shutdown")
        if way == "frame":
            await ws.send_frame(struct.pack("!H", 1001) + b"server shutdown", WSMsgType.CLOSE)

    other = asyncio.create_task(goodbye())
    async for _ in ws:
        if way == "reader" and end.is_set():
            await ws.close(code=1001, message=b"server shutdown")
            break
    await other
    if way == "frame":
        request.transport.close()
    return ws


async def end(request):
    ENDS[-1].set()
    ENDS.append(asyncio.Event())
    return web.Response()


app = web.Application()
app.add_routes([web.get("/", ticks), web.get("/end", end)])
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)
SERVICE
cat > probe.py <<'PROBE'
import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import websockets

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
WAYS = {
    "reader": "close() by the task that reads",
    "other": "close() by another task",
    "frame": "send_frame() by another task",
}
CLIENTS = 20


@contextlib.contextmanager
def serving():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    child = subprocess.Popen([sys.executable, "service.py", str(port)])
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until or child.poll() is not None:
                    raise SystemExit("the service did not start") from None
                time.sleep(0.05)
        yield port
    finally:
        child.terminate()
        child.wait(10)


async def told(port, way):
    """Return the code that a client is told which sends, and works on something in between."""
    url = f"ws://127.0.0.1:{port}/?way={way}"
    async with websockets.connect(url, proxy=None, compression=None, close_timeout=3) as ws:
        await ws.recv()
        asked = asyncio.create_task(
            asyncio.to_thread(urllib.request.urlopen, f"http://127.0.0.1:{port}/end", timeout=5)
        )
        await asyncio.sleep(0)
        with contextlib.suppress(websockets.ConnectionClosed):
            for _ in range(100):
                for _ in range(3):
                    await ws.send("ping")
                    time.sleep(0.01)
                await asyncio.sleep(0)
            raise SystemExit("the service did not close")
        (await asked).close()
        return ws.close_code


def main():
    as_seen = True
    with serving() as port:
        for way, words in WAYS.items():
            codes = [asyncio.run(asyncio.wait_for(told(port, way), 20)) for _ in range(CLIENTS)]
            good = codes.count(1001)
            print(f"{words:<31} {good} of {CLIENTS} clients that send were told 1001")
            as_seen &= good < CLIENTS // 2 if way == "other" else good == CLIENTS
    return 0 if as_seen else 1


sys.exit(main())
PROBE
venv/bin/python probe.py &
probe=$!
wait "$probe"
