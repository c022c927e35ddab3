#!/usr/bin/env bash
# order-matching, lightmatchingengine: what a market order leaves over waits in the book at infinity, or at zero, and trades there.
#
# Expected: a market order takes what the other side has; the rest is cancelled, or waits at the last price. Nobody can trade at a
#   price that no limit order named. A limit of 100.25 is an order at 100.25.
# Seen: order-matching 0.12.0 gives a market order the price inf (buy) or 0 (sell) so that each comparison holds, and puts its
#   remainder into the book with that price. Trades take the price of the waiting order: the next sell order prints at inf,
#   whatever its limit. Best bid and mid price are inf until then. lightmatchingengine 2019.1.4 says "zero if market order" and
#   does the same with 0 on both sides: the next buy order gets its shares for nothing. Limits are rounded by
#   order-matching to one digit behind the point (price_number_of_digits=1): 100.25 is an order at 100.2.
# Why it matters: these engines feed simulators, and simulators feed tests of clients: one market order larger than the book and
#   each bar has a high of infinity or a low of 0. With an order that fits, everything is right. The rounding moves
#   prices of stocks by up to five ticks and nothing says so.
# Way to live with it: limit orders at a far price instead of market orders; price_number_of_digits as the instrument has it; in
#   tests a market order for more than the book holds, then one more order.
# Versions: order-matching 0.12.0 with polars 1.42.1 or newer, lightmatchingengine 2019.1.4 (the newest on PyPI), Python 3.11.7.
#   Nothing found about it.
#
# Output seen:
#   order-matching, 10 offered at 100.5, market order to buy 15: 10 at 100.5; best bid inf, mid price inf
#   order-matching, limit order to sell 3 at 100.6: 3 at inf
#   order-matching, 10 bid at 100.4, market order to sell 15, then limit order to buy 2 at 99: 2 at 0
#   order-matching, limit order at 100.25: waits at 100.2
#   lightmatchingengine, the same with a market order to sell: 2 at 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check 'order-matching[polars]==0.12.0' lightmatchingengine==2019.1.4 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
from datetime import datetime, timedelta

from lightmatchingengine.lightmatchingengine import LightMatchingEngine, Side as LightSide
from loguru import logger
from order_matching.enums import Side
from order_matching.matching_engine import MatchingEngine
from order_matching.order import LimitOrder, MarketOrder
from order_matching.orders import Orders

logger.remove()
start = datetime(2026, 1, 5, 10)
sent = 0


def send(engine, kind, side, size, **limit):
    global sent
    sent += 1
    moment = start + timedelta(seconds=sent)
    engine.place(Orders([kind(side=side, size=size, timestamp=moment, order_id=f"o{sent}", trader_id="t", **limit)]))
    return ", ".join(f"{trade.size:g} at {trade.price:g}" for trade in engine.match(timestamp=moment).trades)


lines = []
rising = MatchingEngine(seed=1)
send(rising, LimitOrder, Side.SELL, 10, price=100.5)
send(rising, LimitOrder, Side.BUY, 10, price=100.4)
book = rising.unprocessed_orders
bought = send(rising, MarketOrder, Side.BUY, 15)
lines.append(
    f"order-matching, 10 offered at 100.5, market order to buy 15: {bought}; "
    f"best bid {book.max_bid:g}, mid price {book.current_price:g}"
)
lines.append("order-matching, limit order to sell 3 at 100.6: " + send(rising, LimitOrder, Side.SELL, 3, price=100.6))

falling = MatchingEngine(seed=1)
send(falling, LimitOrder, Side.BUY, 10, price=100.4)
send(falling, MarketOrder, Side.SELL, 15)
lines.append(
    "order-matching, 10 bid at 100.4, market order to sell 15, then limit order to buy 2 at 99: "
    + send(falling, LimitOrder, Side.BUY, 2, price=99.0)
)

rounding = MatchingEngine(seed=1)
send(rounding, LimitOrder, Side.BUY, 10, price=100.25)
lines.append(f"order-matching, limit order at 100.25: waits at {rounding.unprocessed_orders.max_bid:g}")

light = LightMatchingEngine()
light.add_order("ACME", 100.4, 10, LightSide.BUY)
light.add_order("ACME", 0, 15, LightSide.SELL)
_, trades = light.add_order("ACME", 99.0, 2, LightSide.BUY)
lines.append(
    "lightmatchingengine, the same with a market order to sell: "
    + ", ".join(f"{trade.trade_qty:g} at {trade.trade_price:g}" for trade in trades if trade.trade_side == LightSide.BUY)
)

print("\n".join(lines))
expected = ["10 at 100.5; best bid inf, mid price inf", "3 at inf", "2 at 0", "waits at 100.2", "2 at 0"]
if [line.split(": ", 1)[1] for line in lines] != expected:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
