#!/usr/bin/env bash
# json-bignum, json-bigint: the type of a price depends on how it is written: 100.10 is an object and 100.15 a number; 0.30000000000000004 is an object or a text, and a sum is a text.
#
# Expected: "handles 64-bit integers and arbitrary-precision decimals", "JSON.parse with bigints support", "converts integers long enough to lose precision": numbers that a
#   double holds are numbers as with JSON.parse, and prices are among them.
# Seen: json-bignum 0.0.3 makes an object of each number that JavaScript would write otherwise: a zero at the end, 1.0, 0.00000001, 1e3 in capitals. json-bigint 1.0.0 and its
#   relatives look at the length only: more than 15 characters, the point and the sign among them, make a BigNumber, or, in json-bigint-string 1.0.0, a text, of
#   a fraction as well. The object of json-bignum has its digits only; + joins it as text, > of two of them compares them as texts. No error anywhere.
# Why it matters: feeds that write two decimals send 100.10 for every tenth price: a sum of three ticks is the text 100.15100.10100.20, the check `typeof price === "number"` drops
#   them, and 99.50 > 100.20 is true. 0.30000000000000004 is what any sum of floats at the sender looks like. All is right with the ticks of a test.
# Way to live with it: Number() around each price; lossless-json, which makes all numbers the same; ids as text in the feed and JSON.parse. In tests a price that ends with
#   0, and one of 17 digits.
# Versions: json-bignum 0.0.3, json-bigint 1.0.0, json-bigint-string 1.0.0 (the newest on npm), lossless-json 4.3.3, Node.js 20.20.2. Source: the test of
#   number.toString() against the text in json-bignum's parse; string.length > 15 in json-bigint's. The READMEs speak of integers.
#
# Output seen (types and the sum of three prices):
#                        100.15 100.10 100.20                        0.1 0.30000000000000004 0.2
#   JSON                 number number number 300.45                 number number number 0.6000000000000001
#   json-bignum          number object object 100.15100.10100.20     number number number 0.6000000000000001
#   json-bigint          number number number 300.45                 number object number 0.10.300000000000000040.2
#   json-bigint-string   number number number 300.45                 number string number 0.10.300000000000000040.2
#   json-bignum: 99.50 > 100.20 true, and 99.51 > 100.21 false
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts json-bignum@0.0.3 json-bigint@1.0.0 json-bigint-string@1.0.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const bignum = require("json-bignum");

const parsers = { JSON, "json-bignum": bignum, "json-bigint": require("json-bigint"), "json-bigint-string": require("json-bigint-string") };
const messages = ["100.15 100.10 100.20", "0.1 0.30000000000000004 0.2"];
const seen = (parser, prices) => {
  const ticks = parser.parse(`[${prices.split(" ").map((price) => `{"price":${price}}`).join(",")}]`);
  return [...ticks.map((tick) => typeof tick.price), ticks.reduce((sum, tick) => sum + tick.price, 0)].join(" ");
};
console.log(`${"".padEnd(20)} ${messages[0].padEnd(43)} ${messages[1]}`);
const rows = Object.entries(parsers).map(([name, parser]) => {
  const both = messages.map((prices) => seen(parser, prices));
  console.log(`${name.padEnd(20)} ${both[0].padEnd(43)} ${both[1]}`);
  return both;
});
const [a, b, c, d] = bignum.parse("[99.50, 100.20, 99.51, 100.21]");
console.log(`json-bignum: 99.50 > 100.20 ${a > b}, and 99.51 > 100.21 ${c > d}`);
assert.deepEqual(
  rows,
  [
    ["number number number 300.45", "number number number 0.6000000000000001"],
    ["number object object 100.15100.10100.20", "number number number 0.6000000000000001"],
    ["number number number 300.45", "number object number 0.10.300000000000000040.2"],
    ["number number number 300.45", "number string number 0.10.300000000000000040.2"],
  ],
  "not as described any more",
);
assert.deepEqual([a > b, c > d], [true, false], "not as described any more");
PROBE
timeout 60 node probe.js
