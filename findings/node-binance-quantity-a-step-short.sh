#!/usr/bin/env bash
# node-binance-api: 4.35 of something in steps of 0.01 is 4.34, 0.7 in steps of 0.005 is 0, and 100.03 stays in ticks of 0.05.
#
# Expected: a quantity that is a whole number of steps stays as it is, and a price is rounded to a whole number of ticks.
# Seen: node-binance-api 1.0.33. roundStep() cuts the text of the number with 16 digits, and 4.35 is 4.3499999999999996
#   there: one step is lost. It looks for the "1" in the step for the number of digits: there is none in 0.005 or 0.05, so that
#   the quantity is cut to an integer, 0.7 to 0. In steps of 10, 123.4 is 123. roundTicks() counts digits of the
#   tick: 100.03 is a fine price in ticks of 0.05, 100.3 one in ticks of 0.5, and a tick of 1 is a TypeError.
# Why it matters: the exchange refuses such prices ("filter failure"), and the quantities are a step short or nothing, for
#   some numbers only: 0.3 and 1.1 in steps of 0.1 are right, and so are most that a test thinks of.
# Way to live with it: count in whole steps with decimals; in tests all multiples of the step from 1 to 1000.
# Versions: node-binance-api 1.0.33 (npm), Node.js 20.20.2. The lost step is its issue
#   327 (open); of the other steps and of ticks nothing found.
#
# Output seen:
#   roundStep   0.3 / 0.10000000  -> 0.3
#   roundStep   4.35 / 0.01000000 -> 4.34
#   roundStep   8.7 / 0.10000000  -> 8.6
#   roundStep   0.7 / 0.00500000  -> 0
#   roundStep   123.4 / 10.00000000 -> 123
#   roundTicks  100.03 / 0.05000000 -> 100.03
#   roundTicks  100.3 / 0.50000000 -> 100.3
#   roundTicks  100 / 1.00000000 -> TypeError
#   of 0.01, 0.02 ... 10.00 in steps of 0.01: 382 of 1000 are a step short
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts node-binance-api@1.0.33

cat > probe.js <<'PROBE'
const assert = require("node:assert");
const package = require("node-binance-api");
const binance = new (package.default || package)();

const seen = [];
for (const [name, value, step] of [
  ["roundStep", 0.3, "0.10000000"],
  ["roundStep", 4.35, "0.01000000"],
  ["roundStep", 8.7, "0.10000000"],
  ["roundStep", 0.7, "0.00500000"],
  ["roundStep", 123.4, "10.00000000"],
  ["roundTicks", 100.03, "0.05000000"],
  ["roundTicks", 100.3, "0.50000000"],
  ["roundTicks", 100, "1.00000000"],
]) {
  let result;
  try {
    result = Number(binance[name](value, step));
  } catch (error) {
    result = error.name;
  }
  console.log(`${name.padEnd(11)} ${value} / ${step} -> ${result}`);
  seen.push(result);
}
const hundredths = Array.from({ length: 1000 }, (_, n) => Number(((n + 1) / 100).toFixed(2)));
const short = hundredths.filter((quantity) => binance.roundStep(quantity, "0.01000000") < quantity).length;
console.log(`of 0.01, 0.02 ... 10.00 in steps of 0.01: ${short} of 1000 are a step short`);
assert.deepStrictEqual(
  [...seen, short],
  [0.3, 4.34, 8.6, 0, 123, 100.03, 100.3, "TypeError", 382],
  "not as described any more",
);
PROBE
node probe.js
