#!/usr/bin/env bash
# fastapi-websocket-stabilizer: who comes back under his name is closed at once, by his former self; and a pong in time is too late.
#
# Expected: "session resumption": a client that connects again with its id takes the place of its old connection, which the manager closes.
#   heartbeat_timeout, 60 s, is the time in which a pong must come; heartbeat_interval, 30 s, is that between two pings.
# Seen: fastapi-websocket-stabilizer 1.1.0 closes the old connection and enters the new one. The endpoint of the old one then gets its
#   WebSocketDisconnect and does as the README has it: disconnect(client_id), which closes whoever has that id now, the new one, with 1000
#   "normal closure". A client that is still connected somewhere never gets in again but each other time. And a pong that has not come
#   by the next ping is the end: with the defaults after 30 s, with the README's example for trading (5 s, 10 s) after 5.
# Why it matters: a client reconnects because its old line is dead, which the service does not know yet: just then it is thrown out, with a
#   code that most clients take for "do not come back". A page that is busy for a moment loses its ticks at half the deadline given.
# Way to live with it: in the endpoint disconnect() only if the manager still has this websocket, or an id for each connection; a timeout
#   shorter than the interval. In tests a second connection with the first one's name, before the first has ended.
# Versions: fastapi-websocket-stabilizer 1.1.0 (the newest on PyPI), fastapi 0.115.12, uvicorn 0.34.0, websockets 15.0.1, Python 3.11.7. Nothing
#   found about it.
#
# Output seen (ticks all the time; interval 0.5 s, timeout 2 s):
#   first connection       closed 1000 reconnected
#   second, same id        closed 1000 normal closure, ticks 1 or fewer
#   third, same id         open, ticks 10 or more
#   pong after 0.3 s       open
#   pong after 0.8 s       closed 1000 normal closure
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check fastapi-websocket-stabilizer==1.1.0 fastapi==0.115.12 uvicorn==0.34.0 websockets==15.0.1 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import logging
import sys

import uvicorn
import websockets
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi_websocket_stabilizer import WebSocketConfig, WebSocketConnectionManager

logging.disable(logging.CRITICAL)


@contextlib.asynccontextmanager
async def service(**options):
    manager = WebSocketConnectionManager(WebSocketConfig(**options))

    async def ticks():
        while True:
            with contextlib.suppress(Exception):
                await manager.broadcast("64250.5")
            await asyncio.sleep(0.1)

    @contextlib.asynccontextmanager
    async def lifespan(_):
        await manager.start()
        feed = asyncio.create_task(ticks())
        yield
        feed.cancel()
        await manager.graceful_shutdown()

    app = FastAPI(lifespan=lifespan)

    @app.websocket("/ws/{client_id}")
    async def endpoint(websocket: WebSocket, client_id: str):
        await websocket.accept()
        try:
            await manager.connect(client_id, websocket)
            while True:
                if await websocket.receive_text() == "pong":
                    await manager.handle_pong(client_id)
        except WebSocketDisconnect:
            with contextlib.suppress(Exception):
                await manager.disconnect(client_id)

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="critical"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/ws/desk-7"
    server.should_exit = True
    await task


async def read(line, seconds, pong=None):
    ticks, late = 0, []

    async def answer():
        await asyncio.sleep(pong)
        with contextlib.suppress(websockets.ConnectionClosed):
            await line.send("pong")

    try:
        async with asyncio.timeout(seconds):
            async for message in line:
                ticks += message == "64250.5"
                if message.startswith("{") and pong:
                    late.append(asyncio.create_task(answer()))
    except TimeoutError:
        return "open", ticks
    return f"closed {line.close_code} {line.close_reason}", ticks


async def main():
    seen = {}
    async with service() as url:
        first = await websockets.connect(url)
        await first.recv()
        second = await websockets.connect(url)
        seen["second, same id"] = await read(second, 2)
        seen["first connection"] = await read(first, 2)
        third = await websockets.connect(url)
        seen["third, same id"] = await read(third, 2)
        await third.close()
    async with service(heartbeat_interval=0.5, heartbeat_timeout=2.0) as url:
        for pong in (0.3, 0.8):
            async with websockets.connect(url) as line:
                seen[f"pong after {pong} s"] = (await read(line, 3, pong))[0], None
    order = ("first connection", "second, same id", "third, same id", "pong after 0.3 s", "pong after 0.8 s")
    for name in order:
        fate, ticks = seen[name]
        count = "" if ticks is None or name.startswith("first") else ", ticks " + ("10 or more" if ticks >= 10 else "1 or fewer" if ticks <= 1 else str(ticks))
        print(f"{name:23}{fate}{count}")
    gone = "closed 1000 normal closure"
    if [seen[name][0] for name in order] != ["closed 1000 reconnected", gone, "open", "open", gone] or seen[order[1]][1] > 1 or seen[order[2]][1] < 10:
        sys.exit("not as described any more")


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { tail -5 err.log; exit 1; }
