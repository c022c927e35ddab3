#!/usr/bin/env bash
# stround: rounding to hundreds multiplies by a hundred: round("1250", -2) is 125000, and of 99.995 it makes 10000.
#
# Expected: a precision of -2 rounds to hundreds, as decimal.js, big.js (round) and Python do; or it is refused, as by toFixed(). shift() of the same package takes negative exponents.
# Seen: stround 0.3.1 rounds to the integer when the precision is below zero, and then moves the point by it to the other side: 1250 is 125000, 1234.5 is 123400, each ten times as much for -1. No error.
#   A price that rounds to nothing keeps its minus: "-0.00" is not "0.00".
# Why it matters: quantities rounded to lots, volumes shown in hundreds, notional amounts to the thousand: orders a hundred times too large, from a package "to avoid floating point errors". With 0 and
#   more decimals it is exact.
# Way to live with it: round(shift(x, -2)) and shift back by 2. In tests a lot size of a hundred.
# Versions: stround 0.3.1 (npm, the newest), big.js 7.0.1 beside it, Node.js 20.20.2. Source: round and shiftParts in lib/stround.js; its README has precisions from 0 up only. Nothing found about it.
#
# Output seen:
#   value      precision  stround     big.js    by shift
#   1250       -2         125000      1200      1200
#   1234.5     -2         123400      1200      1200
#   -1250      -2         -125000     -1200     -1200
#   99.995     -2         10000       100       100
#   1234.5     -1         12340       1230      1230
#   1234.5     0          1234        1234      1234
#   -0.004     2          -0.00       0         -0.00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts stround@0.3.1 big.js@7.0.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const Big = require("big.js");
const { round, shift } = require("stround");

const rows = [];
console.log("value      precision  stround     big.js    by shift");
for (const [value, precision] of [["1250", -2], ["1234.5", -2], ["-1250", -2], ["99.995", -2], ["1234.5", -1], ["1234.5", 0], ["-0.004", 2]]) {
  const row = [round(value, precision), String(new Big(value).round(precision, Big.roundHalfEven)), shift(round(shift(value, precision)), -precision)];
  rows.push(row);
  console.log(`${value.padEnd(11)}${String(precision).padEnd(11)}${row[0].padEnd(12)}${row[1].padEnd(10)}${row[2]}`);
}
assert.deepEqual(rows.map((row) => row[0]), ["125000", "123400", "-125000", "10000", "12340", "1234", "-0.00"]);
assert.deepEqual(rows.slice(0, 6).map((row) => row[1]), ["1200", "1200", "-1200", "100", "1230", "1234"]);
assert.deepEqual(rows.slice(0, 6).map((row) => row[2]), ["1200", "1200", "-1200", "100", "1230", "1234"]);
CHECK
timeout 60 node check.js
