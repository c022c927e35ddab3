#!/usr/bin/env bash
# @apio/timeframes: a minute whose first tick is not on its stroke has no open and no low, and the bars of one minute have three times.
#
# Expected: resample() to minutes with first, min, max and last makes the four prices of each minute, with one time for each minute; a frame
#   keeps each row that it is given.
# Seen: @apio/timeframes 1.1.2 puts a point of null on the stroke of each interval that has none there. first is that null; min and max
#   begin with it, and a price is not below null (0), nor is a negative one above it: no low for any price, no high for changes
#   and spreads that are negative. max and last come with the time of their tick, not of the minute: joined, a bar of a minute is two or
#   three rows. The last tick of a series is in no bar when it is on the stroke, as the end is left out. And a frame has one row a
#   millisecond: the trade before it is written over, its size with it. lastValidValue(), "latest non-NaN", takes no zero for it.
# Why it matters: in tests ticks stand on the full minute and all is right; in a feed none does: bars without open and low, which as 0 are
#   a crash to zero. Volumes are short by each trade that shared its millisecond, as the parts of one order do.
# Way to live with it: partition(), dropNull() and then reduce; an index from createIndex() for the times; sum trades of one millisecond
#   before; in tests a minute that begins at its tenth second, and two trades at once.
# Versions: @apio/timeframes 1.1.2 (the newest on npm), Node 20.20.2.
#
# Output seen (100 at 13:30:00, 102 at 30 s; 110 at 13:31:10, 112 at 40 s; to 13:32):
#   first                          13:30:00 100  13:31:00 null  (right: 110)
#   min                            13:30:00 100  13:31:00 null  (right: 110)
#   max                            13:30:30 102  13:31:40 112   (right: 13:30:00, 13:31:00)
#   max of the same, negative      13:30:00 -100  13:31:00 null (right: -110)
#   last valid of 5, 0             5                            (right: 0)
#   volume of two at once, 40, 60  60                           (right: 100)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save @apio/timeframes@1.1.2 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const { TimeFrame, TimeSerie } = require('@apio/timeframes')

const at = (time) => `2025-06-11T${time}.000Z`
const ticks = [['13:30:00', 100], ['13:30:30', 102], ['13:31:10', 110], ['13:31:40', 112]]

function bars(operation, sign = 1) {
  const series = new TimeSerie('price', ticks.map(([time, price]) => [at(time), sign * price]))
  const made = series.resample({ interval: 60000, operation, from: at('13:30:00'), to: at('13:32:00') })
  return made.toArray().map(([time, price]) => `${time.slice(11, 19)} ${price}`).join('  ')
}

const trades = [40, 60].map((size) => ({ time: at('13:30:00'), price: 100, size }))
const zero = new TimeSerie('change', [[at('13:30:00'), 5], [at('13:31:00'), 0]])

const lines = [
  ['first', bars('first'), '110'],
  ['min', bars('min'), '110'],
  ['max', bars('max'), '13:30:00, 13:31:00'],
  ['max of the same, negative', bars('max', -1), '-110'],
  ['last valid of 5, 0', String(zero.lastValidValue()), '0'],
  ['volume of two at once, 40, 60', String(new TimeFrame({ data: trades }).column('size').sum()[1]), '100'],
]
for (const [name, seen, right] of lines) console.log(`${name.padEnd(30)} ${seen.padEnd(28)} (right: ${right})`)
const wanted = [
  '13:30:00 100  13:31:00 null',
  '13:30:00 100  13:31:00 null',
  '13:30:30 102  13:31:40 112',
  '13:30:00 -100  13:31:00 null',
  '5',
  '60',
]
if (lines.some(([, seen], i) => seen !== wanted[i])) {
  console.error('not as described any more')
  process.exit(1)
}
PROBE
timeout 60 node probe.js
