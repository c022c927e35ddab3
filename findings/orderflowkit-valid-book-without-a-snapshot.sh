#!/usr/bin/env bash
# OrderFlowKit: what it records has a best bid a dollar too low and is "live" and valid; after one gap nothing is valid any more; and the
#   depth is counted once for each level of a message.
#
# Expected: README's example records a book of Binance's, "with sequence-gap, crossed-book, and stale-book detection", and "surfaces invalid
#   book intervals". Binance's stream brings changes: the book to change is asked for by REST, and again after a gap.
# Seen: OrderFlowKit 0.1.0 never asks. Recorder and replay apply the changes to an empty book: it has the levels that happened to
#   change, and with one on each side it is live. Levels at the top that stand still are not in it, for hours if need be.
#   A gap sets OUT_OF_SYNC. apply() clears the book at the first row of a snapshot but keeps the last number, so that the
#   snapshot's own number is a gap too, and no row is valid from then on. apply_snapshot(), which replay does not call, is right.
#   Each changed level makes a snapshot of the book, all of a message with one time; from_book_snapshots() groups by it and adds them up.
# Why it matters: mid, spread and imbalance are the features that models are trained on, and valid_book is what one filters by: it lets
#   through what is wrong, and after the first gap nothing. Depth grows with the size of the messages, which is how busy the market is.
# Way to live with it: one apply_snapshot() before the stream and after each gap, in code of one's own; snapshots after the last row of a
#   message; in tests a market whose best prices do not move, and a message of four levels.
# Versions: OrderFlowKit 0.1.0 (the newest on PyPI), websockets 16.1.1, pandas 3.1.1, pyarrow 26.0.1, Python 3.11.7. Nothing found about it.
#   The script's server sends updates in Binance's form.
#
# Output seen (all the while 100.0 is bid and 100.2 asked; levels at 99.0 and 101.5 change, then four bids below 99.0 come, 1 each):
#   recorded book      bid 99.0  ask 101.5  valid True            (right: bid 100.0  ask 100.2, or not valid)
#   quality report     0 gaps, median spread 249.4 bps            (right: 20.0 bps)
#   bid depth          from events 7.0, from snapshots 22.0       (right: the same)
#   after a gap        out_of_sync, valid False
#   after a snapshot   out_of_sync, valid False                   (right: live, valid True)
#   apply_snapshot()   live, valid True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check OrderFlowKit==0.1.0 websockets==16.1.1 pandas==3.1.1 pyarrow==26.0.1 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import sys
from pathlib import Path

import websockets
from orderflowkit.book import LocalBook
from orderflowkit.features import FeaturePipeline
from orderflowkit.record import Recorder
from orderflowkit.replay import Replay
from orderflowkit.streams import BinanceDepthStream

UPDATES = [
    {"U": 101, "u": 105, "b": [["99.0", "3"]], "a": [["101.5", "2"]]},
    {"U": 106, "u": 110, "b": [["98.9", "1"], ["98.8", "1"], ["98.7", "1"], ["98.6", "1"]], "a": []},
]


async def serve(line):
    for update in UPDATES:
        await line.send(json.dumps({"e": "depthUpdate", "E": 1781172000000, "s": "BTCUSDT"} | update))
        await asyncio.sleep(0.2)


async def record():
    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        stream = BinanceDepthStream("BTCUSDT")
        stream.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return await Recorder(stream, "data").run("30s")


def one(pattern):
    return next(Path("data").rglob(pattern))


def state(book):
    return f"{book.status.value}, valid {book.valid}"


report = asyncio.run(record())
last = Replay(one("*.l2_events.parquet")).books()[-1]
pipeline = FeaturePipeline()
events = pipeline.from_l2_events(one("*.l2_events.parquet"))["bid_depth_10"].max()
snapshots = pipeline.from_book_snapshots(one("*.book_snapshots.parquet"))["bid_depth_10"].max()

book = LocalBook("BTCUSDT")
book.apply_snapshot([(100.0, 1)], [(100.2, 1)], update_id=100)
book.apply_delta("bid", 99.0, 3, first_update_id=106, last_update_id=110)
gap = state(book)
for side, price in (("bid", 100.0), ("ask", 100.2)):
    book.apply({"side": side, "price": price, "size": 1, "is_snapshot": True, "update_id": 200})
resynced = state(book)
book.apply_snapshot([(100.0, 1)], [(100.2, 1)], update_id=300)

lines = [
    ("recorded book", f"bid {last.bids[0][0]}  ask {last.asks[0][0]}  valid {last.valid}", "bid 100.0  ask 100.2, or not valid"),
    ("quality report", f"{report.sequence_gaps} gaps, median spread {report.median_spread_bps:.1f} bps", "20.0 bps"),
    ("bid depth", f"from events {events}, from snapshots {snapshots}", "the same"),
    ("after a gap", gap, ""),
    ("after a snapshot", resynced, "live, valid True"),
    ("apply_snapshot()", state(book), ""),
]
for name, seen, right in lines:
    print(f"{name:<18} {seen:<42} {f'(right: {right})' if right else ''}".rstrip())
if [seen for _, seen, _ in lines] != [
    "bid 99.0  ask 101.5  valid True",
    "0 gaps, median spread 249.4 bps",
    "from events 7.0, from snapshots 22.0",
    "out_of_sync, valid False",
    "out_of_sync, valid False",
    "live, valid True",
]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
