#!/usr/bin/env bash
# commlink: when the publisher has been restarted a push subscriber hears nothing any more, and a pull one is given the old price.
#
# Expected: ZeroMQ connects again by itself, so both kinds of Subscriber go on with the publisher that came back on the same port; or they tell it.
# Seen: in commlink 0.4.2 push mode is a register in the publisher's memory: Subscriber(buffer=True) sends SUB once, in its constructor. The new publisher
#   doesn't know it, the socket is connected again, get() waits for ever, nothing is raised or logged. Pull mode asks for each read and works, but
#   until the new publisher has published a topic it answers "unknown" and the subscriber hands out the value it has kept from before, as the present
#   one. While the publisher is down a read waits without an end, also of a topic that has been read before; there is no timeout to give.
# Why it matters: a deploy of the tick source makes all push readers deaf until each of them is restarted too, and it's the case that no test with one
#   process has. A gauge "last price" stays at the old price after the restart of a source that has no data yet, and looks alive.
# Way to live with it: a time of the last message for each subscriber, and a new Subscriber when it's too old; a heartbeat topic; the tick's own time in
#   the payload and a check of its age in pull mode. In tests restart the publisher between two ticks.
# Versions: commlink 0.4.2 (the newest), pyzmq 27.3.0, Python 3.11.7. Source: commlink/publisher.py, subscriber.py. Nothing found about it.
#
# Output seen:
#   first publisher       push [227.31]   pull 227.31
#   second, before any tick               pull 227.31
#   second, tick 99.5     push []   pull 99.5
#   a new push subscriber, tick 98.5    [98.5], the old one []
#   a pull while no publisher is there: still waiting after 1 s
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile commlink==0.4.2 pyzmq==27.3.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import os
import socket
import threading
import time

from commlink import Publisher, Subscriber

with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]


def heard(subscriber, wait=1.0):
    """What comes within the time; get() has no timeout of its own."""
    until, seen = time.monotonic() + wait, []
    while time.monotonic() < until:
        while subscriber._global_queue:
            seen.append(subscriber.get()[1])
        time.sleep(0.02)
    return seen


publisher = Publisher("127.0.0.1", port)
push = Subscriber("127.0.0.1", port, buffer=True)
pull = Subscriber("127.0.0.1", port)
time.sleep(1)
publisher["AAPL"] = 227.31
print(f"first publisher       push {heard(push)}   pull {pull['AAPL']}")
publisher.stop()
time.sleep(1)

publisher = Publisher("127.0.0.1", port)
time.sleep(2)
print(f"second, before any tick               pull {pull['AAPL']}")
publisher["AAPL"] = 99.5
print(f"second, tick 99.5     push {heard(push)}   pull {pull['AAPL']}")
new = Subscriber("127.0.0.1", port, buffer=True)
time.sleep(1)
publisher["AAPL"] = 98.5
print(f"a new push subscriber, tick 98.5    {heard(new)}, the old one {heard(push)}")
publisher.stop()
time.sleep(1)

reader = threading.Thread(target=lambda: pull["AAPL"], daemon=True)
reader.start()
reader.join(1)
print("a pull while no publisher is there:", "still waiting after 1 s" if reader.is_alive() else "came back", flush=True)
os._exit(0)
PROBE
timeout 60 venv/bin/python -u probe.py | tee seen
cat > want <<'WANT'
first publisher       push [227.31]   pull 227.31
second, before any tick               pull 227.31
second, tick 99.5     push []   pull 99.5
a new push subscriber, tick 98.5    [98.5], the old one []
a pull while no publisher is there: still waiting after 1 s
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
