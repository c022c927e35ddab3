#!/usr/bin/env bash
# websocket-mockserver: the last rule that fits answers, for any channel; without one the answer is {}; a batch of ticks is Python's text.
#
# Expected: a message is answered by the rule for its type and payload, for connections with the rule's channels; without a rule there is no
#   answer. "response" is any JSON. One-shot messages go out at the connection.
# Seen: websocket-mockserver 2.0.1 goes through all inbound rules and keeps the last that fits: a general rule added behind
#   the special ones answers for them. channels and channels_pattern are compared for one-shot and schedule rules only. A message
#   that no rule knows is answered with {}. A response that is a list goes through str(): single quotes, None, True. There
#   is half a second between two one-shot messages, with timeout 0 too.
# Why it matters: a client that subscribes to the wrong instrument is answered like the right one, or with {}, which many read as
#   "accepted"; one without rights gets what the rule keeps for others. A batch of ticks cannot be parsed by a good
#   client, and twenty ticks take ten seconds, so that bursts are never tested.
# Way to live with it: one rule for each message, general ones first; the batch as a text made with json.dumps(); schedule rules or a
#   server of one's own for bursts. In tests a message without a rule.
# Versions: websocket-mockserver 2.0.1 (the newest on PyPI, with fastapi 0.95.2, uvicorn 0.22.0, websockets 10.4, pydantic 1.10.7), Python 3.11.7.
#   Nothing found about it.
#
# Output seen:
#   the rule for BTC, then one for all   {"error": "unknown"}
#   no rule                              {}
#   a rule for the channel "private"     {"orders": []}
#   a rule with a list of ticks          [{'price': 1.5, 'last': True, 'bid': None}]
#   ten one-shot messages                more than 4 seconds
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check websocket-mockserver==2.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import json
import os
import sys
import threading
import time

import httpx
import uvicorn
import websockets
from websocket_mockserver.server import RemoteMockServer

server = uvicorn.Server(uvicorn.Config(RemoteMockServer().app, host="127.0.0.1", port=0, log_level="critical"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.05)
PORT = server.servers[0].sockets[0].getsockname()[1]


def rules(kind, *given):
    httpx.post(f"http://127.0.0.1:{PORT}/admin/mapping/{kind}", json=list(given)).raise_for_status()


async def answer(line, message):
    await line.send(json.dumps(message))
    try:
        return await asyncio.wait_for(line.recv(), 2)
    except asyncio.TimeoutError:
        return "no answer"


async def story(line):
    bitcoin = {"type": "subscribe", "payload": {"symbol": "BTC"}}
    rules("inbound", {**bitcoin, "response": {"accepted": "BTC"}}, {"type_pattern": ".*", "response": {"error": "unknown"}})
    yield "the rule for BTC, then one for all", await answer(line, bitcoin)
    rules("reset")
    yield "no rule", await answer(line, bitcoin)
    rules("inbound", {"type": "orders", "channels": "private", "response": {"orders": []}})
    yield 'a rule for the channel "private"', await answer(line, {"type": "orders"})
    rules("inbound", {"type": "history", "response": [{"price": 1.5, "last": True, "bid": None}]})
    yield "a rule with a list of ticks", await answer(line, {"type": "history"})
    begun = time.monotonic()
    rules("oneshot", *({"message": {"tick": number}, "timeout": 0} for number in range(10)))
    for _ in range(10):
        await asyncio.wait_for(line.recv(), 5)
    spent = time.monotonic() - begun
    yield "ten one-shot messages", "more than 4 seconds" if spent > 4 else f"{spent:.1f} seconds"


async def main():
    seen = []
    async with websockets.connect(f"ws://127.0.0.1:{PORT}/ws/ticks") as line:
        async for name, value in story(line):
            seen.append(value)
            print(f"{name:<37}{value}")
    changed = seen != [
        '{"error": "unknown"}',
        "{}",
        '{"orders": []}',
        "[{'price': 1.5, 'last': True, 'bid': None}]",
        "more than 4 seconds",
    ]
    if changed:
        print("not as described any more")
    sys.stdout.flush()
    os._exit(changed)


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py
