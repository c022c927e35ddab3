#!/usr/bin/env bash
# @railpath/finance-toolkit: rebalancing with a minimum trade of 5 percent gives three trades of less than 5 percent and none of the one that was above; "proportional" never trades.
#
# Expected: minTradeSize leaves out the trades that are smaller: of -6, +3 and +3 percent the first one stays, and what it brings is cash. method 'proportional' rebalances in some proportional way.
# Seen: calculatePortfolioRebalancing() of @railpath/finance-toolkit 0.5.4 drops the small trades, then scales all weights to a sum of 1 again and takes the trades from these. What was dropped comes
#   back at another size, and what was to stay is cut: here to 3.2, 1.9 and 1.3 percent, each below the minimum. 'proportional' scales the current weights by 1, the sum of the targets by the sum of
#   the weights: no trade, whatever the targets, and rebalancingNeeded is false.
# Why it matters: the minimum is there since an exchange or a broker refuses what is smaller. The router sends three orders that are refused, and the position that is too large stays. A portfolio on
#   'proportional' reports each day that nothing needs to be done. With a minimum below every trade, as in the default of 0.1 percent, all is right.
# Way to live with it: minTradeSize: 0, and the small trades left out by hand afterwards; method 'fixed'. In tests one trade above the minimum beside two below, and targets far away with each
#   method.
# Versions: @railpath/finance-toolkit 0.5.4 (npm, the newest), Node.js 20.20.2. Source: portfolio/calculatePortfolioRebalancing. Nothing found about it.
#
# Output seen (100,000 in three assets, trades in percent):
#   fixed, no minimum                      -6.0 3.0 3.0, needed: true   (right: -6.0 3.0 3.0)
#   fixed, minimum 5, wanted -6 3 3        -3.2 1.9 1.3, needed: true   (right: -6.0 0.0 0.0)
#   fixed, minimum 3.1, wanted -6 4 2      -5.1 4.7 0.4, needed: true   (right: -6.0 4.0 0.0)
#   proportional, targets 10 10 80         0.0 0.0 0.0, needed: false   (right: -40.0 -20.0 60.0)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @railpath/finance-toolkit@0.5.4 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.cjs <<'CHECK'
const assert = require("node:assert/strict");
const { calculatePortfolioRebalancing } = require("@railpath/finance-toolkit");

const now = { currentWeights: [0.5, 0.3, 0.2], targetWeights: [0.44, 0.33, 0.23], portfolioValue: 100000 };

const rows = [
  ["fixed, no minimum", { ...now, minTradeSize: 0 }, "-6.0 3.0 3.0"],
  ["fixed, minimum 5, wanted -6 3 3", { ...now, minTradeSize: 0.05 }, "-6.0 0.0 0.0"],
  ["fixed, minimum 3.1, wanted -6 4 2", { ...now, targetWeights: [0.44, 0.34, 0.22], minTradeSize: 0.031 }, "-6.0 4.0 0.0"],
  ["proportional, targets 10 10 80", { ...now, targetWeights: [0.1, 0.1, 0.8], method: "proportional" }, "-40.0 -20.0 60.0"],
].map(([name, options, right]) => {
  const seen = calculatePortfolioRebalancing(options);
  const trades = seen.tradePercentages.map((part) => (part * 100).toFixed(1)).join(" ");
  const text = `${trades}, needed: ${seen.rebalancingNeeded}`;
  console.log(`${name.padEnd(38)} ${text.padEnd(28)} (right: ${right})`);
  return text;
});
assert.deepEqual(rows, [
  "-6.0 3.0 3.0, needed: true",
  "-3.2 1.9 1.3, needed: true",
  "-5.1 4.7 0.4, needed: true",
  "0.0 0.0 0.0, needed: false",
]);
CHECK
timeout 60 node check.cjs
