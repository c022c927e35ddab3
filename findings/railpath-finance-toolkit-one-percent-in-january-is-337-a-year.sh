#!/usr/bin/env bash
# @railpath/finance-toolkit: the money-weighted return is annualized twice: 1 percent in January is 337 percent a year, and 10 percent a year for two years is 4.89.
#
# Expected: "mwr: period return; annualizedMWR: annualized return" (README). 1000 that became 1010 in 30 days: 1 percent, and 12.9 percent a year. 1000 that became 1210 in two years: 21, and 10 a
#   year.
# Seen: calculateMoneyWeightedReturn() of @railpath/finance-toolkit 0.5.4 measures the times in years, so that the rate it finds is one for a year. It returns that as the "period return", and raises
#   it to 1/years once more for annualizedMWR. After exactly a year both are right. Deposits have to be negative; README's own example has them positive and ends in "Bisection failed".
# Why it matters: neither of the two names holds what it says. Short periods explode, long ones shrink, so that a new account looks like the best and an old one like the worst; the order between
#   accounts is wrong, not only the figure. In tests one takes a year.
# Way to live with it: mwr as the rate of a year (of 365.25 days), (1 + mwr) ** timePeriodYears - 1 for the period; annualizedMWR not at all. In tests 30 days and two years.
# Versions: @railpath/finance-toolkit 0.5.4 (npm, the newest), Node.js 20.20.2; xirr 1.1.0 (npm) for comparison. Source: portfolio/calculateMoneyWeightedReturn. Nothing found about it.
#
# Output seen (1000 paid in on the first day, in percent):
#   2026-01-31 1010   mwr 12.88, annualizedMWR 337.08      (right: 1.00, 12.87)
#   2027-01-01 1100   mwr 10.01, annualizedMWR 10.01       (right: 10.00, 10.00)
#   2028-01-01 1210   mwr 10.01, annualizedMWR 4.89        (right: 21.00, 10.00)
#   2036-01-01 2594   mwr 10.00, annualizedMWR 0.96        (right: 159.40, 10.00)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @railpath/finance-toolkit@0.5.4 xirr@1.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.cjs <<'CHECK'
const assert = require("node:assert/strict");
const { calculateMoneyWeightedReturn } = require("@railpath/finance-toolkit");
const xirr = require("xirr");

const percent = (rate) => (rate * 100).toFixed(2);
const start = new Date("2026-01-01");

const rows = [["2026-01-31", 1010], ["2027-01-01", 1100], ["2028-01-01", 1210], ["2036-01-01", 2594]].map(([end, finalValue]) => {
  const dates = [start, new Date(end)];
  const seen = calculateMoneyWeightedReturn({ cashFlows: [-1000, 0], dates, finalValue });
  const right = xirr([{ amount: -1000, when: dates[0] }, { amount: finalValue, when: dates[1] }]);
  const text = `mwr ${percent(seen.mwr)}, annualizedMWR ${percent(seen.annualizedMWR)}`;
  console.log(`${end} ${finalValue}   ${text.padEnd(36)} (right: ${percent(finalValue / 1000 - 1)}, ${percent(right)})`);
  return text;
});
assert.deepEqual(rows, [
  "mwr 12.88, annualizedMWR 337.08",
  "mwr 10.01, annualizedMWR 10.01",
  "mwr 10.01, annualizedMWR 4.89",
  "mwr 10.00, annualizedMWR 0.96",
]);
CHECK
timeout 60 node check.cjs
