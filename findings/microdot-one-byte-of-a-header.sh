#!/usr/bin/env bash
# microdot: a packet that ends behind the first byte of a frame's header ends the connection, and an empty message does not arrive.
#
# Expected: how the bytes of a connection are cut into packets is no matter. A message may be empty, and may come in parts.
# Seen: microdot 2.7.0 asks its reader for two bytes and takes what is there: one byte is "connection closed" for it, and
#   it closes; the rest of the message meets a reset. Cut one byte later, where it reads on until all is there, the same message arrives.
#   receive() goes on waiting when a message is empty. A message in two parts ends the connection, too, with an empty close frame
#   (1005), and so does one of more than 16 KiB, which its documentation says.
# Why it matters: it is the service of a test, of a device or a gateway. Packets end at each place sooner or later, behind a proxy or
#   when many short messages are sent in a row. The client sees a cut line and reconnects; the order on that line is gone, and no log
#   says why. A heartbeat of empty messages is one that never came.
# Way to live with it: on CPython websockets; on MicroPython a client that sends one message a packet.
# Versions: microdot 2.7.0, websocket-client 1.9.2, websockets 17.4 (PyPI), Python 3.11.7. Nothing of it was found.
#
# Output seen (messages 1 and 2 are sent; what the service receives and how it ends):
#                                        websockets        microdot
#   in two packets                       1 2, open         1 2, open
#   a packet ends inside 2's header      1 2, open         1, cut
#   a packet ends behind 2's header      1 2, open         1 2, open
#   an empty message in between          1 (empty) 2, open 1 2, open
#   2 in two parts                       1 2, open         1, 1005
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check microdot==2.7.0 websocket-client==1.9.2 websockets==17.4 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import logging
import socket
import sys
import time

import websocket
import websockets
from microdot import Microdot
from microdot.websocket import with_websocket
from websocket import ABNF

logging.disable(logging.CRITICAL)
got = []


async def with_websockets(port, ready):
    async def serve(connection):
        async for message in connection:
            got.append(message or "(empty)")

    async with websockets.serve(serve, "127.0.0.1", port):
        await ready()


async def with_microdot(port, ready):
    app = Microdot()

    @app.route("/")
    @with_websocket
    async def serve(request, connection):
        while True:
            got.append(await connection.receive() or "(empty)")

    server = asyncio.create_task(app.start_server("127.0.0.1", port))
    await asyncio.sleep(0.3)
    await ready()
    app.shutdown()
    await server


def frame(text, final=True, opcode=ABNF.OPCODE_TEXT):
    return ABNF.create_frame(text, opcode, int(final)).format()


def story(port, packets):
    got.clear()
    connection = websocket.create_connection(f"ws://127.0.0.1:{port}/", timeout=0.7)
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    end = "open"
    for packet in packets:
        connection.sock.sendall(packet)
        time.sleep(0.15)
    try:
        opcode, data = connection.recv_data(control_frame=True)
        end = str(int.from_bytes(data[:2], "big") if data else 1005) if opcode == ABNF.OPCODE_CLOSE else "?"
    except websocket.WebSocketTimeoutException:
        pass
    except (OSError, websocket.WebSocketException):
        end = "cut"
    connection.close()
    return f"{' '.join(got)}, {end}"


one, two = frame("1"), frame("2")
STORIES = {
    "in two packets": [one, two],
    "a packet ends inside 2's header": [one + two[:1], two[1:]],
    "a packet ends behind 2's header": [one + two[:2], two[2:]],
    "an empty message in between": [one, frame(""), two],
    "2 in two parts": [one, frame("", False) + frame("2", True, ABNF.OPCODE_CONT)],
}


async def column(kind):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    seen = []

    async def ready():
        for packets in STORIES.values():
            seen.append(await asyncio.to_thread(story, port, packets))

    await asyncio.wait_for(kind(port, ready), 60)
    return seen


columns = [asyncio.run(column(kind)) for kind in (with_websockets, with_microdot)]
print(" " * 36, "websockets        microdot")
for name, one_side, other in zip(STORIES, *columns, strict=True):
    print(f"{name:36} {one_side:17} {other}")
right = columns == [
    ["1 2, open", "1 2, open", "1 2, open", "1 (empty) 2, open", "1 2, open"],
    ["1 2, open", "1, cut", "1 2, open", "1 2, open", "1, 1005"],
]
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 100 venv/bin/python probe.py
