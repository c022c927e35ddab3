#!/usr/bin/env bash
# Robyn: a message that comes in two frames never arrives, without an error; and a client's goodbye gets no answer.
#
# Expected: a message may be sent in several frames (RFC 6455, 5.4), and the application gets it whole; a close frame is
#   answered with one (5.5.1).
# Seen: Robyn 0.88.0 hands over messages of one frame and drops the others: nothing in the application, nothing in the
#   log, and the line stays open. The client of websocket-node sends what is longer than 16 kB in frames of 16 kB
#   by default: a subscription of 15 kB is answered, one of 20 kB is not. The close frame of a client is not
#   answered either: the line is cut, and each client that leaves in good order reads 1006.
# Why it matters: the list of instruments grows until it is one too long, for the users of one client library only;
#   they then wait for ticks that nobody sends. Clients that reconnect after 1006 come back after their own goodbye, and
#   figures of abnormal ends say nothing.
# Way to live with it: in clients fragmentOutgoingMessages: false; an acknowledgement of each subscription with the number
#   of instruments, and a deadline for it; a test that sends a subscription in two frames.
# Versions: Robyn 0.88.0, uvicorn 0.54.0 (for comparison), websockets 17.4 (PyPI), websocket 1.0.35 (npm), Python 3.11.7,
#   Node.js 20.20.2. websocket-node documents its threshold; nothing found in Robyn.
#
# Output seen:
#                                 uvicorn   robyn
#   one frame (websockets)        answered  answered
#   two frames (websockets)       answered  nothing
#   15 kB (websocket-node)        answered  answered
#   20 kB (websocket-node)        answered  nothing
#   close code that the client is told  1000      1006
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
venv/bin/pip install -qq --disable-pip-version-check robyn==0.88.0 uvicorn==0.54.0 websockets==17.4
npm install --silent --no-audit --no-fund --ignore-scripts websocket@1.0.35

cat > with_uvicorn.py <<'SERVICE'
import sys

import uvicorn


async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"subscribed {len(message['text'])}"})


uvicorn.run(app, port=int(sys.argv[1]), lifespan="off", log_level="error")
SERVICE
cat > with_robyn.py <<'SERVICE'
import sys

from robyn import Robyn

app = Robyn(__file__)


@app.websocket("/ticks")
async def ticks(ws):
    while True:
        await ws.send_text(f"subscribed {len(await ws.receive_text())}")


app.start(host="127.0.0.1", port=int(sys.argv[1]))
SERVICE
cat > client.js <<'CLIENT'
const { client: Client } = require("websocket");
const client = new Client();
client.on("connect", (line) => {
  const end = (what) => { console.log(what); process.exit(); };
  line.on("message", () => end("answered"));
  line.sendUTF("x".repeat(Number(process.argv[3])));
  setTimeout(() => end("nothing"), 3000);
});
client.connect(`ws://127.0.0.1:${process.argv[2]}/ticks`);
CLIENT
cat > probe.py <<'PROBE'
import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import websockets

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))


@contextlib.contextmanager
def serving(script):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open("server.log", "w") as log:
        command = [sys.executable, script, str(port)]
        child = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise SystemExit(f"{script} did not start: {open('server.log').read()}") from None
                time.sleep(0.05)
        yield port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


async def sent(port, message):
    """What a subscription is answered with, and the close code that the client is told when it leaves."""
    async with websockets.connect(f"ws://127.0.0.1:{port}/ticks", proxy=None, compression=None) as ws:
        await ws.send(message)
        try:
            async with asyncio.timeout(3):
                await ws.recv()
            answer = "answered"
        except TimeoutError:
            answer = "nothing"
        await ws.close()
    return answer, str(ws.close_code)


def from_node(port, size):
    command = ["node", "client.js", str(port), str(size)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20).stdout.strip()


columns = []
for script in ("with_uvicorn.py", "with_robyn.py"):
    with serving(script) as port:
        one, code = asyncio.run(sent(port, '{"subscribe":["A","B"]}'))
        two, _ = asyncio.run(sent(port, ['{"subscribe":', '["A","B"]}']))
        columns.append((one, two, from_node(port, 15_000), from_node(port, 20_000), code))
ROWS = ("one frame (websockets)", "two frames (websockets)", "15 kB (websocket-node)", "20 kB (websocket-node)")
print(f"{'':35} uvicorn   robyn")
for name, *seen in zip((*ROWS, "close code that the client is told"), *columns, strict=True):
    print(f"{name:<35} {seen[0]:<9} {seen[1]}")
if columns != [(*["answered"] * 4, "1000"), ("answered", "nothing", "answered", "nothing", "1006")]:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
