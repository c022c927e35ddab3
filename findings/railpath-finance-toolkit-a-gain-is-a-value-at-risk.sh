#!/usr/bin/env bash
# @railpath/finance-toolkit: a series without a loss has a value at risk, the expected shortfall is next to nothing, and a fall by half is a drawdown of 10 percent if a larger one in dollars follows.
#
# Expected: VaR is the loss that is not exceeded on 95 of 100 days; a series that only gains has none (0, or a negative one). The expected shortfall is the mean of what is worse, so that it is never
#   smaller than VaR. maxDrawdownPercent is the largest fall in percent; a drawdown lasts from its peak to its trough.
# Seen: @railpath/finance-toolkit 0.5.4 takes Math.abs() of the quantile: the smallest gain of 1 percent is "value 0.01, absolute loss threshold". calculatePortfolioMetrics() has a default
#   confidenceLevel of 0.05 where calculateVaR() wants 0.95; its VaR is then taken from the side of the gains, and its expected shortfall is 0.109 standard deviations. It keeps the percent of the
#   drawdown that is the largest in money. calculateMaxDrawdown() does have the largest in percent, but peakIndex goes on to the highest price of all: drawdownDuration is negative, and a series that
#   only rises "recovers" at 1.
# Why it matters: a limit on VaR stops a strategy that never lost, the more the better it is; a limit on the shortfall never stops one. An account that grew by deposits hides that it was halved when
#   it was small. Days under water are summed with a minus. On the usual example, a mean near 0 and the largest fall at the end, all of it looks right.
# Way to live with it: quantiles of one's own, with their sign; confidenceLevel: 0.95 always; the percent from calculateMaxDrawdown() and the length from troughIndex and the last peak in front of
#   it. In tests a series that only rises, one that was halved early, and the question whether the shortfall is above VaR.
# Versions: @railpath/finance-toolkit 0.5.4 (npm, the newest), Node.js 20.20.2. Source: risk/calculateHistoricalVaR, risk/calculateParametricVaR, risk/calculateMaxDrawdown and
#   portfolio/calculatePortfolioMetrics, with schemas/PortfolioMetricsOptionsSchema. Nothing found about it.
#
# Output seen:
#   0.01 0.02 0.03 0.015, historical         VaR 0.0100                                         (right: no loss)
#   0.01 0.02 0.03 0.015, parametric         VaR 0.0047                                         (right: -0.0047)
#   250 days of +1.1 % and -0.9 %            VaR -0.0166, shortfall 0.0001                      (right: -0.0155, -0.0197)
#   account 100 50 1000 900 950              drawdown 0.1                                       (right: 0.5)
#   prices 100 60 90 120 118                 peak 3, trough 1, lasts -2, recovered at 3         (right: 0, 1, lasts 1)
#   prices 100 101 102                       peak 2, trough 0, lasts -2, recovered at 1         (right: none)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @railpath/finance-toolkit@0.5.4 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.cjs <<'CHECK'
const assert = require("node:assert/strict");
const toolkit = require("@railpath/finance-toolkit");

const seen = [];
function row(name, text, right) {
  console.log(`${name.padEnd(40)} ${text.padEnd(50)} (right: ${right})`);
  seen.push(text);
}

const gains = [0.01, 0.02, 0.03, 0.015];
for (const method of ["historical", "parametric"]) {
  const { value } = toolkit.calculateVaR(gains, { confidenceLevel: 0.95, method });
  row(`${gains.join(" ")}, ${method}`, `VaR ${value.toFixed(4)}`, method === "historical" ? "no loss" : "-0.0047");
}

// 250 days of +1.1 and -0.9 percent: mean 0.1 percent, standard deviation 1 percent.
const values = [100000];
for (let day = 0; day < 250; day += 1) values.push(values[day] * (day % 2 ? 0.991 : 1.011));
const day = toolkit.calculatePortfolioMetrics({ portfolioValues: values });
row("250 days of +1.1 % and -0.9 %", `VaR ${day.valueAtRisk.toFixed(4)}, shortfall ${day.expectedShortfall.toFixed(4)}`, "-0.0155, -0.0197");

const halved = toolkit.calculatePortfolioMetrics({ portfolioValues: [100, 50, 1000, 900, 950] });
row("account 100 50 1000 900 950", `drawdown ${halved.maxDrawdownPercent}`, "0.5");

for (const [prices, right] of [[[100, 60, 90, 120, 118], "0, 1, lasts 1"], [[100, 101, 102], "none"]]) {
  const fall = toolkit.calculateMaxDrawdown({ prices });
  row(`prices ${prices.join(" ")}`, `peak ${fall.peakIndex}, trough ${fall.troughIndex}, lasts ${fall.drawdownDuration}, recovered at ${fall.recoveryIndex}`, right);
}
assert.deepEqual(seen, [
  "VaR 0.0100",
  "VaR 0.0047",
  "VaR -0.0166, shortfall 0.0001",
  "drawdown 0.1",
  "peak 3, trough 1, lasts -2, recovered at 3",
  "peak 2, trough 0, lasts -2, recovered at 1",
]);
CHECK
timeout 60 node check.cjs
