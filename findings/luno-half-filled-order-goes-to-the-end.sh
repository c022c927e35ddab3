#!/usr/bin/env bash
# Luno: an order that is filled in part moves behind all others of its price, and the first in the queue is shown as the last.
#
# Expected: the book, "correctly updated for each event", holds orders of one price in the order in which they will be
#   filled; a partial fill keeps its place, as at the exchange.
# Seen: the stream client of luno-python 0.3.0 takes an order out of its dictionary at each trade and puts what is left in
#   again, at the end. get_bids() and get_asks() sort by price alone and leave the rest as it lies. Volumes and prices
#   stay right; each partial fill turns the queue of the best price by one.
# Why it matters: whoever looks where his order stands, or how much is in front of it, gets it wrong just at the best
#   price: 5 in front are 0, or the own order, next to be filled, has 5 in front. Simulated fills from recorded books too.
# Way to live with it: keep the first sequence number of each order_id (create_update) and sort by price and that; in tests two
#   orders of one price, and a trade with half of the first.
# Versions: luno-python 0.3.0 (PyPI, by the exchange), Python 3.11.7. Nothing found about it. Messages of the form that Luno
#   documents for its stream.
#
# Output seen (bids at 100, in the order of the queue):
#   snapshot               A 5, B 3, C 2   in front of C: 8
#   1 of A is sold         B 3, C 2, A 4   in front of C: 3 (right: 7)
#   1 more of A is sold    B 3, C 2, A 3   in front of A: 5 (right: 0)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check luno-python==0.3.0 websockets==15.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import sys

from luno_python.stream_client import stream_market
from websockets.asyncio.server import serve

SNAPSHOT = {
    "sequence": "1",
    "status": "ACTIVE",
    "asks": [{"id": "Z", "price": "101", "volume": "1"}],
    "bids": [{"id": name, "price": "100", "volume": volume} for name, volume in (("A", "5"), ("B", "3"), ("C", "2"))],
}


def sold(sequence):
    trade = {"sequence": sequence, "base": "1", "counter": "100", "maker_order_id": "A", "taker_order_id": f"T{sequence}"}
    return {"sequence": str(sequence), "trade_updates": [trade], "create_update": None, "delete_update": None, "status_update": None}


async def service(client):
    await client.recv()
    for message in (SNAPSHOT, sold(2), sold(3)):
        await client.send(json.dumps(message))


async def main():
    books = []
    async with serve(service, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await stream_market("XBTZAR", "key", "secret", lambda pair, state, update: books.append(state.bids), base_url=url)
    seen = []
    for title, name, bids in zip(("snapshot", "1 of A is sold", "1 more of A is sold"), "CCA", books):
        queue = [bid.order_id for bid in bids]
        front = sum(bid.volume for bid in bids[: queue.index(name)])
        right = sum(bid.volume for bid in bids if bid.order_id < name)
        text = ", ".join(f"{bid.order_id} {bid.volume}" for bid in bids)
        print(f"{title:<21}  {text}   in front of {name}: {front}" + (f" (right: {right})" if front != right else ""))
        seen.append((text, front))
    return seen == [("A 5, B 3, C 2", 8), ("B 3, C 2, A 4", 3), ("B 3, C 2, A 3", 5)]


if not asyncio.run(main()):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
