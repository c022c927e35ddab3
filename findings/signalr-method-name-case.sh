#!/usr/bin/env bash
# SignalR: the hub calls "Tick", the page's on("tick") hears it, and no Python client does, without a word.
#
# Expected: a method's name is compared in one way by all clients of one protocol.
# Seen: @microsoft/signalr compares names without their case. pysignalr and signalrcore compare them
#   as they are; a call that finds no handler is dropped, no error handler is called, and the
#   connection stays as if all were well.
# Why it matters: .NET writes Tick, JavaScript tick. The page works, so the name is right; the load test and the
#   checks in Python receive nothing, and "no tick was late" is true of no ticks.
# Way to live with it: the name from one constant of the contract; in tests a minimum number of messages
#   before any statement about them; register the exact name as the hub writes it.
# Versions: pysignalr 1.3.3, signalrcore 1.0.2, websockets 15.0.1 (service); @microsoft/signalr 10.0.11,
#   Node.js 20.20.2. Issue 48746 of dotnet/aspnetcore (open) tells that C# and Java compare the case, too.
#   Nothing found in the Python projects.
#
# Output seen (handler of "tick"; the hub calls "tick", "Tick", "TICK"):
#   @microsoft/signalr  tick Tick TICK   errors: none
#   pysignalr           tick             errors: none
#   signalrcore         tick             errors: none
set -euo pipefail
work=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pysignalr==1.3.3 signalrcore==1.0.2 websockets==15.0.1
npm install --silent --no-audit --no-fund --ignore-scripts @microsoft/signalr@10.0.11

cat > hub.py <<'HUB'
"""The least of a SignalR hub: answers the handshake, then calls three methods, one record each."""

import asyncio
import json
import pathlib

from websockets.asyncio.server import serve

END = "\x1e"


async def hub(client):
    await client.recv()
    await client.send("{}" + END)
    for name in ("tick", "Tick", "TICK"):
        await client.send(json.dumps({"type": 1, "target": name, "arguments": [name]}) + END)
    await client.wait_closed()


async def main():
    async with serve(hub, "127.0.0.1", 0) as service:
        pathlib.Path("port").write_text(str(service.sockets[0].getsockname()[1]))
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
HUB
cat > read.mjs <<'READ'
import * as signalr from "@microsoft/signalr";
const got = [], errors = [];
const hub = new signalr.HubConnectionBuilder()
  .withUrl(`http://127.0.0.1:${process.argv[2]}/hub`, { skipNegotiation: true, transport: signalr.HttpTransportType.WebSockets })
  .configureLogging(signalr.LogLevel.None).build();
hub.on("tick", (name) => got.push(name));
hub.onclose((error) => errors.push(String(error)));
await hub.start();
await new Promise((later) => setTimeout(later, 1500));
console.log(`${got.join(" ")}|${errors.join(" ") || "none"}`);
process.exit(0);
READ
cat > read.py <<'READ'
import asyncio
import logging
import os
import sys
import time

port, name = sys.argv[1:]
got, errors = [], []


async def pysignalr():
    from pysignalr.client import SignalRClient

    async def tick(arguments):
        got.extend(arguments)

    async def failed(error):
        errors.append(str(error))

    client = SignalRClient(f"ws://127.0.0.1:{port}/hub")
    client._transport._skip_negotiation = True  # the hub above has no negotiation, a service has
    client.on("tick", tick)
    client.on_error(failed)
    try:
        await asyncio.wait_for(client.run(), 1.5)
    except asyncio.TimeoutError:
        pass


def signalrcore():
    from signalrcore.hub_connection_builder import HubConnectionBuilder

    builder = HubConnectionBuilder().with_url(f"ws://127.0.0.1:{port}/hub", options={"skip_negotiation": True})
    client = builder.configure_logging(logging.CRITICAL).build()
    client.on("tick", got.extend)
    client.on_error(lambda error: errors.append(str(error)))
    client.start()
    time.sleep(1.5)


asyncio.run(pysignalr()) if name == "pysignalr" else signalrcore()
print(" ".join(got), " ".join(errors) or "none", sep="|", flush=True)
os._exit(0)
READ
venv/bin/python hub.py & server=$!
for _ in $(seq 100); do [ -s port ] && break; sleep 0.1; done
port=$(cat port)
node read.mjs "$port" | sed 's/^/@microsoft\/signalr|/' > seen
for name in pysignalr signalrcore; do
  venv/bin/python -W ignore read.py "$port" "$name" 2> log > got || { cat log; exit 1; }
  sed "s/^/$name|/" got >> seen
done
awk -F '|' '{ printf "%-19s %-16s errors: %s\n", $1, $2, $3 }' seen
printf '%s\n' '@microsoft/signalr|tick Tick TICK|none' 'pysignalr|tick|none' 'signalrcore|tick|none' | diff - seen
