#!/usr/bin/env bash
# @boringnode/transmit: when the old line of a client that has come back is closed at last, the client's subscriptions are frozen: nothing new, and no way out of the old.
#
# Expected: an EventSource comes back with the same uid, often before the server knows that its old line is dead. The end of the old line ends the old line only.
# Seen: Transmit of @boringnode/transmit 0.4.0 keeps the channels by stream and by uid. The second stream of a uid replaces the first by uid; the end of the first then deletes the uid, though the second lives.
#   subscribe() to MSFT is false, and MSFT never comes; unsubscribe() from AAPL is true, as always, and AAPL comes on.
# Why it matters: after a cut of Wi-Fi the server sees the old line's end minutes after the client is back: what worked after the reconnection stops working later, without a cause in sight. The page has
#   ticks, so it seems well; the symbols added from then on stay empty, and those closed go on costing.
# Way to live with it: close the EventSource at its first "error" and open one with a new uid; look at what subscribe() gives back. In tests open the second stream of a uid before the first is closed.
# Versions: @boringnode/transmit 0.4.0 (npm, the newest; AdonisJS's @adonisjs/transmit stands on it), Node.js 20.20.2. Source: add and remove in src/storage.ts. Nothing found about it.
#
# Output seen:
#   old line closed before the new one is open  first AAPL; subscribe(MSFT) true, unsubscribe(AAPL) true; then MSFT
#   old line closed after the new one is open   first AAPL; subscribe(MSFT) false, unsubscribe(AAPL) true; then AAPL
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @boringnode/transmit@0.4.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, get } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { Transmit } from "@boringnode/transmit";

const uid = "b7d5";
const context = {};
const day = async (comesBackEarly) => {
  const transmit = new Transmit({ pingInterval: false, transport: null });
  const service = createServer((request, response) => {
    transmit.createStream({ uid, context, request, response, injectResponseHeaders: {} });
  }).listen(0, "127.0.0.1");
  await once(service, "listening");
  const open = async () => {
    const request = get(`http://127.0.0.1:${service.address().port}/`);
    const [response] = await once(request, "response");
    let text = "";
    response.on("data", (data) => (text += data)).on("error", () => {});
    return { close: () => response.destroy(), channels: () => [...text.matchAll(/"channel":"(\w+)"/g)].map((found) => found[1]).join(" ") };
  };

  const first = await open();
  await transmit.subscribe({ uid, channel: "AAPL", context });
  if (!comesBackEarly) first.close();
  await pause(200);
  const second = await open();
  await transmit.subscribe({ uid, channel: "AAPL", context });
  transmit.broadcast("AAPL", { price: 101 });
  await pause(200);
  const before = second.channels();
  if (comesBackEarly) first.close();
  await pause(200);
  const subscribed = await transmit.subscribe({ uid, channel: "MSFT", context });
  const unsubscribed = await transmit.unsubscribe({ uid, channel: "AAPL", context });
  transmit.broadcast("AAPL", { price: 102 });
  transmit.broadcast("MSFT", { price: 401 });
  await pause(200);
  const after = second.channels().slice(before.length).trim();
  second.close();
  service.close();
  return `first ${before}; subscribe(MSFT) ${subscribed}, unsubscribe(AAPL) ${unsubscribed}; then ${after}`;
};

const lines = [`old line closed before the new one is open  ${await day(false)}`, `old line closed after the new one is open   ${await day(true)}`];
console.log(lines.join("\n"));
assert.deepEqual(lines, [
  "old line closed before the new one is open  first AAPL; subscribe(MSFT) true, unsubscribe(AAPL) true; then MSFT",
  "old line closed after the new one is open   first AAPL; subscribe(MSFT) false, unsubscribe(AAPL) true; then AAPL",
]);
process.exit(0);
CHECK
timeout 60 node check.mjs
