#!/usr/bin/env bash
# Daphne takes every tick for a client that has stopped reading: send() never waits, and memory holds the whole stream.
#
# Expected: await send() waits when a client is behind, as the server's buffer is limited; so a slow client slows
#   down, or is dropped by, its own handler.
# Seen: a client connects and reads nothing. On uvicorn, Hypercorn and Granian send() stands still after
#   a few thousand ticks of 1 kB, which the kernel's buffers hold. On Daphne 4.2.3 all 100,000 are "sent" in
#   seconds, and are in the memory of the process, more than 100 MB for one client.
# Why it matters: Daphne is what Django's Channels runs on. Who limits slow clients by the time that a send takes, or by
#   a queue in front of send(), limits nobody there: the queue stays empty, each send takes no time, and the service ends
#   by the kernel's out-of-memory killer, with all its clients. A load test with good clients never shows it.
# Way to live with it: acknowledgements or a sequence number that clients repeat, and an end for who is too far behind; a
#   smaller --ping-timeout only helps where the client's process stands; a test with a client that does not read.
# Versions: Daphne 4.2.3, uvicorn 0.54.0, Hypercorn 0.18.0, Granian 2.8.9, Python 3.11.7. Known: issue 170 of
#   django/daphne, open since 2018; nothing about it in the documentation.
#
# Output seen (ticks of 1 kB, 100,000 at most, looked at after 8 s):
#   uvicorn    send() waits after less than 10000 ticks   memory +0 MB or so
#   hypercorn  send() waits after less than 10000 ticks   memory +0 MB or so
#   granian    send() waits after less than 10000 ticks   memory +0 MB or so
#   daphne     all 100000 sent                            memory +100 MB or more
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
venv/bin/pip install -qq --disable-pip-version-check uvicorn==0.54.0 hypercorn==0.18.0 granian==2.8.9 daphne==4.2.3 \
  websockets==17.4 psutil==7.2.2

cat > asgi.py <<'ASGI'
import asyncio

TICK = {"type": "websocket.send", "text": "x" * 1024}


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        return await send({"type": "lifespan.shutdown.complete"})
    await receive()
    await send({"type": "websocket.accept"})
    for number in range(1, 100_001):
        await send(TICK)
        if number % 500 == 0:
            with open("told", "w") as file:
                file.write(str(number))
            await asyncio.sleep(0)
ASGI
cat > probe.py <<'PROBE'
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import psutil

HERE = os.path.dirname(sys.executable)
REQUEST = (
    b"GET /ticks HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def commands(port):
    return {
        "uvicorn": [sys.executable, "-m", "uvicorn", "asgi:app", "--port", port],
        "hypercorn": [f"{HERE}/hypercorn", "asgi:app", "-b", f"127.0.0.1:{port}"],
        "granian": [f"{HERE}/granian", "--interface", "asgi", "--port", port, "asgi:app"],
        "daphne": [f"{HERE}/daphne", "-p", port, "asgi:app"],
    }


def wait(condition, what):
    until = time.monotonic() + 30
    while not (value := condition()):
        if time.monotonic() > until:
            raise SystemExit(f"not within 30 s: {what}")
        time.sleep(0.05)
    return value


def connected(port):
    try:
        return socket.create_connection(("127.0.0.1", port), 5)
    except OSError:
        return None


@contextlib.contextmanager
def serving(name):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open("server.log", "w") as log:
        child = subprocess.Popen(
            commands(str(port))[name], stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": "."}, start_new_session=True
        )
    try:
        wait(lambda: connected(port), f"start of {name}").close()
        yield port, child.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def megabytes(pid):
    process = psutil.Process(pid)
    return sum(each.memory_info().rss for each in (process, *process.children(recursive=True))) / 1e6


def unread(port, pid):
    """How many ticks were sent to a client that reads none, and by how much the service's memory grew (MB)."""
    before = megabytes(pid)
    with connected(port) as line:
        line.sendall(REQUEST)
        until = time.monotonic() + 20
        sent, still = 0, 0
        while time.monotonic() < until and sent < 100_000 and still < 60:
            time.sleep(0.1)
            text = open("told").read() if os.path.exists("told") else ""
            now = int(text or sent)
            still = still + 1 if now == sent > 0 else 0
            sent = now
        grown = megabytes(pid) - before
    os.remove("told")
    how = "all 100000 sent" if sent == 100_000 else f"send() waits after {'less than 10000' if sent < 10_000 else sent} ticks"
    return how, "+0 MB or so" if grown < 20 else "+100 MB or more" if grown > 100 else f"{grown:.0f} MB"


WAITS = ("send() waits after less than 10000 ticks", "+0 MB or so")
EXPECTED = {"uvicorn": WAITS, "hypercorn": WAITS, "granian": WAITS, "daphne": ("all 100000 sent", "+100 MB or more")}
good = True
for name, expected in EXPECTED.items():
    with serving(name) as (port, pid):
        seen = unread(port, pid)
    print(f"{name:<10} {seen[0]:<42} memory {seen[1]}", flush=True)
    good &= seen == expected
if not good:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
