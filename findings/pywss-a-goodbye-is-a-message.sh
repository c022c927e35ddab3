#!/usr/bin/env bash
# pywss: pings, parts and the goodbye are handed out as messages, no ping is answered, and a client that left is an empty message for ever.
#
# Expected: ws_read() gives one message of the client each time; pings are answered and the close frame is too; the end is told somehow.
# Seen: pywss 0.2.7 looks at the length of a frame only, not at its kind. A ping's payload is a message, each part of a message is
#   one, the close frame is one of "\x0f\xa1bye" (code 4001 and its reason). No pong ever goes out: a client that pings
#   ends a line full of ticks with 1011. Once the client has gone ws_read() gives b"" at once, again and again, what an empty message
#   gives too; the goodbye is not answered, and the client waits out its own time for it and notes 1006.
# Why it matters: a service that answers what it does not know with an error answers pings with errors; subscriptions sent in
#   parts are two that cannot be read; a loop that skips what is empty turns a core until the end of the process for each client that left.
# Way to live with it: it is no place for clients that ping; break at b"" always; a server with the protocol in it for the tests of a client.
# Versions: pywss 0.2.7 (the newest on PyPI), websockets 17.4, Python 3.11.7. Nothing found about it.
#
# Output seen (what ws_read() gave, and how the client's line was):
#   message "a"            b'a'
#   ping "beat"            b'beat', no pong
#   "1" and "2" in parts   b'1' b'2' b''
#   goodbye 4001 "bye"     b'\x0f\xa1bye', answered: no, client's code 1006
#   after the goodbye      b'' b'' b''
#   pings each second      1011 keepalive ping timeout, ticks until then: yes
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pywss==0.2.7 websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > service.py <<'SERVICE'
import sys
import threading
import time

import pywss


def line(context):
    if pywss.WebSocketUpgrade(context):
        return

    def feed():
        for number in range(100):
            try:
                context.ws_write(str(number))
            except OSError:
                return
            time.sleep(0.05)

    empty = 0
    while empty < 3:
        message = context.ws_read()
        if message == b"ticks":
            threading.Thread(target=feed, daemon=True).start()
            continue
        empty = 0 if message else empty + 1
        with open("read.txt", "a") as f:
            f.write(f"{message!r}\n")


app = pywss.App()
app.get("/", line)
app.run("127.0.0.1", int(sys.argv[1]))
SERVICE
cat > probe.py <<'PROBE'
import asyncio
import pathlib
import socket
import subprocess
import sys
import time

import websockets

with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    PORT = s.getsockname()[1]
READ = pathlib.Path("read.txt")
seen = 0


async def read():
    global seen
    await asyncio.sleep(0.5)
    lines = READ.read_text().splitlines() if READ.exists() else []
    new, seen = lines[seen:], len(lines)
    return " ".join(new)


async def main():
    url = f"ws://127.0.0.1:{PORT}/"
    rows = {}
    async with websockets.connect(url, ping_interval=None, close_timeout=1) as line:
        await line.send("a")
        rows['message "a"'] = await read()
        pong = await line.ping(b"beat")
        text = await read()
        rows['ping "beat"'] = f"{text}, {'a pong' if pong.done() else 'no pong'}"
        await line.send(["1", "2"])
        rows['"1" and "2" in parts'] = await read()
        began = time.monotonic()
        await line.close(4001, "bye")
        answered = "no" if time.monotonic() - began > 0.9 else "yes"
        first, *rest = (await read()).split(" ")
        rows['goodbye 4001 "bye"'] = f"{first}, answered: {answered}, client's code {line.close_code}"
        rows["after the goodbye"] = " ".join(rest)
    async with websockets.connect(url, ping_interval=1, ping_timeout=1, close_timeout=1) as line:
        await line.send("ticks")
        count = 0
        try:
            while True:
                await asyncio.wait_for(line.recv(), 5)
                count += 1
        except websockets.ConnectionClosed as end:
            text = f"{end.sent.code} {end.sent.reason}" if end.sent else str(end)
        rows["pings each second"] = f"{text}, ticks until then: {'yes' if count > 20 else count}"
    for name, text in rows.items():
        print(f"{name:22} {text}")
    if list(rows.values()) != [
        "b'a'",
        "b'beat', no pong",
        "b'1' b'2' b''",
        r"b'\x0f\xa1bye', answered: no, client's code 1006",
        "b'' b'' b''",
        "1011 keepalive ping timeout, ticks until then: yes",
    ]:
        sys.exit("not as described any more")


service = subprocess.Popen([sys.executable, "service.py", str(PORT)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", PORT), 1).close()
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    asyncio.run(main())
finally:
    service.terminate()
    service.wait()
PROBE
timeout 80 venv/bin/python -W ignore probe.py
