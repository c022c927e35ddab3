#!/usr/bin/env bash
# websocketd: the last line of a replay is not sent when no newline ends it, and each end of a replay is 1006.
#
# Expected: what a command prints is sent, a line a message, to its last byte; a command that has ended closes the connection, with 1000
#   when it was well.
# Seen: websocketd 0.4.1 sends a line when its newline is there. What stands behind the last one when the command ends is thrown away,
#   without a word in its log. No close frame is sent at all: the TCP connection ends, 1006 for the client, whether the exit code was 0 or 3.
#   In the other direction a message with newlines in it is as many lines, as if it had been as many messages.
# Why it matters: recordings are cut with head -c, joined or written with json.dump(), which ends without a newline: "cat ticks" behind
#   websocketd sends all ticks but one, and the last price or the checksum at the end is the one. A client that reconnects after 1006
#   begins the replay again and again; one that tells a planned end from a crash sees crashes only.
# Way to live with it: awk 1 in front of the recording adds what is missing; a message that says "end" as the last line; a client that
#   sends JSON in one line.
# Versions: websocketd 0.4.1-1+b11 (Debian 12), websocket-client 1.9.2 (PyPI), Python 3.11.7. Its help says "line by line".
#
# Output seen:
#                                                  what arrives       end
#   ticks 1 2 3, a newline behind each             1 2 3              1006
#   ticks 1 2 3, none behind the last              1 2                1006
#   the same through awk 1                         1 2 3              1006
#   ticks 1 2 3, exit code 3                       1 2 3              1006
#   one message of three lines, answered by line   3 answers          1006
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for websocketd 0.4.1" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq websocketd=0.4.1-1+b11 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x websocketd_*.deb .
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websocket-client==1.9.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import contextlib
import socket
import subprocess
import sys
import time

import websocket


@contextlib.contextmanager
def served(command):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    options = ["--address=127.0.0.1", f"--port={port}", "--loglevel=fatal"]
    server = subprocess.Popen(["usr/bin/websocketd", *options, "sh", "-c", command], stderr=subprocess.DEVNULL)
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
        yield f"ws://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(10)


def story(command, message=None):
    with served(command) as url:
        connection, got = websocket.create_connection(url, timeout=10), []
        if message:
            connection.send(message)
        try:
            while True:
                opcode, data = connection.recv_data()
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    return got, str(int.from_bytes(data[:2], "big"))
                got.append(data.decode())
        except websocket.WebSocketConnectionClosedException:
            return got, "1006"
        finally:
            connection.shutdown()


rows = []
print(" " * 46, "what arrives       end")
for name, command, message in (
    ("ticks 1 2 3, a newline behind each", "printf '1\\n2\\n3\\n'", None),
    ("ticks 1 2 3, none behind the last", "printf '1\\n2\\n3'", None),
    ("the same through awk 1", "printf '1\\n2\\n3' | awk 1", None),
    ("ticks 1 2 3, exit code 3", "printf '1\\n2\\n3\\n'; exit 3", None),
    ("one message of three lines, answered by line", "for _ in 1 2 3; do read -r line; echo ok; done", "{\n1\n}"),
):
    got, end = story(command, message)
    text = f"{len(got)} answers" if message else " ".join(got)
    rows.append((text, end))
    print(f"{name:46} {text:18} {end}")
right = rows == [("1 2 3", "1006"), ("1 2", "1006"), ("1 2 3", "1006"), ("1 2 3", "1006"), ("3 answers", "1006")]
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 60 venv/bin/python probe.py
