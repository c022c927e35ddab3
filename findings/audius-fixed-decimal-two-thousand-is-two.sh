#!/usr/bin/env bash
# @audius/fixed-decimal: 2e3 is 2 and 1.5e21 is 15, and a price with two places cannot be shown with two.
#
# Expected: a number and its text, in scientific notation as well, are what they are worth: the package expands it itself. toFixed(2) of
#   100.25 is 100.25, as Number's is.
# Seen: @audius/fixed-decimal 0.2.1 moves the point to the right over the digits that are there, and adds no zeros: an exponent that is larger
#   than the number of places is cut: 2e3 is 2, 1.5e3 is 15, 1.2345e3 is 1234.5 and right. Number writes 1e21 and above so, which with 18
#   places is a thousand and a half of a coin. Small ones are right; below zero they raise. round() divides by ten to the
#   power of places less one: to as many places as the number has, that is 0.1, and toFixed(2) of 100.25 raises a RangeError; of 100.255 it is fine.
# Why it matters: sizes that were written by a formatter with exponents, and sums in the smallest unit, shrink by tens, hundreds or more, without
#   an error, and 1.2345e3 in the test is right. A page that shows prices works until one has two places.
# Way to live with it: BigInt for whole units; texts without an exponent (check for "e"); a number of places for each value and one more
#   than is shown; in tests 2e3 and 100.25 with two places.
# Versions: @audius/fixed-decimal 0.2.1 (the newest on npm), Node 20.20.2.
#
# Output seen:
#   '1.2345e3'                1234.5
#   '1.5e3'                   15          (right: 1500)
#   '2e3'                     2           (right: 2000)
#   1.5e21                    15          (right: 1500000000000000000000)
#   1.5e-7                    0.00000015
#   toFixed(2) of '100.255'   100.26
#   toFixed(2) of '100.25'    RangeError  (right: 100.25)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save @audius/fixed-decimal@0.2.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const { FixedDecimal } = require('@audius/fixed-decimal')

const of = (value) => new FixedDecimal(value)

function shown(value) {
  try {
    return of(value).toFixed(2)
  } catch (error) {
    return error.name
  }
}

const lines = [
  ["'1.2345e3'", of('1.2345e3').toString(), ''],
  ["'1.5e3'", of('1.5e3').toString(), '1500'],
  ["'2e3'", of('2e3').toString(), '2000'],
  ['1.5e21', of(1.5e21).toString(), BigInt(1.5e21).toString()],
  ['1.5e-7', of(1.5e-7).toString(), ''],
  ["toFixed(2) of '100.255'", shown('100.255'), ''],
  ["toFixed(2) of '100.25'", shown('100.25'), '100.25'],
]
for (const [name, seen, right] of lines) {
  console.log(`${name.padEnd(25)} ${seen.padEnd(11)}${right && ` (right: ${right})`}`.trimEnd())
}
const wanted = ['1234.5', '15', '2', '15', '0.00000015', '100.26', 'RangeError']
if (lines.some(([, seen], i) => seen !== wanted[i])) {
  console.error('not as described any more')
  process.exit(1)
}
PROBE
timeout 60 node probe.js
