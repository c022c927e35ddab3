#!/usr/bin/env bash
# stomp-broker-js: who subscribed to the options gets the ticks of the index too, and an empty line becomes a comma.
#
# Expected: a stand-in for a STOMP broker hands out what was sent to a destination, as it was sent, to those that
#   subscribed to it.
# Seen: stomp-broker-js 1.3.0 splits destinations at dots and compares as many parts as the message's has: a subscription to
#   /topic/ticks.NIFTY.CE gets all of /topic/ticks.NIFTY and of /topic/ticks too. A body is split at empty lines and put
#   together with commas: 18000.5, an empty line and 18001 arrive as "18000.5,18001". A body with content type
#   application/json is read and written anew: 1.10 is 1.1, and an id of 18 digits another one. A connection that sends to
#   a destination it subscribed to gets nothing. CoilMQ 1.1.0 does none of this.
# Why it matters: this is the broker of unit tests for @stomp/stompjs and rx-stomp. A client that adds up volumes by
#   destination counts ticks twice there, one that waits for its own message waits for ever, and a test that compares ids
#   or bytes is red: the client is right each time.
# Way to live with it: destinations of one depth, a connection for each side, ids as texts; or CoilMQ, which has its own ways
#   with acknowledgements (coilmq-order-of-a-dead-worker.sh).
# Versions: stomp-broker-js 1.3.0, @stomp/stompjs 7.5.0, ws 8.23.0 (npm), coilmq 1.1.0, stomp.py 9.0.0 (PyPI); Node.js 20.20.2,
#   Python 3.11.7. The package has no README; its comments name * and ** and nothing of this.
#
# Output seen (sent to /topic/ticks.NIFTY by another connection, what each subscription gets):
#                                stomp-broker-js                            CoilMQ
#   ticks                        nothing                                    nothing
#   ticks.NIFTY                  1                                          1
#   ticks.NIFTY.CE               1                                          nothing
#   body with an empty line      18000.5,18001                              18000.5\n\n18001
#   JSON                         {"id":123456789012345680,"price":1.1}      {"id":123456789012345678,"price":1.10}
#   sent by the subscriber       nothing                                    1
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
venv/bin/pip install -qq --disable-pip-version-check coilmq==1.1.0 stomp.py==9.0.0 2>/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts stomp-broker-js@1.3.0 @stomp/stompjs@7.5.0 ws@8.23.0

cat > ticks.mjs <<'TICKS'
import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "@stomp/stompjs";
import WebSocket from "ws";

const Broker = createRequire(import.meta.url)("stomp-broker-js");
const server = http.createServer().listen(0, "127.0.0.1");
await once(server, "listening");
new Broker({ server, path: "/stomp" });
const open = () =>
  new Promise((resolve) => {
    const webSocketFactory = () => new WebSocket(`ws://127.0.0.1:${server.address().port}/stomp`);
    const client = new Client({ webSocketFactory, reconnectDelay: 0, onConnect: () => resolve(client) });
    client.activate();
  });
const { parts, sent } = JSON.parse(process.argv[2]);
const [feed, reader] = [await open(), await open()];
const got = Object.fromEntries(parts.map((part) => [part, []]));
for (const part of parts) reader.subscribe(`/topic/${part}`, ({ body }) => got[part].push(body));
await pause(500);
const send = async (client, body, headers) => {
  client.publish({ destination: "/topic/ticks.NIFTY", body, headers });
  await pause(500);
  return Object.fromEntries(parts.map((part) => [part, got[part].splice(0).join(" ") || "nothing"]));
};
const first = await send(feed, sent[0]);
const rows = parts.map((part) => first[part]);
rows.push((await send(feed, sent[1]))["ticks.NIFTY"]);
rows.push((await send(feed, sent[2], { "content-type": "application/json" }))["ticks.NIFTY"]);
rows.push((await send(reader, sent[0]))["ticks.NIFTY"]);
console.log(JSON.stringify(rows));
process.exit();
TICKS
cat > probe.py <<'PROBE'
import json
import logging
import subprocess
import sys
import threading
import time

import stomp
from coilmq.queue import QueueManager
from coilmq.scheduler import FavorReliableSubscriberScheduler, RandomQueueScheduler
from coilmq.server.socket_server import ThreadedStompServer
from coilmq.store.memory import MemoryQueue
from coilmq.topic import TopicManager

logging.disable(logging.CRITICAL)
PARTS = ["ticks", "ticks.NIFTY", "ticks.NIFTY.CE"]
SENT = ["1", "18000.5\n\n18001", '{"id":123456789012345678,"price":1.10}']


class Reader(stomp.ConnectionListener):
    def __init__(self):
        self.got = {part: [] for part in PARTS}

    def on_message(self, frame):
        self.got[PARTS[int(frame.headers["subscription"])]].append(frame.body)


def with_coilmq():
    queues = QueueManager(
        store=MemoryQueue(),
        subscriber_scheduler=FavorReliableSubscriberScheduler(),
        queue_scheduler=RandomQueueScheduler(),
    )
    server = ThreadedStompServer(("127.0.0.1", 0), queue_manager=queues, topic_manager=TopicManager())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    reading = Reader()
    feed, reader = (stomp.Connection11([("127.0.0.1", server.server_address[1])]) for _ in range(2))
    reader.set_listener("", reading)
    for connection in (feed, reader):
        connection.connect(wait=True)
    for number, part in enumerate(PARTS):
        reader.subscribe(f"/topic/{part}", id=number)
    time.sleep(0.5)

    def send(connection, body, **headers):
        connection.send("/topic/ticks.NIFTY", body, **headers)
        time.sleep(0.5)
        taken, reading.got = reading.got, {part: [] for part in PARTS}
        return {part: " ".join(taken[part]) or "nothing" for part in PARTS}

    rows = list(send(feed, SENT[0]).values())
    rows.append(send(feed, SENT[1])["ticks.NIFTY"])
    rows.append(send(feed, SENT[2], content_type="application/json")["ticks.NIFTY"])
    rows.append(send(reader, SENT[0])["ticks.NIFTY"])
    for connection in (feed, reader):
        connection.disconnect()
    server.shutdown()
    return rows


command = ["node", "--no-warnings", "ticks.mjs", json.dumps({"parts": PARTS, "sent": SENT})]
done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
seen = [json.loads(done.stdout), with_coilmq()]
names = [*PARTS, "body with an empty line", "JSON", "sent by the subscriber"]
print(f"{'':28} {'stomp-broker-js':<42} CoilMQ")
for name, one, other in zip(names, *seen, strict=True):
    print(f"{name:28} {one:<42} {other}".replace("\n", "\\n"))
sys.stdout.flush()
right = seen == [
    ["nothing", "1", "1", "18000.5,18001", '{"id":123456789012345680,"price":1.1}', "nothing"],
    ["nothing", "1", "nothing", SENT[1], SENT[2], "1"],
]
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
