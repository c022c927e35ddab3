#!/usr/bin/env bash
# fastlob: levels that an update removes leave the book, and stay in its volume and its imbalance.
#
# Expected: bids_volume() is the sum over the levels that best_bids() shows, and imbalance() is made of the two sums.
#   A mid price weighted by volume leans up when more is bid than offered.
# Seen: fastlob 0.0.24 keeps a running total for each side. An update to a level goes into it as a difference; an update to 0 takes
#   the level out and leaves the total as it was. bids_volume(n) counts the n best levels instead and is right,
#   bids_volume(), total_volume() and imbalance() without n grow with each level that ever was. A removed level that
#   comes back is counted once more. Sizes below 0.005 are rounded to 0.00 first (two digits unless an environment
#   variable says otherwise), and so remove the level. weighted_midprice() weighs each price with its own side's
#   volume, so that it moves away from the side with more orders: 5 bid at 100 and 3 offered at 101 are 100.375, not 100.625.
# Why it matters: on a live book levels come and go all day. The totals are those of the whole day after an hour, the imbalance settles
#   near a half whatever the market does, and the best prices beside them are right.
# Way to live with it: call all of them with n, as large as the book; in tests remove a level and add up what is left.
# Versions: fastlob 0.0.24 (the newest on PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen (running total, sum over the levels):
#   at first              bids 12 12   asks 7 7   imbalance 0.632 0.632   weighted mid price 100.375
#   99 and 101 removed    bids 12 5    asks 7 4   imbalance 0.632 0.556
#   99 back and gone x 9  bids 75 5    asks 7 4   imbalance 0.915 0.556
#   0.004 left at 100     bids 75 0    asks 7 4   no bid left
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check fastlob==0.0.24 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import logging
import sys

from fastlob import Orderbook

logging.disable(logging.CRITICAL)
book = Orderbook.from_snapshot({"bids": [(100, 5), (99, 7)], "asks": [(101, 3), (102, 4)]}, start=True)


def look(name):
    bids = sum(volume for _, volume, _ in book.best_bids(10))
    asks = sum(volume for _, volume, _ in book.best_asks(10))
    line = f"{name:<21} bids {book.bids_volume():.0f} {bids:<4.0f} asks {book.asks_volume():.0f} {asks:<3.0f}"
    return f"{line} imbalance {book.imbalance():.3f} {bids / (bids + asks):.3f}" if bids else f"{line} no bid left"


lines = [f"{look('at first')}   weighted mid price {book.weighted_midprice():.3f}"]
book.step_updates({"bids": [(99, 0)], "asks": [(101, 0)]})
lines.append(look("99 and 101 removed"))
for _ in range(9):
    book.step_updates({"bids": [(99, 7)], "asks": []})
    book.step_updates({"bids": [(99, 0)], "asks": []})
lines.append(look("99 back and gone x 9"))
book.step_updates({"bids": [(100, 0.004)], "asks": []})
lines.append(look("0.004 left at 100"))
book.stop()
print("\n".join(lines))
seen = [" ".join(line[22:].split()) for line in lines]
if seen != [
    "bids 12 12 asks 7 7 imbalance 0.632 0.632 weighted mid price 100.375",
    "bids 12 5 asks 7 4 imbalance 0.632 0.556",
    "bids 75 5 asks 7 4 imbalance 0.915 0.556",
    "bids 75 0 asks 7 4 no bid left",
]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
