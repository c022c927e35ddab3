#!/usr/bin/env bash
# fugle-marketdata: importing it ends other libraries' silent connections, and one's own error is a login that timed out.
#
# Expected: an import changes nothing for other connections. An error in one's own handler is told as that error,
#   and waiting for an answer costs no processor time.
# Seen: fugle-marketdata 2.8.0 sets the default timeout of websocket-client to 5 seconds for the whole process as
#   it is imported: a connection of other code that has no tick for 5 seconds ends with "Connection timed out".
#   Its connect() waits in a loop without a pause: two seconds until the login is answered are two seconds of a
#   core. The answer to the login goes to the message handler first: where that one looks for a price, the login
#   counts as not answered, and five seconds later connect() raises "authentication timeout".
# Why it matters: a feed for quiet instruments breaks since somebody imported a second broker, and nothing in its
#   own code changed. Rights, keys and the network are searched for a typing error in a handler; and several
#   clients that wait beside each other slow down the one that receives.
# Way to live with it: websocket.setdefaulttimeout(None) after the import, or a timeout of one's own for each
#   connection; a handler that takes any message, with its own try; connect() in a process of its own.
# Versions: fugle-marketdata 2.8.0, websocket-client 1.9.2, websockets 15.0.1, Python 3.11.7. Issue 8 of
#   fugle-dev/fugle-marketdata-python (closed) tells of a connect() that never came back. This was not found.
#
# Output seen:
#   other code, 7 s without a tick:  without the import: both ticks   with it: WebSocketTimeoutException after 5 s
#   login answered after 2 s: connected, more than 0.5 s of processor time
#   handler that wants a price: Exception: authentication timeout
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check fugle-marketdata==2.8.0 websocket-client==1.9.2 websockets==15.0.1

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import json
import sys
import threading
import time

import websocket
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def service(client):
    if client.request.path == "/quiet":
        await client.send("tick 1")
        await asyncio.sleep(7)
        with contextlib.suppress(ConnectionClosed):
            await client.send("tick 2")
        return
    async for message in client:
        if json.loads(message)["event"] == "auth":
            await asyncio.sleep(2 if client.request.path == "/slow" else 0)
            await client.send('{"event": "authenticated", "data": {"message": "Authenticated successfully"}}')


def run(ready):
    async def main():
        async with serve(service, "127.0.0.1", 0) as listener:
            ready.append(listener.sockets[0].getsockname()[1])
            await asyncio.Future()

    asyncio.run(main())


def quiet():
    other = websocket.create_connection(f"{url}/quiet")
    since = time.monotonic()
    try:
        other.recv(), other.recv()
        return "both ticks"
    except Exception as error:
        return f"{type(error).__name__} after {time.monotonic() - since:.0f} s"
    finally:
        other.shutdown()


ready = []
threading.Thread(target=run, args=(ready,), daemon=True).start()
while not ready:
    time.sleep(0.01)
url = f"ws://127.0.0.1:{ready[0]}"
without = quiet()
from fugle_marketdata.websocket.client import WebSocketClient  # noqa: E402

withit = quiet()
print(f"other code, 7 s without a tick:  without the import: {without}   with it: {withit}", flush=True)

client = WebSocketClient(url=f"{url}/slow", api_key="key")
before = time.process_time()
client.connect()
burnt = time.process_time() - before
client.disconnect()
print(f"login answered after 2 s: connected, {'more' if burnt > 0.5 else 'less'} than 0.5 s of processor time", flush=True)

client = WebSocketClient(url=url, api_key="key")
client.on("error", lambda _: None)
client.on("message", lambda message: json.loads(message)["data"]["price"])
try:
    client.connect()
    end = "connected"
except Exception as error:
    end = f"{type(error).__name__}: {error}"
print(f"handler that wants a price: {end}")
client.disconnect()
if (without, withit, burnt > 0.5, end) != (
    "both ticks", "WebSocketTimeoutException after 5 s", True, "Exception: authentication timeout"
):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
