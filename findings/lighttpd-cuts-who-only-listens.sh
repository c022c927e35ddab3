#!/usr/bin/env bash
# lighttpd: ticks flow twice a second, and the line is cut after a minute, because the client says nothing.
#
# Expected: a timeout of a proxy is for a line on which nothing moves. A WebSocket with ticks on it is no idle one: that
#   is how Apache, nginx, HAProxy, Varnish and h2o count.
# Seen: lighttpd 1.4.69 with mod_proxy and "upgrade" => "enable" goes on counting server.max-read-idle, the time in which a
#   client must have sent its request, after the handshake: a client that only listens is cut when it has sent nothing
#   for that long, ticks or not, without a close frame (1006). 60 s are the default; here 3. A message or a ping of
#   the client each second keeps it. No line in the error log.
# Why it matters: browsers cannot ping, and a page that shows prices has nothing to say once it has subscribed: it loses
#   its stream each minute, and with it the ticks until it is back; "the network" is blamed. Clients of Python's
#   websockets ping each 20 s and never see it, so that the load test and the monitor are well, as is a test in a
#   browser that takes less than a minute.
# Way to live with it: server.max-read-idle (and max-write-idle, 360 s) of a day for the address of the stream, or a
#   heartbeat from the page, or a service that pings: the client's pong counts. A test that listens for two minutes with
#   pings off.
# Versions: lighttpd 1.4.69-1 (Debian), websockets 17.4 (PyPI), Python 3.11.7. The documentation has max-read-idle for
#   reads that are not of keep-alive; that it goes on for a WebSocket was not found there.
#
# Output seen (server.max-read-idle = 3; a tick each 0.5 s, watched for 12 s):
#   directly, client silent          open, ticks 12 or more
#   lighttpd, client silent          closed 1006 within 8 s
#   lighttpd, a message each second  open, ticks 12 or more
#   lighttpd, a ping each second     open, ticks 12 or more
#   lighttpd, the service pings      open, ticks 12 or more
set -euo pipefail
PATH=$PATH:/usr/sbin
command -v lighttpd >/dev/null || { echo "needs lighttpd 1.4.69: apt-get install lighttpd" >&2; exit 1; }
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websockets==17.4

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import logging
import signal
import socket
import subprocess
import sys
import time

import websockets

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
logging.disable(logging.CRITICAL)
CONF = """
server.document-root = "."
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "error.log"
server.modules = ("mod_proxy")
server.max-read-idle = 3
proxy.header = ("upgrade" => "enable")
proxy.server = ("" => (("host" => "127.0.0.1", "port" => {behind})))
"""


def free():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def lighttpd(behind):
    port = free()
    with open("lighttpd.conf", "w") as file:
        file.write(CONF.format(port=port, behind=behind))
    child = subprocess.Popen(["lighttpd", "-D", "-f", "lighttpd.conf"])
    try:
        until = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        child.terminate()
        child.wait()


async def service(ws):
    async def send():
        while True:
            await ws.send("NIFTY 25000.05")
            if ws.request.path == "/pinged":
                await ws.ping()
            await asyncio.sleep(0.5)

    async def read():
        async for _ in ws:
            pass

    with contextlib.suppress(websockets.ConnectionClosed):
        await asyncio.gather(send(), read())


async def client(port, path, says):
    ticks, started = 0, time.monotonic()
    pings = 1 if says == "ping" else None
    url = f"ws://127.0.0.1:{port}{path}"
    async with websockets.connect(url, proxy=None, compression=None, ping_interval=pings) as ws:

        async def talk():
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await ws.send("still here")
                    await asyncio.sleep(1)

        talking = asyncio.create_task(talk()) if says == "message" else None
        try:
            async with asyncio.timeout(12):
                async for _ in ws:
                    ticks += 1
        except TimeoutError:
            return f"open, ticks {'12 or more' if ticks >= 12 else ticks}"
        except websockets.ConnectionClosed:
            pass
        finally:
            if talking:
                talking.cancel()
        taken = time.monotonic() - started
        return f"closed {ws.close_code} within {8 if taken < 8 else 12} s"


async def main():
    async with websockets.serve(service, "127.0.0.1", 0, ping_interval=None, compression=None) as server:
        behind = server.sockets[0].getsockname()[1]
        with lighttpd(behind) as port:
            return await asyncio.gather(
                client(behind, "/", ""),
                client(port, "/", ""),
                client(port, "/", "message"),
                client(port, "/", "ping"),
                client(port, "/pinged", ""),
            )


NAMES = ("directly, client silent", "lighttpd, client silent", "lighttpd, a message each second",
         "lighttpd, a ping each second", "lighttpd, the service pings")
seen = asyncio.run(main())
for name, what in zip(NAMES, seen, strict=True):
    print(f"{name:<32} {what}")
stays = "open, ticks 12 or more"
if seen != [stays, "closed 1006 within 8 s", stays, stays, stays]:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
