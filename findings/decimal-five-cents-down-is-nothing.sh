#!/usr/bin/env bash
# decimal: a price that falls by one to nine cents has a change of "0.-5", which is NaN as a number and nothing in a sum.
#
# Expected: "simple decimal arithmetic": 100.45 - 100.50 is -0.05, and a sum of all changes is the last price less the first.
# Seen: decimal 0.0.2 computes with whole numbers and puts the point back by counting characters, the sign among them. A result of -5 with two
#   decimals is two characters, so that "0." is put before it: "0.-5". toNumber() gives NaN. As an operand of the next step it is
#   read with parseInt, which stops at the sign: 0. There is no error, and from there on the sum looks sound. The same at -0.005
#   with three decimals ("0.0-5"), and for products. Falls of ten cents and more are right ("-.15"), rises are, and so is what is parsed from text.
# Why it matters: the profit of a position adds every rise and only the large falls: with prices that move by single cents it only ever grows.
#   Tests with round prices, or with a fall of half a dollar, pass.
# Way to live with it: another library (big.js has the same four methods under other names). In tests a fall by one tick, and that the sum of the
#   changes is the difference of the ends.
# Versions: decimal 0.0.2 (npm, the newest), big.js 7.0.1 beside it, Node.js 20.20.2. Source: neg_exp() in lib/decimal.js. Nothing found about it.
#
# Output seen (changes of a price, added up):
#   price      change  as number    sum   big.js
#   100.50       0.50        0.5   0.50     0.50
#   100.45       0.-5        NaN   0.50     0.45
#   100.48       0.03       0.03   0.53     0.48
#   100.40       0.-8        NaN   0.53     0.40
#   100.25       -.15      -0.15   0.38     0.25
#   2 * -0.005   0.-10, then plus 1: 1.000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts decimal@0.0.2 big.js@7.0.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const Big = require("big.js");
const Decimal = require("decimal");

const prices = ["100.00", "100.50", "100.45", "100.48", "100.40", "100.25"];
const row = (...cells) => console.log(cells[0].padEnd(10) + cells.slice(1).map((cell, n) => String(cell).padStart([7, 11, 7, 9][n])).join(""));
row("price", "change", "as number", "sum", "big.js");
let sum = Decimal("0");
const rows = prices.slice(1).map((price, n) => {
  const change = Decimal(price).sub(prices[n]);
  sum = sum.add(change);
  const seen = [String(change), change.toNumber(), String(sum), new Big(price).minus(prices[0]).toFixed(2)];
  row(price, ...seen);
  return seen;
});
const product = Decimal("2").mul("-0.005");
console.log(`2 * -0.005   ${product}, then plus 1: ${product.add("1")}`);

assert.deepEqual(rows, [
  ["0.50", 0.5, "0.50", "0.50"],
  ["0.-5", NaN, "0.50", "0.45"],
  ["0.03", 0.03, "0.53", "0.48"],
  ["0.-8", NaN, "0.53", "0.40"],
  ["-.15", -0.15, "0.38", "0.25"],
]);
assert.deepEqual([String(product), String(product.add("1"))], ["0.-10", "1.000"]);
CHECK
timeout 60 node check.js
