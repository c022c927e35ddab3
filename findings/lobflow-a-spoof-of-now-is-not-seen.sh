#!/usr/bin/env bash
# lobflow: a spoof is looked for among the oldest of the last fifty books, and counts the more the older it is; that of this moment counts nothing.
#
# Expected: "real-time", a scan() after each update; "confidence based on volume size and timing". OrderBook "maintains Level 2 state from
#   streams of bid/ask updates": update() changes the levels that it brings, and a size of 0 takes one away.
# Seen: check_spoofing() of lobflow 0.1.0 takes the last 50 books and looks at the third to the twentieth, counted from the oldest. A large bid that came
#   and went is invisible in 29 books, is then reported in 18 and is gone; its share for timing is 1 - position / 50, so
#   that the oldest has the highest. With less than 21 books it works at once, which is the length of a demonstration. update() replaces the
#   whole book by what it brings, and a level of size 0 stays: it is the best bid, and the mid is between it and the ask.
# Why it matters: on a feed of ten updates a second the alarm comes three seconds late and lasts for two; a detector that is asked once
#   a second misses most. With the deltas of an exchange the spread jumps to whatever changed last.
# Way to live with it: a book of one's own in front, whole snapshots without zeros to update(); keep the history to 20 with
#   reset(). In tests the spoof as the last change of a long history.
# Versions: lobflow 0.1.0, numpy 2.4.6 (PyPI), Python 3.11.7. Source: lobflow/detector.py, book.py. Nothing found about it.
#
# Output seen:
#   books since the large bid went, of 15 in all     0: 0.12
#   books since the large bid went, of 60 and more   0: 0.00   10: 0.00   28: 0.00   29: 0.57   40: 0.77   46: 0.88   47: 0.00
#   bids 100 x 5, 99 x 7, asks 101 x 5; then bid 98 x 1 and ask 101 x 4: best bid 98 x 1
#   bid 100 x 0 and 99 x 7, ask 101 x 5: best bid 100 x 0, mid 100.5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check lobflow==0.1.0 numpy==2.4.6 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from lobflow import ManipulationDetector, OrderBook

BIDS = [(100.0 - level, 1.0) for level in range(10)]
ASKS = [(102.0 + level, 1.0) for level in range(10)]


def confidence(before, since):
    book = OrderBook("TICK")
    for number in range(before):
        book.update(BIDS, ASKS, number)
    book.update([(101.0, 50.0)] + BIDS, ASKS, before)  # large, at a price of its own, gone with the next book
    for number in range(since + 1):
        book.update(BIDS, ASKS, before + 1 + number)
    return round(ManipulationDetector(book).check_spoofing().confidence, 2)


short = confidence(13, 0)
print(f"books since the large bid went, of 15 in all     0: {short:.2f}")
waits = (0, 10, 28, 29, 40, 46, 47)
long = [confidence(58, since) for since in waits]
print("books since the large bid went, of 60 and more   " + "   ".join(f"{since}: {found:.2f}" for since, found in zip(waits, long)))


def level(pair):
    return "{:g} x {:g}".format(*pair)


book = OrderBook("TICK")
book.update([(100.0, 5.0), (99.0, 7.0)], [(101.0, 5.0)])
book.update([(98.0, 1.0)], [(101.0, 4.0)])
replaced = level(book.best_bid)
print(f"bids 100 x 5, 99 x 7, asks 101 x 5; then bid 98 x 1 and ask 101 x 4: best bid {replaced}")
book.update([(100.0, 0.0), (99.0, 7.0)], [(101.0, 5.0)])
print(f"bid 100 x 0 and 99 x 7, ask 101 x 5: best bid {level(book.best_bid)}, mid {book.mid_price():g}")
if not short or any(long[:3]) or not long[3] < long[4] < long[5] or long[6] or (replaced, book.mid_price()) != ("98 x 1", 100.5):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
