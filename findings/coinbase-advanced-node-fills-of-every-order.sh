#!/usr/bin/env bash
# coinbase-advanced-node: the fills of one order are those of every order, "24 hours" start at midnight UTC, and a subscribe that fails is fine.
#
# Expected: getFillsByOrderId(id) gives "fills for a given Order", has_next tells whether a page follows, getProductStats() gives the "latest
#   24 hours of movement", and await subscribe() rejects if nothing was sent (it has an error for that).
# Seen: coinbase-advanced-node 2.1.0. Without its optional second argument, getFillsByOrderId() (and getFillsByProductId()) builds its filter
#   into an object that it drops, and asks for all fills; with {} it is right. has_next of fills is false for good: it reads a field that the
#   answer does not have; there is only a cursor, from which "after" becomes "NaN". getProductStats() takes the last daily candle: at ten past
#   midnight UTC that is ten minutes. subscribe() waits with Promise.allSettled: with no connection, or when /time, which is asked for the
#   signature, answers 500, it resolves, and nothing was sent; no error event.
# Why it matters: size and average price of an order come from others'; a change "in 24 hours" jumps at midnight UTC; a feed that was never
#   subscribed looks like a quiet market, and a test that awaits subscribe() passes.
# Way to live with it: getFills({ order_id }), and follow the cursor; sum the candles of 24 hours oneself; wait for the ON_SUBSCRIPTION_UPDATE
#   that names the channel. In tests two orders, more fills than a page, and a clock just after midnight.
# Versions: coinbase-advanced-node 2.1.0 (npm), Node.js 20.20.2. Source: FillAPI.js, ProductAPI.js, WebSocketClient.js. Nothing found about it.
#
# Output seen (order A: one fill of 1 at 100; order B: 300 fills of 2 at 50; the day before: high 120, volume 5000):
#   getFillsByOrderId("A")       100 fills (a page), average price 50.3, the query names no order; has_next false, after NaN
#   getFillsByOrderId("A", {})   1 fill, average price 100
#   getProductStats at 00:10     high 101, low 99, volume 3
#   subscribe, no connection     resolved, 0 messages at the server
#   subscribe, /time says 500    resolved, 0 messages at the server, no error event
#   subscribe, all well          resolved, 1 message at the server
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts coinbase-advanced-node@2.1.0 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";
import library from "coinbase-advanced-node";
const { Coinbase, WebSocketChannelName, WebSocketEvent } = library;

const show = (what, seen) => console.log(what.padEnd(28), JSON.stringify(seen));

// What the exchange documents: fills by order_id and product_id, 100 a page, with a cursor; candles that start between start and end.
const fill = (order_id, n, price, size) => ({ entry_id: `${order_id}${n}`, order_id, product_id: "BTC-USD", price, size });
const fills = [fill("A", 0, "100", "1"), ...Array.from({ length: 300 }, (_, n) => fill("B", n, "50", "2"))];
const now = Date.parse("2026-03-05T00:10:00Z");
const day = (text, low, high, open, close, volume) => ({ start: String(Date.parse(text) / 1000), low, high, open, close, volume });
const candles = [
  day("2026-03-05T00:00:00Z", "99", "101", "100", "100", "3"),
  day("2026-03-04T00:00:00Z", "90", "120", "95", "100", "5000"),
  day("2026-03-03T00:00:00Z", "94", "96", "95", "95", "4000"),
];
let timeWorks = true;
const queries = [];
const rest = http.createServer((request, response) => {
  const { pathname, searchParams: q } = new URL(request.url, "http://x");
  const answer = (data, status = 200) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(data));
  };
  if (pathname.endsWith("/time")) {
    return timeWorks ? answer({ data: { iso: new Date().toISOString(), epoch: Math.floor(Date.now() / 1000) } }) : answer({}, 500);
  }
  if (pathname.endsWith("/fills")) {
    queries.push(q.get("order_id"));
    const of = fills.filter((f) => !q.get("order_id") || f.order_id === q.get("order_id"));
    const from = of.findIndex((f) => f.entry_id === q.get("cursor")) + 1;
    const page = of.slice(from, from + 100);
    return answer({ fills: page, cursor: from + page.length < of.length ? page.at(-1).entry_id : "" });
  }
  if (pathname.endsWith("/candles")) {
    return answer({ candles: candles.filter((c) => +c.start >= +q.get("start") && +c.start <= +q.get("end")) });
  }
  return answer({}, 404);
});
rest.listen(0, "127.0.0.1");
await once(rest, "listening");
const feed = new WebSocketServer({ port: 0, host: "127.0.0.1" });
await once(feed, "listening");
let messages = 0;
feed.on("connection", (line) => line.on("message", () => (messages += 1)));
const base = `http://127.0.0.1:${rest.address().port}`;
const client = () => new Coinbase({
  apiKey: "key", apiSecret: "secret",
  advTradeHttpUrl: `${base}/api/v3`, siwcHttpUrl: `${base}/v2`, wsUrl: `ws://127.0.0.1:${feed.address().port}`,
});
const summary = ({ data, pagination }) => {
  const size = data.reduce((sum, f) => sum + Number(f.size), 0);
  const value = data.reduce((sum, f) => sum + f.size * f.price, 0);
  return { fills: data.length, average: Math.round((10 * value) / size) / 10, next: pagination.has_next, after: pagination.after, asked: queries.at(-1) };
};

const coinbase = client();
const plain = summary(await coinbase.rest.fill.getFillsByOrderId("A"));
show('getFillsByOrderId("A")', plain);
const withObject = summary(await coinbase.rest.fill.getFillsByOrderId("A", {}));
show('getFillsByOrderId("A", {})', withObject);

const clock = Date.now;
Date.now = () => now;
const { high, low, volume } = await coinbase.rest.product.getProductStats("BTC-USD");
Date.now = clock;
show("getProductStats at 00:10", { high, low, volume });

const subscription = { channel: WebSocketChannelName.TICKER, product_ids: ["BTC-USD"] };
async function subscribe(works, connect) {
  timeWorks = works;
  messages = 0;
  const one = client();
  const errors = [];
  for (const name of [WebSocketEvent.ON_ERROR, WebSocketEvent.ON_MESSAGE_ERROR]) one.ws.on(name, () => errors.push(name));
  if (connect) {
    const open = once(one.ws, WebSocketEvent.ON_OPEN);
    one.ws.connect();
    await open;
  }
  const result = await one.ws.subscribe(subscription).then(() => "resolved", (error) => error.message);
  await sleep(500);
  one.ws.disconnect();
  return [result, messages, errors.length];
}
const seen = {};
for (const [what, works, connect] of [["no connection", true, false], ["/time says 500", false, true], ["all well", true, true]]) {
  seen[what] = await subscribe(works, connect);
  show(`subscribe, ${what}`, seen[what]);
}

assert.deepEqual(withObject, { fills: 1, average: 100, next: false, after: "0", asked: "A" });
assert.deepEqual({ high, low, volume }, { high: "101", low: "99", volume: "3" });
assert.deepEqual(seen, { "no connection": ["resolved", 0, 0], "/time says 500": ["resolved", 0, 0], "all well": ["resolved", 1, 0] });
assert.deepEqual(plain, { fills: 100, average: 50.3, next: false, after: "NaN", asked: null });
process.exit(0);
CHECK
timeout 60 node check.mjs
