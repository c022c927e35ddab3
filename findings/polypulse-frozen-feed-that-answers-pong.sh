#!/usr/bin/env bash
# polypulse: "an order book feed that never freezes" stays frozen as long as PONG comes; after a cut a late REST answer replaces the newer book, and .48 is not 0.48.
#
# Expected: "a PONG-aware watchdog that detects the silent WS freeze": the connection stays open, events stop, after watchdog_timeout it connects anew. REST "is
#   used only while the WS is down". A level is a price, however it is written.
# Seen: polypulse 0.1.0 moves its clock with each frame, PONG too, and asks for one each ping_interval (10 s, watchdog 30 s): a server that only answers
#   PONG is alive for ever. While the line is down it asks REST for one token after the other and looks at the line only between the rounds: an
#   answer that comes after the reconnection, older than the snapshot of the socket, takes its place; source() says "rest", staleness() 0,
#   and the levels that went meanwhile stay until the next snapshot. Levels are kept by the text of their price: in the examples of
#   Polymarket's documentation a book says .48 and a change 0.5; with both spellings 0.48 of size 0 takes nothing away, the best bid stays.
# Why it matters: the freeze it was written for is not noticed: a best bid of an hour ago looks like a quiet market. After a cut a bot sees
#   a crossed or an old book and trades against it.
# Way to live with it: an alarm on staleness() of all tokens together; rest_fallback=False and no prices while the line is down. A stand-in that answers PING and
#   says nothing else, one with a slow /book, one that writes .48.
# Versions: polypulse 0.1.0 (the newest on PyPI), websockets 17.4, Python 3.11.7.
# Source: https://docs.polymarket.com/developers/CLOB/websocket/market-channel
#
# Output seen:
#                                                         expected          polypulse
#   no frame at all for 2 s, watchdog_timeout 0.5         reconnected       reconnected
#   PONG only for 2 s, watchdog_timeout 0.5               reconnected       the same connection
#   book of .48, then 0.48 of size 0                      no bid            bid 0.48
#   0.40 after the reconnection, older REST book of 0.60  0.4 by ws         0.6 by rest
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check polypulse==0.1.0 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import http.server
import json
import sys
import threading
import time

import polypulse.feed
import polypulse.rest
from polypulse import BookFeed
from websockets.asyncio.server import serve


def book(*bids):
    return {"event_type": "book", "asset_id": "7", "bids": [{"price": price, "size": "30"} for price in bids], "asks": []}


class Rest(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps(book("0.60")).encode()  # as it is now, sent two seconds later
        time.sleep(2)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


async def run(talk, seconds, **options):
    server = await serve(talk, "127.0.0.1", 0, ping_interval=None)
    polypulse.feed.WS_URL = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    feed = BookFeed(["7"], **{"rest_fallback": False, **options})
    task = asyncio.create_task(feed.run())
    await asyncio.sleep(seconds)
    feed.stop()
    await task
    server.close()
    return feed


async def silence(pong):
    count = 0

    async def talk(line):
        nonlocal count
        count += 1
        async for message in line:
            if message != "PING":
                await line.send(json.dumps(book("0.48")))
            elif pong:
                await line.send("PONG")

    await run(talk, 2, ping_interval=0.2, watchdog_timeout=0.5)
    return "reconnected" if count > 1 else "the same connection"


async def spelled(line):
    async for message in line:
        await line.send(json.dumps(book(".48")))
        change = {"asset_id": "7", "side": "BUY", "price": "0.48", "size": "0"}
        await line.send(json.dumps({"event_type": "price_change", "price_changes": [change]}))


async def late():
    count = 0

    async def talk(line):
        nonlocal count
        count += 1
        if count == 2:
            await asyncio.sleep(1.2)
        async for message in line:
            if message != "PING":
                await line.send(json.dumps(book("0.60" if count == 1 else "0.40")))
                if count == 1:
                    await line.close(1012)

    rest = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Rest)
    threading.Thread(target=rest.serve_forever, daemon=True).start()
    polypulse.rest.REST_BOOK = f"http://127.0.0.1:{rest.server_address[1]}/book?token_id="
    feed = await run(talk, 4, rest_fallback=True, rest_poll_interval=0.2)
    rest.shutdown()
    return f"{feed.best_bid('7')} by {feed.source('7')}"


async def main():
    bid = (await run(spelled, 1)).best_bid("7")
    rows = [
        ("no frame at all for 2 s, watchdog_timeout 0.5", "reconnected", await silence(False)),
        ("PONG only for 2 s, watchdog_timeout 0.5", "reconnected", await silence(True)),
        ("book of .48, then 0.48 of size 0", "no bid", "no bid" if bid is None else f"bid {bid}"),
        ("0.40 after the reconnection, older REST book of 0.60", "0.4 by ws", await late()),
    ]
    print(" " * 53, "expected".ljust(17), "polypulse")
    for name, expected, seen in rows:
        print(name.ljust(53), expected.ljust(17), seen)
    sys.stdout.flush()
    if [seen for *_, seen in rows] != ["reconnected", "the same connection", "bid 0.48", "0.6 by rest"]:
        sys.exit("not as described any more")


asyncio.run(asyncio.wait_for(main(), 60))
PROBE
timeout 70 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
