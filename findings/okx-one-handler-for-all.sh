#!/usr/bin/env bash
# python-okx: the handler of the last subscription gets the ticks of all, and a restart of the service gets none.
#
# Expected: subscribe(params, callback) takes a handler, so that it is this subscription's. What unsubscribe() is
#   given is for its answer. An end of the connection is told to somebody.
# Seen: WsPublicAsync of python-okx 0.4.4 has one handler, the last one named. A second subscribe() sends the ticks of
#   the first to its own handler, from then on, and the first is never called again. unsubscribe() must be
#   given one too, which gets all that is left. A cut line comes to the handler as an error message, and raises; a
#   close with 1000 or 1001 ends the reading task without a message, an exception or a line in the log.
# Why it matters: a book that is built from trades, or a recorder whose file for trades ends when the books are added
#   an hour later. A planned restart looks like a quiet market. A test with one subscription and a service that
#   is killed is green.
# Way to live with it: one handler that looks at arg.channel and arg.instId, given to each call, or one connection for
#   each channel; keep the task that start() returns and treat its end as the end of the connection.
# Versions: python-okx 0.4.4, websockets 17.4 (PyPI), Python 3.11.7. Issue 113 of okxapi/python-okx (closed) asks why
#   only the last of three channels of one call works; the handlers and the end were not found.
#
# Output seen (numbers sent on each channel):
#   handler of subscribe(trades)    trades 1 2 3
#   handler of subscribe(books)     trades 4 5, books 1 2
#   handler of unsubscribe(books)   trades 6
#   service closes with 1001        task ended, exception: none, messages: 0
#   service cuts the line           task ended, exception: ConnectionClosedError, messages: 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check python-okx==0.4.4 websockets==17.4
# The client speaks TLS only.
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost 2>/dev/null
export SSL_CERT_FILE="$work/cert.pem"

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import json
import ssl
import sys

from okx.websocket.WsPublicAsync import WsPublicAsync
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

feeds = {}


async def wait(condition, what):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise SystemExit(f"not within 10 s: {what}")


async def service(client):
    """Confirms at once; the numbers are sent by main()."""
    with contextlib.suppress(ConnectionClosed):
        async for text in client:
            message = json.loads(text)
            for asked in message["args"]:
                await client.send(json.dumps({"event": message["op"], "arg": asked}))
                if message["op"] == "subscribe":
                    feeds[asked["channel"]] = asked
                else:
                    feeds.pop(asked["channel"])


class Handler(list):
    def __bool__(self):
        return True  # the client calls no handler that is false, as an empty list is

    def __call__(self, text):
        message = json.loads(text)
        if "data" in message:
            self.append((message["arg"]["channel"], message["data"][0]))

    def __str__(self):
        channels = dict.fromkeys(channel for channel, _ in self)
        return ", ".join(f"{c} " + " ".join(str(n) for channel, n in self if channel == c) for c in channels)


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    async with serve(service, "localhost", 0, ssl=context) as listener:
        stream = WsPublicAsync(f"wss://localhost:{listener.sockets[0].getsockname()[1]}")
        task = await stream.start()
        trades, books, gone = handlers = Handler(), Handler(), Handler()

        async def tick(numbers):
            (line,) = listener.connections
            before = sum(map(len, handlers))
            for channel, number in numbers:
                await line.send(json.dumps({"arg": feeds[channel], "data": [number]}))
            await wait(lambda: sum(map(len, handlers)) == before + len(numbers), "ticks")

        await stream.subscribe([{"channel": "trades", "instId": "BTC-USDT"}], trades)
        await wait(lambda: "trades" in feeds, "a subscription")
        await tick([("trades", 1), ("trades", 2), ("trades", 3)])
        await stream.subscribe([{"channel": "books", "instId": "BTC-USDT"}], books)
        await wait(lambda: "books" in feeds, "a subscription")
        await tick([("trades", 4), ("books", 1), ("trades", 5), ("books", 2)])
        await stream.unsubscribe([{"channel": "books", "instId": "BTC-USDT"}], gone)
        await wait(lambda: "books" not in feeds, "an unsubscription")
        await tick([("trades", 6)])
        print(f"handler of subscribe(trades)    {trades}")
        print(f"handler of subscribe(books)     {books}")
        print(f"handler of unsubscribe(books)   {gone}")
        ends = []
        for what in ("closes with 1001", "cuts the line"):
            if what == "cuts the line":
                task = await stream.start()
            heard = []
            stream.callback = heard.append
            for line in list(listener.connections):
                if what == "cuts the line":
                    line.transport.abort()
                else:
                    await line.close(1001, "restart")
            await wait(task.done, "the end of the task")
            raised = type(task.exception()).__name__ if task.exception() else "none"
            ends.append(f"exception: {raised}, messages: {len(heard)}")
            print(f"service {what:22}  task ended, {ends[-1]}")
        return list(map(str, handlers)), ends


if asyncio.run(main()) != (
    ["trades 1 2 3", "trades 4 5, books 1 2", "trades 6"],
    ["exception: none, messages: 0", "exception: ConnectionClosedError, messages: 1"],
):
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py
