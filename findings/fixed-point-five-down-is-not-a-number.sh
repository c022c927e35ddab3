#!/usr/bin/env bash
# @hastom/fixed-point: a change of -0.05 is not a number, 123 lots are .123, and 100.00 equals 100.009.
#
# Expected: fromDecimal() and toDecimal() are each other's reverse for what fits the precision, of either sign, with precision 0 as well;
#   eq() compares what two numbers are worth, in both directions alike.
# Seen: @hastom/fixed-point 1.0.3 makes its text from the digits, filled up with zeros on the left; the sign counts as a digit and the zeros
#   go before it: -5 at 2 places is "0.-5", and toDecimal() and whatever is computed with it is NaN. -0.10 is right again. At 0 places
#   slice(-0) is all of it: the point stands before the digits. eq(), lt() and the others cut the argument to
#   their own precision first: 100.00 equals 100.009, which does not equal 100.00.
# Why it matters: a small fall is not a number, a small rise is right: NaN compares as false, so that a limit on falls is never hit. Prices
#   with two places against a feed with three "have not changed". Lots and contracts have no places: a thousandth is traded.
# Way to live with it: BigInt and the scale, or big.js; never precision 0; compare from the side with more places; in tests a negative
#   number below one and each precision that the feed has.
# Versions: @hastom/fixed-point 1.0.3 (the newest on npm), Node 20.20.2.
#
# Output seen:
#   -0.05 at two places     0.-5   NaN
#   -0.05 below zero        false         (right: true)
#   0.05 at two places      0.05   0.05
#   123 at no places        .123   0.123  (right: 123)
#   100.00 equals 100.009   true          (right: false)
#   100.009 equals 100.00   false
#   100.00 below 100.009    false         (right: true)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save @hastom/fixed-point@1.0.3 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const { FixedPoint } = require('@hastom/fixed-point')

const of = (value, places) => FixedPoint.fromDecimal(value, places)
const both = (number) => `${number.toDecimalString().padEnd(6)} ${number.toDecimal()}`

const lines = [
  ['-0.05 at two places', both(of(-0.05, 2)), ''],
  ['-0.05 below zero', String(of(-0.05, 2) < 0), 'true'],
  ['0.05 at two places', both(of(0.05, 2)), ''],
  ['123 at no places', both(of(123, 0)), '123'],
  ['100.00 equals 100.009', String(of(100, 2).eq(of(100.009, 3))), 'false'],
  ['100.009 equals 100.00', String(of(100.009, 3).eq(of(100, 2))), ''],
  ['100.00 below 100.009', String(of(100, 2).lt(of(100.009, 3))), 'true'],
]
for (const [name, seen, right] of lines) {
  console.log(`${name.padEnd(23)} ${seen.padEnd(13)}${right && ` (right: ${right})`}`.trimEnd())
}
const wanted = ['0.-5   NaN', 'false', '0.05   0.05', '.123   0.123', 'true', 'false', 'false']
if (lines.some(([, seen], i) => seen !== wanted[i])) {
  console.error('not as described any more')
  process.exit(1)
}
PROBE
timeout 60 node probe.js
