#!/usr/bin/env bash
# 5paisa: who prepares two requests sends the second one twice: the prices asked for are an "Unsubscribe".
#
# Expected: Request_Feed() returns the request that was described; connect(request) sends it, whatever was made meanwhile.
# Seen: Request_Feed() of py5paisa 0.7.21.2 fills one dictionary of the client and returns that. Each request is the same
#   object; the last call has written over all the earlier ones. connect() turns it into text when the line is open, not
#   when it is called: an unsubscription prepared for the evening goes out in place of the subscription of the
#   morning. With an abbreviation that it does not know it logs and returns None, and the dictionary is half rewritten.
# Why it matters: prices and depth of two instruments become two times depth of the second; or the service gets nothing but
#   "Unsubscribe", answers nothing, and the market is quiet. Tests that make one request, as in the README, pass.
# Way to live with it: copy.deepcopy(client.Request_Feed(...)) at each call; in tests two requests before the first is sent,
#   and what the service got.
# Versions: py5paisa 0.7.21.2 (PyPI, by the broker), websockets 15.0.1, Python 3.11.7. Nothing found about it.
#
# Output seen:
#   made: prices of 11536, depth of 2885      the first one now says MarketDepthService 2885
#   connect(subscription), another one made   the service got Unsubscribe MarketFeedV3 11536
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check py5paisa==0.7.21.2 websockets==15.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import sys
import threading
import time

from py5paisa import FivePaisaClient
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

got = []


def service(client):
    try:
        for message in client:
            got.append(json.loads(message))
    except ConnectionClosed:
        pass


def said(request):
    return f"{request['Method']} {request['MarketFeedData'][0]['ScripCode']}"


def nse(code):
    return [{"Exch": "N", "ExchType": "C", "ScripCode": code}]


names = "APP_NAME APP_SOURCE USER_ID PASSWORD USER_KEY ENCRYPTION_KEY".split()
client = FivePaisaClient(cred=dict.fromkeys(names, "1"))
prices = client.Request_Feed("mf", "s", nse(11536))
depth = client.Request_Feed("md", "s", nse(2885))
first = said(prices)
with serve(service, "127.0.0.1", 0) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client.WEBSOCKET_URL = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
    client.connect(client.Request_Feed("mf", "s", nse(11536)))
    in_the_evening = client.Request_Feed("mf", "u", nse(11536))
    threading.Thread(target=client.receive_data, args=(print,), daemon=True).start()
    until = time.monotonic() + 5
    while not got and time.monotonic() < until:
        time.sleep(0.05)
    client.close_data()
sent = f"{got[0]['Operation']} {said(got[0])}" if got else "nothing"
print(f"made: prices of 11536, depth of 2885      the first one now says {first}")
print(f"connect(subscription), another one made   the service got {sent}")
if (first, sent, prices is depth) != ("MarketDepthService 2885", "Unsubscribe MarketFeedV3 11536", True):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { cat err.log; exit 1; }
