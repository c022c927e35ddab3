#!/usr/bin/env bash
# json-parse-bigint: a negative integer of 16 digits and more stays a number and is rounded: credit is exact, debt is not.
#
# Expected: "convert all the big integers (≥ 16 digits) to string in JSON before JSON.parse", whatever the sign is.
# Seen: json-parse-bigint 1.0.4 makes texts of integers without a sign only. -12345678901234567 goes to JSON.parse as it is and comes back as -12345678901234568, a number; 12345678901234567 is the text. What
#   would be exact as a number is a text, too, from 16 digits on: microseconds since 1970, but not those of a day.
# Why it matters: balances and profits in units of 1e-8 are negative as often as not. A sum of the credits as BigInt(text) and of the debts as BigInt(number) is off by one or two units per row, without an
#   error: a reconciliation of the day fails by 0.00000002.
# Way to live with it: json-bigint or lossless-json, or let the service send texts. In tests one negative number of 17 digits that is odd.
# Versions: json-parse-bigint 1.0.4 (npm, the newest), json-bigint 1.0.0, Node.js 20.20.2. Source: /^\d{16,}$/ in index.js. Nothing found about it;
#   Ivan-Korolenko/json-with-bigint issue 4 was the same elsewhere.
#
# Output seen:
#   12345678901234567   string 12345678901234567, json-bigint 12345678901234567
#   -12345678901234567  number -12345678901234568, json-bigint -12345678901234567
#   -9007199254740993   number -9007199254740992, json-bigint -9007199254740993
#   999999999999999     number 999999999999999, json-bigint 999999999999999
#   1767607200000000    string 1767607200000000, json-bigint 1767607200000000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts json-parse-bigint@1.0.4 json-bigint@1.0.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import lossless from "json-bigint";
import parse from "json-parse-bigint";

const rows = ["12345678901234567", "-12345678901234567", "-9007199254740993", "999999999999999", "1767607200000000"].map((digits) => {
  const text = `{"balance": ${digits}}`;
  const value = parse(text).balance;
  const row = `${digits.padEnd(18)}  ${typeof value} ${value}, json-bigint ${lossless.parse(text).balance}`;
  console.log(row);
  return row;
});
assert.deepEqual(rows, [
  "12345678901234567   string 12345678901234567, json-bigint 12345678901234567",
  "-12345678901234567  number -12345678901234568, json-bigint -12345678901234567",
  "-9007199254740993   number -9007199254740992, json-bigint -9007199254740993",
  "999999999999999     number 999999999999999, json-bigint 999999999999999",
  "1767607200000000    string 1767607200000000, json-bigint 1767607200000000",
]);
CHECK
timeout 60 node check.mjs
