#!/usr/bin/env bash
# @agrora/decimal: 100.25 divided by 1 is 0, and no negative change has a remainder.
#
# Expected: "arbitrary precision", after PHP's bcmath, and tested: a number divided by 1 is that number; modulo of a tick size tells whether a
#   price or a change is on the grid, of either sign.
# Seen: @agrora/decimal 0.2.1 has a short cut for a divisor of 1. It copies what comes after the digits it wants: nothing, and the
#   quotient keeps its zeros. At scale 0 it copies the places to the front: 100.27 by 1 is 270 in divideModulo(), so the remainder is
#   negative, and negative remainders become 0: modulo 1 is 0 for any number. -0.07 modulo 0.05 is 0 for the same reason, where bcmath has
#   -0.02. (Some divisors with zeros at the end, 1.00 and 16.00 among them, raise instead.)
# Why it matters: sum of price times size by sum of sizes: the first tick of size 1 has an average price of 0, each other is right. A quantity
#   of 0.27 passes as whole lots, and each fall passes as a multiple of the tick size.
# Way to live with it: big.js or BigInt and a scale; else no division by what may be 1 (multiply it by 10 and the number too), modulo of
#   absolute values; in tests a size of 1 and one fall off the grid.
# Versions: @agrora/decimal 0.2.1 (the newest on npm), Node 20.20.2.
#
# Output seen:
#   100.25 / 2     50.12
#   100.25 / 1     0      (right: 100.25)
#   12 / 1         0      (right: 12)
#   100.27 mod 1   0      (right: 0.27)
#   0.07 mod 0.05  0.02
#   -0.07 mod 0.05 0      (right: -0.02)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save @agrora/decimal@0.2.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const Decimal = require('@agrora/decimal').default

const by = (price, size) => String(Decimal.from(price).divide(size).toFloat())
const rest = (number, step) => String(Decimal.from(number).modulo(step).toFloat())

const lines = [
  ['100.25 / 2', by('100.25', '2'), ''],
  ['100.25 / 1', by('100.25', '1'), '100.25'],
  ['12 / 1', by('12', '1'), '12'],
  ['100.27 mod 1', rest('100.27', '1'), '0.27'],
  ['0.07 mod 0.05', rest('0.07', '0.05'), ''],
  ['-0.07 mod 0.05', rest('-0.07', '0.05'), '-0.02'],
]
for (const [name, seen, right] of lines) {
  console.log(`${name.padEnd(14)} ${seen.padEnd(6)}${right && ` (right: ${right})`}`.trimEnd())
}
const wanted = ['50.12', '0', '0', '0', '0.02', '0']
if (lines.some(([, seen], i) => seen !== wanted[i])) {
  console.error('not as described any more')
  process.exit(1)
}
PROBE
timeout 60 node probe.js
