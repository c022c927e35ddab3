#!/usr/bin/env bash
# psx-terminal: trades of one price and one size behind each other are one trade, and its two modules ask for trades where the other asks for quotes.
#
# Expected: fetch_trades(): "all trade ticks for the current session, excluding heartbeats"; the comment in it says what a heartbeat is: the
#   same price and volume "repeated after a time gap".
# Seen: psx-terminal 0.1.3 has no look at the time. Whatever has the price and the size of the trade before is left out, in the same second
#   or an hour later, however often. Shares in Karachi trade in round lots, and a large order is filled in equal pieces: all of them but one
#   go. The terminal's volume at price, VWAP, buckets and "largest" come from this list. And there are two fetch_trades(): feed_parser asks for
#   "BuySell", the terminal for "PriceVolume", of which feed_parser takes its quotes. One of them has bids as prices and asks as volumes.
# Why it matters: volume and number of trades are smallest where most is traded, and the VWAP leans to prices that were hit once. The list is
#   plausible, and nothing says that something is missing.
# Way to live with it: the records read by oneself; the day's volume of the exchange beside the sum, which shows the swapped ones too.
# Versions: psx-terminal 0.1.3 (the newest on PyPI), requests 2.34.2, Python 3.11.7. Nothing found about it. The service is a stand-in with the form of
#   the docstring of feed_parser, the same for both.
#
# Output seen:
#                              the service    feed_parser    terminal
#   500 five times in a second 5, 2500        1, 500         1, 500
#   all trades                 9, 6100        4, 3600        4, 3600
#   VWAP                       101.2295       101.3889       101.3889
#   asked for                                 BuySell        PriceVolume
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check psx-terminal==0.1.3 requests==2.34.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import http.server
import sys
import threading
from urllib.parse import parse_qs, urlsplit

from psx_terminal import feed_parser, main as terminal

TRADES = [("10:15:01", 101.0, 500)] * 5 + [("10:15:02", 101.5, 2500)]
TRADES += [("10:15:03", 101.0, 500), ("11:40:12", 101.0, 500), ("11:40:13", 102.5, 100)]
asked = []


class Feed(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(parse_qs(urlsplit(self.path).query)["identifier"][0])
        body = "".join(f"{time};{price};{size};|" for time, price, size in TRADES).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def facts(trades):
    """Number and volume of the first second, of all, and the VWAP."""
    first = [size for time, _, size in trades if time == "10:15:01"]
    volume = sum(size for *_, size in trades)
    vwap = sum(price * size for _, price, size in trades) / volume
    return [f"{len(first)}, {sum(first)}", f"{len(trades)}, {volume}", f"{vwap:.4f}"]


service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Feed)
threading.Thread(target=service.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{service.server_address[1]}/FeedFetcher"
feed_parser.BASE_URL = terminal.HTTP_FEED_BASE = url
right = [*facts(TRADES), ""]
seen = []
for module in (feed_parser, terminal):
    trades = module.fetch_trades("EFERT")
    seen.append([*facts([(trade.time, trade.price, trade.volume) for trade in trades]), asked[-1]])
service.shutdown()
print(f"{'':<27}{'the service':<15}{'feed_parser':<15}terminal")
for name, *values in zip(("500 five times in a second", "all trades", "VWAP", "asked for"), right, *seen, strict=True):
    print("{:<27}{:<15}{:<15}{}".format(name, *values), flush=True)
if seen != [["1, 500", "4, 3600", "101.3889", asked] for asked in ("BuySell", "PriceVolume")]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
