#!/usr/bin/env bash
# siftingio: stream() ends at the first cut although the line comes back with all its symbols; and a socket that is opened again begins with the old prices and an end.
#
# Expected: "subscribe once and keep receiving data across drops"; the blocking stream() yields frames "until the socket closes", as the asyncio one does.
#   close() and connect() again: the frames of the new connection.
# Seen: siftingio 0.2.0 announces "close" at each cut, also before a reconnection, and the blocking stream() takes it for its end: the loop is over
#   without an error, half a second later the socket is connected and subscribed again, and its handlers go on. What comes between
#   subscribe() and stream() is not in it either. The asyncio iteration goes across cuts. It reads from a queue that each frame enters,
#   whether somebody iterates or not: with handlers only, all ticks since the start are kept. What nobody had read at close() is what the
#   next iteration gets first, and behind it waits the end of the last time: the loop is over before the first frame of the new
#   connection, connected stays True.
# Why it matters: two ways of one client, one README: the program that loops is deaf after one cut and ends as if it had been closed, the one with handlers is
#   not. A service that closes at night and opens in the morning trades on the last prices of the evening, then hears no more.
# Way to live with it: handlers instead of stream(); or a loop around stream() until you call close(); a new socket object for each
#   connect(). Tests with a cut, and with a second connect().
# Versions: siftingio 0.2.0 (the newest on PyPI), websockets 17.4, httpx 0.28.1, Python 3.11.7. Nothing found about it.
#
# Output seen (each connection sends its number; the first one is cut after its tick):
#                                      expected      siftingio
#   asyncio, iteration                 1 2           1 2
#   blocking, handler                  1 2           1 2
#   blocking, stream()                 1 2           1 end, connected True two seconds later
#   asyncio, closed and opened again   2             1 end, connected True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check siftingio==0.2.0 websockets==17.4 httpx==0.28.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import logging
import sys
import time

from siftingio import AsyncSiftingClient, SiftingClient
from websockets.asyncio.server import serve

logging.disable(logging.CRITICAL)


async def feed(cut):
    count = 0

    async def talk(line):
        nonlocal count
        count += 1
        number = count
        async for message in line:
            if json.loads(message)["op"] == "subscribe":
                await asyncio.sleep(0.2)
                await line.send(json.dumps({"f": "tick", "s": "BTCUSD", "p": number}))
                if cut and number == 1:
                    await asyncio.sleep(0.3)
                    await line.close(1012)

    server = await serve(talk, "127.0.0.1", 0)
    return server, f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws/v1"


async def iterate(socket, until):
    seen = []
    end = asyncio.get_running_loop().time() + 2.5
    frames = aiter(socket)
    while len(seen) < until:
        try:
            frame = await asyncio.wait_for(anext(frames), end - asyncio.get_running_loop().time())
        except StopAsyncIteration:
            return seen + ["end, connected " + str(socket.connected)]
        except asyncio.TimeoutError:
            break
        seen.append(str(frame["p"]))
    return seen


async def main():
    rows = []

    server, url = await feed(cut=True)
    async with AsyncSiftingClient(api_key="k", ws_url=url) as client, client.ws() as socket:
        await socket.subscribe("cex", ["BTCUSD"])
        rows.append(("asyncio, iteration", "1 2", " ".join(await iterate(socket, 2))))
    server.close()

    server, url = await feed(cut=True)

    def blocking():
        heard, got = [], []
        socket = SiftingClient(api_key="k", ws_url=url).ws()
        socket.on("tick", lambda tick: heard.append(str(tick["p"])))
        socket.connect()
        socket.subscribe("cex", ["BTCUSD"])
        for frame in socket.stream():
            got.append(str(frame["p"]))
            if len(got) == 2:
                break
        else:
            time.sleep(2)
            got.append(f"end, connected {socket.connected} two seconds later")
        socket.close()
        return heard, got

    heard, got = await asyncio.to_thread(blocking)
    rows.append(("blocking, handler", "1 2", " ".join(heard)))
    rows.append(("blocking, stream()", "1 2", " ".join(got)))
    server.close()

    server, url = await feed(cut=False)
    async with AsyncSiftingClient(api_key="k", ws_url=url) as client:
        socket = client.ws()
        await socket.connect()
        await socket.subscribe("cex", ["BTCUSD"])
        await asyncio.sleep(0.5)
        await socket.close()
        await socket.connect()
        await asyncio.sleep(0.5)
        rows.append(("asyncio, closed and opened again", "2", " ".join(await iterate(socket, 2))))
        await socket.close()
    server.close()

    print(" " * 34, "expected     ", "siftingio", sep="")
    for name, expected, seen in rows:
        print(name.ljust(34), expected.ljust(13), seen, sep="")
    sys.stdout.flush()
    described = ["1 2", "1 2", "1 end, connected True two seconds later", "1 end, connected True"]
    if [seen for *_, seen in rows] != described:
        sys.exit("not as described any more")


asyncio.run(asyncio.wait_for(main(), 60))
PROBE
timeout 70 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
