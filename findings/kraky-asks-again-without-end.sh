#!/usr/bin/env bash
# kraky: after a cut it subscribes again without end and never reads another tick; a handler's error and cancel() are swallowed.
#
# Expected: the client connects again, asks once for each subscription that it had, and goes on with the ticks. What the handler
#   raises comes out of connect(), and a cancelled task ends.
# Seen: connect() of kraky 2023.8.17 walks through its list of subscriptions and calls its own subscribe() for each, which puts
#   the subscription at the end of that list: the walk has no end, ten a second, and reading is not reached any more. Its
#   loop ends with "continue" in a "finally", which throws every exception away: a handler that raises is a reconnection
#   without a word, and so is cancel().
# Why it matters: the connection is up and pings are answered, so that nothing looks broken; not one tick arrives, and Kraken sees
#   ten subscriptions a second until it bars the address. One tick that the handler cannot read starts the same.
# Way to live with it: a new client at the first reconnection (the handler sees no tick any more: a deadline); catch everything in
#   the handler; in tests a cut, the subscriptions after it, a tick behind them, a handler that raises once.
# Versions: kraky 2023.8.17 (the newest on PyPI), websockets 11.0.3 (it asks for less than 12), Python 3.11.7. Nothing found about it.
#
# Output seen (one subscription; five ticks, then a close with 1012; ten ticks a second after the reconnection):
#   after a cut            subscriptions more than 20 in 4 s, ticks read 0
#   a handler that raises  connections more than 1, raised by connect(): nothing
#   cancel()               connections more than 1, ended: no
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check kraky==2023.8.17 websockets==11.0.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import os
import sys
from contextlib import suppress

from kraky import KrakyWsClient
from websockets.exceptions import ConnectionClosed
from websockets.server import serve


class Service:
    """Counts its connections and, from the second one on, the subscriptions."""

    def __init__(self):
        self.connections = self.again = 0

    async def __call__(self, line):
        self.connections += 1
        first = self.connections == 1
        if first:
            await line.recv()
        reading = asyncio.create_task(self.read(line))
        with suppress(ConnectionClosed):
            for tick in range(5 if first else 40):
                await line.send(json.dumps(["first" if first else "again", tick]))
                await asyncio.sleep(0.1)
            if first:
                await line.close(1012)
        await reading

    async def read(self, line):
        with suppress(ConnectionClosed):
            async for message in line:
                self.again += json.loads(message)["event"] == "subscribe"


async def story(handler, meanwhile, seconds):
    service = Service()
    server = await serve(service, "127.0.0.1", 0)
    client = KrakyWsClient(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    task = asyncio.create_task(client.connect(handler, sleep_time=1))
    await client.subscribe(subscription={"name": "trade"}, pair=["XBT/USD"])
    await meanwhile(task)
    await asyncio.sleep(seconds)
    return service, task


async def nothing(task):
    pass


async def cancelled(task):
    await asyncio.sleep(0.2)
    task.cancel()


def more(count, than):
    return f"more than {than}" if count > than else str(count)


async def main():
    read, seen = [], []

    async def reader(message):
        read.append(message[0])

    async def raiser(message):
        raise ValueError(message)

    service, task = await story(reader, nothing, 5.5)
    seen.append(f"subscriptions {more(service.again, 20)} in 4 s, ticks read {read.count('again')}")
    print("after a cut           ", seen[-1])
    service, task = await story(raiser, nothing, 2)
    raised = type(task.exception()).__name__ if task.done() else "nothing"
    seen.append(f"connections {more(service.connections, 1)}, raised by connect(): {raised}")
    print("a handler that raises ", seen[-1])
    service, task = await story(reader, cancelled, 2)
    seen.append(f"connections {more(service.connections, 1)}, ended: {'yes' if task.done() else 'no'}")
    print("cancel()              ", seen[-1])
    changed = seen != [
        "subscriptions more than 20 in 4 s, ticks read 0",
        "connections more than 1, raised by connect(): nothing",
        "connections more than 1, ended: no",
    ]
    if changed:
        print("not as described any more")
    sys.stdout.flush()
    os._exit(changed)  # its tasks would go on


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py
