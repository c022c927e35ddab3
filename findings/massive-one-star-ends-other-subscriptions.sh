#!/usr/bin/env bash
# Massive (Polygon.io): asking for all second bars cancels the minute bars, and asking twice cancels the asking.
#
# Expected: subscribe("A.*") adds the bars of a second of all shares, makes "A.MSFT" superfluous and changes nothing
#   else. Asked for again, it is what it was.
# Seen: massive 2.9.1 and its older name polygon-api-client 1.16.3 remove "other X.*" topics by their first letters:
#   "A" also begins "AM", the bars of a minute. subscribe("A.*") sends an unsubscription for "AM.MSFT", and so does
#   unsubscribe("A.*"). A second subscribe("A.*") finds "A.*" itself, and unsubscribes it: nothing is left. The
#   client goes on, connected and silent. "C.*" ends "CA.EUR/USD" in the same way.
# Why it matters: an application that asks for what it needs when it starts, and again after a restart of a part of
#   it, ends its own feed with the second call. Minute bars end when a screen for seconds is opened or closed, and
#   no error tells of it. With tickers in place of the star all is right, and so is a test with one subscription.
# Way to live with it: keep one's own set and call subscribe() with what is not in it; subscribe in an order that
#   puts minutes after seconds; watch each topic for silence.
# Versions: massive 2.9.1, polygon-api-client 1.16.3, websockets 17.4 (PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen (what the service has at the end, for each client):
#   subscribe AM.MSFT, then A.*            massive: A.*      polygon: A.*
#   subscribe A.* AM.MSFT, unsubscribe A.* massive: nothing  polygon: nothing
#   subscribe A.*, again A.*               massive: nothing  polygon: nothing
#   subscribe A.MSFT, again A.MSFT         massive: A.MSFT   polygon: A.MSFT
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check massive==2.9.1 polygon-api-client==1.16.3 \
  websockets==17.4

cat > probe.py <<'PROBE'
import asyncio
import json
import sys

import massive
import polygon
from websockets.asyncio.server import serve


class Service:
    """Knows what it is asked for, and confirms it."""

    def __init__(self):
        self.topics = set()

    async def __call__(self, client):
        await client.send(json.dumps([{"ev": "status", "status": "connected", "message": ""}]))
        async for text in client:
            message = json.loads(text)
            if message["action"] != "auth":
                change = set(message["params"].split(","))
                self.topics = self.topics | change if message["action"] == "subscribe" else self.topics - change
            status = "auth_success" if message["action"] == "auth" else "success"
            await client.send(json.dumps([{"ev": "status", "status": status, "message": ""}]))


async def ignore(messages):
    pass


async def story(package, steps):
    service = Service()
    async with serve(service, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        client = package.WebSocketClient("key", feed=f"127.0.0.1:{port}", secure=False)
        running = asyncio.create_task(client.connect(ignore))
        for method, *topics in steps:
            getattr(client, method)(*topics)
            await asyncio.sleep(1.5)  # the client looks once a second for what is new
        left = " ".join(sorted(service.topics)) or "nothing"
        await client.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return left


STORIES = (
    ("subscribe AM.MSFT, then A.*", [("subscribe", "AM.MSFT"), ("subscribe", "A.*")], "A.*"),
    ("subscribe A.* AM.MSFT, unsubscribe A.*", [("subscribe", "A.*", "AM.MSFT"), ("unsubscribe", "A.*")], "nothing"),
    ("subscribe A.*, again A.*", [("subscribe", "A.*"), ("subscribe", "A.*")], "nothing"),
    ("subscribe A.MSFT, again A.MSFT", [("subscribe", "A.MSFT"), ("subscribe", "A.MSFT")], "A.MSFT"),
)


async def main():
    good = True
    for what, steps, expected in STORIES:
        left = [await story(package, steps) for package in (massive, polygon)]
        print(f"{what:38} massive: {left[0]:8} polygon: {left[1]}", flush=True)
        good &= left == [expected] * 2
    return good


if not asyncio.run(main()):
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py
