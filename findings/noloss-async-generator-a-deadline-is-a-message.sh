#!/usr/bin/env bash
# NoLossAsyncGenerator: a deadline is a message None, a cut or the end of the source is silence, and who is cancelled goes on reading.
#
# Expected: "asynchronous generator without any data loss"; wait_for() raises TimeoutError, cancel() ends the task, the end and the errors of the
#   source arrive at the reader, close() ends "async for".
# Seen: NoLossAsyncGenerator 2.4 reads its source in a task of its own that nobody looks at, and has no end: __anext__() never raises
#   StopAsyncIteration. When the source ends, fails or is closed, the reader waits for ever. And it has "except: pass" around its wait,
#   cancellation included: the deadline returns None, as a message, a cancelled task gets None and goes on, and takes the next
#   messages. AsyncWebsocketStreamInterface 1.0.5, which the clients of its author stand on, closes such a stream when 20 messages are unread,
#   with a line for debugging: whoever was slow once hears nothing more.
# Why it matters: a feed that was cut is a quiet market; tests with a deadline fail at None["price"] or, with "if message:", pass;
#   a reader that was replaced by a new one takes half of its ticks. The name says that nothing is lost.
# Way to live with it: asyncio.Queue by oneself, with a sentinel for the end; no deadline around these two.
# Versions: NoLossAsyncGenerator 2.4, AsyncWebsocketStreamInterface 1.0.5 (the newest on PyPI both), websockets 13.1, Python 3.11.7. Nothing found
#   about it.
#
# Output seen:
#   no message for 0.2 s, wait_for(..., 0.2)        None
#   source of two messages ends                     two messages, then waiting
#   source of two messages raises                   two messages, then waiting
#   closed while the reader waits                   waiting
#   reader cancelled, then a message                the reader took it
#   100 ticks, a reader that rests for 0.3 s        fewer than 100, then waiting
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check NoLossAsyncGenerator==2.4 AsyncWebsocketStreamInterface==1.0.5 websockets==13.1 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import logging
import os
import sys

import websockets
from AsyncWebsocketStreamInterface import AsyncWebsocketStreamInterface
from loguru import logger
from NoLossAsyncGenerator import NoLossAsyncGenerator

logging.disable()
logger.remove()
seen = []


async def prices(error=None):
    yield 1
    yield 2
    if error:
        raise error


async def read(stream, into, rest=0):
    async for message in stream:
        into.append(message)
        await asyncio.sleep(rest if len(into) == 1 else 0)


async def state(stream, act=None):
    """What a reader has and does after half a second."""
    messages = []
    task = asyncio.create_task(read(stream, messages))
    await asyncio.sleep(0.2)
    if act:
        await act()
    await asyncio.sleep(0.3)
    what = "ended" if task.done() else "waiting"
    return f"two messages, then {what}" if messages == [1, 2] else what


class Feed(AsyncWebsocketStreamInterface):
    async def _parse_raw_data(self, raw):
        return json.loads(raw)

    async def _create_ws(self):
        return await websockets.connect(self.url)

    async def _when2create_new_ws(self):
        await asyncio.sleep(60)


async def ticks(line):
    for number in range(1, 101):
        await line.send(json.dumps({"stream": "btc", "price": number}))
        await asyncio.sleep(0.005)
    await line.wait_closed()


async def slow():
    async with websockets.serve(ticks, "127.0.0.1", 0) as service:
        Feed.url = f"ws://127.0.0.1:{service.sockets[0].getsockname()[1]}/"
        stream, messages = Feed().stream_filter([{"stream": "btc"}]), []
        task = asyncio.create_task(read(stream, messages, 0.3))
        await asyncio.sleep(2.5)
        what = "ended" if task.done() else "waiting"
        return f"{'fewer than 100' if 0 < len(messages) < 100 else len(messages)}, then {what}"


def row(name, value):
    print(name.ljust(47), value, flush=True)
    seen.append(value)


async def main():
    try:
        answer = await asyncio.wait_for(NoLossAsyncGenerator().__anext__(), 0.2)
    except TimeoutError:
        answer = "TimeoutError"
    row("no message for 0.2 s, wait_for(..., 0.2)", answer)
    row("source of two messages ends", await state(NoLossAsyncGenerator(prices())))
    row("source of two messages raises", await state(NoLossAsyncGenerator(prices(ConnectionError("cut")))))
    stream = NoLossAsyncGenerator()
    row("closed while the reader waits", await state(stream, stream.close))
    stream, messages = NoLossAsyncGenerator(), []
    task = asyncio.create_task(read(stream, messages))
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.sleep(0.1)
    stream.q.put_nowait("tick")
    await asyncio.sleep(0.1)
    row("reader cancelled, then a message", "the reader took it" if "tick" in messages else "the message waits")
    row("100 ticks, a reader that rests for 0.3 s", await slow())
    described = [None, *["two messages, then waiting"] * 2, "waiting", "the reader took it", "fewer than 100, then waiting"]
    if seen != described:
        print("not as described any more", file=sys.stderr, flush=True)
    # The readers cannot be cancelled, so the loop would never end.
    os._exit(seen != described)


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py
