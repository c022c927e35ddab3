#!/usr/bin/env bash
# jetsocket: run() returns as soon as the client has reconnected, and a Multiplex is connected again without its subscriptions.
#
# Expected: run() "blocks until the connection is closed by the user, the server, or an unrecoverable error", over any number of automatic
#   reconnections; a Multiplex, "multiple subscriptions over a single connection", subscribes anew on each.
# Seen: jetsocket 0.1.0 starts a new reading task for each connection, and run() waits for the first one, which ends when the second connection is
#   up. After `await client.run()` or run_sync() the program goes on, and as a rule ends, a second after its first cut, without an error and with
#   state CONNECTED. Multiplex sends a subscription once, in subscribe(); behind a reconnection is_active is True, list_subscriptions() has it,
#   and nothing comes. A close code, such as 1008, which the code means not to retry, is 1006 in each "disconnected" event, and retried.
# Why it matters: one restart of the exchange ends the recorder with exit code 0, which a supervisor takes for done; or the feed is
#   silent while every sign is green.
# Way to live with it: a loop over recv() in place of run(); subscriptions in a "connected" handler. In tests a restart of the service, and
#   ticks after it.
# Versions: jetsocket 0.1.0 (the only one on PyPI), websockets 15.0.1 (the service), Python 3.11.7. Nothing found about it.
#
# Output seen (the service closes the first connection after five ticks):
#   run() returned                        yes, state connected, connections 2, ticks after that 10 or more
#   run_sync() returned                   yes, ticks of the second connection 0 or 1
#   Multiplex, subscriptions sent         1 on connection 1, 0 on connection 2
#   Multiplex, its list and state         ['btc'] connected, ticks after the cut 0
#   closed with 1008                      disconnected with 1006, connected again
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check jetsocket==0.1.0 websockets==15.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import json
import sys
import threading

import websockets
from jetsocket import Multiplex, WebSocket
from jetsocket.backoff import BackoffConfig

SOON = BackoffConfig(base=0.3, jitter=False)


class Service:
    """Ticks from the start, or when asked; the first connection is closed after five of them."""

    def __init__(self, code=1012, ask=False):
        self.code, self.ask, self.made, self.asked = code, ask, 0, {}

    async def __call__(self, line):
        self.made += 1
        number = self.made
        with contextlib.suppress(websockets.ConnectionClosed):
            if self.ask:
                await line.recv()
                self.asked[number] = self.asked.get(number, 0) + 1
            for tick in range(100):
                if number == 1 and tick == 5:
                    await line.close(self.code)
                    return
                await line.send(json.dumps({"stream": "btc", "line": number}))
                await asyncio.sleep(0.05)

    @contextlib.asynccontextmanager
    async def up(self):
        async with websockets.serve(self, "127.0.0.1", 0) as server:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            for line in server.connections:
                line.transport.abort()


async def run_ends():
    service, ticks = Service(), []
    async with service.up() as url:
        client = WebSocket(url, backoff=SOON)
        client.add_handler("message", lambda event: ticks.append(event.data["line"]))
        await client.connect()
        try:
            await asyncio.wait_for(client.run(), 5)
            returned = "yes"
        except asyncio.TimeoutError:
            returned = "no"
        before = len(ticks)
        await asyncio.sleep(1)
        result = returned, client.state.value, service.made, len(ticks) - before
        await client.close()
    return result


async def run_sync_ends():
    service, ticks = Service(), []
    async with service.up() as url:
        client = WebSocket(url, backoff=SOON)
        client.add_handler("message", lambda event: ticks.append(event.data["line"]))
        thread = threading.Thread(target=client.run_sync, daemon=True)
        thread.start()
        await asyncio.to_thread(thread.join, 5)
    return "no" if thread.is_alive() else "yes", ticks.count(2)


async def multiplex():
    service = Service(ask=True)
    async with service.up() as url:
        async with Multiplex(url, channel_key="stream", subscribe_msg=lambda name: {"op": name}, backoff=SOON) as mux:
            feed = await mux.subscribe("btc")
            seen = []
            with contextlib.suppress(Exception):
                while True:
                    seen.append((await feed.recv(timeout=1.5))["line"])
            return service.asked, service.made, mux.list_subscriptions(), mux.state.value, seen.count(2)


async def refused():
    service, codes = Service(code=1008), []
    async with service.up() as url:
        client = WebSocket(url, backoff=SOON)
        client.add_handler("disconnected", lambda event: codes.append(int(event.code)))
        await client.connect()
        await asyncio.sleep(1.5)
        result = codes, service.made
        await client.close()
    return result


async def main():
    one, two, three, four = await run_ends(), await run_sync_ends(), await multiplex(), await refused()
    print(f"{'run() returned':38}{one[0]}, state {one[1]}, connections {one[2]}, ticks after that {'10 or more' if one[3] >= 10 else one[3]}")
    print(f"{'run_sync() returned':38}{two[0]}, ticks of the second connection {'0 or 1' if two[1] <= 1 else two[1]}")
    print(f"{'Multiplex, subscriptions sent':38}{three[0].get(1, 0)} on connection 1, {three[0].get(2, 0)} on connection 2")
    print(f"{'Multiplex, its list and state':38}{three[2]} {three[3]}, ticks after the cut {three[4]}")
    print(f"{'closed with 1008':38}disconnected with {four[0][0]}, {'connected again' if four[1] > 1 else 'not again'}")
    if not (
        one[:3] == ("yes", "connected", 2)
        and one[3] >= 10
        and two[0] == "yes"
        and two[1] <= 1
        and three == ({1: 1}, 2, ["btc"], "connected", 0)
        and four == ([1006] * len(four[0]), 2)
    ):
        print("not as described any more", one, two, three, four)
        sys.exit(1)


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
