#!/usr/bin/env bash
# jsonrpc2-ws: a method that returns 0, false or "" is answered with null, and an order that "timed out" while the line was down is placed when it is up again.
#
# Expected: the result of a method is what it returns. A call that was rejected with a timeout is over: it is not sent any more, as a caller who was told so will act on
#   it. A call whose connection is cut, or closed with disconnect(), fails then.
# Seen: jsonrpc2-ws 1.0.0-beta24 answers with "result || null": 0, false and the empty text are null. call() while there is no connection puts the request into a
#   buffer and starts its clock; the timeout rejects the promise and leaves the request where it is. The next connection sends it, the server carries it
#   out, and its answer is an "unkown_response", which is spelled like that. Cut or disconnected, a call that waits for its answer goes on waiting for
#   methodCallTimeout, 20 s by default.
# Why it matters: a position of 0 is no position, a price of 0 is "unknown", and "cancelled: false" reads as done. The order of before the cut is placed behind the one
#   that was sent instead of it, at a price of minutes ago.
# Way to live with it: methods that return objects; bufferSendingMessages: false, or clearSendingMessageBuffer() in the catch of a call; an id of the order's own that
#   the server refuses a second time; in tests a call with the server down, then up.
# Versions: jsonrpc2-ws 1.0.0-beta24 (the newest on npm) with ws 7.5.14, Node.js 20.20.2. Nothing found about it.
#
# Output seen (methodCallTimeout 0.6 s):
#   results 0, false, "", 5, -0.5     null null null 5 -0.5        (right: 0 false "" 5 -0.5)
#   order 1, server down              JSON-RPC: method call timeout
#   order 2, sent instead             ok
#   placed at the server              1 2                          (right: 2)
#   cut after 0.1 s                   rejected after 0.6 s         (right: after 0.1 s)
#   disconnect() after 0.1 s          rejected after 0.6 s         (right: after 0.1 s)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts jsonrpc2-ws@1.0.0-beta24 ws@7.5.14 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const { once } = require("node:events");
const { createServer } = require("node:http");
const { setTimeout: sleep } = require("node:timers/promises");
const { Client, Server } = require("jsonrpc2-ws");

const quick = { methodCallTimeout: 600, reconnectionDelay: 100, reconnectionDelayMax: 200, reconnectionJitter: 0 };
async function start(methods, port = 0) {
  const http = createServer().listen(port, "127.0.0.1");
  await once(http, "listening");
  const rpc = new Server({ wss: { server: http } });
  for (const [name, method] of Object.entries(methods)) rpc.methods.set(name, method);
  return { rpc, http, url: `ws://127.0.0.1:${http.address().port}` };
}
function connect(url) {
  const client = new Client(url, quick);
  client.on("error", () => {});
  return client;
}
async function connected(client) {
  while (!client._ws || client._ws.readyState !== 1) await sleep(10);
}

async function results() {
  const values = { zero: 0, no: false, empty: "", five: 5, minus: -0.5 };
  const { url } = await start(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, () => value])));
  const client = connect(url);
  await connected(client);
  const seen = [];
  for (const name of Object.keys(values)) seen.push(JSON.stringify(await client.call(name)));
  return seen.join(" ");
}
async function orders() {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address();
  free.close();
  await once(free, "close");
  const client = connect(`ws://127.0.0.1:${port}`);
  const first = await client.call("place", { order: 1 }).catch((error) => error.message);
  const placed = [];
  await start({ place: (_, { order }) => (placed.push(order), "ok") }, port);
  await connected(client);
  const second = await client.call("place", { order: 2 });
  await sleep(200);
  return [first, second, placed.join(" ")];
}
async function pending(end) {
  const { rpc, url } = await start({ slow: () => sleep(5000) });
  const client = connect(url);
  await connected(client);
  const started = Date.now();
  const outcome = client.call("slow").then(() => "fulfilled", () => "rejected");
  setTimeout(() => end(client, rpc), 100);
  const what = await outcome;
  const seconds = (Date.now() - started) / 1000;
  return `${what} after ${seconds > 0.55 && seconds < 1.5 ? "0.6" : seconds.toFixed(1)} s`;
}

async function main() {
  const [first, second, placed] = await orders();
  const rows = [
    ['results 0, false, "", 5, -0.5', await results(), '0 false "" 5 -0.5'],
    ["order 1, server down", first, ""],
    ["order 2, sent instead", second, ""],
    ["placed at the server", placed, "2"],
    ["cut after 0.1 s", await pending((_, rpc) => rpc.wss.clients.forEach((line) => line.terminate())), "after 0.1 s"],
    ["disconnect() after 0.1 s", await pending((client) => client.disconnect()), "after 0.1 s"],
  ];
  for (const [name, what, right] of rows) console.log(`${name.padEnd(33)} ${what.padEnd(28)}${right && ` (right: ${right})`}`.trimEnd());
  const wanted = ["null null null 5 -0.5", "JSON-RPC: method call timeout", "ok", "1 2", "rejected after 0.6 s", "rejected after 0.6 s"];
  const same = rows.every((row, n) => row[1] === wanted[n]);
  if (!same) console.error("not as described any more");
  process.exit(same ? 0 : 1);
}
main();
PROBE
timeout 60 node probe.js
