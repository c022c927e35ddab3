#!/usr/bin/env bash
# cbpro: an order that its owner moves stays in the book at the old price, also after it has been cancelled.
#
# Expected: OrderBook keeps the book of Coinbase's full channel: an order that is moved is at its new price, one that
#   is done is gone.
# Seen: a change with the reason modify_order carries old_price and new_price and no price. OrderBook of cbpro 1.1.4
#   leaves out a change without a price, as it takes it for one of a market order; when the order is done at its new
#   price, it looks there, finds nothing, and the old one remains until the next reset. coinbase-pro 0.9.0 (npm)
#   leaves out the move as well, but takes the order out by its id when it is done.
# Why it matters: who follows the market with an order leaves one behind at each price; best bid and ask stand at
#   prices where nobody is, crossed as soon as the market goes through them. The sequence has no gap, so nothing
#   resets.
# Way to live with it: handle modify_order oneself before on_message: remove by old_price, add at new_price. A check
#   of best bid against best ask. In tests a change with both prices, which the documentation has beside the one for
#   self-trades.
# Versions: cbpro 1.1.4 (the newest on PyPI), coinbase-pro 0.9.0 (npm), Python 3.11.7, Node.js 20.20.2. Source:
#   cbpro/order_book.py, lib/orderbook.js. Issue 476 of coinbasepro-python has orders "opened at one price and done at
#   another".
#
# Output seen (best bid of 1.5 at 100 is moved to 98, and then cancelled there):
#   cbpro         start      bids 1.5@100, 2@99
#   cbpro         moved      bids 1.5@100, 2@99
#   cbpro         cancelled  bids 1.5@100, 2@99
#   coinbase-pro  start      bids 1.5@100, 2@99
#   coinbase-pro  moved      bids 1.5@100, 2@99
#   coinbase-pro  cancelled  bids 2@99
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null 2>&1
npm install --silent --no-audit --no-fund --ignore-scripts coinbase-pro@0.9.0 >npm.log 2>&1 || { cat npm.log; exit 1; }
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps cbpro==1.1.4 sortedcontainers==2.4.0 requests==2.34.2 six==1.17.0 \
  websocket-client==1.9.2 pymongo==4.20.1 urllib3==2.8.0 idna==3.20 certifi==2026.10.19.post1 charset-normalizer==3.5.3 dnspython==2.9.2 >pip.log 2>&1 || { cat pip.log; exit 1; }
cat > other.js <<'OTHER'
const { OrderbookSync } = require("coinbase-pro");
const sync = Object.assign(Object.create(OrderbookSync.prototype), { _sequences: { "BTC-USD": 10 }, books: {} });
const { Orderbook } = require("coinbase-pro");
sync.books["BTC-USD"] = new Orderbook();
const { book, changes } = JSON.parse(process.argv[2]);
sync.books["BTC-USD"].state(book);
const show = (title) => {
  const { bids } = sync.books["BTC-USD"].state();
  console.log(`coinbase-pro  ${title.padEnd(10)} bids ${bids.map(({ size, price }) => `${size}@${price}`).join(", ")}`);
};
show("start");
for (const [title, change] of changes) {
  sync.processMessage(change);
  show(title);
}
OTHER

cat > probe.py <<'PROBE'
import json
import subprocess

import cbpro

BOOK = {"sequence": 10, "bids": [["100.00", "1.5", "bid-a"], ["99.00", "2", "bid-b"]], "asks": [["101.00", "3", "ask-a"]]}
ORDER = {"order_id": "bid-a", "side": "buy", "product_id": "BTC-USD", "time": "2026-11-02T10:00:00.000000Z"}
CHANGES = [
    ("moved", {**ORDER, "type": "change", "reason": "modify_order", "sequence": 11, "old_size": "1.5", "new_size": "1.5", "old_price": "100.00",
               "new_price": "98.00"}),
    ("cancelled", {**ORDER, "type": "done", "reason": "canceled", "sequence": 12, "price": "98.00", "remaining_size": "1.5"}),
]


class Rest:
    def get_product_order_book(self, product_id, level):
        return BOOK


book = cbpro.OrderBook("BTC-USD")
book._client = Rest()


def show(title):
    print(f"cbpro         {title:<10} bids " + ", ".join(
        f"{float(size):g}@{float(price):g}" for price, size, _ in reversed(book.get_current_book()["bids"])))


book.on_message({"type": "received", "sequence": 10, "order_id": "x"})
show("start")
for title, change in CHANGES:
    book.on_message(dict(change))
    show(title)
print(subprocess.run(["node", "other.js", json.dumps({"book": BOOK, "changes": CHANGES})], check=True, capture_output=True, text=True).stdout.rstrip())
PROBE
timeout 60 venv/bin/python probe.py >seen 2>err || { cat seen err; exit 1; }
cat seen
cat > expected <<'EXPECTED'
cbpro         start      bids 1.5@100, 2@99
cbpro         moved      bids 1.5@100, 2@99
cbpro         cancelled  bids 1.5@100, 2@99
coinbase-pro  start      bids 1.5@100, 2@99
coinbase-pro  moved      bids 1.5@100, 2@99
coinbase-pro  cancelled  bids 2@99
EXPECTED
diff expected seen >/dev/null || { echo "not as described any more"; exit 1; }
