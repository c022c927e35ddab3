#!/usr/bin/env bash
# @thi.ng/transducers-stats: the RSI of a coin at 0.0000123 is 1.5, that of the same moves at 100 is 70.8.
#
# Expected: the relative strength index depends on the ratio of gains and losses only: prices in dollars, in cents and in units of a satoshi have the same one.
# Seen: rsi() of @thi.ng/transducers-stats 1.1.74 divides by Math.max(1e-6, mean loss). For prices whose moves are smaller than a millionth,
#   the floor stands for the losses: the index comes near 0, whatever the market does. A price that hasn't moved at all is 0 too ("oversold" as far as it
#   goes), where other packages give 50, 100 or nothing.
# Why it matters: SHIB, PEPE and all pairs in BTC are traded below 0.0001. Each of them is oversold all day, also while it rises, and the halted stock
#   is the first on the list of what to buy. With prices of a usual size nothing shows.
# Way to live with it: multiply the prices by a constant before (in whole ticks), and leave out windows without a move; in tests the same series
#   at 100 and at 0.00001.
# Versions: @thi.ng/transducers-stats 1.1.74 (the newest on npm), Node 20.20.2. Source: rsi.ts. Nothing found about it.
#
# Output seen:
#   starts at 100         rsi 70.83
#   starts at 0.1         rsi 70.83
#   starts at 0.0123      rsi 70.83
#   starts at 0.0000123   rsi 1.47
#   100, never moved      rsi 0.00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save @thi.ng/transducers-stats@1.1.74 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { rsi } from '@thi.ng/transducers-stats'

const last = (prices) => [...rsi(14, prices)].at(-1).toFixed(2)
const moves = [3, -1, 2, 2, -2, 1, 3, -1, 1, 2, -3, 2, 1, 2, 1, -1, 2]
const series = (start, step) => moves.reduce((prices, move) => [...prices, prices.at(-1) + move * step], [start])
for (const [start, step] of [[100, 0.1], [0.1, 0.0001], [0.0123, 0.0000123], [0.0000123, 0.0000000123]]) {
  console.log(`starts at ${String(start).padEnd(11)} rsi ${last(series(start, step))}`)
}
console.log(`100, never moved      rsi ${last(Array(20).fill(100))}`)
PROBE
node probe.mjs | tee seen
cat > want <<'WANT'
starts at 100         rsi 70.83
starts at 0.1         rsi 70.83
starts at 0.0123      rsi 70.83
starts at 0.0000123   rsi 1.47
100, never moved      rsi 0.00
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
