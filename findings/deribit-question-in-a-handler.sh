#!/usr/bin/env bash
# deribit-py: a handler that asks the exchange something ends the stream for good; an order on a line that is cut is awaited for ever.
#
# Expected: a handler may be a coroutine, and the requests are coroutines, so that one may be awaited in the other. A
#   request whose connection is gone ends with an error.
# Seen: the reader of deribit-py 0.1.0 awaits the handler, and the answer to what the handler asks can only be read by the
#   reader: both wait for ever. The request goes out (an order would be placed), the answer lies in the buffer, and no tick
#   of any channel is handled any more. When the connection ends, requests that wait are not told: buy() never
#   returns, with no error, whether the line was cut or closed with 1001. After a close in good order, `running` stays True,
#   and nothing says that the stream is over.
# Why it matters: "buy when the tick is below ..." is the first thing that one writes into a handler. It places its order
#   once, and then the program stands still, connected, answering pings. An order whose answer was lost is neither placed
#   nor refused, and the code that would ask for it is never reached.
# Way to live with it: asyncio.create_task() in handlers; asyncio.wait_for() around each request, and a look at the open
#   orders after its TimeoutError; a deadline on the age of the last tick; in tests a handler that asks, and a cut before
#   the answer.
# Versions: deribit-py 0.1.0, aiohttp 3.14.5, websockets 17.4 (PyPI), Python 3.11.7. Nothing found about it. The README shows
#   handlers that print. Messages of the form of Deribit's JSON-RPC.
#
# Output seen (20 ticks sent; the handler asks at tick 3):
#   handler asks, awaited      ticks handled 4, the service was asked: 1, answered: 1, answer received: no
#   handler asks, in a task    ticks handled 20, the service was asked: 1, answered: 1, answer received: yes
#   order, the line is cut     buy() after 3 s: still waiting, running False
#   order, closed with 1001    buy() after 3 s: still waiting, running True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check deribit-py==0.1.0 aiohttp==3.14.5 websockets==17.4 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import json
import logging
import sys

from deribit.ws import DeribitWS
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

logging.disable(logging.CRITICAL)
counts = {"asked": 0, "answered": 0}


async def tick(client, channel):
    with contextlib.suppress(ConnectionClosed):
        for number in range(20):
            params = {"channel": channel, "data": [{"trade_seq": number, "price": 100.5}]}
            await client.send(json.dumps({"jsonrpc": "2.0", "method": "subscription", "params": params}))
            await asyncio.sleep(0.05)


async def service(client):
    with contextlib.suppress(ConnectionClosed):
        async for text in client:
            request = json.loads(text)
            if request["method"] == "private/buy":
                if request["params"]["instrument_name"] == "CUT":
                    client.transport.abort()
                else:
                    await client.close(1001)
                return
            if request["method"] == "public/subscribe":
                client.ticking = asyncio.create_task(tick(client, request["params"]["channels"][0]))
            asks = request["method"] == "public/ticker"
            counts["asked"] += asks
            await client.send(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": {"last_price": 100.5}}))
            counts["answered"] += asks


async def connect(url):
    client = DeribitWS()
    client.url = url
    await client.connect()
    return client


async def ask(url, awaited):
    client, ticks, answers = await connect(url), [], []
    counts.update(asked=0, answered=0)

    async def question():
        answers.append(await client.get_ticker("BTC-PERPETUAL"))

    async def handler(trades):
        ticks.append(trades[0]["trade_seq"])
        if ticks[-1] == 3:
            if awaited:
                await question()
            else:
                client.question = asyncio.create_task(question())

    await client.subscribe(["trades.BTC-PERPETUAL.100ms"], handler)
    await asyncio.sleep(3)
    return (
        f"ticks handled {len(ticks)}, the service was asked: {counts['asked']}, answered: {counts['answered']}, "
        f"answer received: {'yes' if answers else 'no'}"
    )


async def order(url, instrument):
    client = await connect(url)
    buying = asyncio.create_task(client.buy(instrument, 1, price=100))
    done, _ = await asyncio.wait([buying], timeout=3)
    return f"buy() after 3 s: {'an end' if done else 'still waiting'}, running {client.running}"


async def main():
    async with serve(service, "127.0.0.1", 0) as listener:
        url = f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        lines = [
            f"handler asks, awaited      {await ask(url, True)}",
            f"handler asks, in a task    {await ask(url, False)}",
            f"order, the line is cut     {await order(url, 'CUT')}",
            f"order, closed with 1001    {await order(url, 'CLOSE')}",
        ]
        print("\n".join(lines), flush=True)
        return lines == [
            "handler asks, awaited      ticks handled 4, the service was asked: 1, answered: 1, answer received: no",
            "handler asks, in a task    ticks handled 20, the service was asked: 1, answered: 1, answer received: yes",
            "order, the line is cut     buy() after 3 s: still waiting, running False",
            "order, closed with 1001    buy() after 3 s: still waiting, running True",
        ]


if not asyncio.run(main()):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
