#!/usr/bin/env bash
# @superhero/websocket: a client sends one ping, and nothing that it sends after that is heard, on a line that stays open.
#
# Expected: RFC 6455: a ping is answered with a pong, and is no message; a message may come in parts. The README names no limits.
# Seen: @superhero/websocket 1.1.1 does not look at a frame's kind. The ping's payload goes into the list of what is to be parsed as
#   JSON; since that is no JSON, it stays there, and each later message is put behind it, with a comma between. None of them is JSON any
#   more, so no handler is called again for this client, and no event tells it: there is a line in its debug log. Parts of a message get a
#   comma between them, too: {"price": 18000.5} cut behind the 1 is "1,8000.5", and the client is deaf from there on.
#   The other clients are served as before, and this one gets what is emitted to it.
# Why it matters: browsers send no pings, so that it works with the page; Python's websockets sends one each 20 seconds, by itself. Orders
#   and cancellations of the first 20 seconds are done, later ones are not, and the ticks keep coming until the client gives up on its pong.
# Way to live with it: another server; in tests a client that pings, and a message in two frames, before the first order.
# Versions: @superhero/websocket 1.1.1 (the newest), Node.js 20.20.2, websockets 16.1.1, Python 3.11.7. Nothing found about it.
#
# Output seen (the orders that the server's handler gets; the client asks for no pong in time):
#   four orders                done: 1 2 3 4   line: OPEN
#   a ping behind the second   done: 1 2       line: OPEN
#   the third in two frames    done: 1 2       line: OPEN
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websockets==16.1.1 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts @superhero/websocket@1.1.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > server.cjs <<'SERVER'
const Server = require("@superhero/websocket/server");

const server = new Server({ debug: false });
server.events.on("order", (client, number) => client.emit("done", number));
server.server.listen(0, "127.0.0.1", () => console.log(server.server.address().port));
SERVER
cat > probe.py <<'PROBE'
import asyncio
import json
import subprocess
import sys

from websockets.asyncio.client import connect


def order(number):
    return json.dumps({"event": "order", "data": number})


def in_parts(text):
    return [text[:18], text[18:]]


CASES = {
    "four orders": [order(1), order(2), order(3), order(4)],
    "a ping behind the second": [order(1), order(2), None, order(3), order(4)],
    "the third in two frames": [order(1), order(2), in_parts(order(3)), order(4)],
}


async def done(port, sends):
    heard = []

    async def listen(client):
        async for message in client:
            heard.append(json.loads(message)["data"])

    async with connect(f"ws://127.0.0.1:{port}", compression=None, ping_interval=None, close_timeout=1) as client:
        listening = asyncio.create_task(listen(client))
        for message in sends:
            if message is None:
                await client.ping("tick")
            else:
                await client.send(message)
            await asyncio.sleep(0.2)
        state = client.state.name
        listening.cancel()
    return heard, state


async def main():
    server = subprocess.Popen(["node", "server.cjs"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = int(server.stdout.readline())
        seen = {title: await done(port, sends) for title, sends in CASES.items()}
    finally:
        server.terminate()
        server.wait()
    for title, (heard, state) in seen.items():
        print(f"{title:<26} done: {' '.join(map(str, heard)):<9} line: {state}", flush=True)
    if list(seen.values()) != [([1, 2, 3, 4], "OPEN"), ([1, 2], "OPEN"), ([1, 2], "OPEN")]:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
venv/bin/python probe.py
