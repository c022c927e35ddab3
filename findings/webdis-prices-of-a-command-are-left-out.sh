#!/usr/bin/env bash
# webdis: over its WebSocket the numbers with a point are left out of a command, so that the bid is "ask"; of whole numbers the length of the message decides whether they are left out or cut to 32 bits.
#
# Expected: the README's example: a frame with ["SET", "hello", "world"] is the command. A JSON number is its text, 100.05 or 1767604500123, as redis-cli would send it; what cannot be taken is an error.
# Seen: webdis 0.1.9 takes texts and integers of the list. A number with a point, true and null are left out without a word, and the command is one argument shorter: XADD with a bid and an ask is the field "bid"
#   with the value "ask". Integers go through an int of 32 bits: the score 1767604500123 is -1922025829. And the length of the message is given to the JSON reader as its flags: with 8 to 15 bytes, 24 to 31, 40 to 47
#   and so on it reads integers as numbers with a point, and they are left out too: "tick" and "ticks" as the name of the key are not the same. The same commands as URLs, or with all values as texts, are right.
# Why it matters: a browser, or a script, that sends JSON.stringify(["XADD", "ticks", "*", "bid", bid, "ask", ask]) works as long as both prices are whole. With two prices the answer is an id, and
#   the stream has ticks without a price. A sorted set by time has its ticks of today before those of 1970, and ZREMRANGEBYSCORE up to "an hour ago" removes them all.
# Way to live with it: String() around each value. In tests a price with a point, and a time, read back.
# Versions: webdis 0.1.9+dfsg-1.1, libhiredis0.14 0.14.1-3, libb64-0d 1.2-5 (Debian 12), Python 3.11 (in the place of Redis). Source: json_ws_extract in formats/json.c. Nothing found about it.
#
# Output seen (what was sent; what Redis got):
#   ["SET", "price", "100.05"]                              SET price 100.05
#   ["SET", "price", 100.05]                                SET price
#   ["XADD", "ticks", "*", "bid", 99.95, "ask", 100.05]     XADD ticks * bid ask
#   ["ZADD", "tick", 1767604500123, "AAPL"]                 ZADD tick -1922025829 AAPL
#   ["ZADD", "ticks", 1767604500123, "AAPL"]                ZADD ticks AAPL
#   ["SET", "order", 1767604500123456789]                   SET order 2101187861
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for webdis 0.1.9" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq webdis=0.1.9+dfsg-1.1 libhiredis0.14=0.14.1-3 libb64-0d 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(dirname "$(find "$PWD" -name 'libhiredis.so.0.14' | head -1)")
export LD_LIBRARY_PATH

cat > probe.py <<'PROBE'
import asyncio
import json
import socket
import sys

got = []


async def redis(reader, writer):
    try:
        while line := await reader.readline():
            words = []
            for _ in range(int(line[1:])):
                size = int((await reader.readline())[1:])
                words.append((await reader.readexactly(size + 2))[:-2].decode())
            got.append(" ".join(words))
            writer.write(b"+OK\r\n")
    finally:
        writer.close()


async def opened(port):
    # Not each connection is answered: the next one is.
    for _ in range(4):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = ["GET /.json HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13", "Origin: http://127.0.0.1"]
        writer.write("\r\n".join([*head, "", ""]).encode())
        try:
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 1)
            return reader, writer
        except asyncio.TimeoutError:
            writer.close()
    sys.exit("webdis does not answer")


async def main():
    server = await asyncio.start_server(redis, "127.0.0.1", 0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open("webdis.json", "w") as file:
        json.dump({"redis_host": "127.0.0.1", "redis_port": server.sockets[0].getsockname()[1], "redis_auth": None, "http_host": "127.0.0.1",
                   "http_port": port, "threads": 1, "daemonize": False, "websockets": True, "database": 0, "acl": [], "verbosity": 3,
                   "logfile": "webdis.log"}, file)
    webdis = await asyncio.create_subprocess_exec("usr/bin/webdis", "webdis.json")
    right = True
    try:
        for _ in range(100):
            try:
                (await asyncio.open_connection("127.0.0.1", port))[1].close()
                break
            except OSError:
                await asyncio.sleep(0.1)
        for command, expected in (
            (["SET", "price", "100.05"], "SET price 100.05"),
            (["SET", "price", 100.05], "SET price"),
            (["XADD", "ticks", "*", "bid", 99.95, "ask", 100.05], "XADD ticks * bid ask"),
            (["ZADD", "tick", 1767604500123, "AAPL"], "ZADD tick -1922025829 AAPL"),
            (["ZADD", "ticks", 1767604500123, "AAPL"], "ZADD ticks AAPL"),
            (["SET", "order", 1767604500123456789], "SET order 2101187861"),
        ):
            reader, writer = await opened(port)
            got.clear()
            data = json.dumps(command).encode()
            writer.write(bytes([0x81, 0x80 | len(data), 1, 2, 3, 4]) + bytes(byte ^ (1 + i % 4) for i, byte in enumerate(data)))
            await asyncio.wait_for(reader.read(1000), 5)
            writer.close()
            print(f"{json.dumps(command):55} {', '.join(got)}")
            right = right and got == [expected]
    finally:
        webdis.terminate()
        await webdis.wait()
        server.close()
    if not right:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 python3 probe.py
