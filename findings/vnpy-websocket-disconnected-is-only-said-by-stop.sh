#!/usr/bin/env bash
# vnpy_websocket: on_disconnected comes for your own stop() and for nothing else, no cut, no close, no server that is gone; and receive_timeout ends no silent line.
#
# Expected: on_disconnected is the "callback when websocket connection is closed", on_error the one for exceptions; receive_timeout=60 ends a line on which
#   nothing has come for a minute.
# Seen: vnpy_websocket 1.1.1 runs websocket-client with reconnect=1. With it websocket-client 1.9.2 calls on_close for nothing but the end of the whole
#   run, and on_error neither for a close with 1012 nor for attempts that are refused, only once for a cut without a goodbye. It connects again after
#   a second and calls on_open: on_connected comes two times in a row. stop() is the only way to on_disconnected; a server that says goodbye
#   and stays away is silence. receive_timeout becomes the default timeout of all websocket-client sockets of the process (the last init()
#   wins) and ends nothing: the loop waits with select, and pings go out every ping_interval without anybody waiting for the pong.
# Why it matters: it is under the gateways of VeighNa: what they do in on_disconnected (mark the gateway as down, empty the books, log) is never
#   done. A strategy trades on the last book while the exchange is away. Behind a gateway that forgets the line nothing is noticed at all.
# Way to live with it: clear all state in on_connected, each time; the age of the newest packet as the sign of life. Tests with a close, with a server that
#   stays away, and with one that goes quiet.
# Versions: vnpy_websocket 1.1.1 (the newest on PyPI), websocket-client 1.9.2, websockets 15.0.1 (the server), Python 3.11.7. Nothing found about it.
#
# Output seen (callbacks in turn):
#   close with 1012, back at once              connected, packet, connected, packet
#   close, nobody listens for 3 s, then back   connected, packet, connected, packet
#   cut without a goodbye, back at once        connected, packet, error, connected, packet
#   stop()                                     connected, packet, disconnected
#   receive_timeout 2, no byte for 7 s         connected, packet
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check vnpy_websocket==1.1.1 websocket-client==1.9.2 websockets==15.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import logging
import os
import socket
import sys
import threading
import time

from vnpy_websocket import WebsocketClient
from websockets.sync.server import serve

logging.disable(logging.CRITICAL)


class Gateway(WebsocketClient):
    def __init__(self, port, receive_timeout=60):
        super().__init__()
        self.seen = []
        self.init(f"ws://127.0.0.1:{port}", receive_timeout=receive_timeout)
        self.start()

    def on_connected(self):
        self.seen.append("connected")

    def on_disconnected(self, status_code, msg):
        self.seen.append("disconnected")

    def on_packet(self, packet):
        self.seen.append("packet")

    def on_error(self, error):
        self.seen.append("error")


def listen(after, port=0):
    def talk(line):
        line.send(json.dumps({"price": 100}))
        after(line)

    server = serve(talk, "127.0.0.1", port, ping_interval=None)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, server.socket.getsockname()[1]


def wait(line):
    for _ in line:
        pass


def rows():
    closed = []

    def close_once(line):
        if closed:
            return wait(line)
        closed.append(line)
        time.sleep(0.3)
        line.close(1012, "restart")

    _, port = listen(close_once)
    gateway = Gateway(port)
    time.sleep(3)
    seen = [*gateway.seen]
    gateway.stop()
    yield "close with 1012, back at once", seen

    gone = threading.Event()

    def leave(line):
        time.sleep(0.3)
        server.shutdown()
        line.close(1001, "maintenance")
        gone.set()

    server, port = listen(leave)
    gateway = Gateway(port)
    gone.wait(5)
    time.sleep(3)
    listen(wait, port)
    time.sleep(2.5)
    seen = [*gateway.seen]
    gateway.stop()
    yield "close, nobody listens for 3 s, then back", seen

    broken = []

    def cut_once(line):
        if broken:
            return wait(line)
        broken.append(line)
        time.sleep(0.3)
        line.socket.shutdown(socket.SHUT_RDWR)

    _, port = listen(cut_once)
    gateway = Gateway(port)
    time.sleep(3)
    seen = [*gateway.seen]
    gateway.stop()
    yield "cut without a goodbye, back at once", seen

    _, port = listen(wait)
    gateway = Gateway(port)
    time.sleep(0.5)
    gateway.stop()
    gateway.join()
    yield "stop()", gateway.seen

    _, port = listen(wait)
    gateway = Gateway(port, receive_timeout=2)
    time.sleep(7)
    seen = [*gateway.seen]
    gateway.stop()
    yield "receive_timeout 2, no byte for 7 s", seen


seen = []
for name, callbacks in rows():
    seen.append(", ".join(callbacks))
    print(name.ljust(42), seen[-1], flush=True)
once = "connected, packet"
right = seen == [f"{once}, {once}", f"{once}, {once}", f"{once}, error, {once}", f"{once}, disconnected", once]
if not right:
    print("not as described any more", file=sys.stderr)
sys.stderr.flush()
os._exit(not right)
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
