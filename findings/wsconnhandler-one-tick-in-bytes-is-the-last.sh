#!/usr/bin/env bash
# aiohttp-wsconnhandler: one tick put in as bytes is the end of the feed, with no error counted; and a reader that is 512 ticks behind hangs up as if done.
#
# Expected: the handler's counters have n_send_format_errors, and its sender a branch for "msg is not str": a tick in bytes (what orjson.dumps gives) is
#   counted and left out, the others go. A reader that is too slow has an error to show.
# Seen: aiohttp-wsconnhandler 0.2.0 catches ValueError, and aiohttp raises TypeError. The sending task ends there. The connection stays open, all
#   counters of errors stay 0, the queue takes the next ticks and nobody sends them; the same with text on a binary line. Not before the
#   subscriber sends something does the handler wake up: it ends, and that message is not answered. At the other end, the 513th tick that
#   nobody has taken yet closes the connection with 1000, run_loop() returns, socket_errors is empty.
# Why it matters: subscribers of ticks hardly ever send. For them the market has stopped on a healthy line, with pongs. A service that looks at
#   the counters, or retries what is not 1000, sees nothing either.
# Way to live with it: encode in one place, text for a text line; watch the length of send_queue; give receive_queue=asyncio.Queue() and
#   watch its length as well. A test that leaves a subscriber silent and counts the ticks to the last one.
# Versions: aiohttp-wsconnhandler 0.2.0 (the newest on PyPI), aiohttp 3.14.5, Python 3.11.7. Nothing found about it.
#
# Output seen (20 ticks, the sixth of the other type; 600 ticks in one go for a reader that is a second late):
#   text line, one in bytes    arrived 5, sent 5, format errors 0, socket errors 0, in the queue 14, open
#   binary line, one in text   arrived 5, sent 5, format errors 0, socket errors 0, in the queue 14, open
#   text line, all in text     arrived 20, sent 20, format errors 0, socket errors 0, in the queue 0, open
#   a reader that is late      arrived 513, handed out 512, socket errors 0, closed 1000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check aiohttp-wsconnhandler==0.2.0 aiohttp==3.14.5 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import logging
import sys
from contextlib import asynccontextmanager

from aiohttp import ClientSession, WSMsgType, web
from aiohttp_wsconnhandler import WSConnectionHandler

logging.disable(logging.CRITICAL)


@asynccontextmanager
async def service(handle):
    app = web.Application()
    app.router.add_get("/", handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with ClientSession() as session:
        async with session.ws_connect(f"http://127.0.0.1:{runner.addresses[0][1]}/") as line:
            yield line
    await runner.cleanup()


async def sending(kind, other):
    handlers = []

    async def handle(request):
        line = web.WebSocketResponse()
        await line.prepare(request)
        handlers.append(WSConnectionHandler(line, ws_msg_type=kind))
        await handlers[0].run_loop()
        return line

    async with service(handle) as line:
        while not handlers:
            await asyncio.sleep(0.05)
        for number in range(20):
            text = json.dumps({"price": 64250.3, "number": number})
            binary = (kind is WSMsgType.BINARY) != (other and number == 5)
            await handlers[0].send_queue.put(text.encode() if binary else text)
        arrived = 0
        try:
            while (await line.receive(timeout=1)).type is kind:
                arrived += 1
        except asyncio.TimeoutError:
            pass
        stats = handlers[0].stats
        return (
            f"arrived {arrived}, sent {stats.n_sent}, format errors {stats.n_send_format_errors}, socket errors "
            f"{len(handlers[0].socket_errors)}, in the queue {handlers[0].send_queue.qsize()}, {'closed' if line.closed else 'open'}"
        )


async def reading():
    closed = asyncio.get_running_loop().create_future()

    async def handle(request):
        line = web.WebSocketResponse()
        await line.prepare(request)
        for number in range(600):
            await line.send_str(json.dumps({"price": 64250.3, "number": number}))
        closed.set_result((await line.receive(timeout=5)).data)
        return line

    async with service(handle) as line:
        handler = WSConnectionHandler(line)
        taken = []

        async def late():
            await asyncio.sleep(1)
            while True:
                taken.append(await handler.receive_queue.get())

        reader = asyncio.create_task(late())
        await asyncio.wait_for(handler.run_loop(), 10)
        code = await asyncio.wait_for(closed, 10)
        await asyncio.sleep(1.5)
        reader.cancel()
        return f"arrived {handler.stats.n_received}, handed out {len(taken)}, socket errors {len(handler.socket_errors)}, closed {code}"


async def main():
    rows = {
        "text line, one in bytes": await sending(WSMsgType.TEXT, True),
        "binary line, one in text": await sending(WSMsgType.BINARY, True),
        "text line, all in text": await sending(WSMsgType.TEXT, False),
        "a reader that is late": await reading(),
    }
    for name, text in rows.items():
        print(f"{name:27}{text}")
    stopped = "arrived 5, sent 5, format errors 0, socket errors 0, in the queue 14, open"
    if list(rows.values()) != [
        stopped,
        stopped,
        "arrived 20, sent 20, format errors 0, socket errors 0, in the queue 0, open",
        "arrived 513, handed out 512, socket errors 0, closed 1000",
    ]:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
