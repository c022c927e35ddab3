#!/usr/bin/env bash
# Firstock: who connects as the second user is the first, and the handler for greeks is never called.
#
# Expected: initialize_websockets(user_id, ...) connects as that user; a message with greeks comes to the handler for
#   greeks; an error in a handler is seen somewhere.
# Seen: firstock 1.2.11 keeps the keys of all users that logged in in config.json, and takes the first of them for each
#   connection: user_id is overwritten. A message with delta, gamma and so on is known by "gamma" at its top level, and then
#   handed over from one level below: a flat one is given to nobody. One that is grouped by instrument is not known
#   and goes to the handler for prices. What a handler raises is thrown away without a line. And each handshake has two
#   headers Origin, an empty one and websocket-client's: servers that look at it, such as `websockets`, answer 400.
# Why it matters: orders and positions of one account are reported as those of the other; two streams of one user count
#   against its limit of sessions. With one login, as in the examples, it is right; the order of
#   the logins decides. Greeks that never come look like a quiet option.
# Way to live with it: one working directory (the file is looked for there) and process for each user; greeks in the
#   handler for prices; try/except with a log in each handler; in tests two users, and one handler that raises.
# Versions: firstock 1.2.11, websocket-client 1.9.2, websockets 17.4, Python 3.11.7. Nothing found about it. The form of
#   the greeks is not documented: both that the package asks for are sent.
#
# Output seen:
#   connect as user-2        the service sees user-1 with key-1, and 2 headers Origin
#   greeks, flat             handler for greeks: 0 calls, for prices: 0
#   greeks, by instrument    handler for greeks: 0 calls, for prices: 1
#   a price, handler raises  no error, no line; the next price is handed over
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check firstock==1.2.11 websocket-client==1.9.2 websockets==17.4 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }
echo '{"user-1": {"jKey": "key-1"}, "user-2": {"jKey": "key-2"}}' > config.json # as two logins leave it

cat > client.py <<'CLIENT'
import contextlib
import io
import json
import sys
import threading
import time
from urllib.parse import parse_qs, urlparse

from firstock.websockets.websockets import Firstock, FirstockWebSocket
from websockets.sync.server import serve

GREEKS = {"delta": 0.5, "gamma": 0.002, "theta": -9.1, "vega": 12.3}
state = {}


def admit(connection, request):
    state["origins"] = len(request.headers.get_all("Origin"))
    del request.headers["Origin"]  # or it is a 400, see above


def service(client):
    query = parse_qs(urlparse(client.request.path).query)
    state["as"] = (query["userId"][0], query["jKey"][0])
    client.send("Authentication successful")
    state["client"] = client
    for _ in client:
        pass


prices, greeks = [], []


def price(message):
    prices.append(message)
    if message.get("c_symbol") == "bad":
        raise ValueError("a price that this handler cannot take")


def send(message):
    before = len(prices), len(greeks)
    state["client"].send(json.dumps(message))
    time.sleep(0.5)
    return len(greeks) - before[1], len(prices) - before[0]


with serve(service, "127.0.0.1", 0, process_request=admit) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    place = {"scheme": "ws", "host": f"127.0.0.1:{server.socket.getsockname()[1]}", "path": "/ws"}
    model = FirstockWebSocket(subscribe_feed_data=price, subscribe_option_greeks_data=greeks.append)
    socket, error = Firstock.initialize_websockets("user-2", model, place)
    assert error is None, error
    flat = send({"c_symbol": "NIFTY", **GREEKS})
    grouped = send({"NFO:45467": {"c_symbol": "NIFTY", **GREEKS}})
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        bad, good = send({"c_symbol": "bad", "i_last_traded_price": 10005}), send({"c_symbol": "good"})
    Firstock.close_websocket(socket)
    server.shutdown()
print(f"connect as user-2        the service sees {state['as'][0]} with {state['as'][1]}, and {state['origins']} headers Origin")
print(f"greeks, flat             handler for greeks: {flat[0]} calls, for prices: {flat[1]}")
print(f"greeks, by instrument    handler for greeks: {grouped[0]} calls, for prices: {grouped[1]}")
if (bad, good, shown.getvalue()) == ((0, 1), (0, 1), ""):
    print("a price, handler raises  no error, no line; the next price is handed over")
if (state["as"], state["origins"], flat, grouped, bad, good, shown.getvalue()) != (("user-1", "key-1"), 2, (0, 0), (0, 1), (0, 1), (0, 1), ""):
    sys.exit("not as described any more")
CLIENT
timeout 60 venv/bin/python -W ignore client.py
