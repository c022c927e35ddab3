#!/usr/bin/env bash
# mqtt-json-rpc: a method that gives back nothing is done at once and reported as "communication timeout" ten seconds later; and the encoding in the README's place is ignored.
#
# Expected: "the return value of callback will resolve the promise": undefined, or null. new RPC(mqtt, "cbor") is what the README says for CBOR.
# Seen: mqtt-json-rpc 1.3.6 cannot build an answer from undefined: the service has an unhandled rejection, "Result must exist for success Response objects", which ends a Node.js process that does not listen
#   for such; the caller hears nothing and times out, though the method has done its work. 0, false, "" and null come through. The second argument is an object of options: "cbor" there is spread into its
#   letters, and JSON is spoken.
# Why it matters: cancel, subscribe and delete are methods that give back nothing. The order is cancelled, the caller sees a lost connection and tries again, or takes the order for living. Each such call
#   keeps its response topic subscribed.
# Way to live with it: return null or true from each method; options always as { encoding, timeout }. In tests one method without "return" through a real broker, and a look at the bytes.
# Versions: mqtt-json-rpc 1.3.6 (npm, the newest of this name), mqtt 5.16.0, aedes 1.2.0 (broker), Node.js 20.20.2. Source: _onServer, call and the constructor in mqtt-json-rpc.js. Nothing found about it;
#   rse/mqtt-json-rpc issue 2 was the same for methods that throw.
#
# Output seen (options, what is on the wire, answers):
#   {"timeout":2000}                    JSON      orders/count 0, orders/cancel Error: communication timeout; cancelled 1, unhandled: Result must exist for success Response objects
#   {"encoding":"cbor","timeout":2000}  not JSON  orders/count 0, orders/cancel Error: communication timeout; cancelled 1, unhandled: Result must exist for success Response objects
#   "cbor"                              JSON      orders/count 0; cancelled 0, unhandled: none
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts mqtt-json-rpc@1.3.6 mqtt@5.16.0 aedes@1.2.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { Aedes } from "aedes";
import mqtt from "mqtt";
import RPC from "mqtt-json-rpc";

const broker = await Aedes.createBroker();
const server = createServer(broker.handle).listen(0, "127.0.0.1");
await once(server, "listening");
let first;
broker.on("publish", ({ topic, payload }) => {
  if (topic.endsWith("/request")) first = payload[0] === 0x7b ? "JSON" : "not JSON";
});
const connect = async (options) => {
  const client = mqtt.connect(`mqtt://127.0.0.1:${server.address().port}`);
  await once(client, "connect");
  return new RPC(client, options);
};

const lines = [];
let rejections = [];
process.on("unhandledRejection", (error) => rejections.push(error.data ?? error.message));
for (const options of [{ timeout: 2000 }, { encoding: "cbor", timeout: 2000 }, "cbor"]) {
  const service = await connect(options);
  const caller = await connect(options);
  let cancelled = 0;
  await service.register("orders/cancel", () => {
    cancelled += 1;
  });
  await service.register("orders/count", () => 0);
  const answers = [];
  for (const method of options === "cbor" ? ["orders/count"] : ["orders/count", "orders/cancel"]) {
    const answer = await caller.call(method, "A1").catch((error) => `Error: ${error.message}`);
    answers.push(`${method} ${answer}`);
  }
  lines.push(`${JSON.stringify(options).padEnd(34)}  ${first.padEnd(8)}  ${answers.join(", ")}; cancelled ${cancelled}, unhandled: ${rejections.join() || "none"}`);
  rejections = [];
  console.log(lines.at(-1));
  service.end(true);
  caller.end(true);
}
assert.deepEqual(lines, [
  '{"timeout":2000}                    JSON      orders/count 0, orders/cancel Error: communication timeout; cancelled 1, unhandled: Result must exist for success Response objects',
  '{"encoding":"cbor","timeout":2000}  not JSON  orders/count 0, orders/cancel Error: communication timeout; cancelled 1, unhandled: Result must exist for success Response objects',
  '"cbor"                              JSON      orders/count 0; cancelled 0, unhandled: none',
]);
process.exit(0);
CHECK
timeout 60 node check.mjs
