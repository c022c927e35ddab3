#!/usr/bin/env bash
# aioactioncable: a channel that sends its snapshot as it is subscribed is "could not subscribe", and nothing is read from then on.
#
# Expected: subscribe() returns the subscription, and its messages wait in a queue until they are asked for. Rails lets a channel
#   transmit() in its subscribed method, the place for a snapshot; that message goes out before the confirmation.
# Seen: until the subscription is made, aioactioncable 0.8.1 keeps False, then True, in its place. A message for that channel is to be put
#   into the queue of the False: AttributeError in the task that reads, which nobody looks at. The confirmation behind it is not
#   read, subscribe() returns None after 2 s with "Could not subscribe" in the log. A tick right behind the confirmation
#   meets the True: subscribe() succeeds, and the stream is silent for ever. So are all other channels of the connection.
#   A tick half a second later is delivered, and all after it.
# Why it matters: the line is open, pings come, the server counts a client that is subscribed. A busy channel loses its client at the
#   start, a quiet one works; a stand-in that sends its first tick after a pause never shows it.
# Way to live with it: a connection for each channel, and a deadline for the first message; no transmit() in subscribed, or another client. In
#   tests a snapshot before and right behind the confirmation.
# Versions: aioactioncable 0.8.1 (the newest), websockets 17.4, Python 3.11.7. Nothing found about it. Messages as Rails documents them.
#
# Output seen (three ticks are sent on TicksChannel, then one on NewsChannel; when the first tick is sent):
#                                  subscribed   ticks of 3   news of 1
#   0.5 s after the confirmation   yes          3            1
#   right behind the confirmation  yes          0            0
#   before the confirmation        no           0            0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check aioactioncable==0.8.1 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import logging
import os
import sys
import threading
import time

import aioactioncable
from websockets.asyncio.server import serve

logging.disable()
TICKS, NEWS = {"channel": "TicksChannel", "symbol": "NIFTY"}, {"channel": "NewsChannel"}


async def cable(line, when):
    await line.send(json.dumps({"type": "welcome"}))
    async for text in line:
        identifier = json.loads(text)["identifier"]
        confirmation = json.dumps({"type": "confirm_subscription", "identifier": identifier})
        if json.loads(identifier) == NEWS:
            await line.send(confirmation)
            continue
        ticks = [json.dumps({"identifier": identifier, "message": {"price": 100 + n}}) for n in range(3)]
        if when == "before":
            await line.send(ticks[0])
            await line.send(confirmation)
        else:
            await line.send(confirmation)
            await asyncio.sleep(0.5 if when == "later" else 0)
            await line.send(ticks[0])
        for tick in ticks[1:]:
            await asyncio.sleep(0.1)
            await line.send(tick)
        await line.send(json.dumps({"identifier": json.dumps(NEWS), "message": {"headline": "none"}}))


def service(when, ready):
    async def run():
        async with serve(lambda line: cable(line, when), "127.0.0.1", 0) as listener:
            ready.append(listener.sockets[0].getsockname()[1])
            await asyncio.Future()

    asyncio.run(run())


def client(port, got):
    async def run():
        connection = await aioactioncable.connect(f"ws://127.0.0.1:{port}")
        news = await connection.subscribe(NEWS)
        ticks = await connection.subscribe(TICKS)
        got["subscribed"] = "yes" if ticks else "no"
        for name, channel in (("ticks", ticks), ("news", news)):
            threading.Thread(target=read, args=(name, channel, got), daemon=True).start()

    asyncio.run(run())


def read(name, channel, got):
    async def run():
        async for _ in channel:
            got[name] += 1

    if channel:
        asyncio.run(run())


print(" " * 31 + "subscribed   ticks of 3   news of 1", flush=True)
seen = []
for when, title in (
    ("later", "0.5 s after the confirmation"),
    ("behind", "right behind the confirmation"),
    ("before", "before the confirmation"),
):
    ready, got = [], {"ticks": 0, "news": 0}
    threading.Thread(target=service, args=(when, ready), daemon=True).start()
    while not ready:
        time.sleep(0.02)
    threading.Thread(target=client, args=(ready[0], got), daemon=True).start()
    time.sleep(5)
    seen.append((got["subscribed"], got["ticks"], got["news"]))
    print(f"{title:<30} {seen[-1][0]:<12} {seen[-1][1]:<12} {seen[-1][2]}", flush=True)
same = seen == [("yes", 3, 1), ("yes", 0, 0), ("no", 0, 0)]
if not same:
    print("not as described any more", file=sys.stderr, flush=True)
os._exit(0 if same else 1)
PROBE
timeout 60 venv/bin/python -W ignore probe.py
