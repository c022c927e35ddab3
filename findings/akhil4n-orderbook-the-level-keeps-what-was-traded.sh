#!/usr/bin/env bash
# akhil4n-orderbook, cython-orderbook: a price level keeps the quantity that was traded away, and the last cancel leaves a best bid of nobody.
#
# Expected: the book shows per price what rests there; a level whose last order is cancelled is gone, and best_bid() is the next one.
# Seen: PriceLevel.total_quantity of akhil4n-orderbook 0.1.1 grows with each order and shrinks only when an order is cancelled: a fill sets
#   the remaining quantity to 0 first and takes that off. 12 of 15 are traded, and the book shows 15. cancel_order() removes a level when
#   its total is 0, which it can't be any more: after the last order is cancelled the level stays, with 12 on show, and best_bid() is its price. The
#   next sell order at that price finds nobody, rests as an ask at 100, and only then the bid is gone. cython-orderbook 0.1.2, the faster one
#   by the same author, takes off what was filled of an order in part, and not an order that was filled whole: 13 and 10.
# Why it matters: it is a matching engine for simulators and tests of feeds. Depth, imbalance and the spread are wrong from the first trade on,
#   the trades themselves are right, so that a test of trades passes. A market maker in the simulation quotes against a bid that isn't there.
# Way to live with it: sum remaining_quantity over bids[price].queue.values() for depth; a price counts only if that sum isn't 0. In tests
#   compare the total of a level with the sum after each trade and each cancel.
# Versions: akhil4n-orderbook 0.1.1 (source: orderbook.py), cython-orderbook 0.1.2 (its source was not read), Python 3.11.7. Nothing found about it.
#
# Output seen (bids of 10 and 5 at 100 and of 7 at 99, then a sale of 12 at 100, then the rest at 100 cancelled):
#   akhil4n-orderbook    after the sale: shows 15, rests 3   after the cancel: shows 12, rests 0, best bid 100
#   cython-orderbook     after the sale: shows 13, rests 3   after the cancel: shows 10, rests 0, best bid 100
#   a sale of 3 at 100   akhil4n-orderbook: 0 traded, best bid 99, best ask 100
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check akhil4n-orderbook==0.1.1 cython-orderbook==0.1.2 sortedcontainers==2.4.0 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import re
import sys
from decimal import Decimal

import cython_orderbook
import orderbook


def shown(book, price="100"):
    return int(re.search(rf"^{price}\s+(\d+)", str(book), re.M)[1])


def resting(book, price="100"):
    return [order for order in book.bids[Decimal(price)].queue.values()]


seen = []
for name, library in (("akhil4n-orderbook", orderbook), ("cython-orderbook", cython_orderbook)):
    def place(side, price, quantity):
        order = library.Order(side=getattr(library.OrderSide, side), price=Decimal(price), original_quantity=quantity)
        book.add_limit_order(order)
        return order

    book = library.OrderBook()
    for price, quantity in (("100", 10), ("100", 5), ("99", 7)):
        place("BID", price, quantity)
    place("ASK", "100", 12)
    after_sale = (shown(book), sum(order.remaining_quantity for order in resting(book)))
    book.cancel_order(resting(book)[0].order_id)
    after_cancel = (shown(book), len(resting(book)), str(book.best_bid()))
    seen.append(after_sale + after_cancel)
    print("{:20} after the sale: shows {}, rests {}   after the cancel: shows {}, rests {}, best bid {}".format(name, *after_sale, *after_cancel))
    if library is orderbook:
        sale = place("ASK", "100", 3)
        last = (3 - sale.remaining_quantity, str(book.best_bid()), str(book.best_ask()))
print("a sale of 3 at 100   akhil4n-orderbook: {} traded, best bid {}, best ask {}".format(*last))
if seen != [(15, 3, 12, 0, "100"), (13, 3, 10, 0, "100")] or last != (0, "99", "100"):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
