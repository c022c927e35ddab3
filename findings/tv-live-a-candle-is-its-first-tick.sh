#!/usr/bin/env bash
# tv-live: each candle is closed with the prices of its first tick, no heartbeat is answered, and one reconnection that fails is the end of it.
#
# Expected: "streams candles in real-time, each completed bar is printed with OHLCV", "the same messages your browser receives";
#   on_disconnect and a reconnection after three seconds.
# Seen: tv-live 0.1.0 reads timescale_update alone, which has the history and the beginning of a bar. What the current bar becomes comes as
#   "du", which tvkit and pytradingview read and tv-live does not: with the next bar it hands out the one before as it was when it began, of one
#   tick and one trade; where new bars come as du too there is none at all. Indicators are computed from them; those of history are right. The
#   heartbeats of TradingView, ~h~ and a number, are to be sent back; it sends a "2" each 30 seconds. The reconnection stands in the handler of the
#   error: when it fails, the stream is over. Its reason goes to on_error, and nowhere when there is none.
# Why it matters: all looks well, as closes are near the right ones; ranges, ATR and volumes of live candles are tiny, and stops too narrow. A
#   restart of a proxy for five seconds ends the night.
# Way to live with it: none for the candles, another client; on_error set, and a look at bar_count.
# Versions: tv-live 0.1.0 (the only one on PyPI), websocket-client 1.9.2, pandas 2.3.3, websockets 17.4, Python 3.11.7. Nothing found about it.
#
# Output seen (a five-minute bar that begins at 1.1000, goes up to 1.1050, down to 1.0980 and ends at 1.1020 with a volume of 900):
#   the service says     1.1 1.105 1.098 1.102 900
#   tv-live says         1.1 1.1 1.1 1.1 1
#   four bars, the last three as du: candles       0
#   heartbeats sent, sent back                     2, 0
#   service away for 5 s: connections, running     1, False
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check tv-live==0.1.0 websocket-client==1.9.2 pandas==2.3.3 websockets==17.4 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import logging
import sys
import threading
import time

import tv_live.stream
from websockets.sync.server import serve

logging.disable()
START = 1767625200
TICKS = [(1.1, 1.1, 1.1, 1.1, 1), (1.1, 1.105, 1.1, 1.104, 300), (1.1, 1.105, 1.098, 1.099, 700), (1.1, 1.105, 1.098, 1.102, 900)]
received, connections = [], []


def framed(text):
    return f"~m~{len(text)}~m~{text}"


def update(kind, bar, values):
    series = {"s1": {"s": [{"i": bar, "v": [START + 300 * bar, *values]}], "ns": {"d": "", "indexes": []}, "t": "s1"}}
    return framed(json.dumps({"m": kind, "p": ["cs_a", series]}, separators=(",", ":")))


def tradingview(line):
    if line.request.path == "/all":
        line.send(update("timescale_update", 0, (1.2, 1.21, 1.19, 1.1, 800)))
        for bar in (1, 2, 3):
            line.send(update("du", bar, TICKS[3]))
        return line.recv()
    connections.append(line)
    if len(connections) > 1:
        return None
    threading.Thread(target=lambda: [received.append(message) for message in line], daemon=True).start()
    line.send(update("timescale_update", 0, (1.2, 1.21, 1.19, 1.1, 800)))
    line.send(framed("~h~1"))
    line.send(update("timescale_update", 1, TICKS[0]))
    for tick in TICKS[1:]:
        line.send(update("du", 1, tick))
    line.send(framed("~h~2"))
    line.send(update("timescale_update", 2, (1.102, 1.102, 1.102, 1.102, 1)))
    time.sleep(1.5)


candles, others = [], []
service = serve(tradingview, "127.0.0.1", 0)
threading.Thread(target=service.serve_forever, daemon=True).start()
url = f"ws://127.0.0.1:{service.socket.getsockname()[1]}/"
tv_live.stream.WS_URL = url + "all"
other = tv_live.stream.TvLiveStream("FX:EURUSD", "5m")
other.on_candle = lambda bar, history: others.append(bar)
reader = other.start_in_thread()
time.sleep(1)
other.stop()
reader.join(1)
tv_live.stream.WS_URL = url
stream = tv_live.stream.TvLiveStream("FX:EURUSD", "5m")
stream.on_candle = lambda bar, history: candles.append(bar)
reader = stream.start_in_thread()
time.sleep(1)
service.shutdown()
reader.join(10)
bar = candles[-1]
rows = {
    "the service says    ": " ".join(map(str, TICKS[-1])),
    "tv-live says        ": " ".join(str(bar[key]) for key in ("open", "high", "low", "close", "volume")),
    "four bars, the last three as du: candles      ": len(others),
    "heartbeats sent, sent back                    ": f"2, {sum('~h~' in message for message in received)}",
    "service away for 5 s: connections, running    ": f"{len(connections)}, {stream._running or reader.is_alive()}",
}
for name, value in rows.items():
    print(name, value, flush=True)
if [*rows.values()] != ["1.1 1.105 1.098 1.102 900", "1.1 1.1 1.1 1.1 1", 0, "2, 0", "1, False"]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
