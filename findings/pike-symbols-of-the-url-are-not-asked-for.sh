#!/usr/bin/env bash
# Pike's Protocols.WebSocket: what is behind the "?" of the URL is not sent; its server leaves the line open after each goodbye; and a message in parts is several messages.
#
# Expected: connect(Standards.URI("ws://host/stream?symbols=AAPL&token=x")) asks for that; one Host header. A server that has got and sent a close "MUST close the connection
#   immediately" (RFC 6455, 7.1.1: the server first). onmessage is called for messages.
# Seen: the client of Pike 8.0.1738 sends the path alone, without the query, and Host twice, both without the port. Its server answers a close frame, calls onclose and keeps the socket: the client waits
#   for the end until its own time for closing is over, 10 s with websockets. onmessage is called for each frame: a text that is sent as "101." and "05" is a text "101." first, then two
#   continuations; and for the close frame, after onclose.
# Why it matters: many feeds take symbols and tokens in the query: without it there is a polite connection to nothing, or to everything. A test server in Pike makes each client of the suite
#   ten seconds slower, and a planned restart waits for each. "101." is a price.
# Way to live with it: low_connect() and an own request line, or the symbols in a message; the server calls c->stream->close() in onclose, a little later; parts joined until frame->fin. In
#   tests look at the path the server was asked for.
# Versions: pike8.0-core 8.0.1738-1+b2 (Debian 12), websockets 17.4, Python 3.11.7. Source: connect, websocket_in in WebSocket.pmod. Nothing found about it.
#
# Output seen:
#   asked for /stream?symbols=AAPL&token=x: the server was asked for /stream, Host 127.0.0.1 and 127.0.0.1
#   sent "101." and "05" as one text: onmessage text "101.", part "05", part "", close
#   a client leaves: server of websockets 0 s, server of Pike 3 s (its time for closing is 3 s)
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for pike8.0-core 8.0.1738" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq pike8.0-core=8.0.1738-1+b2 libnettle8 libhogweed6 libgmp10 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websockets==17.4 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > client.pike <<'CLIENT'
int main(int argc, array(string) argv) {
  Protocols.WebSocket.Connection line = Protocols.WebSocket.Connection();
  mapping names = ([0: "part", 1: "text", 8: "close"]);
  line->onmessage = lambda(Protocols.WebSocket.Frame frame, mixed ... more) {
    write("%s%s\n", names[frame->opcode], frame->opcode == 8 ? "" : sprintf(" %O", frame->data));
    if (frame->opcode == 8) call_out(exit, 0.5, 0);
  };
  line->connect(Standards.URI(argv[1]));
  call_out(exit, 15, 1);
  return -1;
}
CLIENT
cat > server.pike <<'SERVER'
int main(int argc, array(string) argv) {
  Protocols.WebSocket.Port(0, lambda(array(string) protocols, Protocols.WebSocket.Request request) {
    request->websocket_accept(0);
  }, (int)argv[1], "127.0.0.1");
  call_out(exit, 30, 1);
  return -1;
}
SERVER
cat > probe.py <<'PROBE'
import asyncio
import contextlib
import os
import socket
import sys
import time

from websockets.asyncio.client import connect
from websockets.asyncio.server import serve

HOME = os.path.abspath("usr/lib/pike8.0")
PIKE = [os.path.abspath("usr/bin/pike8.0"), f"-m{HOME}/master.pike"]
ENVIRONMENT = {**os.environ, "LD_LIBRARY_PATH": os.path.abspath("usr/lib/x86_64-linux-gnu"),
               "PIKE_MODULE_PATH": f"{HOME}/modules", "PIKE_INCLUDE_PATH": f"{HOME}/include"}
asked = []


async def feed(line):
    asked.append((line.request.path, line.request.headers.get_all("Host")))
    await line.send(["101.", "05"])
    await line.close()


async def leave(port):
    line = await connect(f"ws://127.0.0.1:{port}/", close_timeout=3)
    start = time.monotonic()
    await line.close()
    return round(time.monotonic() - start)


async def main():
    async with serve(feed, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        url = f"ws://127.0.0.1:{port}/stream?symbols=AAPL&token=x"
        client = await asyncio.create_subprocess_exec(*PIKE, "client.pike", url, stdout=asyncio.subprocess.PIPE, env=ENVIRONMENT)
        heard = (await client.communicate())[0].decode().split("\n")[:-1]
    path, hosts = asked[0]
    print(f"asked for /stream?symbols=AAPL&token=x: the server was asked for {path}, Host {' and '.join(hosts)}")
    print(f'sent "101." and "05" as one text: onmessage {", ".join(heard)}')
    async with serve(lambda line: line.wait_closed(), "127.0.0.1", 0) as server:
        usual = await leave(server.sockets[0].getsockname()[1])
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = await asyncio.create_subprocess_exec(*PIKE, "server.pike", str(port), env=ENVIRONMENT)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                break
            await asyncio.sleep(0.1)
        late = await leave(port)
    finally:
        server.terminate()
        await server.wait()
    print(f"a client leaves: server of websockets {usual} s, server of Pike {late} s (its time for closing is 3 s)")
    if (path, len(hosts), heard, usual, late) != ("/stream", 2, ['text "101."', 'part "05"', 'part ""', "close"], 0, 3):
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python probe.py
