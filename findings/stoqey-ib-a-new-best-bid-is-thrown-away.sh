#!/usr/bin/env bash
# @stoqey/ib: in the book of getMarketDepth() a row that is inserted in front is thrown away, and a row that is deleted leaves a hole that the next one falls into.
#
# Expected: TWS sends a book as operations on a list: insert at a row and the rows from there on move down, delete a row and those behind it move up. The order book
#   of IBApiNext.getMarketDepth() is that list, best price first.
# Seen: @stoqey/ib 1.6.10 keeps a Map with the row's number as key. An insert writes the new row and at once the old one with the same number on top of it: a new best
#   bid is gone as it comes, and only a row at the end is ever added. A delete takes the key away and moves nothing, so that row 0 is not there and the numbers of
#   all others are one too high; what TWS sends next for row 2 replaces
#   a price that is still quoted, and the next delete of row 0 deletes nothing. "added" and "removed" in the update are right.
# Why it matters: the best price is wrong from the first insert on, and stays so until TWS happens to write the row again. No
#   error, no message, and a subscription to the top of the book (getMarketData) of the same session is right.
# Way to live with it: api.getMarketDepth() not at all; the events updateMktDepth and updateMktDepthL2 of IBApi with splice() on two arrays. In tests an insert at 0 and
#   a delete at 0, with three rows there.
# Versions: @stoqey/ib 1.6.10 (npm), Node.js 20. Source: insertAtMapIndex and onUpdateMktDepthL2 in api-next/api-next.js. Nothing found about it. A stand-in for TWS in
#   the script sends the messages (MARKET_DEPTH, server version 176).
#
# Output seen ("the list": what the operations say, done with splice()):
#   three bids
#     the list    0: 100.05, 1: 100.04, 2: 100.03
#     @stoqey/ib  0: 100.05, 1: 100.04, 2: 100.03
#   a better one is inserted at row 0
#     the list    0: 100.06, 1: 100.05, 2: 100.04, 3: 100.03
#     @stoqey/ib  0: 100.05, 1: 100.04, 2: 100.03
#   row 0 is deleted
#     the list    0: 100.05, 1: 100.04, 2: 100.03
#     @stoqey/ib  1: 100.04, 2: 100.03
#   a bid is inserted at row 3
#     the list    0: 100.05, 1: 100.04, 2: 100.03, 3: 100.02
#     @stoqey/ib  1: 100.04, 2: 100.03, 3: 100.02
#   row 0 is deleted
#     the list    0: 100.04, 1: 100.03, 2: 100.02
#     @stoqey/ib  1: 100.04, 2: 100.03, 3: 100.02
#   row 2 is updated
#     the list    0: 100.04, 1: 100.03, 2: 100.01
#     @stoqey/ib  1: 100.04, 2: 100.01, 3: 100.02
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
const { tws, send, asked } = require("./tws.js");

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const steps = [
  ["three bids", [[0, 0, 100.05, 1], [1, 0, 100.04, 2], [2, 0, 100.03, 3]]],
  ["a better one is inserted at row 0", [[0, 0, 100.06, 4]]],
  ["row 0 is deleted", [[0, 2, 0, 0]]],
  ["a bid is inserted at row 3", [[3, 0, 100.02, 5]]],
  ["row 0 is deleted", [[0, 2, 0, 0]]],
  ["row 2 is updated", [[2, 1, 100.01, 6]]],
];

tws.listen(0, "127.0.0.1", async () => {
  const api = new IBApiNext({ host: "127.0.0.1", port: tws.address().port, logger: quiet });
  api.connect(1);
  let book;
  const contract = { symbol: "AAPL", secType: SecType.STK, exchange: "ISLAND", currency: "USD" };
  api.getMarketDepth(contract, 5, false).subscribe((update) => (book = update.all));
  while (!asked("10").length) await new Promise((done) => setTimeout(done, 20));
  const id = asked("10")[0][2];
  const list = [];
  const seen = [];
  for (const [name, operations] of steps) {
    for (const [row, operation, price, size] of operations) {
      await send(12, 1, id, row, operation, 1, price, size);
      list.splice(row, operation === 0 ? 0 : 1, ...(operation === 2 ? [] : [price]));
    }
    const rows = [...book.bids].map(([row, bid]) => `${row}: ${bid.price}`).join(", ");
    seen.push([rows, list.map((price, row) => `${row}: ${price}`).join(", ")]);
    console.log(`${name}\n  the list    ${seen.at(-1)[1]}\n  @stoqey/ib  ${rows}`);
  }
  const expected = [
    ["0: 100.05, 1: 100.04, 2: 100.03", "0: 100.05, 1: 100.04, 2: 100.03"],
    ["0: 100.05, 1: 100.04, 2: 100.03", "0: 100.06, 1: 100.05, 2: 100.04, 3: 100.03"],
    ["1: 100.04, 2: 100.03", "0: 100.05, 1: 100.04, 2: 100.03"],
    ["1: 100.04, 2: 100.03, 3: 100.02", "0: 100.05, 1: 100.04, 2: 100.03, 3: 100.02"],
    ["1: 100.04, 2: 100.03, 3: 100.02", "0: 100.04, 1: 100.03, 2: 100.02"],
    ["1: 100.04, 2: 100.01, 3: 100.02", "0: 100.04, 1: 100.03, 2: 100.01"],
  ];
  const same = JSON.stringify(seen) === JSON.stringify(expected);
  if (!same) console.error("not as described any more");
  process.exit(same ? 0 : 1);
});
PROBE
timeout 60 node probe.js
