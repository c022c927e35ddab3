#!/usr/bin/env bash
# timeseries-analysis: asking for the outliers turns every price into a score, reset() included; its EMA knows two prices, and its weighted average likes the oldest best.
#
# Expected: outliers() is a question: it gives the points that are far off, as they came, and the data stay as they are. reset() gives the original data back.
#   An EMA of period 5 moves a third of the way to each price; the linear weighted average weighs the newest price most.
# Seen: timeseries-analysis 1.0.12 standardizes the points in place before it looks, and "restores" a copy of the list that holds the same points: toArray(), mean(), max() and reset() are
#   z-scores from then on, and so are the outliers themselves and the caller's own list. ema() takes the price before instead of the average before: one price after a jump it is at the new
#   price, and after that it is the price itself. lwma() multiplies the oldest price by the period and the newest by one, and leaves the point itself out, as ma() does.
# Why it matters: a feed that is checked for bad ticks is stored as numbers between -1 and 4, and an alarm on the mean compares 0 with 100. No error, the length is right.
#   A crossing of ema() and ma() is a crossing of the price and ma().
# Way to live with it: a copy of each point (adapter.fromArray of toArray()) for each question; another package for averages. In tests ask for the price after the outliers.
# Versions: timeseries-analysis 1.0.12 (npm, the newest), Node.js 20.20.2. Source: outliers, standardize, ema and lwma in timeseries-analysis.js. Its page warns of alpha, not of this.
#
# Output seen:
#   prices              100.02 100.01 100.03 100.02 100.00 100.01 100.02 100.03 100.01 100.02 105.00
#   outliers            3.16
#   prices after that   -0.31 -0.32 -0.31 -0.31 -0.33 -0.32 -0.31 -0.31 -0.32 -0.31 3.16   mean 0.00
#   and after reset()   -0.31 -0.32 -0.31 -0.31 -0.33 -0.32 -0.31 -0.31 -0.32 -0.31 3.16
#   a step              100.00 100.00 100.00 100.00 100.00 100.00 110.00 110.00 110.00 110.00 110.00 100.00
#   ema    package      100.00 100.00 100.00 100.00 100.00 100.00 103.33 110.00 110.00 110.00 110.00 106.67
#          textbook     100.00 100.00 100.00 100.00 100.00 100.00 103.33 105.56 107.04 108.02 108.68 105.79
#   lwma   package      100.00 100.00 100.00 100.00 100.00 100.00 100.00 100.67 102.00 104.00 106.67 110.00
#          textbook     100.00 100.00 100.00 100.00 100.00 100.00 103.33 106.00 108.00 109.33 110.00 106.67
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts timeseries-analysis@1.0.12 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const timeseries = require("timeseries-analysis");

const show = (values) => values.map((value) => value.toFixed(2)).join(" ");
const series = (prices) => new timeseries.main(prices.map((price, n) => [new Date(Date.UTC(2026, 0, 5, 10, n)), price]));

const prices = [100.02, 100.01, 100.03, 100.02, 100.0, 100.01, 100.02, 100.03, 100.01, 100.02, 105.0];
const ticks = series(prices);
const before = ticks.toArray();
const outliers = ticks.outliers({ threshold: 2.5 }).map((point) => point[1]);
const after = ticks.toArray();
const reset = ticks.reset().toArray();
console.log(`prices              ${show(before)}`);
console.log(`outliers            ${show(outliers)}`);
console.log(`prices after that   ${show(after)}   mean ${ticks.mean().toFixed(2).replace("-", "")}`);
console.log(`and after reset()   ${show(reset)}`);

const step = [100, 100, 100, 100, 100, 100, 110, 110, 110, 110, 110, 100];
const average = (kind) => series(step)[kind]({ period: 5 }).toArray();
let value = 100;
const exponential = step.map((price, n) => (n < 5 ? price : (value += (price - value) / 3)));
const linear = step.map((price, n) => (n < 5 ? price : [1, 2, 3, 4, 5].reduce((sum, weight) => sum + weight * step[n - 5 + weight], 0) / 15));
console.log(`a step              ${show(step)}`);
for (const kind of ["ema", "lwma"]) console.log(`${kind.padEnd(6)} package      ${show(average(kind))}\n       textbook     ${show(kind === "ema" ? exponential : linear)}`);

assert.equal(outliers.length, 1);
assert.ok(outliers[0] < 5 && after.every((price) => Math.abs(price) < 5), "the prices stay");
assert.deepEqual(reset, after);
assert.equal(show(average("ema").slice(6, 8)), "103.33 110.00");
assert.equal(show(average("lwma").slice(6, 12)), "100.00 100.67 102.00 104.00 106.67 110.00");
CHECK
timeout 60 node check.js
