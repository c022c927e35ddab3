#!/usr/bin/env bash
# ccxws: unsubscribing from one market of Kraken's ends all the others, and a fall of 10 % is "+10", "-10.00", "-0.10".
#
# Expected: unsubscribeTrades(A) asks the service to end A; the fields of a ticker mean the same for every exchange,
#   which is what the package is for.
# Seen: ccxws 0.47.0 (KrakenClient) takes A out of its list and then asks the service to end what is in the list: B and C
#   end, A goes on, and A's trades are dropped as nobody's. No error, no event. Of tickers, Kraken's `change` has
#   the wrong sign beside a changePercent that has the right one; Bitfinex's and OKEx's changePercent is a fraction
#   with two digits, so that 0.4 % is "0.00"; Bitfinex's `open` lies on the other side of `last`.
# Why it matters: a page that is closed takes away the streams of all other pages; what was right with one exchange
#   is wrong by a factor of 100 or in its sign with the next.
# Way to live with it: after unsubscribing subscribe to the rest again; compute changes from open and last, and for
#   Bitfinex from last and change; in tests three markets, never two.
# Versions: ccxws 0.47.0, ws 7.5.10 (npm), Node.js 20.20.2. Nothing found about these.
#
# Output seen (opened at 100, now 90):
#   -> subscribe XBT/USD ETH/USD LTC/USD
#   -> unsubscribe ETH/USD LTC/USD        (unsubscribeTrades of XBT/USD)
#   Kraken    open 100.00000  last 90.00000  change 10.00000000   changePercent -10.00
#   Bitfinex  open 80.00000000  last 90.00000000  change -10.00000000  changePercent -0.10
#   OKEx      open 100  last 90  change -10.00000000  changePercent -0.10
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts ccxws@0.47.0 ws@7.5.10

cat > probe.js <<'PROBE'
const assert = require("node:assert");
const ccxws = require("ccxws");
const { Server } = require("ws");

const WORDS = { XXBTZUSD: "XBT/USD", XETHZUSD: "ETH/USD", XLTCZUSD: "LTC/USD" };
const market = (id) => ({ id, base: "B", quote: "USD" });
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const seen = [];

async function kraken() {
  const service = new Server({ port: 0, host: "127.0.0.1" });
  await new Promise((done) => service.on("listening", done));
  service.on("connection", (line) =>
    line.on("message", (text) => {
      const { event, pair } = JSON.parse(text);
      seen.push(`${event} ${pair.join(" ")}`);
      console.log(`-> ${seen.at(-1)}`);
    }),
  );
  const wssPath = `ws://127.0.0.1:${service.address().port}`;
  const client = new ccxws.KrakenClient({ wssPath, autoloadSymbolMaps: false });
  for (const [rest, word] of Object.entries(WORDS)) {
    client.fromRestMap.set(rest, word);
    client.fromWsMap.set(word, rest);
    client.subscribeTrades(market(rest));
  }
  await wait(1000);
  client.unsubscribeTrades(market("XXBTZUSD"));
  await wait(1000);
  client.close();
  service.close();
}

function show(name, ticker) {
  const { open, last, change, changePercent } = ticker;
  console.log(`${name.padEnd(9)} open ${open}  last ${last}  change ${change}  changePercent ${changePercent}`);
  seen.push([open, last, change, changePercent].map(Number));
}

(async () => {
  await kraken();
  const both = ["90.00000", "95.00000"];
  const kr = { a: ["90.1", 1, "1"], b: ["90.0", 1, "1"], c: ["90.00000", "1"], v: both, p: both, t: [1, 1], l: both, h: both };
  kr.o = ["100.00000", "100.00000"];
  const options = { autoloadSymbolMaps: false };
  show("Kraken", new ccxws.KrakenClient(options)._constructTicker(kr, market("XXBTZUSD")));
  // bid, size, ask, size, change since yesterday, the same as a fraction, last, volume, high, low
  const bf = [90, 1, 90.1, 1, -10, -0.1, 90, 1000, 101, 89];
  const bitfinex = new ccxws.BitfinexClient();
  bitfinex.on("ticker", (ticker) => show("Bitfinex", ticker));
  bitfinex._onTicker([7, bf, 1], market("BTCUSD"));
  const ok = { last: "90", open_24h: "100", best_bid: "90", best_ask: "90.1", high_24h: "101", low_24h: "89" };
  Object.assign(ok, { base_volume_24h: "1", quote_volume_24h: "90", timestamp: "2026-01-05T05:15:00.000Z" });
  show("OKEx", new ccxws.OkexClient()._constructTicker(ok, market("BTC-USDT")));
  assert.deepStrictEqual(
    seen,
    [
      "subscribe XBT/USD ETH/USD LTC/USD",
      "unsubscribe ETH/USD LTC/USD",
      [100, 90, 10, -10],
      [80, 90, -10, -0.1],
      [100, 90, -10, -0.1],
    ],
    "not as described any more",
  );
  process.exit();
})().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
PROBE
node probe.js
