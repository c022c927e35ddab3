#!/usr/bin/env bash
# jetsocket: with a heartbeat each healthy line is given up after half a minute, and the old one stays open beside the new one, again and again.
#
# Expected: a ping each 20 s, and a new connection when no pong comes within 10 s, in place of the old one. The preset trading(), "optimized
#   for exchange WebSocket connections", has it on.
# Seen: jetsocket 0.1.0 drops pongs in its transport, before the code that waits for them: each heartbeat runs out, on any line. It then
#   connects anew and forgets the old transport without closing it: the service goes on sending there, and its pings are answered with
#   pongs. With trading() there is one more open connection each 30 s. latency_ms is always None. Events are "error" (Heartbeat timeout),
#   "disconnected" (1006) and "reconnected".
# Why it matters: subscriptions are gone twice a minute, with the ticks until they are made again; each old line takes a place in the
#   exchange's limit of connections and the bandwidth of all ticks, until the process ends. "The exchange cuts us each 30 s" is what the log
#   says. A test that takes less than half a minute sees nothing.
# Way to live with it: heartbeat=None and a deadline of one's own for the last message. In tests connections that are open at the service,
#   counted after two minutes.
# Versions: jetsocket 0.1.0 (the only one on PyPI), websockets 15.0.1 (the service), Python 3.11.7. Nothing found about it.
#
# Output seen (connections made / open at the service at the end):
#   no heartbeat, 6 s                      1 / 1   latency None
#   heartbeat 1 s, pong within 0.5 s, 6 s  4 / 4   latency None
#   the same, nothing but pongs, 6 s       4 / 4   latency None
#   trading(), 40 s                        2 / 2   latency None
#   pongs sent by the service              4 or more
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check jetsocket==0.1.0 websockets==15.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import sys

import websockets
from jetsocket import HeartbeatConfig, WebSocket
from jetsocket.backoff import BackoffConfig
from jetsocket.presets import trading

BEAT = {"heartbeat": HeartbeatConfig(interval=1.0, timeout=0.5), "backoff": BackoffConfig(base=0.2, jitter=False)}
pongs = 0


class Line(websockets.ServerConnection):
    def process_event(self, event):
        global pongs
        pongs += getattr(event, "opcode", None) == websockets.frames.Opcode.PING  # each of them is answered
        super().process_event(event)


async def watch(make, seconds, ticks=True):
    lines = []

    async def feed(line):
        lines.append(line)
        with contextlib.suppress(websockets.ConnectionClosed):
            while ticks:
                await line.send('{"price": 64250.5}')
                await asyncio.sleep(0.1)
            await line.wait_closed()

    async with websockets.serve(feed, "127.0.0.1", 0, ping_interval=1, create_connection=Line) as server:
        client = make(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        await client.connect()
        await asyncio.sleep(seconds)
        still, latency = sum(line.state is websockets.State.OPEN for line in lines), client.latency_ms
        await client.close()
        for line in lines:
            line.transport.abort()
        return len(lines), still, latency


async def main():
    cases = {
        "no heartbeat, 6 s": watch(WebSocket, 6),
        "heartbeat 1 s, pong within 0.5 s, 6 s": watch(lambda url: WebSocket(url, **BEAT), 6),
        "the same, nothing but pongs, 6 s": watch(lambda url: WebSocket(url, **BEAT), 6, ticks=False),
        "trading(), 40 s": watch(trading, 40),
    }
    seen = await asyncio.gather(*cases.values())
    for name, (made, still, latency) in zip(cases, seen):
        print(f"{name:39}{made} / {still}   latency {latency}")
    print(f"{'pongs sent by the service':39}{pongs if pongs < 4 else '4 or more'}")
    plain, beat, quiet, preset = (result[:2] for result in seen)
    if plain != (1, 1) or not beat[0] == beat[1] >= 3 or not quiet[0] == quiet[1] >= 3 or preset != (2, 2) or pongs < 4:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 85 venv/bin/python -W ignore probe.py 2>err.log || { cat err.log; exit 1; }
