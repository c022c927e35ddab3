#!/usr/bin/env bash
# Clients that read the close frame and never answer it.
#
# One would expect: a client library that is told to close, or that receives a
#   close frame, answers it; a service that closes with 1000 counts a clean end.
# What happens: the clients of simple-websocket and niquests drop the line without
#   an answer. The service sees the end as 1006 each time, whatever it sent, and
#   niquests does not tell its own user the code either: after 1000, 1008 and 4001
#   next_payload() is None. aiohttp answers, with 1000 to every code.
# Why it matters: a share of abnormal ends that no network explains, in the very
#   figures that alarms stand on; and a consumer that cannot tell "your token is
#   bad" from "end of the day".
# Live with it: count what the service sent, not what came back; send the reason
#   of an end as data before the close frame.
# Versions: simple-websocket 1.1.0 (wsproto 1.3.2), niquests 3.21.2, websockets
#   17.4 (service and comparison), aiohttp 3.14.5, Python 3.11.7.
# Documented: RFC 6455 (5.5.1) asks for the answer; nothing found in the two
#   projects.
# Seen:
#   websockets        sent 1000: client told 1000, service heard 1000; sent 1008: client told 1008, service heard 1008; sent 4001: client told 4001, service heard 4001;
#   aiohttp           sent 1000: client told 1000, service heard 1000; sent 1008: client told 1008, service heard 1000; sent 4001: client told 4001, service heard 1000;
#   simple-websocket  sent 1000: client told 1000, service heard 1006; sent 1008: client told 1008, service heard 1006; sent 4001: client told 4001, service heard 1006;
#   niquests          sent 1000: client told None, service heard 1006; sent 1008: client told None, service heard 1006; sent 4001: client told None, service heard 1006;
set -euo pipefail
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
  websockets==17.4 simple-websocket==1.1.0 wsproto==1.3.2 niquests==3.21.2 aiohttp==3.14.5 >"$work/pip.log" 2>&1 || { cat "$work/pip.log"; exit 1; }
cd "$work"
cat >probe.py <<'PY'
import asyncio
import signal
import sys

import aiohttp
import niquests
import simple_websocket
import websockets
from websockets.asyncio.server import serve

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
CODES = (1000, 1008, 4001)


async def client(kind, url):
    if kind == "websockets":
        async with websockets.connect(url, proxy=None) as ws:
            try:
                while True:
                    await ws.recv()
            except websockets.ConnectionClosed:
                return ws.close_code
    if kind == "aiohttp":
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as ws:
            async for _ in ws:
                pass
            return ws.close_code
    if kind == "simple-websocket":

        def listen():
            ws = simple_websocket.Client(url)
            try:
                while True:
                    ws.receive(timeout=5)
            except simple_websocket.ConnectionClosed as e:
                return e.reason

        return await asyncio.to_thread(listen)

    def listen():
        with niquests.Session() as session:
            answer = session.get(url)
            while (message := answer.extension.next_payload()) is not None:
                pass
            return message

    return await asyncio.to_thread(listen)


async def main():
    seen = {}

    async def closing(ws):
        await ws.send('{"n":1}')
        await asyncio.sleep(0.1)
        await ws.close(int(ws.request.path[1:]), "as planned")
        answer = ws.protocol.close_rcvd
        heard.set_result(answer.code if answer else 1006)

    async with serve(closing, "127.0.0.1", 0, close_timeout=3) as server:
        port = server.sockets[0].getsockname()[1]
        for kind in ("websockets", "aiohttp", "simple-websocket", "niquests"):
            seen[kind] = []
            for code in CODES:
                heard = asyncio.get_running_loop().create_future()
                told = await asyncio.wait_for(client(kind, f"ws://127.0.0.1:{port}/{code}"), 20)
                seen[kind].append((told, await asyncio.wait_for(heard, 10)))
            print(f"{kind:17}", *(f"sent {c}: client told {t}, service heard {h};" for c, (t, h) in
                                  zip(CODES, seen[kind], strict=True)), flush=True)
    return (
        seen["websockets"] == [(c, c) for c in CODES]
        and [t for t, _ in seen["aiohttp"]] == list(CODES)
        and 1006 not in [h for _, h in seen["aiohttp"]]
        and seen["simple-websocket"] == [(c, 1006) for c in CODES]
        and seen["niquests"] == [(None, 1006)] * 3
    )


if not asyncio.run(main()):
    sys.exit("not as described any more")
PY
"$work/venv/bin/python" probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
