#!/usr/bin/env bash
# koa-sse-stream: every tick that is an object arrives as "[object Object]", one without data as an empty event, and send()'s callback is never called.
#
# Expected: data "if it's object, it will be converted to json"; id and retry are sent when they are given; callback "same as the write method callback";
#   closeEvent of the options is the name of the last event.
# Seen: koa-sse-stream 0.2.0 compares typeof with 'Object', which it never is: an object becomes a text in JavaScript's own way. send(tick) takes the tick for
#   an envelope: without a data field an empty event is sent. id 0 and retry 0 are left out. A text that begins with a colon is made a
#   comment, which no reader sees. send() hands encodeURI to the stream where the encoding belongs, and that is taken for the callback: a
#   promise around send() waits without end. closeEvent is read by nobody.
# Why it matters: clients have an event for each tick, at the right time, with the right name, and not one price; a test that counts events is green. Who waits
#   for the callback to keep the pace sends the first tick only.
# Way to live with it: JSON.stringify() for everything that is sent; no callback; ids from 1; or a PassThrough as ctx.body and three lines of one's own; in tests
#   parse the data.
# Versions: koa-sse-stream 0.2.0 (the newest on npm), koa 2.16.2, Node.js 20.20.2. Nothing found about it.
#
# Output seen (what is on the wire, \n for a line's end):
#   { event, id: 7, data: tick }   event: tick\nid: 7\ndata: [object Object]
#   tick                           data:
#   JSON.stringify(tick)           data: {"symbol":"AAPL","price":100.25}
#   { id: 0, data: "first" }       data: first                                   (right: id: 0\ndata: first)
#   ":30 past"                     : 30 past                                     (right: data: :30 past)
#   callbacks called               0 of 5
#   closeEvent: "bye"              event: close\ndata:                           (right: event: bye\ndata:)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts koa-sse-stream@0.2.0 koa@2.16.2 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const { once } = require("node:events");
const { createServer } = require("node:http");
const Koa = require("koa");
const sse = require("koa-sse-stream");

const tick = { symbol: "AAPL", price: 100.25 };
const sends = [
  ["{ event, id: 7, data: tick }", { event: "tick", id: 7, data: { ...tick } }, ""],
  ["tick", { ...tick }, ""],
  ["JSON.stringify(tick)", JSON.stringify(tick), ""],
  ['{ id: 0, data: "first" }', { id: 0, data: "first" }, "id: 0\\ndata: first"],
  ['":30 past"', ":30 past", "data: :30 past"],
];
async function main() {
  let called = 0;
  const app = new Koa();
  app.use(sse({ closeEvent: "bye", pingInterval: 60_000 }));
  app.use((context) => {
    for (const [, what] of sends) context.sse.send(what, "utf8", () => called++);
    context.sse.sendEnd();
  });
  const server = createServer(app.callback()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const text = await (await fetch(`http://127.0.0.1:${server.address().port}/`)).text();
  const events = text.split("\n\n").filter(Boolean).map((event) => event.trimEnd().replaceAll("\n", "\\n"));
  const [greeting, ...seen] = events;
  assert.equal(greeting, ": ok");
  const rows = sends.map(([name, , right], n) => [name, seen[n], right]);
  rows.push(["callbacks called", `${called} of ${sends.length}`, ""], ['closeEvent: "bye"', seen.at(-1), "event: bye\\ndata:"]);
  for (const [name, what, right] of rows) console.log(`${name.padEnd(30)} ${what.padEnd(44)}${right && ` (right: ${right})`}`.trimEnd());
  assert.deepEqual(
    rows.map((row) => row[1]),
    [
      "event: tick\\nid: 7\\ndata: [object Object]",
      "data:",
      'data: {"symbol":"AAPL","price":100.25}',
      "data: first",
      ": 30 past",
      "0 of 5",
      "event: close\\ndata:",
    ],
    "not as described any more",
  );
}
main().then(
  () => process.exit(0),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
PROBE
timeout 60 node probe.js
