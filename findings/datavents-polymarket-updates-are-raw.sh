#!/usr/bin/env bash
# datavents: of Polymarket's order book only the snapshot is an "orderbook" event; each change comes as "raw" with another market id.
#
# Expected: the normalized stream has a coarse event type, "ticker", "orderbook", "trade" or "raw", and the market: book changes are
#   "orderbook" as those of Kalshi are, for the asset that was subscribed to, and a best_bid_ask message is a "ticker".
# Seen: _normalize_polymarket_msg() of datavents 0.1.1 reads the kind from "type" or "event"; Polymarket names it in "event_type".
#   So the kind is guessed from the fields each time: "book" has bids and asks and is right, last_trade_price has price and size and
#   is a "trade". price_change has its levels in "price_changes", best_bid_ask has best_bid (the list knows bestBid), so that both are
#   "raw", as is tick_size_change. The market is the asset's id for book and trade, but the condition's id for price_change, because
#   its asset ids are one level deeper.
# Why it matters: a handler for "orderbook" events, which works for Kalshi, shows the first book for ever. Prices look alive, as
#   the snapshot comes again after each trade. A filter by the asset id sees no change either.
# Way to live with it: take event.data["event_type"] by yourself, and the asset ids of event.data["price_changes"]; in tests a snapshot
#   and then a change, not snapshots only.
# Versions: datavents 0.1.1, websockets 15.0.1, Python 3.11. Nothing found about it. The messages have the form of Polymarket's
#   market channel; they come from a server in this file, without TLS.
#
# Output seen (event_type sent, then event and market received):
#   book               orderbook asset-yes
#   price_change       raw       condition-1
#   best_bid_ask       raw       asset-yes
#   last_trade_price   trade     asset-yes
#   tick_size_change   raw       asset-yes
#   handler of "orderbook" for asset-yes: best bid 0.48 after a change to 0.49
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile datavents==0.1.1 websockets==15.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import sys

import websockets
from datavents import DvSubscription, DvVendors, DvWsClient
from datavents.providers.polymarket import ws_client
from datavents.providers.shared_connection import ws_client as base

NOW = "1749648600123"
COMMON = {"asset_id": "asset-yes", "market": "condition-1", "timestamp": NOW}
LEVEL = {"price": "0.49", "size": "200", "side": "BUY", "best_bid": "0.49", "best_ask": "0.52"}
MESSAGES = [
    {"event_type": "book", **COMMON, "bids": [{"price": "0.48", "size": "30"}], "asks": [{"price": "0.52", "size": "25"}], "hash": "0x1"},
    {
        "event_type": "price_change", "market": "condition-1", "timestamp": NOW,
        "price_changes": [{"asset_id": "asset-yes", **LEVEL, "hash": "0x2"}],
    },
    {"event_type": "best_bid_ask", **COMMON, "best_bid": "0.49", "best_ask": "0.52", "spread": "0.03"},
    {"event_type": "last_trade_price", **COMMON, "price": "0.49", "size": "10", "side": "SELL", "fee_rate_bps": "0"},
    {"event_type": "tick_size_change", **COMMON, "old_tick_size": "0.01", "new_tick_size": "0.001"},
]
events = []


async def serve(connection):
    subscribed = json.loads(await connection.recv())
    assert subscribed == {"assets_ids": ["asset-yes"], "type": "market"}, subscribed
    await connection.send(json.dumps(MESSAGES[:1]))
    for message in MESSAGES[1:]:
        await connection.send(json.dumps(message))
    await connection.wait_closed()


async def main():
    stop = asyncio.Event()

    async def on_event(event):
        events.append(event)
        if len(events) == len(MESSAGES):
            stop.set()

    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        base.certifi = None  # no TLS on loopback
        ws_client.MARKET_WS_URL = f"ws://127.0.0.1:{port}/ws/market"
        subscription = DvSubscription(vendors=(DvVendors.POLYMARKET,), polymarket_assets_ids=["asset-yes"])
        running = asyncio.create_task(DvWsClient().run(subscription, on_event, stop_event=stop))
        await asyncio.wait_for(stop.wait(), 20)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


asyncio.run(main())
seen = [(event.data["event_type"], event.event, event.market) for event in events]
for kind, event, market in seen:
    print(f"{kind:<18} {event:<9} {market}")
books = [event.data for event in events if event.event == "orderbook" and event.market == "asset-yes"]
best = books[-1]["bids"][0]["price"]
print(f'handler of "orderbook" for asset-yes: best bid {best} after a change to 0.49')

expected = ["orderbook asset-yes", "raw condition-1", "raw asset-yes", "trade asset-yes", "raw asset-yes"]
if [f"{event} {market}" for _, event, market in seen] != expected or best != "0.48":
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
