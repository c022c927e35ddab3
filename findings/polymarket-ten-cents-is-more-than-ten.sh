#!/usr/bin/env bash
# poly-websockets: a spread of exactly ten cents is more than ten for 19 of 89 prices, and a trade at 0.99 becomes the price.
#
# Expected: Polymarket's rule, which the README says it implements: the middle of bid and ask, the last trade only where the
#   spread is over 0.10.
# Seen: @nevuamarkets/poly-websockets 1.0.2 subtracts the prices as floats and compares with 0.1: 0.28 - 0.18 is
#   0.10000000000000003. Of the 89 pairs of whole cents with ten between them 19 are "over". For those
#   onPolymarketPriceUpdate is not called when the book changes, and each trade sets the price: one share at 0.99 makes
#   0.99 of 0.23. The event's own spread says 0.1, as that is rounded. Markets in tenths of a cent have more of them.
# Why it matters: ten cents is where market makers stand who quote for the rewards. Which price is hit depends on the price alone:
#   18, 24, 29 cents and so on, in every market. A test at 0.40 / 0.50 passes.
# Way to live with it: compute it from the book of the event in whole ticks; ignore its price where its spread is "0.1".
# Versions: @nevuamarkets/poly-websockets 1.0.2 (npm, not by Polymarket), ws 8.18.3, Node.js 20.20.2. Nothing found about it.
#   The connection is led to loopback; messages of the form that Polymarket documents.
#
# Output seen (bid c, ask c + 10 cents, for c of 1 to 89; then a trade at 0.99 in each):
#   price by the book       70 of 89
#   price by that trade     19 of 89: bids 18 24 29 30 35 36 41 42 43 44 45 46 57 58 69 70 71 82 83
#   bid 0.17, ask 0.27      price 0.22, spread 0.1
#   bid 0.18, ask 0.28      price 0.99, spread 0.1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @nevuamarkets/poly-websockets@1.0.2 ws@8.18.3

cat > probe.js <<'PROBE'
const assert = require("node:assert");
const WebSocket = require("ws");

const cents = Array.from({ length: 89 }, (_, index) => index + 1);
const dollars = (value) => (value / 100).toFixed(2);
const server = new WebSocket.Server({ port: 0, host: "127.0.0.1" });
const wait = (ms) => new Promise((done) => setTimeout(done, ms));

class Loopback extends WebSocket {
  constructor() {
    super(`ws://127.0.0.1:${server.address().port}`);
  }
}
require.cache[require.resolve("ws")].exports = Loopback;
const { WSSubscriptionManager } = require("@nevuamarkets/poly-websockets");

server.on("connection", (client) => {
  let sent = false;
  client.on("message", async (text) => {
    if (sent || !String(text).includes('"89"')) return;
    sent = true;
    await wait(300);
    const send = (events) => client.send(JSON.stringify(events));
    const common = { market: "0x1", timestamp: "1767590100000" };
    for (const c of cents) {
      const asset_id = String(c);
      const change = { asset_id, price: dollars(c), size: "100", side: "BUY" };
      send([{ ...common, event_type: "book", asset_id, bids: [], asks: [{ price: dollars(c + 10), size: "100" }] }]);
      send([{ ...common, event_type: "price_change", price_changes: [change] }]);
      send([{ ...common, event_type: "last_trade_price", asset_id, price: "0.99", size: "1", side: "BUY" }]);
    }
  });
});

(async () => {
  await wait(100);
  const last = new Map();
  let trades = 0;
  const manager = new WSSubscriptionManager({
    onPolymarketPriceUpdate: async (events) => events.forEach((event) => last.set(Number(event.asset_id), event)),
    onLastTradePrice: async (events) => (trades += events.length),
  });
  await manager.addSubscriptions(cents.map(String));
  for (let turn = 0; turn < 100 && trades < 89; turn++) await wait(100);
  await wait(300);
  const byTrade = cents.filter((c) => last.get(c)?.price === "0.99");
  const byBook = cents.filter((c) => Number(last.get(c)?.price) === (2 * c + 10) / 200);
  console.log(`price by the book       ${byBook.length} of 89`);
  console.log(`price by that trade     ${byTrade.length} of 89: bids ${byTrade.join(" ")}`);
  const said = (c) => `price ${last.get(c)?.price}, spread ${last.get(c)?.spread}`;
  for (const c of [17, 18]) console.log(`bid ${dollars(c)}, ask ${dollars(c + 10)}      ${said(c)}`);
  assert.deepStrictEqual(
    [byBook.length, byTrade.join(" "), said(17), said(18)],
    [70, "18 24 29 30 35 36 41 42 43 44 45 46 57 58 69 70 71 82 83", "price 0.22, spread 0.1", "price 0.99, spread 0.1"],
    "not as described any more",
  );
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
PROBE
timeout 60 node probe.js
