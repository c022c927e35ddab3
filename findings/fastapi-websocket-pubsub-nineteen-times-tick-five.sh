#!/usr/bin/env bash
# fastapi-websocket-pubsub: beside a handler for one topic the handler for all gets tick 1 three times, and tick 5 nineteen times.
#
# Expected: PubSubClient calls the handler of the topic and the one of ALL_TOPICS once for each tick.
# Seen: fastapi-websocket-pubsub 1.0.1 has the server send a tick once for each subscription, so twice, and the client calls all
#   handlers for each. To find them it appends the handlers of ALL_TOPICS to its list for the topic, the list itself and not a copy: with each
#   message they are in it once more, and never less. The handler of the topic gets each tick twice; the one of ALL_TOPICS gets the n-th
#   tick 4n-1 times. Alone, each of the two is right.
# Why it matters: a recorder for all and a handler for one instrument in one client: volumes are double there, and here they grow with
#   the square of the ticks. So do time and memory; a short test with one tick sees "at least once" and is green.
# Way to live with it: a client for ALL_TOPICS and another one for topics, or ALL_TOPICS alone and a look at the topic; a test that counts
#   the calls for the third tick.
# Versions: fastapi-websocket-pubsub 1.0.1, fastapi-websocket-rpc 0.1.29, websockets 17.4, uvicorn 0.54.0, FastAPI 0.165.0 (PyPI),
#   Python 3.11.7. Comments in the server say that several topics may double updates; of this nothing was found.
#
# Output seen (calls for ticks 1 to 5):
#                           NIFTY       ALL_TOPICS
#   NIFTY alone             1 1 1 1 1
#   ALL_TOPICS alone                    1 1 1 1 1
#   both in one client      2 2 2 2 2   3 7 11 15 19
#   both, a client each     1 1 1 1 1   1 1 1 1 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check fastapi-websocket-pubsub==1.0.1 fastapi-websocket-rpc==0.1.29 \
  websockets==17.4 uvicorn==0.54.0 fastapi==0.165.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import logging
import socket
import sys
import warnings

import uvicorn
from fastapi import FastAPI
from fastapi_websocket_pubsub import ALL_TOPICS, PubSubClient, PubSubEndpoint

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")
TICKS = (1, 2, 3, 4, 5)
STORIES = {
    "NIFTY alone": [["NIFTY"]],
    "ALL_TOPICS alone": [[ALL_TOPICS]],
    "both in one client": [["NIFTY", ALL_TOPICS]],
    "both, a client each": [["NIFTY"], [ALL_TOPICS]],
}


async def story(endpoint, url, clients):
    got, running = {}, []
    for topics in clients:
        client = PubSubClient()
        for subscribed in topics:

            async def handler(data, topic, subscribed=subscribed):
                got.setdefault(subscribed, []).append(data)

            client.subscribe(subscribed, handler)
        client.start_client(url)
        await asyncio.wait_for(client.wait_until_ready(), 10)
        running.append(client)
    for tick in TICKS:
        await endpoint.publish(["NIFTY"], tick)
        await asyncio.sleep(0.2)
    for client in running:
        await client.disconnect()
    return [
        " ".join(str(got[topic].count(tick)) for tick in TICKS) if topic in got else "" for topic in ("NIFTY", ALL_TOPICS)
    ]


async def main():
    app, endpoint = FastAPI(), PubSubEndpoint()
    endpoint.register_route(app, "/pubsub")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="critical"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.05)
    rows = []
    print(f"{'':23} NIFTY       ALL_TOPICS")
    for name, clients in STORIES.items():
        row = await story(endpoint, f"ws://127.0.0.1:{port}/pubsub", clients)
        rows.append(row)
        print(f"{name:23} {row[0]:11} {row[1]}".rstrip())
    server.should_exit = True
    await asyncio.wait_for(task, 10)
    once = "1 1 1 1 1"
    return rows == [[once, ""], ["", once], ["2 2 2 2 2", "3 7 11 15 19"], [once, once]]


right = asyncio.run(main())
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 120 venv/bin/python probe.py
