#!/usr/bin/env bash
# order-book: a book limited to three levels has three by len() and six in a loop; "strict" limits single levels, not a snapshot.
#
# Expected: max_depth=3 is the depth of the book however it is read; max_depth_strict=True also throws away what is deeper, whichever way
#   it got in. A checksum of the text that the exchange sent is the exchange's.
# Seen: in order-book 0.6.1 len(), keys(), to_dict() and to_list() stop at max_depth, and "for price in book.bids" and index() go on to
#   whatever is stored, with sizes that the exchange no longer updates. With max_depth_strict a level that is set alone throws the deepest out;
#   bids = {...}, which is how a snapshot gets in, keeps all six. Checksums: small prices are written as 1.9E-7; that was mended for Kraken
#   (0.4.3) and not for Bitget, so that the checksum of a pair below 0.000001 is never right and the feed asks for snapshots without end.
# Why it matters: volume down to the tenth level, walls and worst prices are counted in a loop, and include levels that went long ago; the
#   same book written by to_dict() and compared with the exchange's is right.
# Way to live with it: read through to_list() or keys(); call truncate() after each snapshot. In tests one snapshot that is deeper than the
#   book, and one price below 0.000001.
# Versions: order-book 0.6.1 (PyPI; the newest that takes Python 3.11), Python 3.11.7. README lists "max depth and depth truncation" only.
#
# Output seen:
#   six bids from 100 down, max_depth=3
#   len 3   keys 3   to_list 3   loop 6   index(5) (95, 6)
#   after truncate(): loop 3
#   max_depth_strict=True   set one by one: loop 3   set at once: loop 6
#   checksums of 25 levels as sent   Kraken right   OKX right   Bitget right
#   the same with prices of 0.000000x   Kraken right   OKX right   Bitget WRONG
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check order-book==0.6.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
import zlib
from decimal import Decimal

from order_book import OrderBook

levels = {Decimal(100 - step): Decimal(step + 1) for step in range(6)}
book = OrderBook(max_depth=3)
book.bids = levels
seen = [len(book.bids), len(book.bids.keys()), len(book.bids.to_list()), len(list(book.bids))]
print("six bids from 100 down, max_depth=3")
print("len {}   keys {}   to_list {}   loop {}".format(*seen), "  index(5) ({}, {})".format(*book.bids.index(5)))
book.bids.truncate()
seen.append(len(list(book.bids)))
print(f"after truncate(): loop {seen[-1]}")
single, at_once = OrderBook(max_depth=3, max_depth_strict=True), OrderBook(max_depth=3, max_depth_strict=True)
for price, size in levels.items():
    single.bids[price] = size
at_once.bids = levels
seen += [len(list(single.bids)), len(list(at_once.bids))]
print("max_depth_strict=True   set one by one: loop {}   set at once: loop {}".format(*seen[-2:]))


def by_kraken(bids, asks):
    return "".join(text.replace(".", "").lstrip("0") for side in (asks, bids) for level in side[:10] for text in level)


def by_okx(bids, asks):
    return ":".join(":".join(bid + ask) for bid, ask in zip(bids, asks))


def right(name, rule, bids, asks):
    one = OrderBook(checksum_format=name)
    one.bids, one.asks = ({Decimal(price): Decimal(size) for price, size in side} for side in (bids, asks))
    return one.checksum() == zlib.crc32(rule(bids, asks).encode())


sums = []
for title, start, step in (("of 25 levels as sent", 50_000_000_000, 10_000_000), ("the same with prices of 0.000000x", 500, 1)):
    bids = [(f"{(start - step * n) // 10**9}.{(start - step * n) % 10**9:09d}", f"1.{n:04d}") for n in range(1, 26)]
    asks = [(f"{(start + step * n) // 10**9}.{(start + step * n) % 10**9:09d}", f"2.{n:04d}") for n in range(1, 26)]
    sums.append([right(name, rule, bids, asks) for name, rule in (("KRAKEN", by_kraken), ("OKX", by_okx), ("BITGET", by_okx))])
    words = ["right" if good else "WRONG" for good in sums[-1]]
    print("{}{}   Kraken {}   OKX {}   Bitget {}".format("" if len(sums) > 1 else "checksums ", title, *words))
if (seen, sums) != ([3, 3, 3, 6, 3, 3, 6], [[True, True, True], [True, True, False]]):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
