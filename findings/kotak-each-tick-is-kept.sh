#!/usr/bin/env bash
# Kotak Neo: with a callback set, each tick is handed over and also kept in a queue that nobody empties, after close() too.
#
# Expected: on_message in place of "async for": who takes the ticks by callback has them, and the client keeps none.
# Seen: SFeedWebSocket of kotakneoapi 3.0.9 puts each message into an unbounded queue, and then calls on_message, if
#   there is one. The queue is emptied by iterating alone. 20000 ticks leave 20000 objects in it; close() leaves them too,
#   and who iterates after a new connect() gets the old ones first, prices of an hour ago as if they were new. An
#   error in the callback is thrown away without a line.
# Why it matters: some 1.5 kB for each tick: 500 ticks a second are 2.5 GB an hour, and the process is ended in
#   the middle of the session. A test of a minute shows nothing, and neither does the code of the callback.
# Way to live with it: a task beside it that iterates and throws away; or iterate only; in tests look at
#   the length of the queue (_message_queue) or at the memory after some ten thousand ticks.
# Versions: kotakneoapi 3.0.9, websockets 17.4, Python 3.11.7. Nothing found about it. Frames of the layout that the
#   package describes (mini touch line).
#
# Output seen:
#   sent 20000, callback 20000, in the queue 20000
#   after close(), connect() and one more tick at 200.0, iterating gives 100.0 first; in the queue 20000
#   a callback that raises: 0 lines, 0 calls of on_error
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check kotakneoapi==3.0.9 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > client.py <<'CLIENT'
import asyncio
import contextlib
import io
import json
import struct
import sys

from neo_api_client.websocket.feed.client import SFeedWebSocket
from neo_api_client.websocket.feed.models import WsToken
from websockets.asyncio.server import serve

HEADER, MINI = struct.Struct("<HHbBBBB"), struct.Struct("<IqIqIiiIBI")
bursts = [(20000, 10000), (1, 20000)]


def tick(price):
    body = MINI.pack(11536, 1767590100, price, 1, 10000, 0, 0, 1, 2, 100)
    return HEADER.pack(HEADER.size + len(body), 0, 1, 1, 0, 0, 0) + body


async def service(client):
    await client.recv()
    await client.send(json.dumps({"message_code": 1117, "exchanges": {"nse_cm": {"value": 1, "divider": 100}}}))
    await client.recv()
    await client.send(json.dumps({"message_code": 1109, "trading_symbols": {"nse_cm|11536": "TCS-EQ"}}))
    count, price = bursts.pop(0)
    for _ in range(count):
        await client.send(tick(price))
    await client.wait_closed()


async def read(feed, got, count):
    await feed.connect()
    await feed.subscribe_scrips_lite([WsToken("nse_cm", "11536")])
    for _ in range(300):
        if len(got) >= count:
            return
        await asyncio.sleep(0.1)


async def main():
    got, errors, shown = [], [], io.StringIO()
    async with serve(service, "127.0.0.1", 0) as server:
        feed = SFeedWebSocket(url=f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", user="1", auth="1")
        feed.on_message, feed.on_error = got.append, errors.append
        await read(feed, got, 20000)
        kept = feed._message_queue.qsize()
        print(f"sent 20000, callback {len(got)}, in the queue {kept}")
        await feed.close()

        def raises(message):
            got.append(message)
            raise ValueError("a tick that this handler cannot take")

        feed.on_message = raises
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            await read(feed, got, 20001)
        first = (await anext(feed)).last_traded_price
        more = feed._message_queue.qsize()
        print(f"after close(), connect() and one more tick at {got[-1].last_traded_price}, iterating gives {first} first; in the queue {more}")
        lines = sum("ValueError" in line for line in shown.getvalue().splitlines())
        print(f"a callback that raises: {lines} lines, {len(errors)} calls of on_error")
        await feed.close()
    return (len(got), kept, first, more, lines, len(errors)) == (20001, 20000, 100.0, 20000, 0, 0)


if not asyncio.run(main()):
    sys.exit("not as described any more")
CLIENT
timeout 100 venv/bin/python -W ignore client.py
