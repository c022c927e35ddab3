#!/usr/bin/env bash
# @lcdev/ws-rpc: a valid order to a function with a validation is placed, and the client is told that it failed, with a function as the error; once() is for ever.
#
# Expected: "optional validation of function data using custom validation functions": the client and the server look at the data of a call; a valid one is answered with
#   the result. once() calls its handler one time. server.ping() succeeds when everybody who is connected answers.
# Seen: @lcdev/ws-rpc 0.4.1, when the answer comes in, does not call the validation but takes the function itself for the error: each call that is valid, and was carried out,
#   is rejected with it; it has no message and no code. With client(false) the answer arrives. once() marks the handler, and nothing reads the
#   mark: it is called for each event, as with on(). server.ping() with no client connected fails with a timeout, and one client that leaves during
#   it makes it fail for the rest.
# Why it matters: an order, a cancel, a subscription: done, and reported as failed; a client that tries again places it again. The mistake appears on the day
#   on which somebody adds a validation. "once" for a snapshot takes each later one for the snapshot, and one() leaves a handler behind for each call.
# Way to live with it: client(false), and the server validates; off() inside the handler, or one(); in tests one valid call to a validated function.
# Versions: @lcdev/ws-rpc 0.4.1 (the newest on npm), ws 7.5.10, Node.js 20.20.2. Nothing found about it.
#
# Output seen:
#   place, no validation                  1 placed, answered {"id":1}
#   place, validated, valid               1 placed, rejected with a function      (right: 1 placed, answered {"id":1})
#   place, validated, quantity -5         0 placed, rejected with Error: quantity
#   place, validated, client(false)       1 placed, answered {"id":1}
#   two attempts, as the first "failed"   2 placed
#   once(), three ticks                   3 calls                                 (right: 1 call)
#   server.ping(), nobody connected       rejected                                (right: fulfilled)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @lcdev/ws-rpc@0.4.1 ws@7.5.10 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const { once } = require("node:events");
const { createServer } = require("node:http");
const { setTimeout: sleep } = require("node:timers/promises");
const { LogLevel, build, setLogLevel } = require("@lcdev/ws-rpc");

setLogLevel(LogLevel.None ?? 0);
const quantity = ({ quantity }) => (quantity > 0 ? undefined : new Error("quantity"));

async function start(validation) {
  const api = build({ serialize: JSON.stringify, deserialize: JSON.parse }).func("place", validation).event("tick");
  let placed = 0;
  const http = createServer().listen(0, "127.0.0.1");
  await once(http, "listening");
  const server = await api.server({ place: async () => ({ id: ++placed }) }).listen(http);
  const connect = (...args) => api.client(...args).connect("127.0.0.1", http.address().port);
  return { server, connect, placed: () => placed };
}
async function outcome(promise) {
  try {
    return `answered ${JSON.stringify(await promise)}`;
  } catch (error) {
    return `rejected with ${typeof error === "function" ? "a function" : `Error: ${error.message}`}`;
  }
}
async function place(order, validation, clientArgs = [], attempts = 1) {
  const { connect, placed } = await start(validation);
  const client = await connect(...clientArgs);
  let last;
  for (let n = 0; n < attempts; n += 1) {
    last = await outcome(client.place(order));
    if (last.startsWith("answered")) break;
  }
  await client.close();
  return attempts === 1 ? `${placed()} placed, ${last}` : `${placed()} placed`;
}
async function onceFor(ticks) {
  const { server, connect } = await start();
  const client = await connect();
  let calls = 0;
  client.once("tick", () => calls++);
  for (let n = 0; n < ticks; n += 1) await server.sendEvent("tick", { price: n });
  await sleep(200);
  await client.close();
  return `${calls} calls`;
}

async function main() {
  const { server } = await start();
  const valid = { symbol: "AAPL", quantity: 5 };
  const rows = [
    ["place, no validation", await place(valid), ""],
    ["place, validated, valid", await place(valid, quantity), '1 placed, answered {"id":1}'],
    ["place, validated, quantity -5", await place({ symbol: "AAPL", quantity: -5 }, quantity), ""],
    ["place, validated, client(false)", await place(valid, quantity, [false]), ""],
    ['two attempts, as the first "failed"', await place(valid, quantity, [], 2), ""],
    ["once(), three ticks", await onceFor(3), "1 call"],
    ["server.ping(), nobody connected", await server.ping().then(() => "fulfilled", () => "rejected"), "fulfilled"],
  ];
  for (const [name, what, right] of rows) console.log(`${name.padEnd(37)} ${what.padEnd(39)}${right && ` (right: ${right})`}`.trimEnd());
  const wanted = [
    '1 placed, answered {"id":1}',
    "1 placed, rejected with a function",
    "0 placed, rejected with Error: quantity",
    '1 placed, answered {"id":1}',
    "2 placed",
    "3 calls",
    "rejected",
  ];
  const same = rows.every((row, n) => row[1] === wanted[n]);
  if (!same) console.error("not as described any more");
  process.exit(same ? 0 : 1);
}
main();
PROBE
timeout 60 node probe.js
