#!/usr/bin/env bash
# tradovate: of six trades in two milliseconds two are kept, unsubscribing from ES ends NQ, a closed position earns 2500.
#
# Expected: a buffer of ticks holds the ticks; unsubscribe("ES") ends the subscription to ES; nothing held, nothing earned.
# Seen: tradovate 1.0.3 knows the ticks of its DataBuffer by their time alone. A tick of the same millisecond as the last
#   one takes its place, whatever its id, and an earlier one is left out. unsubscribe() takes the
#   subscription out of its list first and then disposes of the one that now has its place: NQ's request to cancel
#   is sent and NQ's listener goes, ES goes on; for the last in the list it is a TypeError. calculatePnL() of a
#   position that is closed (netPos 0) takes yesterday's position and price, and at a price of 0 the profit is 0.
# Why it matters: volume from ticks is too small in just those moments that matter; a stream that somebody else needs ends
#   without a word, and the one that nobody wants costs on.
# Way to live with it: keep ticks by their id; keep the function that subscribeQuote() returns, and call that.
# Versions: tradovate 1.0.3 (npm, not by the broker), Node.js 20.20.2.
#
# Output seen:
#   sent id/size 1/1 2/5 3/2 4/1 5/1 6/9  kept 3/2 5/1
#   subscribed ES NQ YM, unsubscribe ES  asked the service to cancel NQ, listeners left: ES YM
#   subscribed YM only, unsubscribe YM   TypeError
#   position closed today, 5 at 90 yesterday, price 100  profit 2500
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts tradovate@1.0.3

cat > probe.js <<'PROBE'
const assert = require("node:assert");
const { DataBuffer, MarketDataSocket, calculatePnL, ticksTransformer } = require("tradovate");
const print = console.log;
console.log = () => {};

// A packet as Tradovate documents it: times relative to bt, prices in ticks relative to bp.
const packet = (...tks) => ({ id: 1, bp: 0, bt: 1767590100000, ts: 0.25, tks });
const trade = (id, t, s) => ({ id, t, s, p: 20000 + id });
const sent = [trade(1, 0, 1), trade(2, 0, 5), trade(3, 0, 2), trade(4, 1, 1), trade(5, 1, 1), trade(6, 0, 9)];
const buffer = new DataBuffer(ticksTransformer);
buffer.push(packet(...sent.slice(0, 4)));
buffer.push(packet(...sent.slice(4)));
const kept = buffer.getData().map((tick) => `${tick.id}/${tick.volume}`).join(" ");
print(`sent id/size ${sent.map((tick) => `${tick.id}/${tick.s}`).join(" ")}  kept ${kept}`);

async function unsubscribe(symbols, symbol) {
  const cancelled = [];
  const listeners = [];
  let subscribing;
  const socket = {
    request: async ({ url, body }) => {
      if (url.startsWith("md/unsubscribe")) cancelled.push(body.symbol);
      return { s: 200, d: {} };
    },
    addListener: (listener) => {
      listeners.push(Object.assign(listener, { symbol: subscribing }));
      return () => listeners.splice(listeners.indexOf(listener), 1);
    },
  };
  const feed = new MarketDataSocket(socket);
  feed.service = { get: async () => ({ id: 1 }) }; // the id of a contract, from its REST service
  for (subscribing of symbols) await feed.subscribeQuote(subscribing, (quote) => quote);
  let result;
  try {
    feed.unsubscribe(symbol);
    await new Promise((done) => setTimeout(done, 50));
    result = `asked the service to cancel ${cancelled.join(" ")}, listeners left: ${listeners.map((l) => l.symbol).join(" ")}`;
  } catch (error) {
    result = error.name;
  }
  return result;
}

(async () => {
  const three = await unsubscribe(["ES", "NQ", "YM"], "ES");
  print(`subscribed ES NQ YM, unsubscribe ES  ${three}`);
  const one = await unsubscribe(["YM"], "YM");
  print(`subscribed YM only, unsubscribe YM   ${one}`);
  const position = { netPos: 0, netPrice: 0, prevPos: 5, prevPrice: 90 };
  const profit = calculatePnL({ price: 100, position, product: { valuePerPoint: 50 } });
  print(`position closed today, 5 at 90 yesterday, price 100  profit ${profit}`);
  assert.deepStrictEqual(
    [kept, three, one, profit],
    ["3/2 5/1", "asked the service to cancel NQ, listeners left: ES YM", "TypeError", 2500],
    "not as described any more",
  );
})();
PROBE
node probe.js
