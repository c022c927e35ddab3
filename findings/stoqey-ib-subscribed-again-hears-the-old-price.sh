#!/usr/bin/env bash
# @stoqey/ib: an Observable of IBApiNext that is subscribed a second time, by retry() too, asks TWS again, gives the old price as new, and then hears nothing for ever.
#
# Expected: RxJS's operators work on what getMarketData() returns, as the project says (stoqey/ib#51: "fully compatible to RxJS operators, e.g. retry"): after an error the
#   request is sent again under another id and its ticks arrive; who subscribes again after all have left gets the ticks from then on.
# Seen: the last one who leaves, or an error, takes the subscription out of the registry that hands out ticks. A second subscribe() on the same Observable sends the request
#   to TWS, which streams, but does not put it back: nothing finds its id, and no tick is delivered. After an unsubscribe() it first gets the last price of before,
#   marked as "added"; after an error it gets nothing. A new call of getMarketData() works. By the source, depth, ticks and bars go through the same registry.
# Why it matters: retry() is what one writes for "market data farm is busy", and a page that opens a second time subscribes to the Observable that it has kept. Both
#   show a market that does not move, with a line of market data in use at the broker, and there is no error, as the request was accepted.
# Way to live with it: defer(() => api.getMarketData(...)).pipe(retry(...)), so that each attempt calls it again; keep no Observable. In tests send a tick after
#   the second subscribe() and after an error.
# Versions: @stoqey/ib 1.6.10 (npm), rxjs 7, Node.js 20. Source: the cleanup function in register() of core/api-next/subscription-registry.js, createObservable() in
#   subscription.js. Nothing found about it. A stand-in for TWS in the script sends TICK_PRICE and the error 322 (server version 176).
#
# Output seen:
#   first subscribe(): 1 request(s) to TWS, bids seen: 100.01 100.02
#   second subscribe() on the same Observable: 1 request(s) to TWS, bids seen: 100.02
#   retry(3) behind an error 322: 2 request(s) to TWS, bids seen: 100.7
#   defer() and retry(3) behind an error 322: 2 request(s) to TWS, bids seen: 100.7 100.8 100.9
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"private": true}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @stoqey/ib@1.6.10 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > tws.js <<'TWS'
// a stand-in for TWS: it answers the handshake, and sends what the scenario says
const net = require("net");

const message = (...fields) => {
  const body = Buffer.from(fields.join("\0") + "\0");
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
};
const requests = [];
let line;
const tws = net.createServer((socket) => {
  line = socket;
  let data = Buffer.alloc(0), greeted = false;
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    data = Buffer.concat([data, chunk]);
    if (!greeted) {
      if (data.length < 8 || data.length < 8 + data.readUInt32BE(4)) return;
      data = data.subarray(8 + data.readUInt32BE(4));
      greeted = true;
      socket.write(message(176, "20260105 09:15:00 UTC"));
    }
    while (data.length >= 4 && data.length >= 4 + data.readUInt32BE(0)) {
      const length = data.readUInt32BE(0);
      const fields = data.subarray(4, 4 + length).toString().split("\0");
      data = data.subarray(4 + length);
      requests.push(fields);
      if (fields[0] === "71") socket.write(Buffer.concat([message(15, 1, "DU1"), message(9, 1, 1)]));
    }
  });
});
const send = async (...fields) => {
  line.write(message(...fields));
  await new Promise((done) => setTimeout(done, 60));
};
const asked = (type) => requests.filter((fields) => fields[0] === type);
module.exports = { tws, send, asked };
TWS
cat > probe.js <<'PROBE'
const { IBApiNext, SecType } = require("@stoqey/ib");
const { defer, retry } = require("rxjs");
const { tws, send, asked } = require("./tws.js");

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const pause = () => new Promise((done) => setTimeout(done, 100));
const REQUEST = "1", BID = 1;
const tick = (price) => send(1, 6, asked(REQUEST).at(-1)[2], BID, price, 3, 0);
const refuse = () => send(4, 2, asked(REQUEST).at(-1)[2], 322, "Error processing request", "");

tws.listen(0, "127.0.0.1", async () => {
  const api = new IBApiNext({ host: "127.0.0.1", port: tws.address().port, logger: quiet });
  api.connect(1);
  const contract = { symbol: "AAPL", secType: SecType.STK, exchange: "SMART", currency: "USD" };
  const quotes = () => api.getMarketData(contract, "", false, false);
  const seen = [];
  const row = (name, before, prices) => {
    seen.push([asked(REQUEST).length - before, prices.join(" ")]);
    console.log(`${name}: ${seen.at(-1)[0]} request(s) to TWS, bids seen: ${prices.join(" ") || "none"}`);
  };
  const listen = (stream, prices) =>
    stream.subscribe({ next: (update) => prices.push((update.changed ?? update.added).get(BID).value), error: () => prices.push("error") });

  const kept = quotes();
  for (const [name, bids] of [["first subscribe()", [100.01, 100.02]], ["second subscribe() on the same Observable", [100.5, 100.6]]]) {
    const prices = [], before = asked(REQUEST).length;
    const subscription = listen(kept, prices);
    while (asked(REQUEST).length === before) await pause();
    for (const bid of bids) await tick(bid);
    row(name, before, prices);
    subscription.unsubscribe();
    await pause();
  }
  for (const [name, stream] of [["retry(3) behind an error 322", quotes().pipe(retry(3))], ["defer() and retry(3) behind an error 322", defer(quotes).pipe(retry(3))]]) {
    const prices = [], before = asked(REQUEST).length;
    const subscription = listen(stream, prices);
    while (asked(REQUEST).length === before) await pause();
    await tick(100.7);
    await refuse();
    await pause();
    await tick(100.8);
    await tick(100.9);
    row(name, before, prices);
    subscription.unsubscribe();
    await pause();
  }
  const expected = [[1, "100.01 100.02"], [1, "100.02"], [2, "100.7"], [2, "100.7 100.8 100.9"]];
  const same = JSON.stringify(seen) === JSON.stringify(expected);
  if (!same) console.error("not as described any more");
  process.exit(same ? 0 : 1);
});
PROBE
timeout 60 node probe.js
