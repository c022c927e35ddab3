#!/usr/bin/env bash
# tick-vault: an hour that was asked for a few minutes too early is an hour without ticks for ever, strict reading included; and "now" is when it was imported.
#
# Expected: "incremental updates": call download_range() again and what is new is fetched; end, "if not provided uses datetime.now". read_tick_data(strict=True)
#   "ensures no gaps in data": an hour that traded and is not in the store raises.
# Seen: tick-vault 0.1.0 writes each hour that it has asked for into its book, with or without data, and never asks for it again. An hour
#   that is not published yet is a 404, the same as an hour of a Sunday. A run at 12:05 gets a 404 for 11:00, and at 13:05 as on all
#   days after it 11:00 counts as "attempted". check_for_gaps() counts rows of the book, not data: strict=True reads 10:00 and 12:00 without
#   a word. And the default of "end" is computed once, at the import: a service that calls download_range(symbol, start) each hour asks for
#   nothing after its first hour, and the log says "already downloaded".
# Why it matters: a job at five past each hour has all hours with a hole, or none after the first; returns, bars and backtests over the hole are those
#   of a quiet market. The function that is there to find holes says that there are none.
# Way to live with it: end=datetime.now(UTC) - some hours, given each time; after a run delete the rows with has_data = 0 of the last days from metadata.db;
#   a test that counts hours with ticks on a working day.
# Versions: tick-vault 0.1.0 (the newest on PyPI), httpx 0.28.1, pandas 2.3.3, Python 3.11.7; time-machine 3.6.0 moves the clock. Nothing found about it.
#
# Output seen (hours of a Tuesday, from a server on loopback):
#   12:05, without "end"                                  asked for 10 11, 404 for 11
#   13:05, without "end", the same process                asked for nothing
#   13:05, end=datetime.now(UTC)                          asked for 12
#   a day later, the day until then with "end"            11 not asked for
#   read_tick_data(10 to 13, strict=True)                 hours with ticks 10 12, no error
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check tick-vault==0.1.0 httpx==0.28.1 pandas==2.3.3 time-machine==3.6.0 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import http.server
import lzma
import struct
import sys
import threading
from datetime import UTC, datetime, timedelta

import time_machine

TUESDAY = datetime(2024, 3, 5, tzinfo=UTC)
asked = []
published = set()


class Feed(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        *_, day, name = self.path.split("/")
        hour = int(name[:2])
        asked.append((int(day), hour))
        body = lzma.compress(struct.pack(">IIIff", 60_000, 108_460, 108_450, 1.5, 2.5), format=lzma.FORMAT_ALONE)
        self.send_response(200 if int(day) == 5 and hour in published else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feed)
threading.Thread(target=server.serve_forever, daemon=True).start()

with time_machine.travel(TUESDAY.replace(hour=12, minute=5)):
    import tick_vault.chunk
    from tick_vault.downloader import download_range
    from tick_vault.reader import read_tick_data

tick_vault.chunk.DUKASCOPY_DATA_FEED_BASE = f"http://127.0.0.1:{server.server_address[1]}/"
start = TUESDAY.replace(hour=10)


def run(now, *hours, end=None):
    published.update(hours)
    asked.clear()
    with time_machine.travel(now):
        asyncio.run(download_range("EURUSD", start, **({"end": now} if end else {})))
    return sorted(asked)


def names(pairs):
    return " ".join(str(hour) for day, hour in pairs if day == 5) or "nothing"


rows = [
    ("12:05, without \"end\"", "asked for " + names(run(TUESDAY.replace(hour=12, minute=5), 10)) + ", 404 for 11"),
    ("13:05, without \"end\", the same process", "asked for " + names(run(TUESDAY.replace(hour=13, minute=5), 11, 12))),
    ("13:05, end=datetime.now(UTC)", "asked for " + names(run(TUESDAY.replace(hour=13, minute=5), end=True))),
]
later = run(TUESDAY + timedelta(days=1), end=True)
rows.append(("a day later, the day until then with \"end\"", "11 " + ("asked for" if (5, 11) in later else "not asked for")))
ticks = read_tick_data("EURUSD", start, TUESDAY.replace(hour=13), strict=True, show_progress=False)
rows.append(("read_tick_data(10 to 13, strict=True)", f"hours with ticks {' '.join(map(str, ticks.time.dt.hour))}, no error"))
server.shutdown()
for name, seen in rows:
    print(name.ljust(53), seen)
described = ["asked for 10 11, 404 for 11", "asked for nothing", "asked for 12", "11 not asked for", "hours with ticks 10 12, no error"]
if [seen for _, seen in rows] != described:
    sys.exit("not as described any more")
PROBE
TICK_VAULT_BASE_DIRECTORY=$work/vault TICK_VAULT_CONSOLE_LOG_LEVEL=ERROR timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
