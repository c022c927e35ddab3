#!/usr/bin/env bash
# A token of 9 kB: REST accepts it, the WebSocket of the same uvicorn refuses it or
# not, by which library reads the handshake.
#
# One would expect: a token that works for a service's REST works for its
#   WebSocket, or is refused with a status.
# What happens: uvicorn's HTTP side takes the header, and so does --ws wsproto. What
#   stands on top of `websockets` stops at 8 kB: --ws websockets answers 400. The
#   application is not asked. (The default is on top of `websockets` too.)
# Why it matters: tokens with groups or entitlements grow past 8 kB for some users
#   only. REST, the health probe and everybody else are fine. aiohttp (400), sanic (413) and
#   `websockets` (431, or 414 in the query) have the same limit, Hypercorn,
#   Granian and ws higher ones.
# Live with it: test the opening with the largest token that the issuer gives out;
#   keep entitlements out of the token; --ws wsproto if they must stay.
# Versions: uvicorn 0.54.0, websockets 17.4, wsproto 1.3.2, Python 3.11.7.
# Documented: `websockets` names its limit of 8 kB for a line. Not found for
#   uvicorn.
# Seen:
#   --ws websockets token of 4000: REST 200, WebSocket 101
#   --ws websockets token of 9000: REST 200, WebSocket 400
#   --ws wsproto    token of 4000: REST 200, WebSocket 101
#   --ws wsproto    token of 9000: REST 200, WebSocket 101
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
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
  uvicorn==0.54.0 websockets==17.4 wsproto==1.3.2 h11==0.16.0 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
cat >app.py <<'PY'
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})
    elif scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] == "websocket.receive":
            pass
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
import http.client  # noqa: E402

import websockets  # noqa: E402


def rest(port, headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/prices", headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


async def opening(port, headers):
    try:
        async with websockets.connect(
            f"ws://127.0.0.1:{port}/", additional_headers=headers, open_timeout=5, proxy=None
        ) as ws:
            return ws.response.status_code
    except websockets.InvalidStatus as e:
        return e.response.status_code
    except TimeoutError:
        return "no answer within 5 s"


def main():
    seen = []
    for option in ("websockets", "wsproto"):
        port = free()
        command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--ws", option]
        with serving(*command, port=port):
            for size in (4_000, 9_000):
                headers = {"Authorization": "Bearer " + "t" * size}
                row = (rest(port, headers), asyncio.run(opening(port, headers)))
                print(f"--ws {option:10} token of {size}: REST {row[0]}, WebSocket {row[1]}", flush=True)
                seen.append(row)
    return seen == [(200, 101), (200, 400), (200, 101), (200, 101)]


if not main():
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
