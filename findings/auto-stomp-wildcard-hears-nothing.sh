#!/usr/bin/env bash
# auto-stomp: a subscription to ticks.* hears none of the ticks that the broker sends it, and the heartbeats it promised never come.
#
# Expected: STOMP names the subscription in each MESSAGE, as the destination may be another than was subscribed to: /topic/ticks.* gives
#   messages of /topic/ticks.BTC. heartbeat=(500, 500) is a promise of a beat each 500 ms, and of looking for the other side's.
# Seen: auto-stomp 0.0.2 looks for the handler by the destination in the MESSAGE. With a wildcard there is none: each tick is thrown away behind a
#   warning in the log, where the ticks with a handler have a warning as well. The header heart-beat is sent and nothing else: no beat in
#   three seconds. A broker that takes it at its word cuts the line; the client stays "connected", run_forever() goes on, and there is no
#   callback for the end. The broker's beats are logged as errors, "missing command in frame"; their absence is not noticed.
# Why it matters: a feed by wildcard is the usual one, and on the screen it is a quiet market. With heartbeats as the broker's manual asks for, the feed
#   ends two beats after the last SEND, without an error in the program.
# Way to live with it: one subscription for each symbol, heartbeat=(0, 0), and a deadline on ticks of one's own; or stomp.py, rx-stomp. In a
#   test: one tick by wildcard, and a tick after three beats of silence.
# Versions: auto-stomp 0.0.2 (the newest on PyPI), websockets 15.0.1, Python 3.11.7. The broker is a small stand-in: STOMP 1.2, it closes after two
#   beats of silence if beats were promised. Nothing found about it.
#
# Output seen (a tick of BTC each 0.2 s for 3 s):
#   subscribed to      heartbeat     sent by the broker   handler called   beats sent   at the end
#   /topic/ticks.BTC   (0, 0)        10 or more           for each         0            open, connected True
#   /topic/ticks.*     (0, 0)        10 or more           never            0            open, connected True
#   /topic/ticks.BTC   (500, 500)    fewer                for each         0            closed, connected True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check auto-stomp==0.0.2 websockets==15.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import logging
import sys
import time

import websockets
from auto_stomp.stomp import Client

logging.disable(logging.CRITICAL)


class Broker:
    def __init__(self):
        self.sent = self.beats = 0
        self.closed = False

    async def talk(self, line):
        begun = time.monotonic()
        heard = [begun]
        promised, tasks = 0, []

        async def feed(number):
            while time.monotonic() < begun + 3:
                head = f"MESSAGE\nsubscription:{number}\nmessage-id:{self.sent}\ndestination:/topic/ticks.BTC\n\n"
                await line.send(head + '{"price":64250.3}\0')
                self.sent += 1
                await asyncio.sleep(0.2)

        async def watch():
            while time.monotonic() < heard[0] + 2 * promised:
                await asyncio.sleep(0.05)
            self.closed = True
            await line.close(1002, "no heartbeat")

        try:
            async for message in line:
                heard[0] = time.monotonic()
                if not message.strip("\r\n"):
                    self.beats += 1
                    continue
                command, *rest = message.split("\n\n")[0].split("\n")
                headers = dict(text.split(":", 1) for text in rest)
                if command == "CONNECT":
                    promised = int(headers["heart-beat"].split(",")[0]) / 1000
                    await line.send("CONNECTED\nversion:1.2\nheart-beat:500,500\n\n\0")
                    if promised:
                        tasks.append(asyncio.create_task(watch()))
                elif command == "SUBSCRIBE":
                    tasks.append(asyncio.create_task(feed(headers["id"])))
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, websockets.ConnectionClosed):
                    await task


async def case(destination, heartbeat):
    broker = Broker()
    ticks = []
    async with websockets.serve(broker.talk, "127.0.0.1", 0) as server:
        client = Client(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/", heartbeat=heartbeat)
        await client.connect()
        while not client.connected:
            await asyncio.sleep(0.05)
        await client.subscribe("1", destination, ticks.append)
        forever = asyncio.create_task(client.run_forever())
        await asyncio.sleep(4)
        running = not forever.done()
        forever.cancel()
        client.reader_task.cancel()
        result = broker.sent, len(ticks), broker.beats, broker.closed, client.connected and running
        await client.ws.close()
    return result


async def main():
    rows = [("/topic/ticks.BTC", (0, 0)), ("/topic/ticks.*", (0, 0)), ("/topic/ticks.BTC", (500, 500))]
    seen = [await case(*row) for row in rows]
    print("subscribed to      heartbeat     sent by the broker   handler called   beats sent   at the end")
    texts = []
    for sent, called, beats, closed, connected in seen:
        few = closed and 0 < sent < 10
        texts.append(
            (
                "fewer" if few else "10 or more" if sent >= 10 else str(sent),
                "for each" if called == sent else "never" if not called else str(called),
                str(beats),
                f"{'closed' if closed else 'open'}, connected {connected}",
            )
        )
    for (destination, heartbeat), (sent, called, beats, end) in zip(rows, texts):
        print(f"{destination:18} {str(heartbeat):13} {sent:20} {called:16} {beats:12} {end}")
    if texts != [
        ("10 or more", "for each", "0", "open, connected True"),
        ("10 or more", "never", "0", "open, connected True"),
        ("fewer", "for each", "0", "closed, connected True"),
    ]:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
