#!/usr/bin/env bash
# Polymarket's stream client answers no ping: a service that pings ends the connection, again and again.
#
# Expected: a client on Node's ws answers pings by itself; there is nothing to do for it.
# Seen: @polymarket/real-time-data-client 1.4.0, the official client, puts its own handler for pongs at ws.pong.
#   That is no event handler: it is the function that ws answers pings with. From then on no ping is answered: a
#   service that looks for pongs, as websockets and uvicorn do every 20 seconds, ends the connection with 1011.
#   The client connects again at once, and is ended again. Its own "ping" is sent once and not again, as the
#   handler that was to send the next one is called by pings, not by pongs.
# Why it matters: the service says that the client is dead, the client says that the service went; ticks arrive
#   all the while, and each reconnection is a hole. Whoever puts a stand-in or a proxy that pings in front of it
#   looks for the fault there. Servers that do not ping show nothing.
# Way to live with it: in onConnect delete client.ws.pong, which brings the right function back; in tests a
#   service that pings each second.
# Versions: @polymarket/real-time-data-client 1.4.0 and ws 8.18.3 on npm, websockets 15.0.1, Node.js 20.20.2,
#   Python 3.11.7. Pull request 25 of Polymarket/real-time-data-client (closed) is about how the client pings; that
#   it leaves the service's pings unanswered was not found.
#
# Output seen (the service pings each second and waits a second for the pong):
#   as it comes                ended by the service: 1011 keepalive ping timeout
#   ws.pong brought back       alive after 5 s
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websockets==15.0.1
npm install --silent --no-audit --no-fund --ignore-scripts @polymarket/real-time-data-client@1.4.0 ws@8.18.3

cat > client.js <<'CLIENT'
const { RealTimeDataClient } = require("@polymarket/real-time-data-client");
const [, , host, mode] = process.argv;
console.error = console.warn = () => {};
new RealTimeDataClient({
  host,
  onConnect: (client) => { if (mode === "mended") delete client.ws.pong; },
}).connect();
CLIENT
cat > probe.py <<'PROBE'
import asyncio
import sys

from websockets.asyncio.server import serve


async def life(mode):
    ends = []

    async def service(client):
        try:
            await asyncio.wait_for(client.wait_closed(), 5)
            if close := client.protocol.close_sent:
                ends.append(f"ended by the service: {close.code} {close.reason}")
        except TimeoutError:
            ends.append("alive after 5 s")

    async with serve(service, "127.0.0.1", 0, ping_interval=1, ping_timeout=1) as listener:
        url = f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        client = await asyncio.create_subprocess_exec("node", "client.js", url, mode)
        await asyncio.sleep(8)
        client.kill()
        await client.wait()
    return ends[0]


async def main():
    plain, mended = await life("plain"), await life("mended")
    print(f"{'as it comes':<26} {plain}")
    print(f"{'ws.pong brought back':<26} {mended}", flush=True)
    return (plain, mended) == ("ended by the service: 1011 keepalive ping timeout", "alive after 5 s")


if not asyncio.run(main()):
    sys.exit("not as described any more")
PROBE
timeout 90 venv/bin/python probe.py
