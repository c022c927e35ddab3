#!/usr/bin/env bash
# Deriv: one error in one handler, and nothing is read any more, for any symbol; a cut line is told to no handler.
#
# Expected: an error in a handler costs that handler its tick, or its subscription. The end of a connection is an error, or an
#   end, of each stream ("subscriptions are revived after connection drop", says the package's own text). One
#   subscription does not forbid another.
# Seen: python-deriv-api 0.1.6, Deriv's own, calls the handlers from the task that reads. An error ends that task: the ticks
#   of all symbols stop, and each request waits for ever, while the line is open, pings are answered and `connected` is
#   resolved. It can only be seen in sanity_errors, as an object without a text. After a cut no stream gets an error or
#   an end; nothing is connected again, though the package knows the address. And once a purchase is subscribed to, each new
#   subscription to ticks is KeyError('contract_id').
# Why it matters: a field that is missing in one message of one symbol is a silent market in all of them. A bot that buys
#   cannot watch a second market afterwards.
# Way to live with it: handlers that catch everything; sanity_errors.subscribe() as the alarm of both; a timeout around
#   requests; ticks first, purchases then; in tests a handler that raises once, and a cut.
# Versions: python-deriv-api 0.1.6, websockets 10.3, reactivex 4.0.4, Python 3.11.7. Nothing found about it. The README says that
#   reconnecting is up to the caller where he passes the connection; here the package makes it. Messages of the form
#   of Deriv's API.
#
# Output seen (handler of R_100, of which 3 is the last before the error):
#   handler raises at tick 3  R_100: 3, R_50: 3 or fewer, ping: no answer within 2 s, connected yes, sanity_errors 1
#   handler never raises      R_100: 20, R_50: 20, ping: answered, connected yes, sanity_errors 0
#   line cut                  errors of the stream 0, ends 0, connections 1
#   ticks after a purchase    KeyError('contract_id')
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps python-deriv-api==0.1.6 websockets==10.3 reactivex==4.0.4 \
  typing-extensions==4.15.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import asyncio
import contextlib
import json
import logging
import os
import sys

import websockets
from deriv_api import DerivAPI

logging.disable(logging.CRITICAL)
connections = []


async def tick(client, request):
    with contextlib.suppress(websockets.ConnectionClosed):
        for number in range(20):
            await client.send(json.dumps({
                "echo_req": request, "req_id": request["req_id"], "msg_type": "tick",
                "subscription": {"id": request["ticks"]}, "tick": {"symbol": request["ticks"], "quote": 100 + number},
            }))
            await asyncio.sleep(0.05)


async def service(client, _):
    connections.append(client)
    with contextlib.suppress(websockets.ConnectionClosed):
        async for text in client:
            request = json.loads(text)
            answer = {"echo_req": request, "req_id": request["req_id"]}
            if "ticks" in request:
                client.ticking = [*getattr(client, "ticking", []), asyncio.create_task(tick(client, request))]
            elif "buy" in request:
                await client.send(json.dumps({
                    **answer, "msg_type": "buy", "subscription": {"id": "bought"}, "buy": {"contract_id": 7},
                }))
            else:
                await client.send(json.dumps({**answer, "msg_type": "ping", "ping": "pong"}))


async def handler(raises):
    api, odd, first, second = DerivAPI(endpoint=url, app_id=1), [], [], []
    api.sanity_errors.subscribe(odd.append)

    def take(message):
        first.append(message["tick"]["quote"])
        if raises and len(first) == 3:
            raise ValueError("a field is missing")

    (await api.subscribe({"ticks": "R_100"})).subscribe(take)
    (await api.subscribe({"ticks": "R_50"})).subscribe(lambda message: second.append(message["tick"]["quote"]))
    await asyncio.sleep(2.5)
    try:
        await asyncio.wait_for(api.ping({"ping": 1}), 2)
        answer = "answered"
    except asyncio.TimeoutError:
        answer = "no answer within 2 s"
    many = len(second) if not raises else "3 or fewer" if len(second) < 4 else len(second)
    state = "yes" if api.connected.is_resolved() and connections[-1].open else "no"
    return f"R_100: {len(first)}, R_50: {many}, ping: {answer}, connected {state}, sanity_errors {len(odd)}"


async def cut():
    connections.clear()
    api, errors, ends, ticks = DerivAPI(endpoint=url, app_id=1), [], [], []
    (await api.subscribe({"ticks": "R_100"})).subscribe(ticks.append, errors.append, lambda: ends.append(1))
    while len(ticks) < 3:
        await asyncio.sleep(0.02)
    connections[0].transport.abort()
    await asyncio.sleep(3)
    return f"errors of the stream {len(errors)}, ends {len(ends)}, connections {len(connections)}"


async def purchase():
    api = DerivAPI(endpoint=url, app_id=1)
    (await api.subscribe({"buy": "proposal", "price": 10})).subscribe(lambda _: None)
    await asyncio.sleep(0.5)
    try:
        await api.subscribe({"ticks": "R_25"})
    except KeyError as error:
        return repr(error)
    return "no error"


async def main():
    global url
    async with websockets.serve(service, "127.0.0.1", 0) as listener:
        url = f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        lines = [
            f"handler raises at tick 3  {await handler(True)}",
            f"handler never raises      {await handler(False)}",
            f"line cut                  {await cut()}",
            f"ticks after a purchase    {await purchase()}",
        ]
        print("\n".join(lines), flush=True)
        good = lines == [
            "handler raises at tick 3  R_100: 3, R_50: 3 or fewer, ping: no answer within 2 s, connected yes, sanity_errors 1",
            "handler never raises      R_100: 20, R_50: 20, ping: answered, connected yes, sanity_errors 0",
            "line cut                  errors of the stream 0, ends 0, connections 1",
            "ticks after a purchase    KeyError('contract_id')",
        ]
        if not good:
            print("not as described any more", file=sys.stderr, flush=True)
        os._exit(not good)


asyncio.run(main())
PROBE
timeout 60 venv/bin/python -W ignore probe.py 2>err.log || { grep -q "not as described" err.log || tail -5 err.log; echo "not as described any more" >&2; exit 1; }
