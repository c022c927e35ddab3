#!/usr/bin/env bash
# elexonapi: one day of half-hours is an empty table without a request, three days have the middle one twice.
#
# Expected: the library splits a range of dates into queries and puts the results together, "for you" (readme): the rows of the range,
#   each once. From the 11th to the 11th is a day, as it is for the Elexon API, whose dates include both ends.
# Seen: datetime_chunks() of elexonapi 0.1.4 cuts the range at each day and makes the end of a chunk the start of the next one. The
#   API's answer has both ends, so that each inner day comes with two queries and is in the table twice. With start = end the loop
#   (while start < end) doesn't run at all: no request, an empty table, no error. For parameters without "time" in the name
#   ("from" and "to" of the market index, MID, which take a time) the time of day is cut off: 13:30 to 16:00 asks for midnight to
#   midnight. Chunks are of one day always, as download() looks for a column "_max_days" that the list of datasets doesn't have.
# Why it matters: sums and means of generation are wrong by the inner days (192 rows for 144 half-hours), and a nightly load of one day
#   loads nothing, with success.
# Way to live with it: drop_duplicates() on settlement date, period and fuel; for one day ask to the next one and filter; compare the
#   number of half-hours with 48 a day (46 and 50 on the days of the clock change).
# Versions: elexonapi 0.1.4, pandas 2.3.3, Python 3.11. Nothing found about it. The answers are of a server in this file that filters
#   "inclusively", as the API's description in the package has it.
#
# Output seen:
#   FUELHH 11th to 11th     requests 0, rows 0, different 0
#   FUELHH 11th to 12th     requests 1, rows 96, different 96
#   FUELHH 11th to 13th     requests 2, rows 192, different 144
#   MID 13:30 to 16:00      asked for 2025-06-11 to 2025-06-11, rows 1 of 6: 2025-06-11T00:00:00Z
#   MID 11th to 13th        requests 2, rows 98, different 97
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile elexonapi==0.1.4 pandas==2.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import sys
import threading
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from elexonapi import ElexonClient

asked = []


def fuelhh(first, last):
    first, last = date.fromisoformat(first), date.fromisoformat(last)
    return [
        {"settlementDate": str(first + timedelta(day)), "settlementPeriod": period, "fuelType": "WIND", "generation": 9000}
        for day in range((last - first).days + 1)
        for period in range(1, 49)
    ]


def mid(first, last):
    first, last = datetime.fromisoformat(first), datetime.fromisoformat(last)
    starts = [datetime(2025, 6, 10) + timedelta(minutes=30 * number) for number in range(48 * 5)]
    return [{"startTime": f"{start.isoformat()}Z", "price": 80.5} for start in starts if first <= start <= last]


class Api(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        if url.path.endswith("FUELHH"):
            span = query["settlementDateFrom"], query["settlementDateTo"]
            rows = fuelhh(*span)
        else:
            span = query["from"], query["to"]
            rows = mid(*span)
        asked.append(span)
        body = json.dumps({"data": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = ElexonClient(base_url=f"http://127.0.0.1:{server.server_port}")
seen = []


def download(name, **span):
    asked.clear()
    table = client.download(name, progress=False, **span)
    counts = len(asked), len(table), len(table.drop_duplicates())
    seen.append(counts)
    return table, "requests %d, rows %d, different %d" % counts


for last in ("11", "12", "13"):
    _, text = download("FUELHH", settlementDateFrom="2025-06-11", settlementDateTo=f"2025-06-{last}")
    print(f"FUELHH 11th to {last}th     {text}")
table, _ = download("MID", _from="2025-06-11T13:30", to="2025-06-11T16:00")
starts = " ".join(table["startTime"])
print(f"MID 13:30 to 16:00      asked for {' to '.join(asked[0])}, rows {len(table)} of 6: {starts}")
_, text = download("MID", _from="2025-06-11", to="2025-06-13")
print(f"MID 11th to 13th        {text}")
server.shutdown()

expected = [(0, 0, 0), (1, 96, 96), (2, 192, 144), (1, 1, 1), (2, 98, 97)]
if seen != expected or starts != "2025-06-11T00:00:00Z":
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
