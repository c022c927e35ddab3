#!/usr/bin/env bash
# lighter-data: the recorder keeps the book of before the last move, stops at a lost message without a word, and files yesterday's ticks under today.
#
# Expected: "maintains each subscribed book from snapshot and deltas, samples the top-20 every 500 ms, records every trade, survives disconnects"; the
#   column exch_time holds the exchange's time, as in the files of the same package from Tardis ("recorded and historical days read with one
#   loader"); date=20260505 holds 5 May.
# Seen: lighter-data 0.1.0 looks at the clock only when a message comes, and takes a sample only when the last one is 500 ms old. A move 150 ms after a
#   sample, and then nothing for minutes: the file ends with the book of before. Nobody compares begin_nonce with the nonce before; when the
#   lost message took a level away, the book is crossed from then on, and a crossed book is left out without a message, until the next
#   cut. The trades of an outage come again in the first batch after subscribing, which is skipped. exch_time and the time of trades are
#   the clock of the recorder. The folder is the day of the flush, up to ten minutes later.
# Why it matters: the file for replays has calm where the market jumped, hours without rows that look like a quiet market, and a day that begins with the
#   evening before. A join of recorded and bought days has two clocks in one column.
# Way to live with it: keep the raw messages beside it (timestamp, nonce, begin_nonce); rows per hour as an alarm; read the neighbour folder as well and
#   cut by time; the trades of a gap by REST, by their trade_id.
# Versions: lighter-data 0.1.0 (the newest on PyPI), websocket-client 1.9.2, pyarrow 26.0.1, Python 3.11.7. Nothing found about it.
# Source: https://apidocs.lighter.xyz/docs/websocket-reference (timestamp, nonce and begin_nonce of the channel order_book).
#
# Output seen:
#                                                     expected    lighter-data
#   bid 100.2 since 150 ms, then 2 s of silence       100.2       100
#   trades, one of them during a cut of a second      1, 2        1
#   samples after a lost message, three updates       3           0
#   exch_time minus the time in the message           0 s         3 s
#   rows of 5 May are in                              20260505    20260506
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check lighter-data==0.1.0 websocket-client==1.9.2 pyarrow==26.0.1 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import contextlib
import io
import json
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
from lighter_data.sources import recorder
from websockets.sync.server import serve

SHIFT = int(datetime(2026, 5, 5, 23, 59, 58, 500000, UTC).timestamp() * 1e6) - time.time_ns() // 1000
lines, sent = [], []


def clock():
    return time.time_ns() // 1000 + SHIFT


def trade(number):
    return {
        "trade_id": number, "type": "trade", "market_id": 0, "size": "0.5", "price": "100.1", "ask_account_id": 1, "bid_account_id": 2,
        "is_maker_ask": True, "timestamp": clock() // 1000 - 3000,
    }


def trades(kind, *numbers):
    return {"type": f"{kind}/trade", "channel": "trade:0", "trades": [trade(number) for number in numbers]}


def book(kind, nonce, before, bids, asks=()):
    sent.append(clock() // 1000 - 3000)
    levels = [[{"price": str(price), "size": str(size)} for price, size in side] for side in (bids, asks)]
    return {
        "type": f"{kind}/order_book", "channel": "order_book:0", "timestamp": sent[-1],
        "order_book": {"code": 0, "bids": levels[0], "asks": levels[1], "nonce": nonce, "begin_nonce": before},
    }


def first(send):
    send(book("subscribed", 1, 0, [(100.0, 1)], [(100.5, 1)]))
    send(trades("update", 1))
    time.sleep(0.15)
    send(book("update", 2, 1, [(100.2, 1)]))
    time.sleep(2)


def second(send):
    send(book("subscribed", 10, 9, [(100.2, 1)], [(100.3, 1), (100.5, 1)]))
    send(trades("subscribed", 1, 2))
    time.sleep(0.6)
    send(book("update", 11, 10, [(100.1, 1)]))
    # number 12 is lost: the ask of 100.3 goes
    for number, bid in ((13, 100.35), (14, 100.36), (15, 100.37)):
        time.sleep(0.6)
        send(book("update", number, number - 1, [(bid, 1)]))
    while True:
        time.sleep(0.3)
        send({"type": "ping"})


def talk(line):
    lines.append(line)
    with contextlib.suppress(Exception):
        line.recv(), line.recv()
        (first if len(lines) == 1 else second)(lambda message: line.send(json.dumps(message)))
        line.close(1012)


server = serve(talk, "127.0.0.1", 0)
threading.Thread(target=server.serve_forever, daemon=True).start()
recorder.WS_URL = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
recorder.ticker_to_id = lambda: {"ETH": 0}
recorder._now_us = clock
said = io.StringIO()
with contextlib.redirect_stdout(said):
    recorder.main(["--coins", "ETH", "--root", "data", "--run-seconds", "8"])
server.shutdown()

files = sorted(Path("data").rglob("*.parquet"))
books = [pq.ParquetFile(file).read().to_pylist() for file in files if "l2book" in file.parts]
tids = [row["tid"] for file in files if "trades" in file.parts for row in pq.ParquetFile(file).read().to_pylist()]
folders = {file.parent.name[5:] for file in files for row in pq.ParquetFile(file).read().to_pylist() if row.get("exch_time", row.get("time")).day == 5}
apart = books[0][0]["exch_time"].timestamp() - sent[0] / 1000
rows = [
    ("bid 100.2 since 150 ms, then 2 s of silence", "100.2", f"{books[0][-1]['best_bid']:g}"),
    ("trades, one of them during a cut of a second", "1, 2", ", ".join(map(str, tids))),
    ("samples after a lost message, three updates", "3", str(len(books[1]) - 2)),
    ("exch_time minus the time in the message", "0 s", f"{apart:.0f} s"),
    ("rows of 5 May are in", "20260505", ", ".join(sorted(folders))),
]
print(" " * 49, "expected    lighter-data")
for name, expected, seen in rows:
    print(name.ljust(49), expected.ljust(11), seen)
if [seen for *_, seen in rows] != ["100", "1", "0", "3 s", "20260506"] or len(lines) != 2 or "crossed" in said.getvalue():
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
