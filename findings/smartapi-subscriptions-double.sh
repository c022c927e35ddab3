#!/usr/bin/env bash
# Angel One's SmartAPI client: 3 instruments, nine reconnections, and the subscription asks for 1536 tokens.
#
# Expected: whoever subscribes in on_open, as the package's README does, asks for the same instruments after
#   each reconnection. The library also says that it subscribes again by itself.
# Seen: smartapi-python 1.5.5 keeps the caller's own list of tokens and, at the next subscribe(), appends the
#   list to itself: 3, 6, 12, 24 tokens, in the caller's list too, and in the message that goes out. It makes no
#   difference whether the line was cut or closed with 1001. The re-subscription of its own never runs: the
#   retry takes its flag away before it connects. on_close never runs either, as the method takes one argument
#   and websocket-client hands over three. Retries are counted over the life of the client, not from one success
#   to the next.
# Why it matters: 1000 tokens are the most for a connection; 50 instruments are past it after the fifth lost
#   line, days after the start, and then it is the subscription that fails, not the line. A test with one
#   reconnection sees six tokens that a set makes three, and a suite that waits for on_close waits until its
#   deadline.
# Way to live with it: hand over a fresh list each time (copy.deepcopy), and let a stand-in service count the
#   tokens after the third reconnection; take the return of connect() as the close.
# Versions: smartapi-python 1.5.5, websocket-client 1.9.2, websockets 15.0.1, Python 3.11.7. Pull request 28 of
#   angel-one/smartapi-python (open since 2023) names the flag and on_close; the doubling was not found. 1000
#   tokens: the broker's forum, topic 4391.
#
# Output seen:
#   line cut          subscription of    3 tokens, the caller's list has    3
#   closed with 1001  subscription of    6 tokens, the caller's list has    6
#   line cut          subscription of   12 tokens, the caller's list has   12
#   closed with 1001  subscription of   24 tokens, the caller's list has   24
#   line cut          subscription of   48 tokens, the caller's list has   48
#   closed with 1001  subscription of   96 tokens, the caller's list has   96
#   line cut          subscription of  192 tokens, the caller's list has  192
#   closed with 1001  subscription of  384 tokens, the caller's list has  384
#   line cut          subscription of  768 tokens, the caller's list has  768
#   closed with 1001  subscription of 1536 tokens, the caller's list has 1536
#   connect() has returned, on_close was called 0 times
set -euo pipefail
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
  smartapi-python==1.5.5 websocket-client==1.9.2 logzero==1.7.0 websockets==15.0.1

cat > probe.py <<'PROBE'
import json
import logging
import socket
import sys
import threading

import logzero
from websockets.sync.server import serve

logzero.loglevel(logging.CRITICAL + 1)
from SmartApi.smartWebSocketV2 import SmartWebSocketV2  # noqa: E402

WAYS = ["line cut", "closed with 1001"] * 5
INSTRUMENTS = [{"exchangeType": 1, "tokens": ["26009", "2885", "1594"]}]
sizes, closed = [], []


def service(client):
    way = WAYS[len(sizes)]
    asked = json.loads(client.recv(10))["params"]["tokenList"][0]["tokens"]
    sizes.append((len(asked), len(INSTRUMENTS[0]["tokens"])))
    print(f"{way:16}  subscription of {sizes[-1][0]:4} tokens, the caller's list has {sizes[-1][1]:4}", flush=True)
    if way == "line cut":
        client.socket.shutdown(socket.SHUT_RDWR)
    else:
        client.close(1001)


with serve(service, "127.0.0.1", 0) as listener:
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    SmartWebSocketV2.ROOT_URI = f"ws://127.0.0.1:{listener.socket.getsockname()[1]}"
    client = SmartWebSocketV2("token", "key", "client", "feed", max_retry_attempt=9, retry_delay=0.2)
    client.on_open = lambda _: client.subscribe("abc123", SmartWebSocketV2.LTP_MODE, INSTRUMENTS)
    client.on_close = lambda *_: closed.append(True)
    client.on_error = lambda *_: None
    working = threading.Thread(target=client.connect, daemon=True)
    working.start()
    working.join(60)
    listener.shutdown()
print(f"connect() has {'not ' if working.is_alive() else ''}returned, on_close was called {len(closed)} times")
if sizes != [(3 * 2**n, 3 * 2**n) for n in range(10)] or working.is_alive() or closed:
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py 2>probe.log & probe=$!
wait "$probe" && probe= || { code=$?; probe=; tail -n 5 probe.log; exit "$code"; }
