#!/usr/bin/env bash
# option-pricing: the simulated price of an option on a dividend payer is too high by the dividends, 4 percent at a yield of 4.
#
# Expected: its three models price the same option: for a European one the tree and the simulation come near Black-Scholes, and
#   more simulations come nearer. README: each model takes the dividend yield q.
# Seen: in the simulation of option-pricing 2.1.0 paths drift with r - q, as they should, and payoffs are discounted with r - q too,
#   where it has to be r. The result is too high by exp(q * t), whatever the number of paths. Without dividends the three agree.
#   American options weigh exercise against continuation values of the same kind, so that they are held too long.
# Why it matters: the models' disagreement looks like the noise of a simulation and does not shrink. It is an option's whole margin: on
#   this at-the-money call 0.33 of 8.10. Options on indices, currencies (q is the foreign rate) and futures (q = r: no
#   discounting at all) are all affected; the usual first example has no dividend.
# Way to live with it: multiply a European price by exp(-q * t); the tree for American ones; in tests all models at q of 8 percent.
# Versions: option-pricing 2.1.0 (the newest on npm), Node.js 20.20.2. Nothing found about it.
#
# Output seen (spot and strike 100, one year, volatility 0.2, r 0.05, 200,000 paths from a fixed seed):
#   q 0.00  call  Black-Scholes 10.45  tree 10.44  simulation 10.47  times exp(-q) 10.47
#   q 0.04  call  Black-Scholes  8.10  tree  8.10  simulation  8.45  times exp(-q)  8.12
#   q 0.08  put   Black-Scholes  8.95  tree  8.95  simulation  9.71  times exp(-q)  8.96
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts option-pricing@2.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { Option } from "option-pricing";

const show = (price) => price.toFixed(2).padStart(5);

function compare(type, dividendYield) {
  const option = new Option({
    style: "european", type, initialSpotPrice: 100, strikePrice: 100, timeToMaturity: 1, volatility: 0.2,
    riskFreeRate: 0.05, dividendYield,
  });
  const right = option.price("black-scholes");
  const tree = option.price("binomial-tree", { timeSteps: 300 });
  const simulated = option.price("monte-carlo-simulation", {
    simulations: 200000, prngName: "sfc32", prngSeed: "1", prngAdvancePast: 15,
  });
  const discounted = simulated * Math.exp(-dividendYield);
  console.log(
    `q ${dividendYield.toFixed(2)}  ${type.padEnd(4)}  Black-Scholes ${show(right)}  tree ${show(tree)}` +
      `  simulation ${show(simulated)}  times exp(-q) ${show(discounted)}`,
  );
  const near = (one, other) => Math.abs(one / other - 1) < 0.004;
  return near(tree, right) && near(discounted, right) && near(simulated / right, Math.exp(dividendYield));
}

if (![compare("call", 0), compare("call", 0.04), compare("put", 0.08)].every(Boolean)) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
timeout 100 node probe.mjs
