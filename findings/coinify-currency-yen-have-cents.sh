#!/usr/bin/env bash
# @coinify/currency: a yen and a won have a hundred parts, and ether has twelve decimals.
#
# Expected: "the smallest sub-unit of the currency": of JPY, KRW and CLP it is the unit itself (ISO 4217 has no decimals for them, and the Intl of Node.js none either), of ETH the wei, 18 decimals.
# Seen: @coinify/currency 1.3.43 has two decimals for JPY, KRW, CLP, ISK and VND, as for USD, and 12 for ETH: toSmallestSubunit(100, "JPY") is 10000, fromSmallestSubunit(15000, "JPY") is 150, and 1 ETH is
#   1000000000000. KWD and BHD, with three, are right, so there is a table, and it looks like one of ISO.
# Why it matters: an amount of 15000 yen from a service that counts in ISO's minor units is shown as 150.00, an order of 100 yen is sent as one of 10000. Between two programs with this package nothing is
#   to be seen; at the border all yen are wrong by a hundred, and all ether by a million.
# Way to live with it: Intl.NumberFormat(...).resolvedOptions().maximumFractionDigits for what is ISO, one's own table for coins. In tests one yen there and back through the other side.
# Versions: @coinify/currency 1.3.43 (npm), Node.js 20.20.2. Source: src/currencies.json. The README names no table. Nothing found about it.
#
# Output seen:
#   USD  decimals 2 (Intl 2), 100 is 10000 of the smallest, 15000 of the smallest are 150.00
#   KWD  decimals 3 (Intl 3), 100 is 100000 of the smallest, 15000 of the smallest are 15.000
#   JPY  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00
#   KRW  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00
#   CLP  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00
#   ISK  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00
#   VND  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00
#   ETH  decimals 12 (18), 1 is 1000000000000 of the smallest
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @coinify/currency@1.3.43 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import currency from "@coinify/currency";

const iso = (code) => new Intl.NumberFormat("en-US", { style: "currency", currency: code }).resolvedOptions().maximumFractionDigits;
const rows = ["USD", "KWD", "JPY", "KRW", "CLP", "ISK", "VND"].map((code) => {
  const [parts, text] = [currency.toSmallestSubunit(100, code), currency.formatAmount(15000, code)];
  const row = `${code}  decimals ${currency.getDecimalsForCurrency(code)} (Intl ${iso(code)}), 100 is ${parts} of the smallest, 15000 of the smallest are ${text}`;
  console.log(row);
  return row;
});
const ether = `ETH  decimals ${currency.getDecimalsForCurrency("ETH")} (18), 1 is ${currency.toSmallestSubunit(1, "ETH")} of the smallest`;
console.log(ether);
assert.deepEqual([...rows, ether], [
  "USD  decimals 2 (Intl 2), 100 is 10000 of the smallest, 15000 of the smallest are 150.00",
  "KWD  decimals 3 (Intl 3), 100 is 100000 of the smallest, 15000 of the smallest are 15.000",
  "JPY  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00",
  "KRW  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00",
  "CLP  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00",
  "ISK  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00",
  "VND  decimals 2 (Intl 0), 100 is 10000 of the smallest, 15000 of the smallest are 150.00",
  "ETH  decimals 12 (18), 1 is 1000000000000 of the smallest",
]);
CHECK
timeout 60 node check.mjs
