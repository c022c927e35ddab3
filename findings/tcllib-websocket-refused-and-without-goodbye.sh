#!/usr/bin/env bash
# tcllib's websocket: the first example is answered with 400 by two of three servers, and no server ever gets a goodbye.
#
# Expected: ::websocket::open URL HANDLER, as in the manual's example, opens a line without a subprotocol. ::websocket::close sends
#   "the code and describing reason as part of the closure handshake", and a server's close is answered with one.
# Seen: open of websocket 1.4.2 (tcllib 1.21) sends "Sec-WebSocket-Protocol:" with nothing behind it when no subprotocol is asked for, and
#   "Connection: close" before "Connection: Upgrade". websockets 17.4 and ws 8.23.0 answer 400, aiohttp 3.14.5 takes it. With a
#   subprotocol all three take it. close sets the state to CLOSED and then calls send, which sends nothing unless the state is CONNECTED:
#   the frame is never sent, whatever the code, and neither is the answer to the server's. The handler is told "close 4000 full" all the same.
# Why it matters: a client that works against one service is refused by another behind the same address, with "HTTP error code 400" and no
#   reason. Each line ends as 1006 for the server: planned restarts and clients that leave are counted as cuts, and it waits for
#   the answer as long as its close timeout is (10 s for websockets, unless the other side hangs up, as this one does).
# Way to live with it: a subprotocol always, agreed with the server; an own message "bye" before close; on the server the code that it sent itself. In
#   tests a client that asks for no subprotocol, and the close code on the server's side.
# Versions: tcllib 1.21 (websocket 1.4.2), Tcl 8.6.13 (Debian 12), websockets 17.4, aiohttp 3.14.5, ws 8.23.0, Python 3.11, Node.js 20.
#
# Output seen:
#   websockets  without a subprotocol: 400      with "ticks": connect ticks
#   ws          without a subprotocol: 400      with "ticks": connect ticks
#   aiohttp     without a subprotocol: connect  with "ticks": connect ticks
#   client closes with 1000  handler: close 1000 done, disconnect      server: 1006
#   client closes with 4000  handler: close 4000 full, disconnect      server: 1006
#   server closes with 1001  handler: close 1001 restart, disconnect   server: 1006
set -euo pipefail
command -v tclsh >/dev/null && echo 'exit [catch {package require websocket}]' | tclsh || { echo "needs apt-get install tcllib" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websockets==17.4 aiohttp==3.14.5
npm install --silent --no-audit --no-fund --ignore-scripts ws@8.23.0

cat > client.tcl <<'CLIENT'
package require websocket
::logger::disable emergency
lassign $argv port protocol code reason
proc handler {sock type message} {
    if {$type eq "error"} { regexp {code (\d+)} $message -> message }
    puts [string trim "$type $message"]
    if {$type eq "connect"} {
        ::websocket::send $sock text subscribe
        if {$::code eq ""} { after 300 {set ::done 1} } elseif {$::code ne "stay"} {
            after 300 [list ::websocket::close $sock $::code $::reason]
        }
    }
    if {$type in {error disconnect}} { set ::done 1 }
}
after 10000 {set done 1}
::websocket::open ws://127.0.0.1:$port/ handler {*}[expr {$protocol eq "" ? "" : [list -protocol $protocol]}]
vwait done
CLIENT
cat > server.cjs <<'SERVER'
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0 }, () => console.log(server.address().port));
server.on("connection", (line) => line.on("error", () => {}));
setTimeout(() => process.exit(), 40000);
SERVER
cat > probe.py <<'PROBE'
import asyncio
import logging
import sys

from aiohttp import web
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

logging.disable(logging.CRITICAL)


async def tcl(port, *arguments):
    client = await asyncio.create_subprocess_exec(
        "tclsh", "client.tcl", str(port), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
    lines = (await client.communicate())[0].decode().splitlines()
    return [line.split(" Disconnected")[0] for line in lines]


async def opened(name, port):
    first = [(await tcl(port, protocol))[0].removeprefix("error ") for protocol in ("", "ticks")]
    print(f'{name:11} without a subprotocol: {first[0]:8} with "ticks": {first[1]}')
    return first


async def goodbye(name, arguments, code=None):
    ended = asyncio.Queue()

    async def feed(line):
        try:
            await line.recv()
            if code:
                await line.close(code, "restart")
            await line.recv()
        except ConnectionClosed:
            await ended.put(line.close_code)

    async with serve(feed, "127.0.0.1", 0, subprotocols=["ticks"], close_timeout=3) as server:
        handler = ", ".join((await tcl(server.sockets[0].getsockname()[1], "ticks", *arguments))[1:])
        async with asyncio.timeout(10):
            seen = await ended.get()
    print(f"{name} handler: {handler:32} server: {seen}")
    return handler, seen


async def main():
    seen = []

    async def feed(line):
        await line.wait_closed()

    async with serve(feed, "127.0.0.1", 0, subprotocols=["ticks"]) as server:
        seen.append(await opened("websockets", server.sockets[0].getsockname()[1]))

    node = await asyncio.create_subprocess_exec("node", "server.cjs", stdout=asyncio.subprocess.PIPE)
    try:
        seen.append(await opened("ws", int(await node.stdout.readline())))
    finally:
        node.kill()
        await node.wait()

    async def take(request):
        line = web.WebSocketResponse(protocols=["ticks"])
        await line.prepare(request)
        async for _ in line:
            pass
        return line

    app = web.Application()
    app.router.add_get("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    seen.append(await opened("aiohttp", runner.addresses[0][1]))
    await runner.cleanup()

    ends = [await goodbye("client closes with 1000 ", ["1000", "done"]),
            await goodbye("client closes with 4000 ", ["4000", "full"]),
            await goodbye("server closes with 1001 ", ["stay"], 1001)]
    if seen != [["400", "connect ticks"], ["400", "connect ticks"], ["connect", "connect ticks"]] or ends != [
            ("close 1000 done, disconnect", 1006), ("close 4000 full, disconnect", 1006), ("close 1001 restart, disconnect", 1006)]:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 80 venv/bin/python probe.py
