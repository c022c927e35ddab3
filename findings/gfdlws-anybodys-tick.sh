#!/usr/bin/env bash
# GFDLWS: who asks for TCS gets the tick of RELIANCE, and each question about something else throws ticks away.
#
# Expected: realtime.get(connection, exchange, symbol) gives a tick of that symbol; what arrives while a history or a quote
#   is asked for is kept for the next call.
# Seen: every function of GFDLWS 0.0.4 (Global Datafeeds' own) sends its request and reads until a message of its kind
#   comes, whatever instrument it is of; what is of another kind is dropped. With RELIANCE subscribed, get("TCS") returns
#   RELIANCE's next tick. Ten ticks that come before the answer to history.getcaldle() are gone. Each call of realtime.get()
#   subscribes again, as that is the only way to read. Between two calls nobody reads: a ping of the service waits
#   until the next call.
# Why it matters: the price goes under the wrong name for whoever files it by the symbol that was asked for; the gap
#   is as long as the service takes for a history, so longest for the long ones. With one symbol and nothing else,
#   as in the examples, each tick comes.
# Way to live with it: read the symbol from the message (InstrumentIdentifier); one connection for each symbol and one for
#   questions; or a client of one's own with one reader; in tests two symbols, and a slow answer.
# Versions: GFDLWS 0.0.4, websockets 12.0, Python 3.11.7. The package has no text on it, and nothing was found. Messages of the
#   form of the vendor's documentation (RealtimeResult, HistoryTickResult).
#
# Output seen (ten ticks of each symbol are sent after its first subscription, before anything else is answered):
#   get RELIANCE: RELIANCE 0, then get TCS: RELIANCE 1, again: RELIANCE 2
#   get RELIANCE: RELIANCE 0, then history, then get RELIANCE: none within 2 s, ticks sent 10
#   subscriptions that the service got for 3 ticks: 3
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps GFDLWS==0.0.4 websockets==12.0 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import io
import json
import sys
import threading
import time

import GFDLWS
from websockets.sync.server import serve

connections = []


def service(client):
    known, requests, sent = set(), [], []
    connections.append((requests, sent))
    for text in client:
        request = json.loads(text)
        requests.append(request["MessageType"])
        if request["MessageType"] == "Authenticate":
            client.send(json.dumps({"Complete": True, "Message": "Welcome!", "MessageType": "AuthenticateResult"}))
        elif request["MessageType"] == "SubscribeRealtime" and request["InstrumentIdentifier"] not in known:
            symbol = request["InstrumentIdentifier"]
            known.add(symbol)
            for number in range(10):
                sent.append(symbol)
                tick = {"Exchange": "NSE", "InstrumentIdentifier": symbol, "LastTradePrice": 100 + number}
                client.send(json.dumps({**tick, "MessageType": "RealtimeResult"}))
        elif request["MessageType"] == "GetHistory":
            client.send(json.dumps({"Request": request, "Result": [], "MessageType": "HistoryTickResult"}))


def name(text):
    tick = json.loads(text)
    return f"{tick['InstrumentIdentifier']} {tick['LastTradePrice'] - 100}"


asyncio.set_event_loop(asyncio.new_event_loop())
lines = []
with serve(service, "127.0.0.1", 0) as listener, contextlib.redirect_stdout(io.StringIO()):
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    url = f"ws://127.0.0.1:{listener.socket.getsockname()[1]}"

    connection = GFDLWS.ws.connect(url, "key")
    got = [name(GFDLWS.realtime.get(connection, "NSE", symbol)) for symbol in ("RELIANCE", "TCS", "TCS")]
    lines.append(f"get RELIANCE: {got[0]}, then get TCS: {got[1]}, again: {got[2]}")
    requests, until = connections[0][0], time.monotonic() + 10
    while requests.count("SubscribeRealtime") < 3 and time.monotonic() < until:
        time.sleep(0.02)
    subscriptions = requests.count("SubscribeRealtime")

    connection = GFDLWS.ws.connect(url, "key")
    first = name(GFDLWS.realtime.get(connection, "NSE", "RELIANCE"))
    GFDLWS.history.getcaldle(connection, "NSE", "RELIANCE", "TICK", "1", "10", "tag", "false")
    read = GFDLWS.realtime.mass_subscribe_n_stream(connection, "NSE", "RELIANCE")
    try:
        then = name(asyncio.get_event_loop().run_until_complete(asyncio.wait_for(read, 2)))
    except asyncio.TimeoutError:
        then = "none within 2 s"
    lines.append(f"get RELIANCE: {first}, then history, then get RELIANCE: {then}, ticks sent {len(connections[1][1])}")
    lines.append(f"subscriptions that the service got for 3 ticks: {subscriptions}")
    listener.shutdown()
print("\n".join(lines), flush=True)
if lines != [
    "get RELIANCE: RELIANCE 0, then get TCS: RELIANCE 1, again: RELIANCE 2",
    "get RELIANCE: RELIANCE 0, then history, then get RELIANCE: none within 2 s, ticks sent 10",
    "subscriptions that the service got for 3 ticks: 3",
]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
