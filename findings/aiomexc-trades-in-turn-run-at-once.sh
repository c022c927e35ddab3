#!/usr/bin/env bash
# aiomexc: the public trades are refused without an API key, and with handle_as_task=False their handlers run at once, last trade first.
#
# Expected: aggre_deals() is a public stream; handle_as_task=True runs each message in a task of its own, False waits for the handler before
#   the next message, as for the private streams.
# Seen: aggre_deals() of aiomexc 0.2.18 hands handle_as_task on by position, where the next parameter is private. As it stands (True) the stream
#   counts as private: MexcWsPrivateStream without credentials. With False it is public, and handle_as_task is the
#   default again: True. There is no way to have trades in turn; private_orders() and private_deals() hand it on by name and are right.
# Why it matters: False is what makes the error go away, so that everybody who streams trades has asked for their order and does not get
#   it. A handler that awaits (a database, a lock, a queue) ends with an older trade than the last: the price kept is the
#   one of before, in the busy moments alone.
# Way to live with it: a handler that only puts the message into a queue without awaiting, and one reader behind it; in tests three trades
#   and a handler that takes longer for the first.
# Versions: aiomexc 0.2.18 (the newest on PyPI), aiohttp 3.11.18, Python 3.11.7. Nothing found about it. Messages of MEXC's protobuf form.
#
# Output seen (trades at 100, 101, 102; the handler takes 0.3, 0.2 and 0.1 seconds):
#   aggre_deals("BTCUSDT")                        MexcWsPrivateStream
#   aggre_deals("BTCUSDT", handle_as_task=False)  handled 102, 101, 100  (right: 100, 101, 102)
#   last price kept                               100
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check 'aiomexc[ws]==0.2.18' aiohttp==3.11.18 websockets==15.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import sys

import aiohttp
from aiomexc.ws.connection import WSConnection
from aiomexc.ws.proto import PushMessage
from aiomexc.ws.proto.public_aggre_deals import PublicAggreDealItemMessage, PublicAggreDealsMessage
from aiomexc.ws.session.aiohttp import AiohttpWsSession
from websockets.asyncio.server import serve

DURATIONS = {"100": 0.3, "101": 0.2, "102": 0.1}
kept = {}


async def service(line):
    (channel,) = json.loads(await line.recv())["params"]
    for number, price in enumerate(DURATIONS):
        deal = PublicAggreDealItemMessage(price=price, quantity="1", trade_type=1, time=1750000000000 + number)
        deals = PublicAggreDealsMessage(deals=[deal], event_type="spot@public.aggre.deals.v3.api.pb")
        message = PushMessage(channel=channel, public_aggre_deals=deals, symbol="BTCUSDT", send_time=1750000000000 + number)
        await line.send(bytes(message))
    await line.wait_closed()


async def main():
    handled = []
    async with serve(service, "127.0.0.1", 0) as server, aiohttp.ClientSession() as http:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        connection = WSConnection(client=None, session=AiohttpWsSession(http), base_url=url)

        async def handler(message):
            price = message.deals[0].price
            await asyncio.sleep(DURATIONS[price])
            kept["price"] = price
            handled.append(price)

        try:
            connection.aggre_deals("BTCUSDT")(handler)
            outcome = "no error"
        except Exception as error:
            outcome = type(error).__name__
        connection.aggre_deals("BTCUSDT", handle_as_task=False)(handler)
        listening = asyncio.create_task(connection.start_listening())
        await asyncio.sleep(2)
        listening.cancel()
    print(f'aggre_deals("BTCUSDT")                        {outcome}')
    print(f'aggre_deals("BTCUSDT", handle_as_task=False)  handled {", ".join(handled)}  (right: 100, 101, 102)')
    print(f"last price kept                               {kept['price']}")
    return outcome == "MexcWsPrivateStream" and handled == ["102", "101", "100"]


if not asyncio.run(main()):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
