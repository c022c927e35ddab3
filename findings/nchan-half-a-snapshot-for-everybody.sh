#!/usr/bin/env bash
# nchan: a message that its publisher sends in two frames is published as its first half, and the publisher is shown the door without a code.
#
# One would expect: a message may come in several frames (RFC 6455, 5.4). A broker puts them together, or refuses the message as a whole with
#   1003 or 1009.
# What happens: nchan 1.3.6, the pub/sub module of nginx, takes the first frame for the message: each subscriber, over WebSocket and over SSE,
#   gets it, it has an id, it is in the buffer for all who come later. At the second frame the line is closed with an empty close frame (1005).
#   The publisher has no word that anything was published. What it sends after that is lost.
# Why it matters: browsers cut what is longer than about 128 kB, and libraries cut what is written as a stream. Prices go in one frame and are
#   right in each test; the snapshot of a big book is half a JSON text for all consumers, who take the service for broken. As the publisher
#   comes back and sends the snapshot again, there is half a snapshot at each attempt.
# Live with it: publish by HTTP POST; or a publisher that is told to send one frame (Python's websockets: a str, no list or generator; ws: send()
#   once). In tests a message of two frames, and what a subscriber gets.
# Versions: libnginx-mod-nchan 1:1.3.6+dfsg-2, nginx 1.22.1 (Debian 12), websockets 17.4, Python 3.11.
# Documented: issue 586 of slact/nchan says that fragments are not supported and the line is closed. That the first is published: nothing found.
# Seen (the publisher sends this, then "next"; what the others got):
#   one frame             publisher open, WebSocket: {"bid":100,"ask":101} next   SSE: {"bid":100,"ask":101} next
#   two frames            publisher 1005, WebSocket: {"bid":100,   SSE: {"bid":100,
#   a subscriber that comes later gets from the buffer: {"bid":100,
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v unshare >/dev/null && [ "$(id -u)" = 0 ] \
  || { echo "needs Debian 12 and root (for a /var/lib of its own), for libnginx-mod-nchan 1.3.6" >&2; exit 1; }
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq libnginx-mod-nchan=1:1.3.6+dfsg-2 nginx 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websockets==17.4

cat > probe.py <<'PROBE'
import asyncio
import os
import signal
import socket
import subprocess
import sys

import websockets

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
here = os.getcwd()
paths = " ".join(f"{what}_temp_path {here}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
with open("nginx.conf", "w") as file:
    file.write(f"""load_module {here}/usr/lib/nginx/modules/ngx_nchan_module.so;
user root; daemon off; worker_processes 1; pid {here}/pid; error_log {here}/errors;
events {{}}
http {{
  access_log off; {paths}
  server {{
    listen 127.0.0.1:{port};
    location ~ /publish/(\\w+)$ {{ nchan_publisher; nchan_channel_id $1; }}
    location ~ /listen/(\\w+)$ {{ nchan_subscriber; nchan_channel_id $1; }}
  }}
}}
""")


async def websocket(channel):
    heard = []
    async with websockets.connect(f"ws://127.0.0.1:{port}/listen/{channel}") as line:
        while True:
            try:
                heard.append(await asyncio.wait_for(line.recv(), 1.5))
            except TimeoutError:
                return " ".join(heard)


async def sse(channel):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /listen/{channel} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode())
    heard = []
    while True:
        try:
            row = await asyncio.wait_for(reader.readline(), 1.5)
        except TimeoutError:
            writer.close()
            return " ".join(heard)
        if row.startswith(b"data: "):
            heard.append(row[6:].decode().strip())


async def publish(channel, message):
    await asyncio.sleep(0.5)
    async with websockets.connect(f"ws://127.0.0.1:{port}/publish/{channel}") as line:
        try:
            await line.send(message)
            await line.send("next")
            while True:
                await asyncio.wait_for(line.recv(), 0.5)
        except TimeoutError:
            return "open"
        except websockets.ConnectionClosed as closed:
            return str(int(closed.rcvd.code)) if closed.rcvd else "1006"


async def main():
    for _ in range(100):
        try:
            (await asyncio.open_connection("127.0.0.1", port))[1].close()
            break
        except OSError:
            await asyncio.sleep(0.1)
    seen = []
    for name, channel, message in (("one frame", "one", '{"bid":100,"ask":101}'), ("two frames", "two", ['{"bid":100,', '"ask":101}'])):
        found = await asyncio.gather(publish(channel, message), websocket(channel), sse(channel))
        print(f"{name:21} publisher {found[0]}, WebSocket: {found[1]}   SSE: {found[2]}")
        seen.append(found)
    later = await websocket("two")
    print("a subscriber that comes later gets from the buffer:", later)
    whole, half = '{"bid":100,"ask":101} next', '{"bid":100,'
    return (seen, later) == ([["open", whole, whole], ["1005", half, half]], half)


# The module keeps to the temporary folders it was built with, whatever the configuration says: it gets an empty /var/lib that only it can see.
own = f"mount -t tmpfs tmpfs /var/lib && mkdir /var/lib/nginx && exec {here}/usr/sbin/nginx -c {here}/nginx.conf -p {here} -e {here}/errors"
server = subprocess.Popen(["unshare", "-m", "sh", "-c", own])
try:
    right = asyncio.run(asyncio.wait_for(main(), 40))
finally:
    server.terminate()
    server.wait(10)
if not right:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py &
probe=$!
wait "$probe"
