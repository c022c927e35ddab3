#!/usr/bin/env bash
# socketclusterclient: after a cut, the answer to a subscription is taken for the answer to an old order, and confirms it again.
#
# Expected: emitack() calls its function once, with the server's answer to this message. After a reconnection the client subscribes
#   again by itself; answers to that are nobody's business.
# Seen: socketclusterclient 1.3.6 numbers its messages from 1 on each connection and never takes an answered one off its list. The
#   subscriptions that it repeats after a cut have the numbers 2, 3 and so on, as the first messages of the day had; the server's answer
#   to them calls the functions of those, with the old event's name, no error and no data. After each cut again. An order
#   that was never answered is confirmed in that way too, whether the server had it or not.
# Why it matters: "order: no error" is counted as a second order or as the missing confirmation. The more channels one has, the more
#   old messages are answered. Without subscriptions, or without a cut, each answer comes once.
# Way to live with it: socket.acks.clear() in onConnected; take an answer without data for none; an id of one's own in each
#   order, looked for in the answer. In tests a cut after the first order.
# Versions: socketclusterclient 1.3.6 (the newest), websocket-client 0.48.0 (the newest that it allows), Python 3.11.7. Nothing
#   found about it. Messages of SocketCluster's protocol as documented.
#
# Output seen (two channels; "buy" is answered with its id, "sell" never):
#                    answers to buy             answers to sell
#   at the start     B-1                        none
#   after one cut    B-1, no error no data      no error no data
#   after two cuts   B-1, no error no data x 2  no error no data x 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check socketclusterclient==1.3.6 websocket-client==0.48.0 websockets==15.0.1 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import os
import sys
import threading
import time

from socketclusterclient import Socketcluster
from websockets.sync.server import serve

lines, subscribed, answers = [], [], {"buy": [], "sell": []}


def cluster(line):
    lines.append(line)
    for text in line:
        if not text:
            continue
        message = json.loads(text)
        answer = {"rid": message["cid"]}
        if message["event"] == "#handshake":
            answer["data"] = {"id": "S", "isAuthenticated": False}
        elif message["event"] == "buy":
            answer["data"] = {"order": "B-1"}
        elif message["event"] == "#subscribe":
            subscribed.append(message["data"]["channel"])
        else:
            continue
        line.send(json.dumps(answer))


def answered(event, error, data):
    answers[event].append(data["order"] if data else f"{error or 'no error'} no data")


def ready(client, authenticated):
    if len(lines) == 1:
        client.emitack("buy", {"quantity": 75}, answered)
        client.emitack("sell", {"quantity": 50}, answered)
        client.subscribe("NIFTY")
        client.subscribe("BANKNIFTY")


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited 20 s"
        time.sleep(0.02)


def shown(got):
    texts = []
    for text in dict.fromkeys(got):
        texts.append(text if got.count(text) == 1 else f"{text} x {got.count(text)}")
    return ", ".join(texts) or "none"


seen = []


def show(title):
    time.sleep(0.5)
    seen.append([list(answers["buy"]), list(answers["sell"])])
    print(f"{title:<16} {shown(answers['buy']):<26} {shown(answers['sell'])}", flush=True)


with serve(cluster, "127.0.0.1", 0) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = Socketcluster.socket(f"ws://127.0.0.1:{server.socket.getsockname()[1]}/socketcluster/")
    client.setdelay(1)
    client.setreconnection(True)
    client.setAuthenticationListener(None, ready)
    threading.Thread(target=client.connect, daemon=True).start()
    print(" " * 17 + "answers to buy             answers to sell", flush=True)
    for count, title in ((2, "at the start"), (4, "after one cut"), (6, "after two cuts")):
        until(lambda: len(subscribed) == count)
        show(title)
        lines[-1].close(1001)
empty = "no error no data"
same = seen == [[["B-1"], []], [["B-1", empty], [empty]], [["B-1", empty, empty], [empty, empty]]]
if not same:
    print("not as described any more", file=sys.stderr, flush=True)
os._exit(0 if same else 1)
PROBE
timeout 90 venv/bin/python -W ignore probe.py
