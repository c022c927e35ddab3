#!/usr/bin/env bash
# orderbooks: a book of the best three bids is the first, the second and the last; of the best one, the worst.
#
# Expected: maxDepth keeps the levels nearest to the spread, the same number on both sides.
# Seen: orderbooks 1.1.14 (npm) cuts asks right. From the bids it cuts the levels above the last one and keeps
#   that: of five bids and three places 100, 99 and 96 stay. Each new best bid throws out the worst but one, so
#   that the last stays until the exchange deletes it, hours below the market. With one place a side the best
#   bid is 96, the worst, and a better one does not get in.
# Why it matters: 250 levels are the default, so that it concerns everybody with books of 200 or 500 levels a
#   side. The volume of the bids, the depth and the slippage of a sale are those of a book with a hole; the bid
#   of maxDepth 2, for a top of book, is wrong from the first message. Tests with fewer levels than maxDepth cut
#   nothing.
# Way to live with it: set maxDepth far above what the exchange sends, and cut oneself: getBookState() and the
#   first n of each side; in tests more levels than maxDepth, and a comparison of both sides with what was sent.
# Versions: orderbooks 1.1.14, Node.js 20.20.2. Its README: "keep orderbook depth trimmed to max depth". Nothing
#   found about it.
#
# Output seen (asks 101 to 105, bids 100 to 96; then a bid of 100.5 comes):
#   maxDepth  2  asks 101                  bids 96               best bid  96  then bids 96
#   maxDepth  6  asks 101 102 103          bids 100 99 96        best bid 100  then bids 100.5 100 96
#   maxDepth  8  asks 101 102 103 104      bids 100 99 98 96     best bid 100  then bids 100.5 100 99 96
#   maxDepth 20  asks 101 102 103 104 105  bids 100 99 98 97 96  best bid 100  then bids 100.5 100 99 98 97 96
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts orderbooks@1.1.14

cat > trim.js <<'TRIM'
const { OrderBookLevel, OrderBooksStore } = require("orderbooks");
const ASKS = [101, 102, 103, 104, 105];
const BIDS = [100, 99, 98, 97, 96];
const EXPECTED = {
  2: [[101], [96], 96, [96]],
  6: [[101, 102, 103], [100, 99, 96], 100, [100.5, 100, 96]],
  8: [[101, 102, 103, 104], [100, 99, 98, 96], 100, [100.5, 100, 99, 96]],
  20: [ASKS, BIDS, 100, [100.5, ...BIDS]],
};
const level = (side) => (price) => OrderBookLevel("NIFTY", price, side, 1);
const prices = (book, side) => book.getBookState().filter(([, , of]) => of === side).map(([, price]) => price);

let asDescribed = true;
for (const [maxDepth, expected] of Object.entries(EXPECTED)) {
  const store = new OrderBooksStore({ maxDepth: Number(maxDepth), checkTimestamps: false });
  store.handleSnapshot("NIFTY", [...ASKS.map(level("Sell")), ...BIDS.map(level("Buy"))]);
  const book = store.getBook("NIFTY");
  const seen = [prices(book, "Sell").reverse(), prices(book, "Buy"), book.getBestBid()];
  store.handleDelta("NIFTY", [], [level("Buy")(100.5)], []);
  seen.push(prices(book, "Buy"));
  console.log(
    `maxDepth ${maxDepth.padStart(2)}  asks ${seen[0].join(" ").padEnd(19)}  bids ${seen[1].join(" ").padEnd(15)}  ` +
    `best bid ${String(seen[2]).padStart(3)}  then bids ${seen[3].join(" ")}`,
  );
  asDescribed &&= JSON.stringify(seen) === JSON.stringify(expected);
}
if (!asDescribed) {
  console.error("not as described any more");
  process.exit(1);
}
TRIM
node trim.js
