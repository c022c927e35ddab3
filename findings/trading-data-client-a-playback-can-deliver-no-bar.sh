#!/usr/bin/env bash
# trading-data-client: a playback asks the server for nothing, and no bar that a server could send would reach its callback; live bars of bitcoin don't either.
#
# One would expect: playback(symbol, start, end, timeframe, speed, callback) tells the server what to replay and how fast, as the README has it ("Replay last 7 days at 10x
#   speed"), and the callback gets the bars.
# What happens: start, end and speed are checked and thrown away. All that is done is a subscription to the topic AAPL_playback. A bar of that topic with the symbol AAPL fits no
#   subscription, as the symbol must be that of the topic; one with the symbol AAPL_playback is no valid Bar, as a symbol has ten characters at most. Both are dropped, the
#   second with a line in a log that has no handler. And volume is a whole number: a bar with a volume of 12.5, which is each bar of a coin, goes the same way.
# Why it matters: there is an id, stop_playback takes it, nothing is raised: it looks like a server without data for these days. A test that waits for the end of
#   a playback and looks at what the strategy did is green, the strategy did nothing.
# Live with it: get_historical_bars and a loop of one's own that waits (bar to bar, divided by the speed). logging.basicConfig() before the client, so that dropped bars are
#   seen. In tests count the bars of a playback, and send one with a broken volume.
# Versions: trading-data-client 0.2.1 (the newest on PyPI), pyzmq 27.1.0, pydantic 2.12.5, Python 3.11.7. Source: playback in client.py, _dispatch_message in stream.py, Bar in
#   models.py.
# Documented: the README as above, with "99% test coverage with 104 passing tests"; nothing found about it.
#
# Seen ("a publisher that sees subscriptions, a web server that counts requests; ten bars sent for each row, how many the callback got"):
#   live AAPL, symbol AAPL                       subscribed AAPL            requests 0   bars 10
#   playback, symbol AAPL                        subscribed AAPL_playback   requests 0   bars 0
#   playback, symbol AAPL_playback               subscribed AAPL_playback   requests 0   bars 0
#   live BTC, volume 12.0                        subscribed BTC             requests 0   bars 10
#   live BTC, volume 12.5                        subscribed BTC             requests 0   bars 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
pip() { venv/bin/pip install -qq --disable-pip-version-check --no-compile "$@" >pip.log 2>&1 || { cat pip.log; exit 1; }; }
pip pyzmq==27.1.0 pydantic==2.12.5 requests==2.32.5 python-dateutil==2.9.0.post0
pip --no-deps trading-data-client==0.2.1

cat > probe.py <<'PROBE'
import json
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer

import zmq
from trading_data_client import TradingDataClient

requests = []


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        requests.append(self.path)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"[]")

    do_POST = do_GET

    def log_message(self, *_):
        pass


web = HTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=web.serve_forever, daemon=True).start()
context = zmq.Context()
begin = datetime(2026, 11, 27, 14, 30, tzinfo=timezone.utc)


def show(title, ask, topic, symbol, volume=100):
    publisher = context.socket(zmq.XPUB)
    port = publisher.bind_to_random_port("tcp://127.0.0.1")
    bars = []
    requests.clear()
    with TradingDataClient(f"http://127.0.0.1:{web.server_port}", f"tcp://127.0.0.1:{port}") as client:
        ask(client, bars.append)
        subscribed = publisher.recv()[1:].decode() if publisher.poll(5000) else "nothing"
        for minute in range(10):
            bar = {"symbol": symbol, "timestamp": (begin + timedelta(minutes=minute)).isoformat(), "open": 227.3, "high": 227.3,
                   "low": 227.3, "close": 227.3, "volume": volume, "timeframe": "1m"}
            publisher.send_multipart([topic.encode(), json.dumps(bar).encode()])
        time.sleep(0.7)
    print(f"{title:<44} subscribed {subscribed:<15} requests {len(requests)}   bars {len(bars)}", flush=True)
    publisher.close(0)


def live(symbol):
    return lambda client, callback: client.subscribe(symbol, "1m", callback)


def playback(client, callback):
    client.playback("AAPL", begin, begin + timedelta(days=1), "1m", 10.0, callback)


show("live AAPL, symbol AAPL", live("AAPL"), "AAPL", "AAPL")
show("playback, symbol AAPL", playback, "AAPL_playback", "AAPL")
show("playback, symbol AAPL_playback", playback, "AAPL_playback", "AAPL_playback")
show("live BTC, volume 12.0", live("BTC"), "BTC", "BTC", 12.0)
show("live BTC, volume 12.5", live("BTC"), "BTC", "BTC", 12.5)
web.shutdown()
context.term()
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>errors | tee seen || { cat errors >&2; exit 1; }
cat > want <<'WANT'
live AAPL, symbol AAPL                       subscribed AAPL            requests 0   bars 10
playback, symbol AAPL                        subscribed AAPL_playback   requests 0   bars 0
playback, symbol AAPL_playback               subscribed AAPL_playback   requests 0   bars 0
live BTC, volume 12.0                        subscribed BTC             requests 0   bars 10
live BTC, volume 12.5                        subscribed BTC             requests 0   bars 0
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
