#!/usr/bin/env bash
# binance-syncer: it deletes the days of a month before it has the month, calls a refused listing "up-to-date", and names a quote volume base_qty.
#
# Expected: "synchronization with intelligent data optimization (monthly vs daily preference)": the daily files go when the monthly one is there;
#   a sync that got nothing is an error; columns have the meaning of Binance's files.
# Seen: binance-syncer 4.0.1 looks at the list of monthly files, deletes the local days of each month in it, and starts the download
#   afterwards. When the month answers 503 (four attempts, seven seconds), May is gone, sync() returns None, the log ends with
#   "Sync complete"; Loader gives April and not a word about the hole. While the listing answers 503 there is nothing to compare,
#   which means "BTCUSDT is up-to-date". The fourth column of spot trades is the quote quantity (price times quantity) and is called
#   base_qty, as in the files of coin-margined futures, where it is one.
# Why it matters: on the first days of each month one bad minute of the archive takes weeks of ticks away from a running research, and
#   the nightly job is green; volumes in BTC are off by the price of a bitcoin.
# Way to live with it: sync into a copy and exchange it afterwards; a count of days from Loader against the calendar after each run;
#   warnings of the logger "binance_syncer" as errors; qty, never base_qty, for spot.
# Versions: binance-syncer 4.0.1 (the newest on PyPI), duckdb 2.0.1, pandas 2.3.3, Python 3.11.7. Nothing found about it.
# Source: https://github.com/binance/binance-public-data (spot trades: price, qty, quoteQty).
#
# Output seen:
#                                                   expected     binance-syncer
#   May by days: trades, files                      6, 4         6, 4
#   the month is listed and answers 503: trades     6            0
#   what the log says last, what sync() returns     an error     Sync complete, None
#   the listing answers 503                         an error     BTCUSDT is up-to-date
#   the month answers again: trades, files          6, 2         6, 2
#   price 100, qty 0.5: base_qty                    0.5          50
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check binance-syncer==4.0.1 duckdb==2.0.1 pandas==2.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import io
import logging
import re
import sys
import threading
import zipfile
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import binance_syncer.utils as utils
from binance_syncer import DataType, Loader, MarketType, Syncer

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
MAY = ["2026-05-01", "2026-05-02", "2026-05-03"]
months, refused = ["2026-04"], set()


def archive(name):
    days = {"2026-04": ["2026-04-30"], "2026-05": MAY}.get(name, [name])
    lines = []
    for day in days:
        noon = int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp() * 1e6)
        lines += [f"1,100.00,0.50,50.00,{noon},True,True", f"2,101.00,0.50,50.50,{noon},False,True"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr(f"BTCUSDT-trades-{name}.csv", "\n".join(lines) + "\n")
    return packed.getvalue()


class Archive(BaseHTTPRequestHandler):
    def do_GET(self):
        if "?prefix=" in self.path:
            name, kind = "list", "monthly" if "/monthly/" in self.path else "daily"
            keys = [f"data/spot/{kind}/trades/BTCUSDT/BTCUSDT-trades-{one}.zip" for one in (months if kind == "monthly" else MAY)]
            listed = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in keys)
            body = f'<ListBucketResult xmlns="{NAMESPACE}"><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>'.encode()
        else:
            name = re.search(r"trades-([\d-]+)\.zip", self.path).group(1)
            body = archive(name)
        if name in refused:
            body = b""
        self.send_response(503 if name in refused else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Archive)
threading.Thread(target=server.serve_forever, daemon=True).start()
utils.BASE_URL = f"http://127.0.0.1:{server.server_port}"
said = []
handler = logging.Handler()
handler.emit = lambda record: said.append(record.getMessage())
log = logging.getLogger("binance_syncer")
log.setLevel("INFO")
log.addHandler(handler)
log.propagate = False


def sync():
    said.clear()
    returned = asyncio.run(Syncer(MarketType.SPOT, DataType.TRADES, progress=False).sync(["BTCUSDT"]))
    trades = Loader(MarketType.SPOT, DataType.TRADES).load(["BTCUSDT"])
    files = len(list(Path.home().rglob("*.parquet")))
    return trades, len(trades[trades["time"] >= "2026-05-01"]), files, returned


trades, count, files, _ = sync()
rows = [("May by days: trades, files", "6, 4", f"{count}, {files}")]
months.append("2026-05")
refused.add("2026-05")
_, count, _, returned = sync()
rows += [
    ("the month is listed and answers 503: trades", "6", str(count)),
    ("what the log says last, what sync() returns", "an error", f"{said[-1]}, {returned}"),
]
refused.add("list")
sync()
rows.append(("the listing answers 503", "an error", next((line for line in said if "up-to-date" in line), said[-1])))
refused.clear()
_, count, files, _ = sync()
rows += [
    ("the month answers again: trades, files", "6, 2", f"{count}, {files}"),
    ("price 100, qty 0.5: base_qty", "0.5", f"{trades['base_qty'].iloc[0]:g}"),
]
print(" " * 47, "expected     binance-syncer")
for name, expected, seen in rows:
    print(name.ljust(47), expected.ljust(12), seen)
if [seen for *_, seen in rows] != ["6, 4", "0", "Sync complete, None", "BTCUSDT is up-to-date", "6, 2", "50"]:
    sys.exit("not as described any more")
PROBE
mkdir home
HOME=$work/home timeout 80 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
