#!/usr/bin/env bash
# pen: the load balancer never takes the other server: while one of two feeds is down each of its clients is accepted and closed at once, until the feed is back.
#
# Expected: its manual: pen "automatically detects servers that are down and distributes clients among the available servers"; servers that do not respond are blacklisted for 30 s;
#   only with -s, "stubborn", the connection is closed without another server being tried.
# Seen: pen 0.34.1 waits for its servers with epoll. A refused connection is an error event there, and pen looks at errors first, before it asks whether this was a
#   connection being made: the client is closed, nothing is blacklisted, no other server is tried. Clients are known by their address and go back to their server, so
#   that all from one address are cut again and again; with -r it is every second connection. With -P, which waits with poll, the other server is taken at once.
# Why it matters: a planned restart of one of two feeds is the reason for which there is a balancer. The client sees an accepted connection and a polite end without a byte, no
#   refusal: many clients take it for the end of the stream, and reconnect as fast as they can. The test with two servers that are up is green.
# Way to live with it: pen -P, or select in its control language; haproxy. In tests stop the server that has served this client, not any of the two.
# Versions: pen 0.34.1-2+b1, libgeoip1 1.6.12-10 (Debian 12), Python 3.11.7. Source: handle_events in pen.c, epoll.c and poll.c of the project's repository. Nothing found
#   about it.
#
# Output seen (a client that connects six times; its server stops after the second time, and is back after the fifth):
#                 1    2    3      4      5      6
#   pen           B    B    closed closed closed B
#   pen -s        B    B    closed closed closed B
#   pen -P        B    B    A      A      A      A
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for pen 0.34.1" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq pen=0.34.1-2+b1 libgeoip1=1.6.12-10 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done

cat > probe.py <<'PROBE'
import contextlib
import glob
import os
import socket
import subprocess
import sys
import threading
import time

LIBRARIES = os.path.dirname(glob.glob("usr/lib/*/libGeoIP.so.1")[0])


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Feed:
    """Says its name to each client, and closes."""

    def __init__(self, name):
        self.name, self.port, self.socket = name, free(), None

    def start(self):
        self.socket = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.serve, args=(self.socket,), daemon=True).start()

    def serve(self, listening):
        with contextlib.suppress(OSError):
            while True:
                client, _ = listening.accept()
                client.sendall(self.name.encode())
                client.close()

    def stop(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        time.sleep(0.1)


def once(port):
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        try:
            return client.recv(10).decode() or "closed"
        except ConnectionResetError:
            return "closed"


def story(*options):
    feeds, port = [Feed("A"), Feed("B")], free()
    for feed in feeds:
        feed.start()
    command = ["usr/bin/pen", "-f", *options, f"127.0.0.1:{port}", *(f"127.0.0.1:{feed.port}" for feed in feeds)]
    pen = subprocess.Popen(command, env={**os.environ, "LD_LIBRARY_PATH": LIBRARIES}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while True:
            try:
                first = once(port)
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        seen = [first, once(port)]
        served = next(feed for feed in feeds if feed.name == first)
        served.stop()
        seen += [once(port) for _ in range(3)]
        served.start()
        seen.append(once(port))
    finally:
        pen.terminate()
        pen.wait(10)
        for feed in feeds:
            feed.stop()
    return seen


rows = {" ".join(["pen", *options]): story(*options) for options in ([], ["-s"], ["-P"])}
print(f"{'':13} 1    2    3      4      5      6")
for name, row in rows.items():
    print(f"{name:13} {row[0]:4} {row[1]:4} " + " ".join(f"{step:6}" for step in row[2:]).rstrip())


def shape(row):
    return [step if step == "closed" else "same" if step == row[0] else "other" for step in row]


cut = ["same", "same", "closed", "closed", "closed", "same"]
moved = ["same", "same", "other", "other", "other", "other"]
right = [shape(row) for row in rows.values()] == [cut, cut, moved]
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 60 python3 probe.py
