#!/usr/bin/env bash
# ta-math: ADX of 20 has no value, one minute at one price ends the accumulation line, and the first averages know what comes.
#
# Expected: adx(window) for any window; a candle without a range counts as nothing in the accumulation line; an average at a candle is made of
#   that candle and those before it. README: a table of tested functions, all three among them.
# Seen: ta-math 1.0.49 cuts 14 values off in adx(), whatever the window is. With 15 or more, values that do not exist yet go into the
#   smoothing and all that follows is NaN; with 7, seven values that exist are thrown away. adl() divides by high minus low:
#   a candle of one price is 0/0, and NaN is added up to the end; cho(), made of it, ends as well.
#   ema() begins with the mean of its first window: at the first candle the price after a jump is known three candles before it.
#   And an instance reads its candles once: one that is pushed later is in no result.
# Why it matters: quiet minutes are candles of one price: a signal from adl() never comes again that day, without an error. A
#   backtest that starts before a jump buys ahead of it. A service that keeps its instance shows the averages of its start.
# Way to live with it: adx() with 14 only; leave candles without a range out for adl(); throw the first window away; a new instance
#   for each candle; in tests one flat candle, a window of 20 and one candle more.
# Versions: ta-math 1.0.49 (the newest on npm), Node 20.20.2. Nothing found about it.
#
# Output seen (60 candles):
#   ADX of 7 at the end              a number, from candle 15   (right: from candle 8, one after the window)
#   ADX of 14 at the end             a number, from candle 15
#   ADX of 20 at the end             NaN
#   accumulation line                a number
#   with candle 6 at one price       NaN
#   average of 4 at candle 1 of 100  125                        (right: 100; the fourth is at 200)
#   averages after a third candle    2                          (right: 3)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save ta-math@1.0.49 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const TA = require('ta-math')

const candle = (minute, close) => [minute, close - 0.3, close + 1, close - 1, close + 0.2, 10]
const bars = Array.from({ length: 60 }, (_, minute) => candle(minute, 100 + 5 * Math.sin(minute / 3) + minute / 10))
const kind = (value) => (Number.isNaN(value) ? 'NaN' : 'a number')

function adx(window) {
  const values = new TA(bars).adx(window).adx
  const first = values.findIndex((value) => !Number.isNaN(value))
  return kind(values.at(-1)) + (first < 0 ? '' : `, from candle ${first + 1}`)
}

const flat = bars.with(5, [5, 101, 101, 101, 101, 10])
const kept = [candle(0, 100), candle(1, 101)]
const instance = new TA(kept)
instance.sma(2)
kept.push(candle(2, 102))

const lines = [
  ['ADX of 7 at the end', adx(7), 'from candle 8, one after the window'],
  ['ADX of 14 at the end', adx(14), ''],
  ['ADX of 20 at the end', adx(20), ''],
  ['accumulation line', kind(new TA(bars).adl().at(-1)), ''],
  ['with candle 6 at one price', kind(new TA(flat).adl().at(-1)), ''],
  ['average of 4 at candle 1 of 100', String(TA.ema([100, 100, 100, 200, 200], 4)[0]), '100; the fourth is at 200'],
  ['averages after a third candle', String(instance.sma(2).length), '3'],
]
for (const [name, seen, right] of lines) {
  console.log(`${name.padEnd(32)} ${seen.padEnd(26)}${right && ` (right: ${right})`}`.trimEnd())
}
const wanted = ['a number, from candle 15', 'a number, from candle 15', 'NaN', 'a number', 'NaN', '125', '2']
if (lines.some(([, seen], i) => seen !== wanted[i])) {
  console.error('not as described any more')
  process.exit(1)
}
PROBE
timeout 60 node probe.js
