#!/usr/bin/env bash
# tradedesk-marketdata: an export of February is the file of January with a new sidecar that says February, and the repaired prices never reach the file.
#
# Expected: the export writes the candles of the range asked for and "a metadata sidecar describing exactly how the data was produced"; after a repair of
#   the cache "rerun your export command so those output files are regenerated"; an hour that the source refused is to be seen in the result.
# Seen: tradedesk-marketdata 2.0.0 names the file by symbol and rule, without the range. When all days of a range are in the cache (from an export
#   with another rule) and a file of that name exists, it writes nothing, calls the old file the result, and writes a fresh sidecar beside
#   it with the new dates. The documented way after tradedesk-md-normalize ends in the same branch: the cache has 1.105, the file keeps 110.5. That
#   factor comes from the table of typical divisors, where EURUSD has 1000 (and USDJPY 100000). With one hour answered by 503 the day is kept
#   out of the cache, but its 23 hours are written, the exit status is 0, the sidecar has no word about it.
# Why it matters: a backtest of February runs over January and its papers are in order; a repair is believed to be done.
# Way to live with it: an empty --out for each export; the first and last timestamp and the number of lines against the range; the log at level info with
#   "skipping export" and "left_uncommitted" as errors.
# Versions: tradedesk-marketdata 2.0.0 (the newest on PyPI), pandas 3.1.1, Python 3.11.7. Nothing found about it.
#
# Output seen:
#                                                      expected                  tradedesk-marketdata
#   5min of 6 January: first line, sidecar             2025-01-06, 2025-01-06    2025-01-06, 2025-01-06
#   1h of 3 February, then 5min: first line, sidecar   2025-02-03, 2025-02-03    2025-01-06, 2025-02-03
#   the same into an empty folder                      2025-02-03, 2025-02-03    2025-02-03, 2025-02-03
#   EURUSD at 1.105 with the divisor of the table      1.105                     110.5
#   normalized, exported again: file                   1.105                     110.5
#   normalized, exported again: another rule           1.105                     1.105
#   one hour answered by 503: lines, exit status       -, not 0                  276 of 288, 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check tradedesk-marketdata==2.0.0 pandas==3.1.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import contextlib
import io
import json
import lzma
import re
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tradedesk_marketdata import cli, normalize_cli
from tradedesk_marketdata.sources import dukascopy

refused = set()


class Feed(BaseHTTPRequestHandler):
    """One tick a minute, 1.105 in January and 1.04 in February, in points of 0.00001."""

    def do_GET(self):
        month, hour = re.search(r"/(\d\d)/\d\d/(\d\d)h_ticks", self.path).groups()
        price = 110500 if month == "00" else 104000
        ticks = b"".join(struct.pack(">IIIff", 60000 * minute, price + minute + 2, price + minute, 1.5, 1.25) for minute in range(60))
        body = b"" if int(hour) in refused else lzma.compress(ticks, format=lzma.FORMAT_ALONE)
        self.send_response(200 if body else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
threading.Thread(target=server.serve_forever, daemon=True).start()
dukascopy.BASE_URL = f"http://127.0.0.1:{server.server_port}"


def export(day, rule, out, cache, divisor="100000"):
    with contextlib.redirect_stdout(io.StringIO()):
        status = cli.main([
            "--source", "dukascopy", "--symbols", "EURUSD", "--from", day, "--to", day, "--resample", rule, "--out", out,
            "--cache-dir", cache, "--price-divisor", divisor, "--workers", "1", "--retries", "1", "--log-level", "error",
        ])
    file = Path(out) / f"EURUSD_{rule.upper()}_bid.csv"
    lines = file.read_text().splitlines()[1:]
    papers = json.loads(Path(f"{file}.meta.json").read_text())["params"]["date_from"]
    return f"{lines[0][:10]}, {papers}", lines[0].split(",")[1], len(lines), status


january = export("2025-01-06", "5min", "out-1", "cache-1")[0]
export("2025-02-03", "1h", "out-1", "cache-1")
february = export("2025-02-03", "5min", "out-1", "cache-1")[0]
empty = export("2025-02-03", "5min", "out-2", "cache-1")[0]
table = export("2025-01-06", "5min", "out-3", "cache-3", "1000")[1]
with contextlib.redirect_stdout(io.StringIO()):
    normalize_cli.main(["--cache-dir", "cache-3", "--symbols", "EURUSD"])
again = export("2025-01-06", "5min", "out-3", "cache-3", "1000")[1]
other = export("2025-01-06", "15min", "out-3", "cache-3", "1000")[1]
refused.add(10)
_, _, lines, status = export("2025-01-07", "5min", "out-4", "cache-4")
rows = [
    ("5min of 6 January: first line, sidecar", "2025-01-06, 2025-01-06", january),
    ("1h of 3 February, then 5min: first line, sidecar", "2025-02-03, 2025-02-03", february),
    ("the same into an empty folder", "2025-02-03, 2025-02-03", empty),
    ("EURUSD at 1.105 with the divisor of the table", "1.105", table),
    ("normalized, exported again: file", "1.105", again),
    ("normalized, exported again: another rule", "1.105", other),
    ("one hour answered by 503: lines, exit status", "-, not 0", f"{lines} of 288, {status}"),
]
print(" " * 50, "expected                  tradedesk-marketdata")
for name, expected, seen in rows:
    print(name.ljust(50), expected.ljust(25), seen)
described = ["2025-01-06, 2025-01-06", "2025-01-06, 2025-02-03", "2025-02-03, 2025-02-03", "110.5", "110.5", "1.105", "276 of 288, 0"]
if [seen for *_, seen in rows] != described:
    sys.exit("not as described any more")
PROBE
timeout 80 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
