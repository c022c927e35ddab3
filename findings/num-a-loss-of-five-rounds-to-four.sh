#!/usr/bin/env bash
# num: -5.00 rounded to whole dollars is -4, and a thousand ether in wei are 1 until something is added to them.
#
# Expected: "arbitrary size fixed precision"; round() leaves a number alone that has nothing to round, of either sign. A number that JavaScript writes as
#   1e+21 is a one with 21 zeros.
# Seen: round() of num 0.3.0 floors a negative number and adds a step if the first digit that goes is below five; if that digit and all behind it
#   are zero nothing was taken off, and the step is added all the same: each multiple of the step becomes the one above. Of the losses
#   from 0.01 to 100.00 at one decimal these are a thousand, one in ten, and no other. From 1e21 on numbers come with an exponent, which is
#   kept as a negative precision: toString(), JSON and mul() leave the zeros out, while add() and cmp() put them in.
# Why it matters: round amounts are the ones that people check by eye, and a loss of 5.00 that is reported as 4 does not look like rounding. Sums of wei
#   above a thousand ether are 1 in the log and right in the next sum.
# Way to live with it: neg().round(n).neg() for negative numbers; texts or BigInt in place of numbers above 1e21. In tests round(-5.00)
#   and one amount of wei as a number.
# Versions: num 0.3.0 with int 0.2.0 (npm), Node.js 20.20.2. Source: num.js. Nothing found about it.
#
# Output seen:
#     5.00 rounded to 0 decimals: 5
#    -5.00 rounded to 0 decimals: -4
#    -5.01 rounded to 0 decimals: -5
#     5.10 rounded to 1 decimals: 5.1
#    -5.10 rounded to 1 decimals: -5.0
#    -5.14 rounded to 1 decimals: -5.1
#    -5.16 rounded to 1 decimals: -5.2
#   of 10000 losses at one decimal other than the profit with its sign turned: 1000, of which nothing was to be rounded: 1000
#   1e21 shown as 1, in JSON {"wei":"1"}, times two 2, plus nothing 1000000000000000000000, compared with 2: 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts num@0.3.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const num = require("num");

const cases = [["5.00", 0], ["-5.00", 0], ["-5.01", 0], ["5.10", 1], ["-5.10", 1], ["-5.14", 1], ["-5.16", 1]];
const rounded = cases.map(([text, places]) => [text, places, num(text).round(places).toString()]);
for (const [text, places, result] of rounded) console.log(`${text.padStart(6)} rounded to ${places} decimals: ${result}`);
let [wrong, exact] = [0, 0];
for (let cents = 1; cents <= 10000; cents += 1) {
  const text = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, "0")}`;
  if (Number(num(`-${text}`).round(1)) !== -Number(num(text).round(1))) {
    wrong += 1;
    if (cents % 10 === 0) exact += 1;
  }
}
console.log(`of 10000 losses at one decimal other than the profit with its sign turned: ${wrong}, of which nothing was to be rounded: ${exact}`);
const wei = num(1e21);
const shown = [wei.toString(), JSON.stringify({ wei }), wei.mul(2).toString(), wei.add(0).toString(), num.cmp(wei, "2")];
console.log(`1e21 shown as ${shown[0]}, in JSON ${shown[1]}, times two ${shown[2]}, plus nothing ${shown[3]}, compared with 2: ${shown[4]}`);
assert.deepEqual(
  [rounded.map(([, , result]) => result), wrong, exact, shown[0], shown[2], shown[4]],
  [["5", "-4", "-5", "5.1", "-5.0", "-5.1", "-5.2"], 1000, 1000, "1", "2", 1],
  "not as described any more",
);
CHECK
node check.js
