#!/usr/bin/env bash
# redir, tinyproxy: a client that has finished sending gets no answer: its end of the line ends both, 0 bytes of a snapshot and a polite end; and redir -t ends feeds that are quiet.
#
# Expected: a TCP connection ends in each direction by itself: "redir" passes on what comes, tinyproxy's CONNECT is a tunnel. Who sends "subscribe" and then closes its
#   sending side, as nc -N, socat, a shell pipe or shutdown() do, gets the whole answer. -t is a "timeout", off by default.
# Seen: redir 3.3 and tinyproxy 1.11.1 go on until one of the two sides has said its end, and close both. The service sees a client that is gone, the client an orderly end
#   with nothing before it. redir -t counts the silence of both directions: a feed that says nothing for longer
#   is ended like one that is complete, neither a reset nor a word in the log at its default level.
# Why it matters: such forwarders stand in test environments, where a port has to be another one or the line slow (redir shapes traffic). A snapshot of 0 bytes with a good
#   end is an empty book; a replay piped from a file ends at the end of the file, not at that of the answers. Without them, all is right.
# Way to live with it: no shutdown() before the answer is complete, nc without -N; -t longer than the longest silence, and heartbeats. In tests compare
#   the number of bytes with a direct connection once.
# Versions: redir 3.3-1, tinyproxy-bin 1.11.1-2.1+deb12u1 (Debian 12), Python 3.11.7. Source: copyloop in redir.c, relay_connection in
#   reqs.c of the projects. Nothing found about feeds.
#
# Output seen (the service answers 0.3 s after it has seen the end of the request; the quiet feed sends a tick, waits 1.5 s and sends another one):
#                        answer of 8000 bytes   quiet feed
#   direct               8000, end              2 ticks, end
#   redir                0, end                 2 ticks, end
#   redir -t 1           0, end                 1 ticks, end
#   tinyproxy CONNECT    0, end                 2 ticks, end
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for redir 3.3" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq redir=3.3-1 tinyproxy-bin=1.11.1-2.1+deb12u1 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done

cat > probe.py <<'PROBE'
import contextlib
import socket
import subprocess
import sys
import threading
import time


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def service(client):
    with contextlib.suppress(OSError), client:
        request = client.recv(100)
        if request == b"quiet":
            client.sendall(b"1")
            time.sleep(1.5)
            client.sendall(b"2")
        else:
            while client.recv(100):
                pass
            time.sleep(0.3)
            client.sendall(b"snapshot" * 1000)


def accept(listening):
    while True:
        client, _ = listening.accept()
        threading.Thread(target=service, args=(client,), daemon=True).start()


def everything(connection):
    count = 0
    connection.settimeout(5)
    try:
        while data := connection.recv(65536):
            count += len(data)
        return count, "end"
    except OSError as error:
        return count, type(error).__name__


@contextlib.contextmanager
def forwarded(command, port):
    if not command:
        yield
        return
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


listening = socket.create_server(("127.0.0.1", 0))
target = listening.getsockname()[1]
threading.Thread(target=accept, args=(listening,), daemon=True).start()
there, proxy = f"127.0.0.1:{target}", free()
with open("tinyproxy.conf", "w") as config:
    config.write(f"Port {proxy}\nListen 127.0.0.1\nTimeout 600\nMaxClients 10\nAllow 127.0.0.1\nLogLevel Critical\n")
ports = [target, free(), free(), proxy]
ways = [
    ("direct", None),
    ("redir", ["usr/bin/redir", "-n", f"127.0.0.1:{ports[1]}", there]),
    ("redir -t 1", ["usr/bin/redir", "-n", "-t", "1", f"127.0.0.1:{ports[2]}", there]),
    ("tinyproxy CONNECT", ["usr/bin/tinyproxy", "-d", "-c", "tinyproxy.conf"]),
]


def connected(name, port):
    connection = socket.create_connection(("127.0.0.1", port), 5)
    if name.startswith("tinyproxy"):
        connection.sendall(f"CONNECT {there} HTTP/1.1\r\nHost: {there}\r\n\r\n".encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = connection.recv(1)
            assert byte, "no answer to CONNECT"
            head += byte
    return connection


seen = []
print(f"{'':20} answer of 8000 bytes   quiet feed")
for (name, command), port in zip(ways, ports):
    with forwarded(command, port):
        with connected(name, port) as connection:
            connection.sendall(b"subscribe")
            connection.shutdown(socket.SHUT_WR)
            answer = everything(connection)
        with connected(name, port) as connection:
            connection.sendall(b"quiet")
            quiet = everything(connection)
    seen.append((answer, quiet))
    print(f"{name:20} {f'{answer[0]}, {answer[1]}':22} {quiet[0]} ticks, {quiet[1]}")
whole, none, two, one = (8000, "end"), (0, "end"), (2, "end"), (1, "end")
right = seen == [(whole, two), (none, two), (none, one), (none, two)]
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 80 python3 probe.py
