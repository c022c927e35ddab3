#!/usr/bin/env bash
# ordrbook: a sale of 10 takes every bid of 10 or less, however many there are; a purchase of 10 is right; equal prices do not meet.
#
# Expected: README: price-time priority, "a limit price for a buyer is the maximum"; a trade ends when the quantity of the incoming order is
#   used up. The bid and the ask at one price trade. The volume of a side is the sum of its orders.
# Seen: in ordrbook 0.0.1 the line that takes the traded quantity off the incoming order stands in the branch for asks only. A sale keeps
#   its full quantity after each bid it has emptied and goes on down the book, until a bid is larger than it; as a limit order it then rests
#   in full as well. Limit orders trade only through the price (> and <), not at it: bid 100 and ask 100 both rest. A bid filled in part
#   is taken off its level, not off the total of its side. README's own example sells 40 shares for "SELL 30" (S1).
# Why it matters: a simulated exchange on which sales are up to a hundred times their size: fills, positions and the price impact of each
#   stop loss are invented, in one direction, and the strategy that only buys looks right.
# Way to live with it: another package; or check after each order that the trades add up to no more than its quantity. In tests the same
#   case mirrored to the other side, and an order at the best price.
# Versions: ordrbook 0.0.1, bintrees 2.2.0 (PyPI), Python 3.11.7. Source: ordrbook/orderbook.py. Nothing found about it.
#
# Output seen:
#   book of five orders of 10 on one side
#   market purchase of 10   trades 10 at 100
#   market sale of 10       trades 10 at 100, 10 at 99, 10 at 98, 10 at 97, 10 at 96
#   limit sale of 10 at 96  trades 10 at 100, 10 at 99, 10 at 98, 10 at 97   rests 10
#   README's S1: 30 at 98   trades 10 at 99, 30 at 99
#   bid 100, then ask 100   trades none   best bid 100, best ask 100
#   bid of 10, 4 are sold   level 6, volume of the side 10
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check setuptools==80.9.0 wheel==0.45.1 >pip.log 2>&1 || { cat pip.log; exit 1; }
venv/bin/pip install -qq --disable-pip-version-check --no-build-isolation ordrbook==0.0.1 bintrees==2.2.0 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from ordrbook import OrderBook

seen = []


def order(name, quantity, price=None):
    return {"order_id": name, "trade_id": name, "timestamp": 1, "quantity": quantity, "price": price}


def show(trades):
    found = [(int(trade["quantity"]), int(trade["price"])) for trade in trades]
    seen.append(sum(quantity for quantity, _ in found))
    return "trades " + (", ".join(f"{quantity} at {price}" for quantity, price in found) or "none")


def book(bids=(), asks=()):
    new = OrderBook(tick_size=0.01)
    for number, (quantity, price) in enumerate(bids):
        new.bid_limit_order(order(f"bid{number}", quantity, price))
    for number, (quantity, price) in enumerate(asks):
        new.ask_limit_order(order(f"ask{number}", quantity, price))
    return new


down = [(10, 100.0 - step) for step in range(5)]
up = [(10, 100.0 + step) for step in range(5)]
print("book of five orders of 10 on one side")
print("market purchase of 10  ", show(book(asks=up).bid_market_order(order("buy", 10))))
print("market sale of 10      ", show(book(bids=down).ask_market_order(order("sell", 10))))
trades, rest = book(bids=down).ask_limit_order(order("sell", 10, 96.0))
print("limit sale of 10 at 96 ", show(trades), "  rests", rest["quantity"])
print("README's S1: 30 at 98  ", show(book(bids=[(10, 99.0), (40, 99.0)]).ask_limit_order(order("S1", 30, 98.0))[0]))
both = book(bids=[(10, 100.0)])
trades, _ = both.ask_limit_order(order("ask", 10, 100.0))
print("bid 100, then ask 100  ", show(trades), f"  best bid {both.bids.max_price():g}, best ask {both.asks.min_price():g}")
part = book(bids=[(10, 100.0)])
part.ask_market_order(order("sell", 4))
print("bid of 10, 4 are sold   level {}, volume of the side {}".format(part.bids.max_price_list().volume, part.bids.volume))
if seen != [10, 50, 40, 40, 0] or part.bids.volume != 10:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
