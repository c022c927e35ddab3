#!/usr/bin/env bash
# influx-line-protocol-parser: a negative integer is not there, and a symbol with a space takes price and time with it; nothing is thrown.
#
# Expected: -300i is the integer -300, "BRK\ A" the tag "BRK A", "halted, until 15:45" a text: so InfluxDB's reference has it, and so InfluxDB's clients write it. What cannot be read is an error.
# Seen: influx-line-protocol-parser 0.2.0 knows integers of digits only: -300i is undefined, and missing in JSON. It splits at each space and comma, escaped or in a text: behind "BRK\ A" all is lost, the tag is
#   "BRK#c#"; after a text with a space the price behind it and the time are gone. The nanoseconds of the time end in zeros, as they are a number (its README shows them whole).
# Why it matters: the position of a seller, the change of a day and a balance below zero are what is missing; an assertion on the sum of sizes sees only the buyers. Other lines of the same test are right.
# Way to live with it: write test data with floats (-300), symbols and texts without spaces and commas, and count the fields that come back; or ask the database. In tests one negative integer, one "BRK A".
# Versions: influx-line-protocol-parser 0.2.0 (npm, the newest), @influxdata/influxdb-client 1.35.0 (writer of the lines), Node.js 20.20.2. Source: parse and cast in lib/index.js, with a comment that names the
#   values with spaces as to be reviewed. Nothing found about it.
#
# Output seen:
#   trade,symbol=AAPL price=231.1,size=300i 1767607200000000123
#       tags [{"symbol":"AAPL"}]  fields [{"price":231.1},{"size":300}]  time 1767607200000000000
#   trade,symbol=AAPL price=231.1,size=-300i 1767607200000000123
#       tags [{"symbol":"AAPL"}]  fields [{"price":231.1},{}]  time 1767607200000000000
#   trade,symbol=BRK\ A price=231.1 1767607200000000123
#       tags [{"symbol":"BRK#c#"}]  fields [{}]  time undefined
#   trade,symbol=AAPL note="halted, until 15:45",price=231.1 1767607200000000123
#       tags [{"symbol":"AAPL"}]  fields [{}]  time undefined
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts influx-line-protocol-parser@0.2.0 @influxdata/influxdb-client@1.35.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { Point } from "@influxdata/influxdb-client";
import parse from "influx-line-protocol-parser";

const at = "1767607200000000123";
const tick = (symbol) => new Point("trade").tag("symbol", symbol).timestamp(at);
const points = [
  tick("AAPL").floatField("price", 231.1).intField("size", 300),
  tick("AAPL").intField("size", -300).floatField("price", 231.1),
  tick("BRK A").floatField("price", 231.1),
  tick("AAPL").stringField("note", "halted, until 15:45").floatField("price", 231.1),
];
const rows = points.map((point) => {
  const line = point.toLineProtocol();
  const { tags, fields, timestamp } = parse(line);
  console.log(`${line}\n    tags ${JSON.stringify(tags)}  fields ${JSON.stringify(fields)}  time ${timestamp}`);
  return [tags[0].symbol, fields.reduce((all, field) => ({ ...all, ...field }), {}), timestamp];
});
const rounded = Number(at); // 1767607200000000000
assert.deepEqual(rows, [
  ["AAPL", { price: 231.1, size: 300 }, rounded],
  ["AAPL", { price: 231.1, size: undefined }, rounded],
  ["BRK#c#", { A: undefined }, undefined],
  ["AAPL", { note: undefined }, undefined],
]);
CHECK
timeout 60 node check.mjs
