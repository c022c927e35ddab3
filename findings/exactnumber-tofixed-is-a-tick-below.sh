#!/usr/bin/env bash
# exactnumber: toFixed(2) of 2.999 is 2.99, round(2) is 3: the two ways to two decimals differ for half of all prices.
#
# Expected: toFixed() rounds to the nearest, as that of JavaScript's numbers, big.js, bignumber.js and decimal.js; a number that is shown with
#   two decimals is the number that round(2) gives.
# Seen: in exactnumber 1.0.4 toFixed(), toPrecision() and toExponential() cut towards zero unless a mode is given as the second argument, and
#   round() and roundToDigits() go to the nearest, with ties towards plus infinity. README lists the modes, not which method starts from
#   which; its example of toFixed is 1/7. Of the prices from 0.000 to 9.999 half are shown a cent lower than round(2), and none higher.
#   A tie is a third case: -1.235 is -1.23 by round(), -1.24 in big.js.
# Why it matters: averages, mids and converted prices that go through toFixed() are half a tick too low on average, below zero too high; a
#   service that shows with toFixed() and stores with round() contradicts itself, and a comparison with another service fails for every
#   second price by exactly one cent.
# Way to live with it: toFixed(2, RoundingMode.NEAREST_AWAY_FROM_ZERO) wherever a price is shown. In tests a price with a third decimal of
#   five or more, and one below zero.
# Versions: exactnumber 1.0.4, big.js 7.0.1 (npm), Node.js 20.20.2. Source: src/FixedNumber.ts. Nothing found about it.
#
# Output seen:
#   value     toFixed(2)  round(2)  toPrecision(3)  big.js toFixed(2)
#   2.999     2.99        3         2.99            3.00
#   101.239   101.23      101.24    101             101.24
#   0.0199    0.01        0.02      0.0199          0.02
#   -1.239    -1.23       -1.24     -1.23           -1.24
#   -1.235    -1.23       -1.23     -1.23           -1.24
#   0.000 to 9.999: 5000 of 10000 lower than round(2), 0 higher
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts exactnumber@1.0.4 big.js@7.0.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const { ExactNumber } = require("exactnumber");
const Big = require("big.js");

console.log("value     toFixed(2)  round(2)  toPrecision(3)  big.js toFixed(2)");
for (const value of ["2.999", "101.239", "0.0199", "-1.239", "-1.235"]) {
  const exact = ExactNumber(value);
  const shown = [exact.toFixed(2), exact.round(2).toString(), exact.toPrecision(3), Big(value).toFixed(2)];
  console.log(value.padEnd(10) + shown[0].padEnd(12) + shown[1].padEnd(10) + shown[2].padEnd(16) + shown[3]);
}

let [lower, higher] = [0, 0];
for (let mills = 0; mills < 10000; mills += 1) {
  const exact = ExactNumber(`${Math.floor(mills / 1000)}.${String(mills % 1000).padStart(3, "0")}`);
  const difference = ExactNumber(exact.toFixed(2)).cmp(exact.round(2));
  if (difference < 0) lower += 1;
  if (difference > 0) higher += 1;
}
console.log(`0.000 to 9.999: ${lower} of 10000 lower than round(2), ${higher} higher`);
assert.deepEqual([lower, higher, ExactNumber("2.999").toFixed(2)], [5000, 0, "2.99"], "not as described any more");
CHECK
node check.js
