#!/usr/bin/env bash
# liutang: in streaming mode a window and a key give no result, ever, without an error; and a list of 250 ticks is 200 or 251 long.
#
# Expected: "the same Flow / Stream API for batch and streaming modes": a tumbling window of 60 s gives one count for each minute, key_by()
#   one for each symbol, and what a list has is what arrives.
# Seen: liutang 0.1.0 makes a stream of its own of window() and of key_by(), with a name of its own, and looks for the queue of the source by
#   that name. There is none, so that the pipeline waits at a fresh, empty queue; execute() returns its threads as if all were well. In batch mode
#   the same flow is right. Steps before that, map() and filter(), do get their ticks, but the end of a list, file or generator is a None
#   behind the last item: a filter passes it on as a tick, and a step that reads a field raises in a thread, and the piece of up to
#   100 ticks in which it stands is lost. In batch mode set_parallelism(4) gives ticks in the order in which threads are ready.
# Why it matters: a test replays a recording in batch mode, with bars; the live feed has none, and "no bar yet" looks like a quiet market.
# Way to live with it: windows and keys of one's own in a CallbackSink. In tests the mode that production uses, with a count of what arrives.
# Versions: liutang 0.1.0 (the only one on PyPI; its code calls itself 0.1.1), Python 3.11.7. Nothing found about it.
#
# Output seen (250 ticks of one minute, two symbols):
#                          batch   streaming
#   no step                250     251, the last is None
#   filter                 250     251, the last is None
#   map, price             250     200
#   window, count          1       0
#   key_by symbol, count   2       0
#   map, parallelism 4, in order   False
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check liutang==0.1.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
import threading
import time

from liutang import CallbackSink, Flow, RuntimeMode, WindowType

threading.excepthook = lambda *_: None  # the thread of "map" ends with a TypeError, behind all ticks
TICKS = [{"ts": 0.2 * number, "symbol": "AB"[number % 2], "price": 64250 + number} for number in range(250)]
MINUTE = WindowType.tumbling(size=60.0, time_field="ts")
STEPS = {
    "no step": lambda stream: stream,
    "filter": lambda stream: stream.filter(lambda tick: True),
    "map, price": lambda stream: stream.map(lambda tick: tick["price"]),
    "window, count": lambda stream: stream.window(MINUTE).count(),
    "key_by symbol, count": lambda stream: stream.key_by("symbol").count(),
}


def batch(build, parallelism=1):
    flow = Flow(mode=RuntimeMode.BATCH)
    sink = build(flow.set_parallelism(parallelism).from_collection(TICKS)).collect()
    flow.execute()
    return sink.results


def streaming(build):
    flow, got = Flow(mode=RuntimeMode.STREAMING), []
    build(flow.from_collection(TICKS)).sink_to(CallbackSink(func=got.append))
    running = flow.execute()
    time.sleep(2)
    for stop in running["stop_events"].values():
        stop.set()
    return got


seen = []
for name, build in STEPS.items():
    whole, live = batch(build), streaming(build)
    seen.append((len(whole), len(live), bool(live) and live[-1] is None))
    print(f"{name:23}{len(whole):<8}{len(live)}{', the last is None' if seen[-1][2] else ''}")
order = batch(lambda stream: stream.map(lambda tick: (time.sleep(0.0005 if tick["ts"] < 5 else 0), tick["ts"])[1]), 4)
print("map, parallelism 4, in order  ", order == sorted(order))
if seen != [(250, 251, True), (250, 251, True), (250, 200, False), (1, 0, False), (2, 0, False)] or order == sorted(order):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
