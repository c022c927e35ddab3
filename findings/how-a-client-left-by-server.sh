#!/usr/bin/env bash
# How a client left: by the ASGI server every end is 1006, or a line that was cut is 1005, an end in good order.
#
# Expected: websocket.disconnect has the code of the client's close frame, 1005 if the frame had none, and 1006
#   if there was no frame (RFC 6455, 7.1.5; ASGI's default for it is 1005, "if no code was received").
# Seen: the same application on five servers. Hypercorn says 1006 to every end, to a proper 1000 and to the client's
#   own 4001 as well. uvicorn (its default, and with --ws wsproto) and Granian say 1005 to a line that was cut,
#   which is what a browser's close() without a code gives. Daphne says None for that, and 1006 for the cut.
#   uvicorn --ws websockets alone tells all four apart. The reason arrives on uvicorn only.
# Why it matters: "how many clients lost their line today" is what one learns from these codes. On Hypercorn that
#   is all of them, on uvicorn's default and Granian none; a change of the server or of --ws looks like a better or a worse
#   network. Whoever keeps a session for a while after 1006, for the client to come back, keeps all or none.
# Way to live with it: let clients say goodbye in a message before they close; count ends by code per server and
#   never compare over a change of it; a test that cuts the line (no close frame) beside the one that closes.
# Versions: uvicorn 0.54.0 (websockets 17.4, wsproto 1.3.2), Hypercorn 0.18.0, Granian 2.8.9, Daphne 4.2.3, Python
#   3.11.7. Issue 340 of django/asgiref is about the codes in general; nothing found about Hypercorn's 1006.
#
# Output seen (code and reason that the application gets):
#                           1000 "bye"  4001 "full"  no code     line cut
#   uvicorn                 1000 bye    4001 full    1005        1005
#   uvicorn --ws wsproto    1000 bye    4001 full    1005        1005
#   uvicorn --ws websockets 1000 bye    4001 full    1005        1006
#   hypercorn               1006        1006         1006        1006
#   granian                 1000        4001         1005        1005
#   daphne                  1000        4001         None        1006
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
        file.write(f"{message.get('code')} {message.get('reason') or ''}".strip() + "\n")
ASGI
cat > probe.py <<'PROBE'
import contextlib
import os
import signal
import socket
import struct
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
    return {
        "uvicorn": uvicorn,
        "uvicorn --ws wsproto": [*uvicorn, "--ws", "wsproto"],
        "uvicorn --ws websockets": [*uvicorn, "--ws", "websockets"],
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
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def close_frame(payload):
    """A masked close frame; the mask is zero, so that the payload stays as it is."""
    return bytes([0x88, 0x80 | len(payload)]) + bytes(4) + payload


def told(port, leave):
    with contextlib.suppress(FileNotFoundError):
        os.remove("told")
    line = connected(port)
    line.sendall(REQUEST)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += line.recv(4096)
    time.sleep(0.2)
    if leave is not None:
        line.sendall(close_frame(leave))
        line.recv(200)
    line.close()
    return wait(lambda: os.path.exists("told") and open("told").read(), "websocket.disconnect").strip()


LEAVING = (struct.pack(">H", 1000) + b"bye", struct.pack(">H", 4001) + b"full", b"", None)
EXPECTED = {
    "uvicorn": ["1000 bye", "4001 full", "1005", "1005"],
    "uvicorn --ws wsproto": ["1000 bye", "4001 full", "1005", "1005"],
    "uvicorn --ws websockets": ["1000 bye", "4001 full", "1005", "1006"],
    "hypercorn": ["1006", "1006", "1006", "1006"],
    "granian": ["1000", "4001", "1005", "1005"],
    "daphne": ["1000", "4001", "None", "1006"],
}
print(f"{'':23} 1000 \"bye\"  4001 \"full\"  no code     line cut")
good = True
for name, expected in EXPECTED.items():
    with serving(name) as port:
        seen = [told(port, leave) for leave in LEAVING]
    print(f"{name:<23} {seen[0]:<11} {seen[1]:<12} {seen[2]:<11} {seen[3]}", flush=True)
    good &= seen == expected
if not good:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
