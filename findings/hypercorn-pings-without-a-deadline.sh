#!/usr/bin/env bash
# Hypercorn pings a client for as long as it likes and never waits for the pong: a frozen client is a subscriber for ever.
#
# Expected: websocket_ping_interval is for what pings are for: a client that does not answer is gone, the
#   application gets websocket.disconnect, as on uvicorn, Daphne and every other server with such a setting.
# Seen: a client stands still (its process is stopped, or its line is dead without a FIN); it answers nothing.
#   uvicorn (both of its libraries) and Daphne, told to ping each second, end it in a few seconds. Hypercorn 0.18.0
#   sends a ping each second and goes on; there is no setting for how long a pong may take. The application has
#   the client until the kernel gives a dead line up, a quarter of an hour later, and a stopped one for ever.
# Why it matters: ping settings are what a review looks for, and they are there. Laptops that were closed and phones
#   in a tunnel stay in the list of subscribers; their queues fill, seats that are limited by user or by licence stay
#   taken, and the same user's next connection is refused as one too many.
# Way to live with it: a heartbeat of the application's own, with an answer and a deadline; TCP_USER_TIMEOUT on the listening
#   socket; a test with a stopped client (SIGSTOP), not one that is killed, which every server notices.
# Versions: Hypercorn 0.18.0, uvicorn 0.54.0 (websockets 17.4, wsproto 1.3.2), Daphne 4.2.3, Python 3.11.7. Hypercorn's
#   documentation says "to keep the connection alive"; that nothing looks at the pongs was not found.
#
# Output seen (ping each second; looked at for 15 s):
#   uvicorn               disconnect
#   uvicorn --ws wsproto  disconnect
#   daphne                disconnect
#   hypercorn             15 pings or so, and still a subscriber
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
venv/bin/pip install -qq --disable-pip-version-check uvicorn==0.54.0 hypercorn==0.18.0 daphne==4.2.3 \
  websockets==17.4 wsproto==1.3.2

cat > asgi.py <<'ASGI'
async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        return await send({"type": "lifespan.shutdown.complete"})
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] != "websocket.disconnect":
        pass
    with open("told", "w") as file:
        file.write("disconnect")
ASGI
cat > probe.py <<'PROBE'
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(sys.executable)
REQUEST = (
    b"GET /ticks HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


def commands(port):
    uvicorn = [sys.executable, "-m", "uvicorn", "asgi:app", "--port", port]
    uvicorn += ["--ws-ping-interval", "1", "--ws-ping-timeout", "1"]
    return {
        "uvicorn": uvicorn,
        "uvicorn --ws wsproto": [*uvicorn, "--ws", "wsproto"],
        "daphne": [f"{HERE}/daphne", "-p", port, "--ping-interval", "1", "--ping-timeout", "1", "asgi:app"],
        "hypercorn": [f"{HERE}/hypercorn", "asgi:app", "-b", f"127.0.0.1:{port}", "--websocket-ping-interval", "1"],
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
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def frozen(port):
    """What a client that answers no ping is told of by the server in 15 s."""
    with contextlib.suppress(FileNotFoundError):
        os.remove("told")
    line = connected(port)
    line.sendall(REQUEST)
    until = time.monotonic() + 15
    while time.monotonic() < until and not os.path.exists("told"):
        time.sleep(0.1)
    if os.path.exists("told"):
        line.close()
        return "disconnect"
    line.settimeout(5)
    pings = line.recv(65536).count(b"\x89\x00")
    line.close()
    return f"{'15' if 13 <= pings <= 17 else pings} pings or so, and still a subscriber"


EXPECTED = {
    "uvicorn": "disconnect",
    "uvicorn --ws wsproto": "disconnect",
    "daphne": "disconnect",
    "hypercorn": "15 pings or so, and still a subscriber",
}
good = True
for name, expected in EXPECTED.items():
    with serving(name) as port:
        seen = frozen(port)
    print(f"{name:<21} {seen}", flush=True)
    good &= seen == expected
if not good:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
