#!/usr/bin/env bash
# Rubame: each ping is a message for onmessage and gets no pong, so that clients that look after their line cut it; who says goodbye is cut off.
#
# Expected: a server answers a ping with a pong and a close with a close (RFC 6455, 5.5); onmessage is for messages.
# Seen: Rubame 0.0.3 hands every frame but a close to onmessage, pings with their payload as well, and answers none of them. At a close it closes the socket without a word. A
#   client of websockets that pings each second is gone after two: it sends 1011, "keepalive ping timeout". Its close(1000) ends as 1006.
# Why it matters: clients that ping, as websockets does each 20 seconds, cannot stay: up to that moment all is well, so tests that last a few seconds pass. The handler
#   counts a tick, or an order, per ping. Each client that leaves politely is a broken line in its own statistics.
# Way to live with it: another server (em-websocket, faye-websocket); else no pings from clients, and an empty message ignored. In tests one client that stays for two pings.
# Versions: ruby-rubame 0.0.3~git20131224, ruby-websocket 1.2.9-3 (Debian 12, Ruby 3.1), websockets 17.4, Python 3.11. Source: Server#read in rubame.rb.
#
# Output seen:
#   ping each second: cut by the client after 2 s, 1011 keepalive ping timeout
#   goodbye:          close(1000): 1006
#   onmessage:        1 of pings, 1 of messages
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for ruby-rubame 0.0.3" >&2; exit 1; }
work=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq ruby-rubame=0.0.3~git20131224.f3c78ba-3 ruby-websocket=1.2.9-3 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
RUBYLIB=$(find "$PWD/usr" -type d \( -path '*/gems/*/lib' -o -name vendor_ruby \) | paste -sd:)
export RUBYLIB
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websockets==17.4

cat > server.rb <<'SERVER'
require "rubame"

$stdout.sync = true
port = TCPServer.open("127.0.0.1", 0) { |socket| socket.addr[1] }
server = Rubame::Server.new("127.0.0.1", port)
puts "port #{port}"
loop do
  server.run(0.02) do |client|
    client.onopen { client.send("tick 1") }
    client.onmessage { |message| puts "message #{message.inspect}" }
    client.onclose { puts "gone" }
  end
end
SERVER
cat > probe.py <<'PROBE'
import asyncio
import logging
import pathlib
import sys
import time

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

logging.disable(logging.CRITICAL)
LOG = pathlib.Path("server.log")


def port():
    for _ in range(100):
        lines = LOG.read_text().splitlines()
        if lines:
            return lines[0].split()[1]
        time.sleep(0.1)
    sys.exit("no server")


async def stays(seconds):
    async with connect(f"ws://127.0.0.1:{PORT}/", ping_interval=1, ping_timeout=1, compression=None) as line:
        await line.recv()
        begin = time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                await line.recv()
        except TimeoutError:
            return "still there"
        except ConnectionClosed as error:
            return f"cut by the client after {round(time.monotonic() - begin)} s, {error.sent.code if error.sent else None} {error.sent.reason if error.sent else ''}"


async def leaves():
    line = await connect(f"ws://127.0.0.1:{PORT}/", ping_interval=None, compression=None)
    await line.recv()
    await line.send("order")
    await line.close(1000)
    return f"close(1000): {line.close_code}"


PORT = port()
seen = [asyncio.run(stays(5)), asyncio.run(leaves())]
time.sleep(0.5)
messages = [line for line in LOG.read_text().splitlines() if line.startswith("message")]
pings = sum(line != 'message "order"' for line in messages)
print("ping each second:", seen[0])
print("goodbye:         ", seen[1])
print("onmessage:       ", f"{pings} of pings, {len(messages) - pings} of messages")
if "1011" not in seen[0] or seen[1] != "close(1000): 1006" or pings < 1:
    sys.exit("not as described any more")
PROBE
ruby -W0 server.rb >server.log 2>server.err &
server=$!
timeout 40 venv/bin/python probe.py
