#!/usr/bin/env bash
# move-decimal-point: 0.0000001 moved by eight places is "1e-700000000", which is 0; moved by two, 0.00000025 is "25e.-7", which is no number.
#
# Expected: "a lightweight way to perform accurate division/multiplication with powers of 10": 10 and 0.000025; or an error for what is not written with a point.
# Seen: move-decimal-point 0.0.4 makes a text of the number and moves what it finds. JavaScript writes numbers below 0.000001 with an exponent: the zeros go behind the exponent, or the point into it. Up to six
#   decimals all is right, and so is the same price as a text with all its zeros.
# Why it matters: satoshis, gwei and the prices of small coins are what one moves by eight places. An amount of 0.0000012 is 120, one of 0.0000009 none; a sum of many has NaN, or lacks the small ones.
# Way to live with it: pass texts only, as they came; number.toFixed(8) before; or BigInt and decimal.js. In tests 0.0000001 as a number.
# Versions: move-decimal-point 0.0.4 (npm, the newest), Node.js 20.20.2. Source: the first lines of index.js. Its examples are texts; numbers are taken without a word. Nothing found about it.
#
# Output seen:
#   0.00012000  as text 12000  as number 12000         12000
#   0.00000120  as text 120    as number 120           120
#   0.00000090  as text 90     as number 9e-700000000  0
#   0.00000025  as text 25     as number 25e-70000     0
#   0.00000010  as text 10     as number 1e-700000000  0
#   2.5e-7 moved by two: 25e.-7, NaN
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts move-decimal-point@0.0.4 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import move from "move-decimal-point";

const rows = ["0.00012000", "0.00000120", "0.00000090", "0.00000025", "0.00000010"].map((text) => {
  const [asText, asNumber] = [move(text, 8), move(Number(text), 8)];
  const row = `${text}  as text ${asText.padEnd(5)}  as number ${asNumber.padEnd(12)}  ${Number(asNumber)}`;
  console.log(row);
  return row;
});
const two = move(0.00000025, 2);
rows.push(`2.5e-7 moved by two: ${two}, ${Number(two)}`);
console.log(rows.at(-1));
assert.deepEqual(rows, [
  "0.00012000  as text 12000  as number 12000         12000",
  "0.00000120  as text 120    as number 120           120",
  "0.00000090  as text 90     as number 9e-700000000  0",
  "0.00000025  as text 25     as number 25e-70000     0",
  "0.00000010  as text 10     as number 1e-700000000  0",
  "2.5e-7 moved by two: 25e.-7, NaN",
]);
CHECK
timeout 60 node check.mjs
