#!/usr/bin/env bash
# python-socketio: ticks come in order and are handled side by side, in a new thread or task each; the last price is an old one.
#
# Expected: a client calls the handler of "tick" with one tick after the other, as the client for JavaScript does, and as
#   the one connection that they come over has them.
# Seen: python-socketio 5's Client starts a thread for each event, AsyncClient a task. A handler whose first call takes
#   longer has done with ticks 2, 3 and 4 before tick 1. No pause is needed for it: of 300 ticks whose handler waits a
#   millisecond now and then, dozens are stored behind a later one. async_handlers=False is a setting of the server, the
#   clients have none. A handler of the server is called in the same way, if one leaves the default.
# Why it matters: write to a database or a file, a lock or an await are enough, and "last price" is that of whoever
#   finished last; gap checks see gaps and repetitions. A burst at the open starts some thousand threads. In tests
#   with a list's append as the handler the order is right each time.
# Way to live with it: in the handler only put into a queue (put_nowait, nothing awaited before it), and one reader
#   behind it; sequence numbers in ticks; a test whose handler waits at its first call.
# Versions: python-socketio 5.18.1, uvicorn 0.54.0, aiohttp 3.14.5, websocket-client 1.9.2 (PyPI); socket.io-client
#   4.8.4 (npm); Python 3.11.7, Node.js 20.20.2. The server's async_handlers is documented; for the clients nothing was found.
#
# Output seen (ticks 1 2 3 4; the handler waits 0.3 s for tick 1, and not for the others):
#   AsyncClient        handled 2 3 4 1
#   Client             handled 2 3 4 1
#   Client, 300 ticks  stored behind a later one: more than 5
#   socket.io-client   handled 1 2 3 4
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check python-socketio==5.18.1 uvicorn==0.54.0 aiohttp==3.14.5 \
  websocket-client==1.9.2 requests==2.34.2 websockets==17.4
npm install --silent --no-audit --no-fund --ignore-scripts socket.io-client@4.8.4

cat > client.js <<'CLIENT'
const socket = require("socket.io-client").io(process.argv[2], { transports: ["websocket"] });
const handled = [];
const stand = (until) => { while (Date.now() < until); }; // JavaScript waits with the whole thread, or not in the handler
socket.on("tick", (number) => {
  if (number === 1) stand(Date.now() + 300);
  handled.push(number);
  if (handled.length === 4) { console.log(handled.join(" ")); process.exit(); }
});
CLIENT
cat > probe.py <<'PROBE'
import asyncio
import sys
import time

import socketio
import uvicorn

TRANSPORTS = ["websocket"]


async def until(condition, what, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"not within {seconds} s: {what}")
        await asyncio.sleep(0.05)


async def main():
    feed, here = socketio.AsyncServer(async_mode="asgi"), set()
    feed.on("connect", lambda sid, *_: here.add(sid))
    feed.on("disconnect", lambda sid, *_: here.discard(sid))
    config = uvicorn.Config(socketio.ASGIApp(feed), port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started, "start of the service")
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    async def ticks(count):
        await until(lambda: here, "a client")
        for number in range(1, count + 1):
            await feed.emit("tick", number)

    async def with_tasks():
        handled, client = [], socketio.AsyncClient()

        async def tick(number):
            if number == 1:
                await asyncio.sleep(0.3)
            handled.append(number)

        client.on("tick", tick)
        await client.connect(url, transports=TRANSPORTS)
        await ticks(4)
        await until(lambda: len(handled) == 4, "four ticks")
        await client.disconnect()
        return handled

    async def with_threads(count, pause):
        handled, client = [], socketio.Client()

        def tick(number):
            time.sleep(pause(number))
            handled.append(number)

        client.on("tick", tick)
        await asyncio.to_thread(client.connect, url, transports=TRANSPORTS)
        await ticks(count)
        await until(lambda: len(handled) == count, f"{count} ticks")
        await asyncio.to_thread(client.disconnect)
        return handled

    async def with_node():
        node = await asyncio.create_subprocess_exec("node", "client.js", url, stdout=-1)
        try:
            await ticks(4)
            out, _ = await asyncio.wait_for(node.communicate(), 20)
        finally:
            if node.returncode is None:
                node.kill()
                await node.wait()
        return [int(number) for number in out.split()]

    async def gone():
        await until(lambda: not here, "the client's end")

    slow_first = [await with_tasks()]
    await gone()
    slow_first.append(await with_threads(4, lambda number: 0.3 if number == 1 else 0))
    await gone()
    many = await with_threads(300, lambda number: 0.001 if number % 2 else 0)
    await gone()
    slow_first.append(await with_node())
    server.should_exit = True
    await serving
    return slow_first, sum(later < earlier for earlier, later in zip(many, many[1:]))


(tasks, threads, node), behind = asyncio.run(main())
print("AsyncClient        handled", *tasks)
print("Client             handled", *threads)
print("Client, 300 ticks  stored behind a later one:", "more than 5" if behind > 5 else behind)
print("socket.io-client   handled", *node)
if (tasks, threads, node) != ([2, 3, 4, 1], [2, 3, 4, 1], [1, 2, 3, 4]) or behind <= 5:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py
