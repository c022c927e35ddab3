#!/usr/bin/env bash
# bittrade-kraken-orderbook: a book never gets longer than it was; a side that was empty once stays empty.
#
# Expected: a book of depth 10 has up to ten levels of each side. Where fewer are in the market, a new order is one more.
# Seen: update_side() of bittrade-kraken-orderbook 1.0.2 cuts the side, after each message, to the length that it had
#   before it. With a full book a new level takes the place of the last, which is right. A book of three bids stays one
#   of three: a fourth is dropped, and a better one pushes out a real one. Each level that goes without another in the
#   same message makes the book shorter for good. With the last bid gone, no bid is ever taken again. No error, no log.
#   compute_order_book() leaves the checksum, which would show it, to the caller.
# Why it matters: thin pairs, the minutes after a listing, and a crash in which one side is eaten up. The best price is
#   right for long, the depth is not. Tests with a full book, or with as many new levels as removed ones, pass.
# Way to live with it: cut to the subscribed depth oneself and keep what is shorter; compute the checksum for each
#   message and subscribe anew when it differs; in tests a side that goes to nothing and comes back.
# Versions: bittrade-kraken-orderbook 1.0.2 (PyPI), Python 3.11.7. Nothing found about it. Messages of the form of Kraken's
#   WebSocket 1 ("as" and "bs" for the snapshot, "a" and "b" for changes, volume 0 for a level that goes).
#
# Output seen:
#   snapshot, three bids           100 99 98
#   a bid at 97 comes              100 99 98
#   a bid at 101 comes             101 100 99
#   101 and 100 go                 99
#   bids at 100 and 98 come        100
#   100 goes                       -
#   bids at 99 and 98 come         -
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps bittrade-kraken-orderbook==1.0.2 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > book.py <<'BOOK'
import sys

from bittrade_kraken_orderbook.compute import compute_order_book
from bittrade_kraken_orderbook.models import OrderBook


def levels(*pairs):
    return [[f"{price}.00000", f"{volume}.00000000", "1767590100.000000"] for price, volume in pairs]


book, seen = OrderBook(), []


def message(what, payload):
    compute_order_book(book, [1, payload, "book-10", "XBT/EUR"])
    seen.append(" ".join(str(int(float(order[0]))) for order in book.bids) or "-")
    print(f"{what:<30} {seen[-1]}")


message("snapshot, three bids", {"as": levels((105, 1)), "bs": levels((100, 1), (99, 1), (98, 1))})
message("a bid at 97 comes", {"b": levels((97, 1)), "c": "0"})
message("a bid at 101 comes", {"b": levels((101, 1)), "c": "0"})
message("101 and 100 go", {"b": levels((101, 0), (100, 0)), "c": "0"})
message("bids at 100 and 98 come", {"b": levels((100, 1), (98, 1)), "c": "0"})
message("100 goes", {"b": levels((100, 0)), "c": "0"})
message("bids at 99 and 98 come", {"b": levels((99, 1), (98, 1)), "c": "0"})
if seen != ["100 99 98", "100 99 98", "101 100 99", "99", "100", "-", "-"]:
    sys.exit("not as described any more")
BOOK
venv/bin/python -W ignore book.py
