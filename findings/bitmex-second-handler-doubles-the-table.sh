#!/usr/bin/env bash
# bitmex-realtime-api: a second handler for the same stream, and every trade is in the table twice, the first handler's too.
#
# Expected: two calls of addStream("XBTUSD", "trade", ...) are two handlers of one table; each is given the same trades.
# Seen: bitmex-realtime-api 1.5.5 (BitMEX's own) subscribes once, as it should, and applies each message to the one
#   table once per handler. The second handler sees a trade twice at once, the first one from the next message on. In
#   the book each new level is there twice; a change goes to one of the two, so that the old size stays as a second
#   level of the same price, and a deletion takes one away. getData() gives the same.
# Why it matters: volumes are twice, and books have levels that were gone or changed long ago; it begins when somebody adds
#   a chart or a recorder to a process that has one handler, and each alone is right.
# Way to live with it: one handler per stream that hands on to others; in tests two handlers, and count.
# Versions: bitmex-realtime-api 1.5.5, ws 8.23.0 (npm), Node.js 20.20.2. Nothing found about it.
#
# Output seen (trades of 1, 2 and 3; then a bid of 5 at 100 that becomes 7 and goes, and one of 5 at 99):
#   handlers 1: subscriptions 2
#     trades 1x1 2x1 3x1
#     book   101x10 100x5 | 101x10 100x7 | 101x10 | 101x10 99x5
#   handlers 2: subscriptions 2
#     trades 1x1 2x1 2x1 3x1 3x1
#     book   101x10 100x5 100x5 | 101x10 100x7 100x5 | 101x10 | 101x10 99x5 99x5
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts bitmex-realtime-api@1.5.5 ws@8.23.0

cat > probe.js <<'PROBE'
const assert = require("node:assert");
const http = require("node:http");
const { WebSocketServer } = require("ws");
const Client = require("bitmex-realtime-api");

const print = console.log;
console.log = () => {}; // the client's own log
const symbol = "XBTUSD";
const filter = { symbol };
const trade = (n) => ({ symbol, price: n, size: 1 });
const bid = (id, price, size) => ({ symbol, id, side: "Buy", price, size });
const SCRIPT = {
  trade: [
    { action: "partial", keys: [], filter, data: [trade(1)] },
    { action: "insert", data: [trade(2)] },
    { action: "insert", data: [trade(3)] },
  ],
  orderBookL2: [
    { action: "partial", keys: ["symbol", "id", "side"], filter, data: [{ ...bid(1, 101, 10), side: "Sell" }] },
    { action: "insert", data: [bid(2, 100, 5)] },
    { action: "update", data: [{ symbol, id: 2, side: "Buy", size: 7 }] },
    { action: "delete", data: [{ symbol, id: 2, side: "Buy" }] },
    { action: "insert", data: [bid(3, 99, 5)] },
  ],
};

async function story(handlers) {
  let subscriptions = 0;
  const subjects = { subscriptionSubjects: { public: Object.keys(SCRIPT), authenticationRequired: [] } };
  const rest = http.createServer((_, answer) => {
    answer.setHeader("content-type", "application/json");
    answer.end(JSON.stringify(subjects));
  });
  await new Promise((done) => rest.listen(0, "127.0.0.1", done));
  new WebSocketServer({ server: rest }).on("connection", (line) =>
    line.on("message", (text) => {
      subscriptions++;
      const table = JSON.parse(text).args.split(":")[0];
      for (const message of SCRIPT[table]) line.send(JSON.stringify({ table, ...message }));
    }),
  );
  const at = `127.0.0.1:${rest.address().port}`;
  const client = new Client({ endpoint: `ws://${at}`, httpEndpoint: `http://${at}` });
  const seen = { trade: [], orderBookL2: [] };
  for (let n = 0; n < handlers; n++)
    for (const table of Object.keys(SCRIPT))
      client.addStream(symbol, table, (rows) => {
        if (n === handlers - 1) seen[table].push(rows.map((row) => `${row.price}x${row.size}`).join(" "));
      });
  await new Promise((done) => setTimeout(done, 2000));
  const [trades, book] = [seen.trade.at(-1), seen.orderBookL2.slice(1).join(" | ")];
  print(`handlers ${handlers}: subscriptions ${subscriptions}\n  trades ${trades}\n  book   ${book}`);
  return [subscriptions, trades, book];
}

(async () => {
  const result = [await story(1), await story(2)];
  assert.deepStrictEqual(
    result,
    [
      [2, "1x1 2x1 3x1", "101x10 100x5 | 101x10 100x7 | 101x10 | 101x10 99x5"],
      [2, "1x1 2x1 2x1 3x1 3x1", "101x10 100x5 100x5 | 101x10 100x7 100x5 | 101x10 | 101x10 99x5 99x5"],
    ],
    "not as described any more",
  );
  process.exit();
})().catch((error) => {
  print(error.message);
  process.exit(1);
});
PROBE
node probe.js
