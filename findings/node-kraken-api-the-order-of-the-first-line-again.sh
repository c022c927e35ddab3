#!/usr/bin/env bash
# node-kraken-api: what opened the first connection is sent again on each later one, an order too; and a book that moves on both sides is lost.
#
# Expected: requests made while the connection is closed wait in a queue and are sent once. "Full WS orderbook mirroring and checksum
#   validation": the mirror follows each update with a right checksum.
# Seen: node-kraken-api 2.2.2 never empties that queue. addOrder() as the first request of a connection opens it and is sent; when the line is
#   cut and opened again, by open() or by any request, the same addOrder goes out again before that request, with the same reqid, for which
#   no one waits any more: no event, no error, a second order at the exchange. Who cancels the first order after a cut buys again by it.
#   Book: an update of both sides comes as two objects in one message, of which only the second has the checksum, as Kraken documents it.
#   Each object is checked on its own, the first fails, the mirror is thrown away and ordered anew, without "error".
# Why it matters: double positions after a night with three short cuts; and in a busy market, where messages of both sides are usual, the mirror
#   is away most of the time, while the tests, one side at a time, show a perfect one.
# Way to live with it: await kraken.ws.priv.open() before the first request, in every reconnection too; a fresh Kraken object for each
#   connection; a book of one's own from "snapshot", "ask" and "bid". In tests a cut after an order, and one update of both sides.
# Versions: node-kraken-api 2.2.2, ws 8.23.0 (npm), Node.js 20.20.2. Source: Connection._onopen, WS.book and Book.applyUpdate. Nothing found
#   about it.
#
# Output seen (what the exchange received on connections 1, 2, 3):
#   addOrder first               1 addOrder | 2 addOrder | 3 addOrder cancelOrder
#   open() first, then addOrder  1 addOrder | 2 - | 3 cancelOrder
#   5 updates of one side each   5 mirrors, 0 resubscriptions
#   5 updates of both sides      0 mirrors, 5 resubscriptions, 0 errors
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts node-kraken-api@2.2.2 ws@8.23.0 >npm.log 2>&1 || { cat npm.log; exit 1; }
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { once } from "node:events";
import fs from "node:fs";
import https from "node:https";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocketServer } from "ws";
const { crc32 } = createRequire(createRequire(import.meta.url).resolve("node-kraken-api"))("crc");
const { Kraken } = createRequire(import.meta.url)("node-kraken-api");

const show = (what, seen) => console.log(what.padEnd(28), seen);
const web = https.createServer({ key: fs.readFileSync("key.pem"), cert: fs.readFileSync("cert.pem") });
web.listen(0, "127.0.0.1");
await once(web, "listening");
const host = `127.0.0.1:${web.address().port}/?`; // the client puts :443 behind it, here into the query
const exchange = new WebSocketServer({ server: web });
let onLine = () => {};
exchange.on("connection", (line) => onLine(line));
const cut = async () => {
  for (const line of exchange.clients) line.close(1012);
  await sleep(300);
};

// Orders: an exchange that accepts whatever comes, cut twice.
async function orders(openFirst) {
  const received = [];
  onLine = (line) => {
    const here = [];
    received.push(here);
    line.on("message", (data) => {
      const { event, reqid } = JSON.parse(data);
      here.push(event);
      line.send(JSON.stringify({ event: `${event}Status`, status: "ok", txid: `O${received.length}`, reqid }));
    });
  };
  const { ws } = new Kraken({ key: "key", secret: "c2VjcmV0" });
  ws.priv.hostname = host;
  if (openFirst) await ws.priv.open();
  const { txid } = await ws.addOrder({ token: "t", ordertype: "limit", type: "buy", pair: "XBT/USD", price: "100", volume: "1" });
  await cut();
  await ws.priv.open();
  await sleep(300);
  await cut();
  if (openFirst) await ws.priv.open();
  await ws.cancelOrder({ token: "t", txid: [txid] });
  await sleep(200);
  await ws.priv.close();
  return received.map((events) => events.join(" "));
}
const again = await orders(false);
show("addOrder first", again.map((events, n) => `${n + 1} ${events || "-"}`).join(" | "));
const opened = await orders(true);
show("open() first, then addOrder", opened.map((events, n) => `${n + 1} ${events || "-"}`).join(" | "));

// Book: ten levels of each side, sizes change, checksums as Kraken describes them.
async function book(bothSides) {
  const stamp = (n) => `1534614${String(n).padStart(3, "0")}.345678`;
  const levels = (first, step) => Array.from({ length: 10 }, (_, n) => [(first + step * n).toFixed(5), "1.00000000", stamp(0)]);
  const state = { as: levels(101, 1), bs: levels(100, -1) };
  const plain = (text) => text.replace(".", "").replace(/^0+/, "");
  const sum = () => String(crc32([...state.as, ...state.bs].map(([price, size]) => plain(price) + plain(size)).join("")));
  const seen = { mirrors: 0, subscriptions: 0, errors: 0 };
  let current;
  let channel = 1000;
  onLine = (line) => {
    current = line;
    line.on("message", (data) => {
      const { event, reqid, pair } = JSON.parse(data);
      const status = event === "subscribe" ? "subscribed" : "unsubscribed";
      line.send(JSON.stringify({
        channelID: (channel += 1), channelName: "book-10", event: "subscriptionStatus", pair: pair[0], reqid, status,
        subscription: { depth: 10, name: "book" },
      }));
      if (event === "subscribe") {
        seen.subscriptions += 1;
        line.send(JSON.stringify([channel, state, "book-10", pair[0]]));
      }
    });
  };
  const { ws } = new Kraken();
  ws.pub.hostname = host;
  const subscriber = ws.book({ depth: 10 });
  subscriber.on("mirror", () => (seen.mirrors += 1));
  subscriber.on("error", () => (seen.errors += 1));
  await subscriber.subscribe("XBT/USD");
  await sleep(200);
  for (let n = 1; n <= 5; n += 1) {
    const change = (side) => {
      const level = [state[side][0][0], `${n + 1}.00000000`, stamp(n)];
      state[side][0] = level;
      return [level];
    };
    if (bothSides) {
      const a = change("as");
      const b = change("bs");
      current.send(JSON.stringify([channel, { a }, { b, c: sum() }, "book-10", "XBT/USD"]));
    } else {
      const side = n % 2 ? "a" : "b";
      const levelsOfSide = change(`${side}s`);
      current.send(JSON.stringify([channel, { [side]: levelsOfSide, c: sum() }, "book-10", "XBT/USD"]));
    }
    await sleep(300);
  }
  await ws.pub.close();
  return { mirrors: seen.mirrors, again: seen.subscriptions - 1, errors: seen.errors };
}
const one = await book(false);
show("5 updates of one side each", `${one.mirrors} mirrors, ${one.again} resubscriptions, ${one.errors} errors`);
const both = await book(true);
show("5 updates of both sides", `${both.mirrors} mirrors, ${both.again} resubscriptions, ${both.errors} errors`);

assert.deepEqual(opened, ["addOrder", "", "cancelOrder"]);
assert.deepEqual(one, { mirrors: 5, again: 0, errors: 0 });
assert.deepEqual(both, { mirrors: 0, again: 5, errors: 0 });
assert.deepEqual(again, ["addOrder", "addOrder", "addOrder cancelOrder"]);
process.exit(0);
CHECK
NODE_EXTRA_CA_CERTS=cert.pem timeout 60 node check.mjs
