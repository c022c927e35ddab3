#!/usr/bin/env bash
# @ixjb94/indicators: at nearly every second price a market that stands still has Bollinger bands of NaN, and a negative deviation.
#
# Expected: 20 closes of one price have a deviation of 0, and all three bands are that price, whichever price it is. A deviation is never
#   below 0. The README's list marks both as "available and fastest", compared with technicalindicators among others.
# Seen: @ixjb94/indicators 1.2.4 takes the mean of squares less the square of the mean, both from sums that run along. Of equal prices the
#   difference is what rounding has left, of either sign. bbands() takes the root of it: NaN; stddev() leaves it as it is when it is
#   negative: a deviation of -5e-12. Of the prices from 100.01 to 199.99, 4667 have NaN; technicalindicators 3.1.0 has none on the same
#   closes. rsi() of a market that stands still from the first candle on is NaN as well (100 there).
# Why it matters: a halt, a lunch break or a thin share is 20 equal closes. At 100.01 all is well in the test, at 100.02 the band is NaN, and
#   close > upper and close < lower are false: no signal, no error. Where the band's width is divided by, the sign of a size turns.
# Way to live with it: Number.isFinite() on each value, and max(0, deviation); or bands from technicalindicators; in tests 40 closes of one
#   price, for a hundred prices.
# Versions: @ixjb94/indicators 1.2.4, technicalindicators 3.1.0 (the newest on npm), Node 20.20.2.
#
# Output seen (40 closes of one price, period 20, 2 deviations, the last value):
#   100.01                bands 100.0100 100.0100 100.0100
#   100.02                bands NaN 100.0200 NaN          (right: 100.0200 three times)
#   deviation at 100.02   negative                        (right: 0)
#   NaN, of 9999 prices   4667                            (right: 0)
#   technicalindicators   0
#   RSI of a standstill   NaN                             (technicalindicators: 100)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save @ixjb94/indicators@1.2.4 technicalindicators@3.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const { IndicatorsSync } = require('@ixjb94/indicators')
const { BollingerBands, RSI } = require('technicalindicators')

const indicators = new IndicatorsSync()
const still = (price) => Array(40).fill(price)
const bands = (price) => indicators.bbands(still(price), 20, 2).map((values) => values.at(-1))
const show = (price) => `bands ${bands(price).map((value) => value.toFixed(4)).join(' ')}`
const deviation = indicators.stddev(still(100.02), 20).at(-1)

const prices = Array.from({ length: 9999 }, (_, i) => (10001 + i) / 100)
const others = (values) => BollingerBands.calculate({ values, period: 20, stdDev: 2 }).at(-1)
const lacking = prices.filter((price) => Number.isNaN(bands(price)[0])).length
const lackingThere = prices.filter((price) => Number.isNaN(others(still(price)).lower)).length
const rsiThere = RSI.calculate({ values: still(100), period: 14 }).at(-1)

const lines = [
  ['100.01', show(100.01), ''],
  ['100.02', show(100.02), 'right: 100.0200 three times'],
  ['deviation at 100.02', deviation < 0 ? 'negative' : String(deviation), 'right: 0'],
  ['NaN, of 9999 prices', String(lacking), 'right: 0'],
  ['technicalindicators', String(lackingThere), ''],
  ['RSI of a standstill', String(indicators.rsi(still(100), 14).at(-1)), `technicalindicators: ${rsiThere}`],
]
for (const [name, seen, right] of lines) {
  console.log(`${name.padEnd(21)} ${seen.padEnd(31)}${right && ` (${right})`}`.trimEnd())
}
const wanted = ['bands 100.0100 100.0100 100.0100', 'bands NaN 100.0200 NaN', 'negative', '4667', '0', 'NaN']
if (lines.some(([, seen], i) => seen !== wanted[i])) {
  console.error('not as described any more')
  process.exit(1)
}
PROBE
timeout 60 node probe.js
