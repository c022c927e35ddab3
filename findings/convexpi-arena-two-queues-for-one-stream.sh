#!/usr/bin/env bash
# convexpi-arena: its two replays of one order-by-order stream fill the same order in one and not in the other, each wrong in its own way.
#
# Expected: mbo.py "defines the semantics", MboReplayMarket is "conformance-tested against" it: 10 ahead of us at 100; after trades of 5 and 1 there
#   are 4 ahead; a trade of 12 takes the 10 and our 1; an order that is cancelled after a part was filled is gone.
# Seen: convexpi-arena 0.2.0. simulate_passive_order() takes a full fill off the queue twice: once for the trade and once for the "deleted"
#   of the same order, so we are at the front after half of the queue and filled by the trade of 1. A trade that is larger than
#   the queue gives its rest to nobody: 12 against 10 do not fill us. MboReplayMarket has both right, and keeps what the reference
#   removes: a "deleted" with a traded amount is taken for a fill, so the unfilled rest of 3 stays in the book as best bid for ever.
# Why it matters: a maker strategy gets its fills twice as early in the one and trades against orders that have been cancelled in the
#   other; whoever checks the one by the other sees a difference and has no way to tell which is right.
# Way to live with it: feed fills to the simulator as "trade" and "changed" to 0, and a cancel after a part fill with tr 0; a stream
#   of ten events with a known result as a test of each replay; best bid and ask against the snapshots of the venue.
# Versions: convexpi-arena 0.2.0 (the newest on PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen:
#                                                 expected    simulate_passive_order    MboReplayMarket
#   10 ahead, trades of 5 and 1: our order        rests       filled                    rests
#   10 ahead, a trade of 12: our order            filled      rests                     filled
#   5, of which 2 traded and 3 cancelled: bid     99          99                        100
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check convexpi-arena==0.2.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import sys
from pathlib import Path

from convexpi.arena.agents import Agent
from convexpi.arena.crypto_l3_replay import MboReplayMarket
from convexpi.arena.engine import Order, Side
from convexpi.arena.mbo import L3Book, simulate_passive_order

BUY, SELL = 0, 1


def order(event, number, price, amount, side, traded, second):
    return {"k": "o", "e": event, "id": number, "p": price, "a": amount, "s": side, "tr": traded, "t": second * 1_000_000}


def trade(price, amount, taker, second):
    return {"k": "t", "p": price, "a": amount, "s": taker, "t": second * 1_000_000}


book = [
    order("created", 9, 101.0, 5.0, SELL, 0, 0),
    order("created", 1, 100.0, 5.0, BUY, 0, 1),
    order("created", 2, 100.0, 5.0, BUY, 0, 2),
    order("created", 8, 99.0, 1.0, BUY, 0, 3),
]
before, after = [order("created", 7, 98.0, 1.0, BUY, 0, 4)], [order("created", 6, 97.0, 1.0, BUY, 0, 9)]
half = [
    trade(100.0, 5.0, SELL, 5), order("deleted", 1, 100.0, 0.0, BUY, 5.0, 5),
    trade(100.0, 1.0, SELL, 6), order("changed", 2, 100.0, 4.0, BUY, 1.0, 6),
]
large = [trade(100.0, 12.0, SELL, 5), order("deleted", 1, 100.0, 0.0, BUY, 5.0, 5), order("deleted", 2, 100.0, 0.0, BUY, 5.0, 5)]
part = [
    trade(100.0, 2.0, SELL, 5), order("changed", 1, 100.0, 3.0, BUY, 2.0, 5),
    order("deleted", 1, 100.0, 3.0, BUY, 2.0, 6), order("deleted", 2, 100.0, 5.0, BUY, 0, 7),
]


class Maker(Agent):
    def __init__(self, size):
        super().__init__("maker")
        self.size = size

    def on_tick(self, state):
        size, self.size = self.size, 0
        return [Order(self.agent_id, Side.BUY, size, price=10_000)] if size else []


def market(events, size):
    Path("stream.jsonl").write_text("\n".join(map(json.dumps, events)))
    replay = MboReplayMarket([Maker(size)], l3_path="stream.jsonl", warmup_events=len(book), events_per_tick=1, n_ticks=len(events) - len(book))
    replay.run()
    return replay


def both(events):
    stream = book + before + events + after
    reference = simulate_passive_order(stream, BUY, 100.0, len(book), 1.0)
    position = market(stream, 1_000_000).accounts["maker"].position
    return ["filled" if reference.filled else "rests", {0: "rests", 1_000_000: "filled"}.get(position, str(position))]


reference = L3Book()
for event in book + part:
    if event["k"] == "o":
        reference.apply(event)
bid = market(book + part + after, 0).engine.book.best_bid()
rows = [
    ("10 ahead, trades of 5 and 1: our order", "rests", *both(half)),
    ("10 ahead, a trade of 12: our order", "filled", *both(large)),
    ("5, of which 2 traded and 3 cancelled: bid", "99", f"{reference.best_bid():g}", f"{bid / 100:g}"),
]
print(" " * 45, "expected    simulate_passive_order    MboReplayMarket")
for name, expected, one, two in rows:
    print(name.ljust(45), expected.ljust(11), one.ljust(25), two)
if [row[2:] for row in rows] != [("filled", "rests"), ("rests", "filled"), ("99", "100")]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
