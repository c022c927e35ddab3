#!/usr/bin/env bash
# borsapy: after a cut NASDAQ:AAPL is asked for as BIST:AAPL, and a second exchange's symbol of the same name is never asked for.
#
# Expected: subscribe(symbol, exchange="BIST") takes any exchange of TradingView; "Automatic reconnection" asks again for what was
#   subscribed.
# Seen: TradingViewStream of borsapy 0.11.0 keeps names without their exchanges. _on_open() subscribes them again with the default:
#   BIST, Istanbul. The service says that there is no such symbol, which goes to the log as a warning; get_quote() gives the price of before
#   the cut on. A name that Istanbul has too comes back as another share, in liras.
#   BINANCE:BTCUSDT after BYBIT:BTCUSDT is a return without a word, since BTCUSDT is there already. Both would have one
#   place in the quotes anyhow. Charts are subscribed again in the same way.
# Why it matters: a cut once a day is normal, and symbols of Istanbul, which one tests with, come back. The others stand still while the
#   stream says is_connected and the neighbours tick.
# Way to live with it: one's own subscribe() with the exchange after each reconnection (unsubscribe() first, or it returns at once), and
#   a limit for the age of quote["_updated"]; in tests a symbol of another exchange across a cut.
# Versions: borsapy 0.11.0 (the newest on PyPI), websocket-client 1.9.2, Python 3.11.7. Nothing found about it. The service speaks
#   TradingView's frames as the package does.
#
# Output seen:
#   first line   asked for: BIST:THYAO, NASDAQ:AAPL, BYBIT:BTCUSDT  (not: BINANCE:BTCUSDT)
#                THYAO 300.0, AAPL 200.0, BTCUSDT 100000.0
#   second line  asked for: BIST:AAPL, BIST:BTCUSDT, BIST:THYAO
#   prices half  THYAO 150.0, AAPL 200.0, BTCUSDT 100000.0  (right: AAPL 100.0, BTCUSDT 50000.0), is_connected True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check borsapy==0.11.0 websocket-client==1.9.2 websockets==15.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import logging
import os
import re
import threading
import time

from borsapy.stream import TradingViewStream
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

logging.disable()
PRICES = {"BIST:THYAO": 300.0, "NASDAQ:AAPL": 200.0, "BYBIT:BTCUSDT": 100000.0, "BINANCE:BTCUSDT": 100001.0}
NAMES = ["THYAO", "AAPL", "BTCUSDT"]
lines, asked = [], []


def quote(line, session, name, factor):
    data = {"n": name, "s": "ok", "v": {"lp": PRICES[name] * factor}} if name in PRICES else {"n": name, "s": "error", "errmsg": "no such symbol"}
    text = json.dumps({"m": "qsd", "p": [session, data]})
    line.send(f"~m~{len(text)}~m~{text}")


def service(line):
    number = len(lines)
    lines.append(line)
    asked.append([])
    for frame in line:
        for text in re.split(r"~m~\d+~m~", frame):
            message = json.loads(text) if text.startswith("{") else {}
            if message.get("m") == "quote_add_symbols":
                session, name = message["p"]
                asked[number].append(name)
                quote(line, session, name, 1 if number == 0 else 0.5)


def cut(line):
    try:
        line.close(1001)
    except ConnectionClosed:
        pass


def waited(number):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and (len(asked) <= number or len(asked[number]) < 3):
        time.sleep(0.1)
    time.sleep(1)


def one_origin(line, request):
    del request.headers["Origin"]  # the client sends two, which this service's library does not take


server = serve(service, "127.0.0.1", 0, process_request=one_origin)
threading.Thread(target=server.serve_forever, daemon=True).start()
TradingViewStream.WS_URL = f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
stream = TradingViewStream(auth_token="unauthorized_user_token")
stream.connect()
for name, exchange in zip([*NAMES, "BTCUSDT"], ("BIST", "NASDAQ", "BYBIT", "BINANCE")):
    stream.subscribe(name, exchange)
waited(0)
first = [stream.get_quote(name)["last"] for name in NAMES]
print(f"first line   asked for: {', '.join(asked[0])}  (not: BINANCE:BTCUSDT)")
print(f"             {', '.join(f'{name} {price}' for name, price in zip(NAMES, first))}")
threading.Thread(target=cut, args=(lines[0],), daemon=True).start()
waited(1)
second = [stream.get_quote(name)["last"] for name in NAMES]
print(f"second line  asked for: {', '.join(sorted(asked[1]))}")
prices = ", ".join(f"{name} {price}" for name, price in zip(NAMES, second))
print(f"prices half  {prices}  (right: AAPL 100.0, BTCUSDT 50000.0), is_connected {stream.is_connected}")
same = [
    asked[0] == ["BIST:THYAO", "NASDAQ:AAPL", "BYBIT:BTCUSDT"],
    sorted(asked[1]) == ["BIST:AAPL", "BIST:BTCUSDT", "BIST:THYAO"],
    first == [300.0, 200.0, 100000.0],
    second == [150.0, 200.0, 100000.0],
    stream.is_connected,
]
print("" if all(same) else "not as described any more\n", end="", flush=True)
os._exit(0 if all(same) else 1)
PROBE
timeout 90 venv/bin/python -W ignore probe.py
