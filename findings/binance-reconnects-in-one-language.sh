#!/usr/bin/env bash
# Binance's official connectors: after a cut line the one for JavaScript comes back, the one for Python does not.
#
# Expected: the README's reconnect_delay ("between WebSocket reconnection attempts") and reconnect_attempts are for a
#   connection that was lost, in Python as in JavaScript.
# Seen: binance-sdk-spot 13.3.0 reconnects after 23 hours, and when the service announces its end in a message. A line
#   that is cut, or closed with 1001 or 1012, is taken from the pool, and that is all: no attempt, no exception,
#   one event "close" for who has asked for it, and a line in the log at level INFO. @binance/spot 32.0.4, of the
#   same makers and with the same words on its reconnectDelay, is back after it, with its streams.
# Why it matters: a recorder in Python that awaits ticks waits for good after the first short loss of the network, with
#   both options set and a task that runs. A test of the planned renewal passes. Whoever knows the one
#   connector trusts the other.
# Way to live with it: connection.on_connection("close", ...) and a connection of one's own; a watchdog for silence; in
#   tests cut the line, as well as closing it.
# Versions: binance-sdk-spot 13.3.0 (binance-common 4.7.0), aiohttp 3.14.5, websockets 17.4 (PyPI), @binance/spot 32.0.4
#   (npm), Python 3.11.7, Node.js 20.20.2. Both READMEs list the options. Issue 96 of binance-connector-go (closed)
#   is the same in Go; about Python nothing was found.
#
# Output seen (delay of 200 ms, watched for 5 s; one connection at first):
#   Python      closed with 1001  connections 1  ticks after it: none
#   Python      closed with 1012  connections 1  ticks after it: none
#   Python      cut               connections 1  ticks after it: none
#   JavaScript  closed with 1001  connections 2  ticks after it: some
#   JavaScript  closed with 1012  connections 2  ticks after it: some
#   JavaScript  cut               connections 2  ticks after it: some
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
venv/bin/pip install -qq --no-compile --disable-pip-version-check binance-sdk-spot==13.3.0 binance-common==4.7.0 \
  aiohttp==3.14.5 websockets==17.4
npm install --silent --no-audit --no-fund --ignore-scripts @binance/spot@32.0.4

cat > client.py <<'CLIENT'
import asyncio
import sys

from binance_sdk_spot.spot import ConfigurationWebSocketStreams, Spot


async def main():
    options = ConfigurationWebSocketStreams(stream_url=sys.argv[1], reconnect_delay=200, reconnect_attempts=5)
    connection = await Spot(config_ws_streams=options).websocket_streams.create_connection()
    stream = await connection.trade(symbol="btcusdt")
    stream.on("message", lambda _: print("tick", flush=True))
    await asyncio.sleep(60)


asyncio.run(main())
CLIENT
cat > client.js <<'CLIENT'
const { Spot } = require("@binance/spot");
(async () => {
  const options = { wsURL: process.argv[2], reconnectDelay: 200 };
  const connection = await new Spot({ configurationWebsocketStreams: options }).websocketStreams.connect();
  connection.trade({ symbol: "btcusdt" }).on("message", () => console.log("tick"));
  setTimeout(() => process.exit(), 60000);
})();
CLIENT
cat > probe.py <<'PROBE'
import asyncio
import contextlib
import json
import sys
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


class Service:
    """Sends a trade each 0.1 s on the streams of the address and on those that are subscribed to."""

    def __init__(self):
        self.connections = 0

    async def __call__(self, client):
        self.connections += 1
        asked = parse_qs(urlsplit(client.request.path).query).get("streams", [])
        streams = {stream for text in asked for stream in text.split("/")}
        sending = asyncio.create_task(self.send(client, streams))
        with contextlib.suppress(ConnectionClosed):
            async for text in client:
                message = json.loads(text)
                streams.update(message["params"])
                await client.send(json.dumps({"result": None, "id": message["id"]}))
        sending.cancel()

    async def send(self, client, streams):
        trade = {"e": "trade", "E": 1, "s": "BTCUSDT", "t": 1, "p": "1.0", "q": "1", "T": 1, "m": False, "M": True}
        with contextlib.suppress(ConnectionClosed):
            while True:
                for stream in list(streams):
                    await client.send(json.dumps({"stream": stream, "data": trade}))
                await asyncio.sleep(0.1)


async def story(name, command, what):
    service, ticks = Service(), 0
    async with serve(service, "127.0.0.1", 0) as listener:
        url = f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        child = await asyncio.create_subprocess_exec(
            *command, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )

        async def count():
            nonlocal ticks
            async for line in child.stdout:
                ticks += line.strip() == b"tick"

        counting = asyncio.create_task(count())
        try:
            async with asyncio.timeout(30):
                while ticks < 3:
                    await asyncio.sleep(0.05)
            for client in list(listener.connections):
                if what == "cut":
                    client.transport.abort()
                else:
                    await client.close(int(what.split()[-1]))
            await asyncio.sleep(0.5)  # what was under way has arrived
            before = ticks
            await asyncio.sleep(5)
            after = "some" if ticks > before else "none"
        finally:
            child.kill()
            await child.wait()
            await counting
    print(f"{name:10}  {what:16}  connections {service.connections}  ticks after it: {after}", flush=True)
    return service.connections, after


async def main():
    seen = []
    clients = {"Python": [sys.executable, "-W", "ignore", "client.py"], "JavaScript": ["node", "client.js"]}
    for name, command in clients.items():
        for what in ("closed with 1001", "closed with 1012", "cut"):
            seen.append(await story(name, command, what))
    return seen


if asyncio.run(main()) != [(1, "none")] * 3 + [(2, "some")] * 3:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
