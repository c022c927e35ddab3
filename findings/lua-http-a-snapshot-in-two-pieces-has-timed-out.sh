#!/usr/bin/env bash
# lua-http: a message of 126 to 65535 bytes whose bytes come in two pieces raises "Connection timed out" at once; and a planned restart, 1012, is a protocol error of the server.
#
# Expected: receive() waits for a message, as long as it is told; TCP cuts where it likes. A close with 1012, "service restart", or 1013, "try again later", is told as what it is, and answered with it.
# Seen: http.websocket of lua-http 0.4 waits for all bytes of a message of up to 125 bytes and of one from 65536 on. In between it waits for the length only and reads the rest without waiting: if
#   that is not there yet, assert() raises "read: Connection timed out", with a timeout of 5 s or without any. On loopback, where a message is one piece, all is well. Close codes above 1011
#   and below 3000 are "reserved" for it: it answers 1002, receive() gives "Closed with reserved status code" and 1002, and got_close_code is true instead of the code.
# Why it matters: a book snapshot has a few kilobytes and arrives in several segments on each real network. One looks for the timeout, and there is none. Who waits before coming back at 1012, and
#   calls somebody at 1002, calls somebody at each planned restart; the server's own log says protocol error too.
# Way to live with it: pcall() around receive() and a new connection (the bytes are lost); the library's open pull request 197; servers that close with 1001. In tests a message of 2 kB sent as two writes with 50 ms
#   in between, and 1012.
# Versions: lua-http 0.4-1, lua-cqueues 20200726 (Debian 12), Lua 5.3. Source: read_frame and receive in http/websocket.lua. Issue 140 and pull request 197 of the project are about the first; nothing found about the second.
#
# Output seen (what receive gave; then what the server was told):
#   100 bytes in two pieces     100 bytes, 3 bytes, closed 1000      1000
#   2000 bytes in one piece     2000 bytes, 3 bytes, closed 1000     1000
#   2000 bytes in two pieces    raised: Connection timed out         nothing
#   70000 bytes in two pieces   70000 bytes, 3 bytes, closed 1000    1000
#   close 1001                  3 bytes, closed 1001                 1001
#   close 1012                  3 bytes, closed 1002                 1002
#   close 1013                  3 bytes, closed 1002                 1002
#   close 4000                  3 bytes, closed 4000                 4000
set -euo pipefail
command -v lua5.3 >/dev/null && [[ $(dpkg-query -W -f '${Version}' lua-http 2>/dev/null) == 0.4-* ]] \
  || { echo "needs Debian 12 and apt-get install lua5.3 lua-http, for lua-http 0.4" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
# Debian puts pure modules into the folders of some versions of Lua only.
LUA_PATH=$(printf '/usr/share/lua/%s/?.lua;/usr/share/lua/%s/?/init.lua;' 5.3 5.3 5.2 5.2 5.1 5.1)
export LUA_PATH

cat > client.lua <<'CLIENT'
local line = require("http.websocket").new_from_uri("ws://127.0.0.1:" .. arg[1] .. "/")
assert(line:connect(5))
while true do
  local well, data, _, code = pcall(line.receive, line, 5)
  if not well then
    print("raised: " .. tostring(data):match("[^:]+$"):gsub("^ ", ""))
    os.exit(0)
  elseif data then
    print(#data .. " bytes")
  else
    print("closed " .. tostring(code))
    break
  end
end
CLIENT
cat > probe.py <<'PROBE'
import asyncio
import base64
import hashlib
import struct
import sys


def frame(first, data):
    if len(data) < 126:
        return bytes([first, len(data)]) + data
    if len(data) < 65536:
        return struct.pack("!BBH", first, 126, len(data)) + data
    return struct.pack("!BBQ", first, 127, len(data)) + data


async def told(size, pieces, code):
    answer = asyncio.get_running_loop().create_future()

    async def serve(reader, writer):
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            key = next(line.split(": ")[1] for line in request if line.lower().startswith("sec-websocket-key"))
            accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
            head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}"]
            writer.write("\r\n".join([*head, "", ""]).encode())
            await asyncio.sleep(0.2)
            if size:
                data = frame(0x81, b"x" * size)
                half = -(-len(data) // pieces)
                for start in range(0, len(data), half):
                    writer.write(data[start:start + half])
                    await writer.drain()
                    await asyncio.sleep(0.05)
            writer.write(frame(0x81, b"two") + frame(0x88, struct.pack("!H", code)))
            data = await asyncio.wait_for(reader.read(100), 5)
            answer.set_result(struct.unpack("!H", bytes(a ^ b for a, b in zip(data[6:8], data[2:4])))[0] if data else "nothing")
        except ConnectionError:
            answer.set_result("nothing")
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    command = ["lua5.3", "client.lua", str(server.sockets[0].getsockname()[1])]
    client = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(client.communicate(), 20)
    seen = ", ".join(out.decode().splitlines()), str(await asyncio.wait_for(answer, 5))
    server.close()
    return seen


async def main():
    right = True
    for name, case, expected in (
        ("100 bytes in two pieces", (100, 2, 1000), ("100 bytes, 3 bytes, closed 1000", "1000")),
        ("2000 bytes in one piece", (2000, 1, 1000), ("2000 bytes, 3 bytes, closed 1000", "1000")),
        ("2000 bytes in two pieces", (2000, 2, 1000), ("raised: Connection timed out", "nothing")),
        ("70000 bytes in two pieces", (70000, 2, 1000), ("70000 bytes, 3 bytes, closed 1000", "1000")),
        ("close 1001", (0, 1, 1001), ("3 bytes, closed 1001", "1001")),
        ("close 1012", (0, 1, 1012), ("3 bytes, closed 1002", "1002")),
        ("close 1013", (0, 1, 1013), ("3 bytes, closed 1002", "1002")),
        ("close 4000", (0, 1, 4000), ("3 bytes, closed 4000", "4000")),
    ):
        seen = await told(*case)
        print(f"{name:27} {seen[0]:36} {seen[1]}")
        right = right and seen == expected
    if not right:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 80 python3 probe.py
