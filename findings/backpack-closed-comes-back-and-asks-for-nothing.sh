#!/usr/bin/env bash
# backpack-exchange-sdk: after a cut it is connected and subscribed to nothing; who subscribes again hears each trade twice; and what was closed opens itself again.
#
# Expected: "includes automatic reconnection on connection loss": the streams go on. close() "gracefully closes the connection".
# Seen: backpack-exchange-sdk 1.1.4 connects again five seconds after a close (30 after 1001) and sends no SUBSCRIBE: the callbacks are still in its list,
#   the exchange knows of nothing. subscribe() adds the callback to that list without a look at it, so the repair calls it two times for each
#   message, after the next cut three times. close() ends in the same on_close: it sleeps and connects anew, a daemon thread that nobody can
#   stop. There is no callback for any of this, print() says "connection established".
# Why it matters: after the first restart of the exchange a bot on Backpack sees a market that stands still; a bot that subscribes again counts all volumes
#   double. A process that closes and opens clients collects connections until the limit of the exchange.
# Way to live with it: a new WebSocketClient after each cut, with its ws.on_close set to None before close(); the age of the newest message as the sign of life.
#   Tests that count SUBSCRIBE by connection, calls by message, and connections after close().
# Versions: backpack-exchange-sdk 1.1.4 (the newest on PyPI), websocket-client 1.9.2, websockets 17.4 (the server), Python 3.11.7. Nothing found
#   about it.
#
# Output seen:
#                                                    expected     backpack-exchange-sdk
#   before a cut: SUBSCRIBE, calls for one trade     1, 1         1, 1
#   after a close with 1012, connected again         1, 1         0, 0
#   subscribe() again                                2, 1         1, 2
#   connections 16 s after close()                   0            1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check backpack-exchange-sdk==1.1.4 websocket-client==1.9.2 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import contextlib
import io
import json
import logging
import os
import sys
import threading
import time

from backpack_exchange_sdk.websocket import WebSocketClient
from websockets.sync.server import serve

logging.disable(logging.CRITICAL)
lines, opened, asked, called = set(), [], [], []


def talk(line):
    lines.add(line)
    opened.append(line)
    asked.append(0)
    mine = len(asked) - 1
    try:
        for _ in line:
            asked[mine] += 1
    except Exception:
        pass
    lines.discard(line)


server = serve(talk, "127.0.0.1", 0)
threading.Thread(target=server.serve_forever, daemon=True).start()


class Local(WebSocketClient):
    base_url = property(lambda self: f"ws://127.0.0.1:{server.socket.getsockname()[1]}", lambda self, url: None)


def trade():
    time.sleep(0.5)
    called.clear()
    if asked[-1]:
        opened[-1].send(json.dumps({"stream": "trade.SOL_USDC", "data": {"p": "150.10", "q": "1"}}))
    time.sleep(0.5)
    return f"{asked[-1]}, {len(called)}"


with contextlib.redirect_stdout(io.StringIO()):
    client = Local()
    client.subscribe(["trade.SOL_USDC"], called.append)
    rows = [("before a cut: SUBSCRIBE, calls for one trade", "1, 1", trade())]
    threading.Thread(target=opened[0].close, args=(1012,), daemon=True).start()
    end = time.monotonic() + 20
    while len(opened) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    client.connected.wait(5)
    rows.append(("after a close with 1012, connected again", "1, 1", trade()))
    client.subscribe(["trade.SOL_USDC"], called.append)
    rows.append(("subscribe() again", "2, 1", trade()))
    time.sleep(6)
    client.close()
    time.sleep(16)
    rows.append(("connections 16 s after close()", "0", str(len(lines))))
print(" " * 48, "expected     backpack-exchange-sdk")
for name, expected, seen in rows:
    print(name.ljust(48), expected.ljust(12), seen)
right = [seen for *_, seen in rows] == ["1, 1", "0, 0", "1, 2", "1"]
if not right:
    print("not as described any more", file=sys.stderr)
sys.stdout.flush()
os._exit(not right)
PROBE
timeout 70 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
