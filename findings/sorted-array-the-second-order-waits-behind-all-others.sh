#!/usr/bin/env bash
# sorted-array: of orders at one price the second to come goes behind all that come later, if the price is the highest of the list.
#
# Expected: what the source says about insert: "equal elements inserted after will be in a higher position in array ... Respecting the chronological order can be important for many applications."
# Seen: sorted-array 2.0.4 looks for the place behind the last equal element and stops one too early when the equal ones are at the end of the array: of a, b, c, d, e at 100 the order is a c d e b, each new one
#   comes before the last. With one higher price behind them, a b c d e.
# Why it matters: the highest price is the best bid. Price and time priority is right on all levels but this one, the one that trades: the order of b is filled last. A test with one order at the best price, or
#   with asks, is green.
# Way to live with it: compare by price and then by a number of one's own, so that none are equal; binary-search-insert 1.0.3 and sorted-array-type 1.2.1 keep the order. In tests three orders at the best bid.
# Versions: sorted-array 2.0.4 (npm, the newest), binary-search-insert 1.0.3, sorted-array-type 1.2.1 (both right), Node.js 20.20.2. Source: "(pos < high)" in insert of sorted-array.js. Nothing found about it.
#
# Output seen:
#   sorted-array          best bid 100       a c d e b
#   sorted-array          100, best bid 101  a b c d e z
#   sorted-array          99, best bid 100   y a c d e b
#   binary-search-insert  best bid 100       a b c d e
#   binary-search-insert  100, best bid 101  a b c d e z
#   binary-search-insert  99, best bid 100   y a b c d e
#   sorted-array-type     best bid 100       a b c d e
#   sorted-array-type     100, best bid 101  a b c d e z
#   sorted-array-type     99, best bid 100   y a b c d e
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts sorted-array@2.0.4 binary-search-insert@1.0.3 sorted-array-type@1.2.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import insert from "binary-search-insert";
import SortedArray from "sorted-array";
import SortedArrayType from "sorted-array-type";

const byPrice = (one, other) => one.price - other.price;
const libraries = {
  "sorted-array": (orders) => {
    const book = SortedArray.comparing("price", []);
    orders.forEach((order) => book.insert(order));
    return book.array;
  },
  "binary-search-insert": (orders) => {
    const book = [];
    orders.forEach((order) => insert(book, byPrice, order));
    return book;
  },
  "sorted-array-type": (orders) => {
    const book = new SortedArrayType(byPrice);
    orders.forEach((order) => book.insert(order));
    return [...book];
  },
};
const at = (price, names) => [...names].map((name) => ({ price, name }));
const books = { "best bid 100": at(100, "abcde"), "100, best bid 101": [...at(101, "z"), ...at(100, "abcde")], "99, best bid 100": [...at(99, "y"), ...at(100, "abcde")] };
const lines = [];
for (const [library, fill] of Object.entries(libraries)) {
  for (const [book, orders] of Object.entries(books)) {
    lines.push(`${library.padEnd(20)}  ${book.padEnd(17)}  ${fill(orders).map(({ name }) => name).join(" ")}`);
  }
}
console.log(lines.join("\n"));
assert.deepEqual(lines, [
  "sorted-array          best bid 100       a c d e b",
  "sorted-array          100, best bid 101  a b c d e z",
  "sorted-array          99, best bid 100   y a c d e b",
  "binary-search-insert  best bid 100       a b c d e",
  "binary-search-insert  100, best bid 101  a b c d e z",
  "binary-search-insert  99, best bid 100   y a b c d e",
  "sorted-array-type     best bid 100       a b c d e",
  "sorted-array-type     100, best bid 101  a b c d e z",
  "sorted-array-type     99, best bid 100   y a b c d e",
]);
CHECK
timeout 60 node check.mjs
