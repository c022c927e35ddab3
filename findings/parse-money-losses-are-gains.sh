#!/usr/bin/env bash
# parse-money, parsecurrency: a change of -$5.25 is +5.25 in the first, ($12.50) is a gain in both, and $0.125 is 125, as each price with three decimals.
#
# Expected: amounts out of texts, with their sign; three digits behind a point are thousands where they can be, and 0.125 cannot. parsecurrency names "currencies with 3
#   decimals" as not supported, and gives null for what it does not understand.
# Seen: parse-money 1.0.12 keeps digits, points and commas and throws the rest away, the minus with it: every amount is positive. One point with three digits behind it is a
#   mark of thousands for it, also behind a zero. So it is for parsecurrency 1.1.1, whose groups begin with one to three digits of any kind: 0.005 is 5, and USD 156.250
#   is 156250; four decimals are null there, and right in parse-money. The minus is a minus in parsecurrency if it is "-", in front; brackets and the
#   minus of typesetters (U+2212) are a symbol of the currency, and the amount is positive.
# Why it matters: quotes of a page, a report or a broker's mail: 99.995 is a hundred thousand, but 99.99 and 99.9950 are right, so that it depends on the quote of the
#   moment; a yen rate has three decimals always. Losses become gains without an error. Tests have $1,234.50.
# Way to live with it: the decimals as a part of the feed's contract, and Number() after the removal of what it names; sign and symbol of parsecurrency compared with a list. In
#   tests -$5.25, ($12.50), 99.995 and 0.005.
# Versions: parse-money 1.0.12, parsecurrency 1.1.1 (the newest on npm), Node.js 20.20.2. Source: dist/index.js and index.js. Nothing found about it.
#
# Output seen:
#   text           parse-money   parsecurrency   right
#   $1,234.50      1234.5        1234.5          1234.5
#   -$5.25         5.25          -5.25           -5.25
#   ($12.50)       12.5          12.5            -12.5
#   −5.25          5.25          5.25            -5.25
#   $0.125         125           125             0.125
#   0.005          5             5               0.005
#   USD 156.250    156250        156250          156.25
#   99.995         99995         99995           99.995
#   99.9950        99.995        null            99.995
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts parse-money@1.0.12 parsecurrency@1.1.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const parseMoney = require("parse-money").default;
const parseCurrency = require("parsecurrency");

const cases = [
  ["$1,234.50", 1234.5],
  ["-$5.25", -5.25],
  ["($12.50)", -12.5],
  ["\u22125.25", -5.25],
  ["$0.125", 0.125],
  ["0.005", 0.005],
  ["USD 156.250", 156.25],
  ["99.995", 99.995],
  ["99.9950", 99.995],
];
console.log("text           parse-money   parsecurrency   right");
const seen = cases.map(([text, right]) => {
  const both = [parseMoney(text), parseCurrency(text)].map((result) => result && (result.amount ?? result.value));
  console.log(`${text.padEnd(14)} ${String(both[0]).padEnd(13)} ${String(both[1]).padEnd(15)} ${right}`);
  return both;
});
assert.deepEqual(
  seen,
  [
    [1234.5, 1234.5],
    [5.25, -5.25],
    [12.5, 12.5],
    [5.25, 5.25],
    [125, 125],
    [5, 5],
    [156250, 156250],
    [99995, 99995],
    [99.995, null],
  ],
  "not as described any more",
);
PROBE
timeout 60 node probe.js
