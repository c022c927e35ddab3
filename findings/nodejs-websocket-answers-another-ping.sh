#!/usr/bin/env bash
# nodejs-websocket: its pong is not the ping that websockets sent, and a client that reads each tick is cut for keep-alive.
#
# Expected: a pong carries the payload of its ping, byte for byte (RFC 6455, 5.5.3); a client that answers pings stays connected.
# Seen: nodejs-websocket 1.7.2 reads the payload as text before it sends it back. websockets 17.4 sends four random bytes and waits for
#   just these; about one in eleven such pings is valid text and comes back, all others come back as U+FFFD. The service waits
#   ping_timeout and closes with 1011 "keepalive ping timeout", while ticks go out and the pongs come in. Services that ping with text or
#   nothing, as ws and aiohttp do, keep the client for ever.
# Why it matters: with 20 s and 20 s, the defaults of websockets and of uvicorn, each connection ends after 40 s or a little more, with
#   the code of a dead client, at a client that has just read a tick. One looks for a slow reader or a proxy.
# Way to live with it: ping_interval=None on the service and a heartbeat of one's own in messages; ws or websocket on the client.
# Versions: nodejs-websocket 1.7.2, ws 8.23.0 (npm), websockets 17.4 (PyPI), Node.js 20.20.2, Python 3.11.7. Nothing of it was found.
#
# Output seen (a tick every 50 ms for 4 s; pings every 0.5 s, 0.5 s to answer):
#                                        ws         nodejs-websocket
#   ping with "tick"                     answered   answered
#   ping with ff fe fd fc                answered   not answered
#   pings of websockets                  open       1011 keepalive ping timeout
#   the last tick before that            -          less than 0.2 s old
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts nodejs-websocket@1.7.2 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > client.cjs <<'CLIENT'
const [name, url] = process.argv.slice(2);
let last = 0;
const tick = () => (last = performance.now());
const closed = (code, reason) => {
  console.log(JSON.stringify({ code, reason: String(reason), age: performance.now() - last }));
  process.exit();
};
if (name === "ws") {
  new (require("ws"))(url).on("message", tick).on("close", closed);
} else {
  require("nodejs-websocket").connect(url).on("text", tick).on("close", closed);
}
CLIENT
cat > probe.py <<'PROBE'
import asyncio
import json
import logging
import sys

import websockets

logging.disable(logging.CRITICAL)


async def client(name, server):
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    process = await asyncio.create_subprocess_exec("node", "client.cjs", name, url, stdout=asyncio.subprocess.PIPE)
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 30)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return json.loads(out)


async def column(name):
    answers = []

    async def asks(connection):
        for payload in (b"tick", b"\xff\xfe\xfd\xfc"):
            try:
                await asyncio.wait_for(await connection.ping(payload), 2)
                answers.append("answered")
            except TimeoutError:
                answers.append("not answered")
        await connection.close()

    async def ticks(connection):
        for number in range(80):
            await connection.send(str(number))
            await asyncio.sleep(0.05)

    async with websockets.serve(asks, "127.0.0.1", 0, ping_interval=None) as server:
        await client(name, server)
    async with websockets.serve(ticks, "127.0.0.1", 0, ping_interval=0.5, ping_timeout=0.5) as server:
        end = await client(name, server)
    if end["code"] == 1000:
        return [*answers, "open", "-"]
    return [*answers, f"{end['code']} {end['reason']}", "less than 0.2 s old" if end["age"] < 200 else "older"]


async def main():
    columns = [await column(name) for name in ("ws", "nodejs-websocket")]
    print(" " * 36, "ws".ljust(10), "nodejs-websocket")
    names = 'ping with "tick"', "ping with ff fe fd fc", "pings of websockets", "the last tick before that"
    for name, one, other in zip(names, *columns, strict=True):
        print(f"{name:36} {one:10} {other}")
    return columns == [
        ["answered", "answered", "open", "-"],
        ["answered", "not answered", "1011 keepalive ping timeout", "less than 0.2 s old"],
    ]


right = asyncio.run(main())
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 120 venv/bin/python probe.py
