#!/usr/bin/env bash
# Two clients in one process, two services: by which broker's library, both read one stream or one handler gets all.
#
# Expected: a client object has its own service, its own handlers and its own ticks.
# Seen: NorenRestApiPy 0.0.22 (the platform of Shoonya, Flattrade and others) keeps the addresses in the class:
#   the client that was made last decides where each one connects. FyersTbtSocket of fyers-apiv3 3.2.0 is one
#   object, however often it is made: the second call takes the first one's handlers away, and the first
#   connection stays open and feeds the second one's. (FyersDataSocket and FyersOrderSocket are made the same
#   way.) smartapi-javascript 1.0.27 keeps handlers in the module: each gets the ticks of all clients. Nothing
#   warns.
# Why it matters: two accounts, or a broker and its stand-in side by side, are one; quotes of one broker are
#   recorded as the other's. In a suite a handler of the last test receives the ticks of this one, so that tests
#   pass alone and fail together, or the other way round.
# Way to live with it: one process for each client; in tests one client for the whole run, or a process of its
#   own for each test; take the instrument or a mark of the service from the tick, not from the handler that it
#   came to.
# Versions: NorenRestApiPy 0.0.22, fyers-apiv3 3.2.0, smartapi-javascript 1.0.27, websockets 15.0.1, Python
#   3.11.7, Node.js 20.20.2. Issue 36 of Shoonya-Dev/ShoonyaApi-py (closed in 2022) tells of two accounts of
#   which one gets ticks; the other two were not found.
#
# Output seen (service A sends the price 100, B sends 200; a client for A is made first, then one for B):
#   NorenRestApiPy       handler of A's client: 200       handler of B's client: 200
#   fyers-apiv3          handler of A's client: nothing   handler of B's client: 100 200
#   smartapi-javascript  handler of A's client: 100 200   handler of B's client: 100 200
set -euo pipefail
work=$(mktemp -d)
probe=
cleanup() {
  if [ -n "$probe" ]; then kill "$probe" 2>/dev/null || true; wait "$probe" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check NorenRestApiPy==0.0.22 websockets==15.0.1 requests==2.32.5 \
  websocket-client==1.6.1 protobuf==7.36.2 aws-lambda-powertools==1.25.5 setuptools==68.0.0
# fyers-apiv3 pins versions that the others do not accept: it gets what its stream needs.
venv/bin/pip install -qq --disable-pip-version-check --no-deps fyers-apiv3==3.2.0
npm install --silent --no-audit --no-fund --ignore-scripts smartapi-javascript@1.0.27

cat > probe.py <<'PROBE'
import contextlib
import json
import os
import sys
import threading
import time

import fyers_apiv3.FyersWebsocket.msg_pb2 as fyers_messages
from fyers_apiv3.FyersWebsocket import tbt_ws
from NorenRestApiPy.NorenApi import NorenApi
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve


def noren_tick(price):
    return json.dumps({"t": "tk", "e": "NSE", "tk": "26000", "lp": str(price)})


def fyers_tick(price):
    message = fyers_messages.SocketMessage(snapshot=True)
    feed = message.feeds["1"]
    feed.ticker = "NSE:NIFTY26JUNFUT"
    level = feed.depth.bids.add()
    level.num.value, level.price.value = 0, price * 100
    return message.SerializeToString()


@contextlib.contextmanager
def service(price):
    """Sends its price to whoever connects, until the line ends."""

    def ticks(client):
        with contextlib.suppress(ConnectionClosed):
            while True:
                client.send(fyers_tick(price) if client.request.path == "/fyers" else noren_tick(price))
                time.sleep(0.1)

    with serve(ticks, "127.0.0.1", 0) as listener:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{listener.socket.getsockname()[1]}"


def row(name, first, second):
    time.sleep(3)
    seen = [" ".join(sorted(prices)) or "nothing" for prices in (first, second)]
    print(f"{name:19}  handler of A's client: {seen[0]:8}  handler of B's client: {seen[1]}", flush=True)
    return seen


def noren(addresses):
    clients = [NorenApi(host="http://127.0.0.1/", websocket=f"{address}/noren") for address in addresses]
    heard = [set(), set()]
    for client, prices in zip(clients, heard, strict=True):
        client.set_session("user", "password", "token")
        client.start_websocket(subscribe_callback=lambda tick, prices=prices: prices.add(tick["lp"]))
    return row("NorenRestApiPy", *heard)


def fyers(addresses):
    heard = [set(), set()]
    waiting = list(addresses)
    tbt_ws.getUrl = lambda _: waiting.pop(0) + "/fyers"
    for prices in heard:
        client = tbt_ws.FyersTbtSocket(
            "token", on_depth_update=lambda _, book, prices=prices: prices.add(f"{book.bidprice[0]:.0f}")
        )
        client.connect()
    heard[0].clear()  # what counts is what comes while both are there
    return row("fyers-apiv3", *heard)


with service(100) as a, service(200) as b:
    seen = [noren((a, b)), fyers((a, b))]
    expected = [["200", "200"], ["nothing", "100 200"]]
    if seen != expected:
        print("not as described any more", file=sys.stderr)
    sys.stdout.flush()
    os._exit(seen != expected)  # the threads of both clients never end
PROBE
cat > probe.js <<'PROBE'
const { WebSocketServer } = require("ws");
const { WebSocketV2 } = require("smartapi-javascript");
const { CONSTANTS } = require("smartapi-javascript/config/constant");

function tick(price) {
  const frame = Buffer.alloc(51);
  frame.writeInt8(1, 0);
  frame.writeInt8(1, 1);
  frame.write("26009", 2);
  frame.writeBigInt64LE(BigInt(price), 43);
  return frame;
}

async function clientFor(price) {
  const service = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  await new Promise((listening) => service.once("listening", listening));
  service.on("connection", (line) => setInterval(() => line.send(tick(price)), 100));
  CONSTANTS.websocketURL = `ws://127.0.0.1:${service.address().port}`;
  const heard = new Set();
  const client = new WebSocketV2({ clientcode: "user", jwttoken: "token", apikey: "key", feedtype: "feed" });
  client.on("tick", (received) => heard.add(received.last_traded_price));
  await client.connect();
  return heard;
}

(async () => {
  const heard = [await clientFor(100), await clientFor(200)];
  await new Promise((later) => setTimeout(later, 2000));
  const [a, b] = heard.map((prices) => [...prices].sort().join(" ") || "nothing");
  console.log(`smartapi-javascript  handler of A's client: ${a.padEnd(8)}  handler of B's client: ${b}`);
  if (a !== "100 200" || b !== "100 200") {
    console.error("not as described any more");
    process.exit(1);
  }
  process.exit(0);
})();
PROBE
venv/bin/python -W ignore probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
timeout 60 node probe.js
