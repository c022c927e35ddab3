#!/usr/bin/env bash
# Polymarket: marketBuy() offers 0.99 where the best ask is 0.55, and marketSell() takes 0.01 where the best bid is 0.50.
#
# Expected: a market order's price is that of the levels which it needs, from the best one on: as Polymarket's own client has it.
# Seen: Polymarket's books begin with the worst level: asks fall, bids rise, the best is the last. @varla/polymarket 5.4.0 walks through
#   them from the first. The limit is the worst price of the book if there is enough of it, and a mean of the worst ones if not. The
#   order's limit and its number of shares are both made of that price.
# Why it matters: a share pays one dollar at most. Fill-or-kill at 0.99 is an order without a limit: who empties the book just before it
#   sells to it at any price. It asks for 55 shares for 55 dollars where there are 100. As long as the exchange fills at the resting
#   prices, nothing in a quiet market shows it.
# Way to live with it: reverse the sides of getOrderBook() before one computes, or createAndPostOrder() with one's own limit. In tests a
#   book of three levels, and the price that goes out.
# Versions: @varla/polymarket 5.4.0 (the newest on npm), @polymarket/clob-client 5.8.1 beside it, Node.js 20.20.2. Nothing found about it.
#   The book has the order that the exchange's client gives as an example in its source; both clients read the same answer.
#
# Output seen (asks 0.99 x 5000, 0.60 x 300, 0.55 x 1000; bids 0.01 x 5000, 0.45 x 300, 0.50 x 1000):
#   buy for 55 dollars   clob-client 0.55   @varla/polymarket 0.99  (55 dollars for 55.55 shares)
#   sell 100 shares      clob-client 0.5    @varla/polymarket 0.01  (100 shares for 1 dollars)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts @varla/polymarket@5.4.0 @polymarket/clob-client@5.8.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { createServer } from "node:http";
import { ClobClient } from "@polymarket/clob-client";
import { ClobTradingClient } from "@varla/polymarket";

const TOKEN = "1234";
const levels = (...pairs) => pairs.map(([price, size]) => ({ price, size }));
const BOOK = {
  market: "0x01",
  asset_id: TOKEN,
  timestamp: "1750000000000",
  bids: levels(["0.01", "5000"], ["0.45", "300"], ["0.50", "1000"]),
  asks: levels(["0.99", "5000"], ["0.60", "300"], ["0.55", "1000"]),
};
const orders = [];
const exchange = createServer(async (request, response) => {
  let text = "";
  for await (const part of request) text += part;
  if (request.method === "POST") orders.push(JSON.parse(text).order);
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(request.url.startsWith("/book") ? BOOK : { success: true, orderID: "1", status: "matched" }));
});
await new Promise((resolve) => exchange.listen(0, "127.0.0.1", resolve));
const baseUrl = `http://127.0.0.1:${exchange.address().port}`;

const wallet = {
  account: { address: "0x0000000000000000000000000000000000000001" },
  signTypedData: async () => `0x${"11".repeat(65)}`,
};
const trading = new ClobTradingClient(wallet, { baseUrl });
trading.setCredentials({ apiKey: "key", secret: Buffer.from("secret").toString("base64"), passphrase: "words" });
const options = { tickSize: "0.01", negRisk: false };
await trading.marketBuy({ tokenId: TOKEN, amount: 55 }, options);
await trading.marketSell({ tokenId: TOKEN, size: 100 }, options);

const client = new ClobClient(baseUrl, 137);
const right = [await client.calculateMarketPrice(TOKEN, "BUY", 55), await client.calculateMarketPrice(TOKEN, "SELL", 100)];
const [buy, sell] = orders.map((order) => [order.makerAmount / 1e6, order.takerAmount / 1e6]);
const prices = [buy[0] / buy[1], sell[1] / sell[0]].map((price) => Number(price.toFixed(2)));
const show = (title, number, note) =>
  console.log(`${title.padEnd(19)}  clob-client ${String(right[number]).padEnd(5)}  @varla/polymarket ${prices[number]}  (${note})`);
show("buy for 55 dollars", 0, `${Math.round(buy[0])} dollars for ${buy[1].toFixed(2)} shares`);
show("sell 100 shares", 1, `${sell[0]} shares for ${sell[1]} dollars`);
const same = right.join() === "0.55,0.5" && prices.join() === "0.99,0.01";
if (!same) console.log("not as described any more");
process.exit(same ? 0 : 1);
PROBE
timeout 60 node probe.mjs
