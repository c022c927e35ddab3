#!/usr/bin/env bash
# Definedge: the client that "reconnects by itself, 30 times" makes no attempt at all, and unsubscribing sends nothing.
#
# Expected: reconnection is on by default, with up to 30 attempts after 2 to 60 seconds (the package's own text); a
#   token that was subscribed can be unsubscribed; what ends for good says so in on_stop_reconnection.
# Seen: IntegrateWebSocket of pyintegrate 3.0.0 asks for a new connection only if there was an earlier attempt: its
#   counter starts at 0, so that the first cut, or a close with 1012, is the end. on_close comes, then nothing: neither
#   on_reconnection nor on_stop_reconnection, and connect() does not return. unsubscribe() of what subscribe()
#   takes, a list of pairs, is an error in on_exception; nothing is sent, and the ticks go on.
# Why it matters: a service that restarts each night loses all of these clients, and their processes stay up, "running",
#   without a tick. The callbacks are empty by default, so that neither is in any log.
# Way to live with it: start a new process on on_close (twisted's reactor cannot be started twice); watch the age of the
#   last tick; in tests cut the line once and wait for a second connection, and read what unsubscribing sends.
# Versions: pyintegrate 3.0.0, autobahn 23.6.2, Twisted 22.10.0, websockets 17.4, Python 3.11.7. Nothing found about it.
#
# Output seen (12 seconds for each; the first delay would be 2 seconds):
#   unsubscribing: TypeError, the service got: c t
#   line cut:      connections 1, callbacks: close 1006
#   close 1012:    connections 1, callbacks: close 1012
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pyintegrate==3.0.0 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > client.py <<'CLIENT'
import asyncio
import json
import sys
import threading

from integrate import IntegrateWebSocket
from websockets.asyncio.server import serve

HOW = sys.argv[1]
listening = threading.Event()
place, asked, called = {"connections": 0}, [], []


class Account:
    SUBSCRIPTION_TYPE_TICK, SUBSCRIPTION_TYPE_ORDER, SUBSCRIPTION_TYPE_DEPTH = "tick", "order", "depth"
    uid = actid = "1"
    ws_session_key = "token"
    exchange_types = {"NSE"}
    symbols = [{"segment": "NSE", "token": "22"}]


async def service(client):
    place["connections"] += 1
    async for message in client:
        asked.append(json.loads(message)["t"])
        if asked[-1] == "c":
            await client.send(json.dumps({"t": "ck", "s": "OK"}))
        if asked[-1] == "t":
            await client.send(json.dumps({"t": "tf", "e": "NSE", "tk": "22", "lp": "100.05"}))
            await asyncio.sleep(0.5)
            if HOW == "cut":
                client.transport.abort()
            elif HOW == "restart":
                await client.close(1012)


async def serving():
    async with serve(service, "127.0.0.1", 0) as server:
        place["port"] = server.sockets[0].getsockname()[1]
        listening.set()
        await asyncio.sleep(60)


def tick(feed, _):
    if HOW == "unsubscribe":
        feed.unsubscribe("tick", [("NSE", "22")])


def end():
    if HOW == "unsubscribe":
        print(", ".join(called) + ", the service got: " + " ".join(asked))
    else:
        print(f"connections {place['connections']}, callbacks: " + ", ".join(called))
    feed.stop()


threading.Thread(target=asyncio.run, args=(serving(),), daemon=True).start()
listening.wait(10)
feed = IntegrateWebSocket(Account())
feed.on_login = lambda feed: feed.subscribe("tick", [("NSE", "22")])
feed.on_tick_update = tick
feed.on_close = lambda feed, code, reason: called.append(f"close {code}")
feed.on_reconnection = lambda feed, attempt: called.append(f"reconnection {attempt}")
feed.on_stop_reconnection = lambda feed: called.append("stop reconnection")
feed.on_exception = lambda feed, error: called.append("TypeError" if "expected str instance" in str(error) else str(error))
threading.Timer(3 if HOW == "unsubscribe" else 12, end).start()
feed.connect(f"ws://127.0.0.1:{place['port']}/", ssl_verify=False)
CLIENT
good=yes
story() {  # what, argument, output that is expected
  local seen; seen=$(timeout 40 venv/bin/python -W ignore client.py "$2" 2>err) || { cat err; exit 1; }
  printf '%-14s %s\n' "$1" "$seen"
  [ "$seen" = "$3" ] || good=
}
story "unsubscribing:" unsubscribe "TypeError, the service got: c t"
story "line cut:" cut "connections 1, callbacks: close 1006"
story "close 1012:" restart "connections 1, callbacks: close 1012"
[ -n "$good" ] || { echo "not as described any more"; exit 1; }
