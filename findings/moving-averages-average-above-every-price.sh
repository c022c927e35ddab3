#!/usr/bin/env bash
# moving-averages: after two missing prices the average of a share that always costs 100 is 133.33, to the end of the series.
#
# Expected: README: "moving-averages will also handle empty values", "useful if a stock is suspended". Its example shows that a window with a
#   gap is divided by its full size (100 and nothing are 50). Three prices of 100 side by side are 100.
# Seen: ma() of moving-averages 4.0.6 fills its first window until it has size - 1 prices, however many places that takes, and then takes out
#   what lies exactly size places back. What was put in before that is never taken out again: with 100, two gaps and 100 from there
#   on the 3-period average is 133.33 in each window that is full, for good. Gaps further on halve the average for a while and it
#   comes back. wma() counts places instead and does come back; ema() stays at 100; sma() (the smoothed one) begins at 0, gaps included.
# Why it matters: a feed that starts with one tick and a pause (a pre-market trade, a halt at the open) gives an average above every price
#   that was ever paid, by a constant factor: crossings are signalled never or at once, and the chart looks smooth.
# Way to live with it: fill the gaps with the last price (or leave them out) before ma(); start at the first stretch without a gap. In tests a
#   constant price with a gap among the first values: every average lies between the lowest and the highest price.
# Versions: moving-averages 4.0.6 (npm), Node.js 20.20.2. Source: src/sma.js. Its README says that it lacks maintenance; nothing found about this.
#
# Output seen:
#   prices   100    -    -  100  100  100  100  100  100
#   ma(3)      -    -    -    -  100 133.33 133.33 133.33 133.33
#   wma(3)     -    - 16.67   50 83.33  100  100  100  100
#   ema(3)   100  100  100  100  100  100  100  100  100
#   sma(3)     0    0    0  100  100  100  100  100  100
#   prices   100  100  100    -    -  100  100  100  100
#   ma(3)      -    -  100 66.67 33.33 33.33 66.67  100  100
#   last of 1000 prices of 100, second and third missing: ma(3) 133.33  wma(3) 100
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts moving-averages@4.0.6 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const averages = require("moving-averages");

const short = (value) => (value === undefined ? "-" : String(Math.round(value * 100) / 100)).padStart(4);
const line = (name, values) => console.log(name.padEnd(8) + Array.from(values, short).join(" "));

function gapped(length, gaps) {
  return Array.from({ length }, (_, place) => (gaps.includes(place) ? undefined : 100));
}

const early = gapped(9, [1, 2]);
line("prices", early);
for (const name of ["ma", "wma", "ema", "sma"]) line(`${name}(3)`, averages[name](early, 3));
const late = gapped(9, [3, 4]);
line("prices", late);
line("ma(3)", averages.ma(late, 3));
const long = gapped(1000, [1, 2]);
const last = [averages.ma(long, 3)[999], averages.wma(long, 3)[999]].map((value) => Math.round(value * 100) / 100);
console.log(`last of 1000 prices of 100, second and third missing: ma(3) ${last[0]}  wma(3) ${last[1]}`);

assert.deepEqual(last, [133.33, 100], "not as described any more");
assert.equal(averages.ma(late, 3)[8], 100, "not as described any more");
assert.equal(averages.sma(early, 3)[0], 0, "not as described any more");
CHECK
node check.js
