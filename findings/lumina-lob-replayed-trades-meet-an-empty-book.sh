#!/usr/bin/env bash
# lumina-lob: in a replay every trade meets an empty book: nothing is ever filled, and it is counted as traded.
#
# One would expect: ReplayEngine "replay[s] a merged stream of quote updates and trades through the engine": a quote puts its bid and ask into the book, a trade is sent as
#   a market order and fills against them, so that what is left at the best prices, the fills and the spread after the trade come out of the matching.
# What happens: replay() takes the quotes of the event before out of the book at each event, not only at a quote, though the description says that this is done "for every
#   quote event". A trade therefore always finds both sides empty. Its market order is dropped without a word, book.trades stays empty, the counters of trades and volume
#   go up all the same, and best bid, best ask and spread are missing in each row of a trade. The same four orders given to the engine by hand are filled.
# Why it matters: the replay against real ticks is what the simulator is to be checked with, and validate_spread_distribution drops the missing rows: the real quotes are
#   compared with themselves and the result is a likeness of 1, however the matching works. With a feed of trades only (no quotes between) nothing is ever measured.
# Live with it: feed quotes and trades to MatchingEngine.process in a loop of your own, cancelling the old quote only at a new one; in tests ask for len(book.trades),
#   never for the counters.
# Versions: lumina-lob 0.1.4 (the newest on PyPI), pandas 2.3.3, numpy 2.4.6, Python 3.11.7. Source: replay and _clear_quotes in lumina_lob/data/replay.py.
# Documented: only what the class says of itself, see above; nothing found about it elsewhere.
#
# Seen ("quote 99.99/100.01 of 100 a side, 30 bought, 40 sold, quote 99.98/100.02"; time, best bid, best ask):
#   replay
#     09:30:00 quote   99.99  100.01
#     09:30:01 trade     nan     nan
#     09:30:02 trade     nan     nan
#     09:30:03 quote   99.98  100.02
#     counted: 2 trades of 70 shares; filled: 0 trades of 0 shares
#     likeness of the spreads: 1.0
#   by hand
#     filled: 2 trades of 70 shares; left 60 at 99.99, 70 at 100.01
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile numpy==2.4.6 pandas==2.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }
venv/bin/pip install -qq --disable-pip-version-check --no-compile --no-deps lumina-lob==0.1.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import importlib.util
import pathlib

import pandas as pd
from lumina_lob.core.book import OrderBook
from lumina_lob.core.matching import MatchingEngine
from lumina_lob.core.order import Order, OrderType, Side

# Loaded by its file: the folder around it wants databento, which the replay does not use.
import lumina_lob

place = pathlib.Path(lumina_lob.__file__).parent / "data" / "replay.py"
spec = importlib.util.spec_from_file_location("replay", place)
replay = importlib.util.module_from_spec(spec)
spec.loader.exec_module(replay)

events = pd.DataFrame(
    [
        ("09:30:00", "quote", 99.99, 100.01, None, None),
        ("09:30:01", "trade", None, None, "buy", 30),
        ("09:30:02", "trade", None, None, "sell", 40),
        ("09:30:03", "quote", 99.98, 100.02, None, None),
    ],
    columns=["timestamp", "event_type", "bid_px", "ask_px", "side", "size"],
)
events["timestamp"] = pd.to_datetime("2026-11-27 " + events["timestamp"])


def filled(book):
    return f"filled: {len(book.trades)} trades of {sum(trade[2] for trade in book.trades)} shares"


print("replay")
engine = replay.ReplayEngine(default_quote_size=100)
seen = engine.replay(events)
for kind, row in zip(events["event_type"], seen.itertuples()):
    print(f"  {row.timestamp:%H:%M:%S} {kind} {row.best_bid:7.2f} {row.best_ask:7.2f}")
print(f"  counted: {engine._trade_count} trades of {engine._trade_volume:g} shares; {filled(engine.book)}")
real = (events["ask_px"] - events["bid_px"]).dropna()
print("  likeness of the spreads:", replay.validate_spread_distribution(real, seen["spread"]))

print("by hand")
book = OrderBook()
matching = MatchingEngine(book)
orders = [
    (Side.BID, 99.99, 100, OrderType.LIMIT),
    (Side.ASK, 100.01, 100, OrderType.LIMIT),
    (Side.BID, None, 30, OrderType.MARKET),
    (Side.ASK, None, 40, OrderType.MARKET),
]
for number, (side, price, size, kind) in enumerate(orders, 1):
    matching.process(Order(order_id=number, side=side, price=price, qty=size, order_type=kind))
bid, ask = book.best_bid, book.best_ask
print(f"  {filled(book)}; left {book.bids[bid].total_qty} at {bid}, {book.asks[ask].total_qty} at {ask}")
PROBE
venv/bin/python -W ignore probe.py | tee seen
cat > want <<'WANT'
replay
  09:30:00 quote   99.99  100.01
  09:30:01 trade     nan     nan
  09:30:02 trade     nan     nan
  09:30:03 quote   99.98  100.02
  counted: 2 trades of 70 shares; filled: 0 trades of 0 shares
  likeness of the spreads: 1.0
by hand
  filled: 2 trades of 70 shares; left 60 at 99.99, 70 at 100.01
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
