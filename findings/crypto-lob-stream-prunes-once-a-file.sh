#!/usr/bin/env bash
# crypto-lob-stream: the same recorded updates give one book from many files and another from one, with a best ask that is long gone.
#
# Expected: README warns of levels that stay in a book after they left its depth, names the cure ("After every update, prune back to your
#   intended depth") and gives reconstruct() for it, "correctly pruned". Putting small files together "doesn't touch a single row of data".
# Seen: reconstruct() of crypto-lob-stream 0.9.2 applies all updates of a file and prunes then; a comment says that the result is the
#   same. A file is five minutes by default, a day after compaction. Kraken does not tell what becomes of a level beyond the 25th; one
#   that was pushed out for a moment and cancelled meanwhile is back when a better one goes, and climbs as the market does. The
#   real 25th level is pruned in its place.
# Why it matters: the book is crossed, or has a best price that nobody offers, and checksums, where they were verified, were right: they are
#   taken from another mirror, which is cut after each update. Recorded by the minute and by the day the same morning has two books.
# Way to live with it: BookReconstructor, with one apply_diffs() for the rows of each update; in tests a level that leaves the depth,
#   and the best bid below the best ask at the end.
# Versions: crypto-lob-stream 0.9.2 (the newest on PyPI), pyarrow 26.0.1, Python 3.11.7. Nothing found about it. Updates as Kraken's are
#   at depth 25, written by the script in the package's own schemas.
#
# Output seen (asks 100 to 124; 99 comes and goes, 124 is cancelled meanwhile; then all to 123 go, and 125 to 149 follow):
#   a file for each update   best bid 124.5  best ask 125.0 x 5.0  worst ask 149.0
#   one file for all         best bid 124.5  best ask 124.0 x 1.0  worst ask 148.0  (right: as above)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check crypto-lob-stream==0.9.2 pyarrow==26.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from crypto_lob_stream import reconstruct
from crypto_lob_stream.schemas import DEPTH_SCHEMA, SNAPSHOT_SCHEMA

START = 1_749_600_000_000


def write(path, schema, time, levels):
    """A file of the recorder's: levels are (milliseconds after the start, side, price, quantity)."""
    rows = []
    for after, side, price, quantity in levels:
        row = {"side": side, "price": price, "quantity": quantity, "last_update_id": START + after}
        row |= {"timestamp_ms": START + after, "exchange_ts": START + after, "first_update_id": START + after}
        rows.append({"exchange": "kraken", "asset": "BTC-USD"} | row)
    path.mkdir(parents=True, exist_ok=True)
    columns = {field.name: [row[field.name] for row in rows] for field in schema}
    pq.write_table(pa.table(columns, schema=schema), path / f"2025-06-11-{time:06d}.parquet")


def record(directory, files):
    base = Path(directory)
    snapshot = [(0, "bid", 98.0, 2.0)] + [(0, "ask", float(price), 1.0) for price in range(100, 125)]
    write(base / "snapshots/kraken/BTC-USD", SNAPSHOT_SCHEMA, 0, snapshot)
    for time, levels in enumerate(files, 1):
        write(base / "depth/kraken/BTC-USD", DEPTH_SCHEMA, time, levels)


def book(directory):
    bids, asks = reconstruct(directory, exchange="kraken", asset="BTC-USD").top()
    return f"best bid {bids[0][0]}  best ask {asks[0][0]} x {asks[0][1]}  worst ask {asks[-1][0]}"


updates = [[(1, "ask", 99.0, 1.0)], [(2, "ask", 99.0, 0.0), (2, "ask", 125.0, 5.0)]]
for step, price in enumerate(range(100, 124), 3):
    updates.append([(step, "ask", float(price), 0.0), (step, "ask", float(price + 26), 5.0)])
updates.append([(30, "bid", 124.5, 2.0)])

record("many", updates)
record("one", [[level for levels in updates for level in levels]])
many, one = book("many"), book("one")
print(f"a file for each update   {many}")
print(f"one file for all         {one}  (right: as above)")
if (many, one) != (
    "best bid 124.5  best ask 125.0 x 5.0  worst ask 149.0",
    "best bid 124.5  best ask 124.0 x 1.0  worst ask 148.0",
):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
