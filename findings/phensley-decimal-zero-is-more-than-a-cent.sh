#!/usr/bin/env bash
# @phensley/decimal: zero is greater than everything between 0 and 1, and -1.5 is greater than -1.25, as all below zero that have not the same number of decimals.
#
# Expected: compare() "-1, 0 or 1" as numbers are compared; it is what sort() of prices and every limit are made of.
# Seen: @phensley/decimal 1.14.0 compares the number of digits in front of the point before it looks at the digits. Zero has one, 0.01 has -1 and 0.5 has none, so that zero
#   is the longer number and the greater one; 1.5 less 1.5 is such a zero. Where the decimals are not as many, it forgets the sign: of -1.5 and -1.25 the first is the
#   greater one, of -1.50 and -1.25 as well, as zeros at the end are taken away; -1.26 and -1.25 are right. So are all that are above zero, and addition,
#   multiplication and division.
# Why it matters: changes, spreads, funding rates, prices of options and of power lie between 0 and 1, and the limit that they are compared with is 0: "spread > 0" is false
#   for 0.01 and the book counts as crossed; the maximum of [0, 0.01] is 0. Negative prices of power and of spreads are sorted the wrong way round, some of
#   them. Tests with prices above 1 pass.
# Way to live with it: signum() for what is compared with zero, or subtract() and signum(): a.subtract(b).signum(); decimal.js. In tests 0 against 0.01, and -1.5 against -1.25.
# Versions: @phensley/decimal 1.14.0 (the newest on npm; a part of @phensley/cldr), decimal.js 10.6.0, Node.js 20.20.2. Source: Decimal.compare in decimal.js of
#   the package. Nothing found about it.
#
# Output seen:
#                        @phensley/decimal   decimal.js
#   0 and 0.01           1                   -1
#   0 and 0.5            1                   -1
#   1.5 - 1.5 and 0.01   1                   -1
#   0 and 1              -1                  -1
#   0 and -0.01          1                   1
#   -1.5 and -1.25       1                   -1
#   -1.26 and -1.25      -1                  -1
#   sorted               -0.02 0.01 0.05 0   -0.02 0 0.01 0.05
#   signum of 0 - 0.01   -1                  -1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @phensley/decimal@1.14.0 decimal.js@10.6.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const { Decimal: Phensley } = require("@phensley/decimal");
const DecimalJs = require("decimal.js");

const libraries = [
  { of: (text) => new Phensley(text), minus: (a, b) => a.subtract(b), compare: (a, b) => a.compare(b), sign: (a) => a.signum() },
  { of: (text) => new DecimalJs(text), minus: (a, b) => a.minus(b), compare: (a, b) => a.cmp(b), sign: (a) => (a.isZero() ? 0 : a.s) },
];
const cases = [
  ["0 and 0.01", ({ of, compare }) => compare(of("0"), of("0.01"))],
  ["0 and 0.5", ({ of, compare }) => compare(of("0"), of("0.5"))],
  ["1.5 - 1.5 and 0.01", ({ of, minus, compare }) => compare(minus(of("1.5"), of("1.5")), of("0.01"))],
  ["0 and 1", ({ of, compare }) => compare(of("0"), of("1"))],
  ["0 and -0.01", ({ of, compare }) => compare(of("0"), of("-0.01"))],
  ["-1.5 and -1.25", ({ of, compare }) => compare(of("-1.5"), of("-1.25"))],
  ["-1.26 and -1.25", ({ of, compare }) => compare(of("-1.26"), of("-1.25"))],
  ["sorted", ({ of, compare }) => ["0.05", "0", "-0.02", "0.01"].map(of).sort(compare).join(" ")],
  ["signum of 0 - 0.01", ({ of, minus, sign }) => sign(minus(of("0"), of("0.01")))],
];
const rows = cases.map(([name, run]) => [name, ...libraries.map((library) => String(run(library)))]);
console.log(`${"".padEnd(20)} @phensley/decimal   decimal.js`);
for (const [name, a, b] of rows) console.log(`${name.padEnd(20)} ${a.padEnd(19)} ${b}`);
assert.deepEqual(
  rows.map((row) => row.slice(1)),
  [
    ["1", "-1"],
    ["1", "-1"],
    ["1", "-1"],
    ["-1", "-1"],
    ["1", "1"],
    ["1", "-1"],
    ["-1", "-1"],
    ["-0.02 0.01 0.05 0", "-0.02 0 0.01 0.05"],
    ["-1", "-1"],
  ],
  "not as described any more",
);
PROBE
timeout 60 node probe.js
