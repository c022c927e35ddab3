#!/usr/bin/env bash
# aspubsub: as soon as another client asks for a pattern that overlaps mine, each tick comes to me twice; with a third pattern three times.
#
# One would expect: a manager between Redis and WebSocket clients sends a message once to each client that has asked for it, whatever the others ask for. The source has a
#   comment "Don't handle same message twice", and an exact name beside a pattern is indeed handled.
# What happens: Redis sends one pmessage for each pattern of the connection that fits, and all clients share the one connection. For each of these messages the manager works out
#   anew who is to get it, from the channel alone, and sends it to all of them. With ticks.* of one client and ticks.A* of another, both get each tick of AAPL twice,
#   though neither has two subscriptions, and MSFT comes once. When the other goes, it is once again.
# Why it matters: the volume of a candle doubles while somebody else looks at the same symbols, and is right when one looks for the cause alone. A test with one client can't
#   show it; one with many counts more ticks than were sent, and takes that for a repeat by the feed.
# Live with it: subscribe the backend to one pattern only and let clients have exact names; or have patterns that can't overlap (one for each prefix). A number in each tick
#   lets the reader drop the second. In tests two clients with patterns of a different width.
# Versions: aspubsub 0.1.3 (the newest on PyPI), redis 5.2.1, Debian's redis-server 5:7.0.15-1~deb12u10, Python 3.11.7. Source: _pubsub_listener in backends/redis.py and
#   _get_client_ids_subscribed_to_channel in aspubsub.py.
# Documented: that Redis sends one message for each pattern is in its documentation of PSUBSCRIBE; nothing found about it for aspubsub.
#
# Seen ("five ticks of AAPL and five of MSFT; what each client got of them"):
#   anna ticks.*                                        anna 5 5
#   anna ticks.*, bert ticks.A*                         anna 10 5, bert 10 0
#   anna ticks.*, bert ticks.A*, carl ticks.AA*         anna 15 5, bert 15 0, carl 15 0
#   anna ticks.*, bert ticks.*                          anna 5 5, bert 5 5
#   anna ticks.*, bert ticks.AAPL by name               anna 5 5, bert 5 0
#   anna ticks.*, bert ticks.A* and gone                anna 5 5, bert 0 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq redis-server=5:7.0.15-1~deb12u10 redis-tools=5:7.0.15-1~deb12u10 libjemalloc2 liblzf1 libatomic1 liblua5.1-0 lua-bitop lua-cjson 2>apt.log \
  || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LIBRARIES=$(find "$PWD/usr/lib" -name '*.so*' -printf '%h\n' | sort -u | paste -sd:)
export LIBRARIES
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile aspubsub==0.1.3 redis==5.2.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import os
import signal
import socket
import subprocess
import sys
import time

from aspubsub import DumbBroadcaster

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


class Client:
    def __init__(self):
        self.seen = []

    async def send_text(self, text):
        self.seen.append(text)


async def show(port, *wishes, leaves=None):
    manager = DumbBroadcaster(f"redis://127.0.0.1:{port}")
    await manager.initialize()
    clients = {}
    for name, channel, pattern in wishes:
        clients[name] = Client()
        await manager.subscribe(name, channel, conn=clients[name], pattern_matching=pattern)
    await asyncio.sleep(0.5)
    if leaves:
        await manager.disconnect(leaves)
        await asyncio.sleep(0.5)
    for number in range(5):
        for symbol in ("AAPL", "MSFT"):
            await manager.publish(f"ticks.{symbol}", f"{symbol} {number}")
    await asyncio.sleep(1)
    title = ", ".join(
        f"{name} {channel}" + ("" if pattern else " by name") + (" and gone" if name == leaves else "")
        for name, channel, pattern in wishes
    )
    counts = ", ".join(
        f"{name} " + " ".join(str(sum(symbol in text for text in client.seen)) for symbol in ("AAPL", "MSFT"))
        for name, client in clients.items()
    )
    print(f"{title:<51} {counts}", flush=True)
    await manager.cleanup()


async def main(port):
    anna, bert, carl = ("anna", "ticks.*", True), ("bert", "ticks.A*", True), ("carl", "ticks.AA*", True)
    await show(port, anna)
    await show(port, anna, bert)
    await show(port, anna, bert, carl)
    await show(port, anna, ("bert", "ticks.*", True))
    await show(port, anna, ("bert", "ticks.AAPL", False))
    await show(port, anna, bert, leaves="bert")


with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]
environment = {**os.environ, "LD_LIBRARY_PATH": os.environ["LIBRARIES"]}
with open("redis.log", "w") as log:
    command = ["usr/bin/redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    redis = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
try:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    asyncio.run(main(port))
finally:
    redis.terminate()
    redis.wait()
PROBE
timeout 80 venv/bin/python probe.py | tee seen
cat > want <<'WANT'
anna ticks.*                                        anna 5 5
anna ticks.*, bert ticks.A*                         anna 10 5, bert 10 0
anna ticks.*, bert ticks.A*, carl ticks.AA*         anna 15 5, bert 15 0, carl 15 0
anna ticks.*, bert ticks.*                          anna 5 5, bert 5 5
anna ticks.*, bert ticks.AAPL by name               anna 5 5, bert 5 0
anna ticks.*, bert ticks.A* and gone                anna 5 5, bert 0 0
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
