#!/usr/bin/env bash
# uvicorn's limits and streams: WebSockets pass the limit, the probe does not.
#
# One would expect: --limit-concurrency refuses the client that is one too many,
#   and --limit-max-requests counts what clients ask for.
# What happens: --limit-concurrency admits every WebSocket, but counts them: with
#   the limit reached it is /health that gets 503. --limit-max-requests counts no
#   WebSocket: only the probe's requests, and at the last of them uvicorn closes
#   every stream with 1012.
# Why it matters: the limit that should protect a service tells the orchestrator
#   that it is ill as soon as it is well used, and it is killed with all its
#   clients. And a worker "renewed after 1,000 requests" that is probed each 10 s
#   throws out all its subscribers every 2 h 47 min, however few they are.
# Live with it: count WebSockets in the application and refuse there; answer
#   probes on another port, or set no --limit-concurrency; renew by subscribers
#   or by memory, not by requests.
# Versions: uvicorn 0.54.0, websockets 17.4, Python 3.11.7.
# Documented: the settings speak of connections and of requests; that WebSockets
#   count for one limit, are admitted by it, and do not count for the other was
#   not found. Pull request 3029 of uvicorn describes what is compared.
# Seen:
#   --limit-concurrency 5: /health 200; WebSockets admitted 8; /health 503
#   --limit-max-requests 5: 8 WebSockets, closed 0; then 5 probes, and all 8 are closed with [1012]
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
  uvicorn==0.54.0 websockets==17.4 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
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


def health(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", "/health")
    status = connection.getresponse().status
    connection.close()
    return status


async def concurrency(port):
    before = await asyncio.to_thread(health, port)
    clients = []
    for _ in range(8):
        clients.append(await websockets.connect(f"ws://127.0.0.1:{port}/", proxy=None))
    during = await asyncio.to_thread(health, port)
    for client in clients:
        await client.close()
    print(f"--limit-concurrency 5: /health {before}; WebSockets admitted {len(clients)}; /health {during}")
    return (before, len(clients), during) == (200, 8, 503)


async def requests(port):
    clients = []
    for _ in range(8):
        clients.append(await websockets.connect(f"ws://127.0.0.1:{port}/", proxy=None))
    await asyncio.sleep(1)
    after_clients = [c.close_code for c in clients if c.close_code]
    probes = [await asyncio.to_thread(health, port) for _ in range(5)]
    ends = set()
    for client in clients:
        try:
            await asyncio.wait_for(client.recv(), 10)
        except websockets.ConnectionClosed:
            ends.add(client.close_code)
    print(f"--limit-max-requests 5: 8 WebSockets, closed {len(after_clients)}; "
          f"then {len(probes)} probes, and all 8 are closed with {sorted(ends)}")
    return (after_clients, ends) == ([], {1012})


good = True
for option, experiment in (("--limit-concurrency", concurrency), ("--limit-max-requests", requests)):
    port = free()
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), option, "5"]
    with serving(*command, port=port):
        good &= asyncio.run(experiment(port))
if not good:
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
