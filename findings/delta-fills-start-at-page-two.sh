#!/usr/bin/env bash
# Delta Exchange: whoever asked once for page two gets no page one any more, and 100.1 is 100.05 in ticks of 0.05.
#
# Expected: fills() without a cursor starts at the newest fill, and each client has its own cursor. A price that
#   is a whole number of ticks stays what it is, whichever way it is rounded.
# Seen: delta-rest-client 1.0.14 keeps the query of fills() and order_history() in a default argument: a cursor
#   given once is sent for the rest of the process, by other client objects with other accounts too. Its
#   round_by_tick_size() takes the remainder in floats: "floor" makes 100.05 of 100.1 (ticks of 0.05) and 0.6 of
#   0.7, and "ceil" makes 100.5 of 100.0 (ticks of 0.5), because a remainder of zero gets a tick as well.
# Why it matters: a recorder that pages back once at its start never sees another new fill: the answer is full,
#   valid and old. A second account asks with a cursor that is not its own. Orders are a tick off where the price
#   was right already, and the same price is right in the neighbouring contract.
# Way to live with it: pass query={} on each call; round with Decimal, by strings; in tests ask for page one
#   again after page two, and send prices that lie on the tick through both roundings.
# Versions: delta-rest-client 1.0.14, requests 2.32.5, Python 3.11.7. Nothing found about either.
#
# Output seen:
#   account A, first page          after: none
#   account A, page two            after: page-2
#   account A, first page again    after: page-2
#   account B, first page          after: page-2
#   100.1 in ticks of 0.05         floor 100.05   ceil 100.10
#   0.7 in ticks of 0.1            floor 0.6      ceil 0.7
#   100.0 in ticks of 0.5          floor 100.0    ceil 100.5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check delta-rest-client==1.0.14 requests==2.32.5

cat > pages.py <<'PAGES'
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from delta_rest_client import DeltaRestClient, round_by_tick_size

asked = []


class Exchange(BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(parse_qs(urlsplit(self.path).query).get("after", ["none"])[0])
        answer = b'{"success": true, "result": [], "meta": {"after": "page-2"}}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


exchange = HTTPServer(("127.0.0.1", 0), Exchange)
threading.Thread(target=exchange.serve_forever, daemon=True).start()
a, b = (DeltaRestClient(f"http://127.0.0.1:{exchange.server_port}", key, "secret") for key in ("a", "b"))
cursor = a.fills(page_size=50)["meta"]["after"]
a.fills(page_size=50, after=cursor)
a.fills(page_size=50)
b.fills(page_size=50)
calls = ("account A, first page", "account A, page two", "account A, first page again", "account B, first page")
for call, after in zip(calls, asked, strict=True):
    print(f"{call:<30} after: {after}")
rounded = []
for price, tick in ((100.1, 0.05), (0.7, 0.1), (100.0, 0.5)):
    floor, ceil = (str(round_by_tick_size(price, tick, way)) for way in ("floor", "ceil"))
    rounded.append((floor, ceil))
    print(f"{f'{price} in ticks of {tick}':<30} floor {floor:<8} ceil {ceil}")
exchange.shutdown()
if asked != ["none", "page-2", "page-2", "page-2"] or rounded != [
    ("100.05", "100.10"), ("0.6", "0.7"), ("100.0", "100.5")
]:
    sys.exit("not as described any more")
PAGES
venv/bin/python -W ignore pages.py
