#!/usr/bin/env bash
# nodejs-order-book: after a restart the first trade sets off stops far below it, and a stop that a buyer's trade passes is never set off.
#
# Expected: a sell stop at 90 sells when the market trades at 90 or lower, whoever took. README: snapshots are "crucial for restoring the
#   order book to a previous state", with the stops in them; modify() changes size and price; with EXPIRE_TAKER the taker "is rejected".
# Seen: nodejs-order-book 10.1.1 sets off the stops between the last price and the new one, and leaves the last price out of
#   its snapshot. After a restart it is 0: the first sale, at 99, is a way from 0 to 99 that has the stop at 90 on it. Seven are
#   sold, and the market is at 80. The other way round, only stops of the taker's side are looked at: a buyer who takes at 94 moves
#   the price past a sell stop at 95, which is left alone then, and below it at 93, 90 and 80.
#   modify() enters the order anew without its account: the account trades with itself after it. And a taker that meets its own order
#   behind another's has traded 2 of 5, with quantityLeft 5.
# Why it matters: a restart in the night, and all stop losses are market orders at the open. A simulator with these stops
#   has losses that no exchange would have, and lacks others; the service that is tested against it is blamed for both.
# Way to live with it: no stops in snapshots: keep them outside, and the last price too; cancel() and limit() instead of modify(); count
#   what is in done; in tests a snapshot with a stop and one trade above it, and a buyer's trade below it.
# Versions: nodejs-order-book 10.1.1 (the newest on npm), Node 20.20.2. Nothing found about it.
#
# Output seen (stops are for sale; the market stood at 100 when they were placed):
#   sale at 99, stop at 90                 set off none  market 99
#   the same after a restart               set off stop  market 80          (right: set off none  market 99)
#   buyer takes at 94, stop at 95          set off none  market 94          (right: set off stop)
#   then sales at 93, 90, 80               set off none  market 80
#   own bid of 5, sale of 3                Self-trade prevention triggered
#   own bid of 5 modified to 4, sale of 3  traded 3                         (right: Self-trade prevention triggered)
#   another's bid of 2, own bid, sale of 5 traded 2, quantityLeft 5         (right: quantityLeft 3)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save nodejs-order-book@10.1.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const { OrderBook, SelfTradePreventionMode } = require('nodejs-order-book')

const stpMode = SelfTradePreventionMode.EXPIRE_TAKER
const bid = (book, price, size, more) => book.limit({ side: 'buy', id: `bid ${price} ${size}`, price, size, ...more })
const sell = (book, size, more) => book.market({ side: 'sell', size, ...more })

function atHundred(stopPrice) {
  const book = new OrderBook()
  book.limit({ side: 'sell', id: 'ask', size: 1, price: 100 })
  book.market({ side: 'buy', size: 1 })
  const placed = book.stopMarket({ side: 'sell', id: 'stop', size: 7, stopPrice })
  if (placed.err) throw new Error(placed.err.message)
  return book
}

const setOff = (book, answer) =>
  `set off ${answer.activated.map((order) => order.id).join(' ') || 'none'}  market ${book.marketPrice}`

function sale(restart) {
  let book = atHundred(90)
  bid(book, 99, 5)
  bid(book, 80, 5)
  if (restart) book = new OrderBook({ snapshot: JSON.parse(JSON.stringify(book.snapshot())) })
  return setOff(book, sell(book, 1))
}

function passed() {
  const book = atHundred(95)
  book.limit({ side: 'sell', id: 'lower ask', size: 1, price: 94 })
  const lines = [setOff(book, book.market({ side: 'buy', size: 1 }))]
  const later = [93, 90, 80].map((price) => {
    bid(book, price, 1)
    return setOff(book, sell(book, 1))
  })
  const set = later.find((line) => !line.startsWith('set off none'))
  return [...lines, set ?? later.at(-1)]
}

function own(modified) {
  const book = new OrderBook()
  bid(book, 100, 5, { accountId: 'desk' })
  if (modified) book.modify('bid 100 5', { size: 4 })
  const answer = sell(book, 3, { accountId: 'desk', stpMode })
  return answer.err ? answer.err.message : `traded ${answer.partialQuantityProcessed}`
}

function behindAnother() {
  const book = new OrderBook()
  bid(book, 100, 2, { accountId: 'other' })
  bid(book, 100, 5, { accountId: 'desk' })
  const answer = sell(book, 5, { accountId: 'desk', stpMode })
  return `traded ${answer.done.reduce((sum, order) => sum + order.size, 0)}, quantityLeft ${answer.quantityLeft}`
}

const lines = [
  ['sale at 99, stop at 90', sale(false), ''],
  ['the same after a restart', sale(true), 'set off none  market 99'],
  ['buyer takes at 94, stop at 95', passed()[0], 'set off stop'],
  ['then sales at 93, 90, 80', passed()[1], ''],
  ['own bid of 5, sale of 3', own(false), ''],
  ['own bid of 5 modified to 4, sale of 3', own(true), 'Self-trade prevention triggered'],
  ["another's bid of 2, own bid, sale of 5", behindAnother(), 'quantityLeft 3'],
]
for (const [name, seen, right] of lines) {
  console.log(`${name.padEnd(38)} ${seen.padEnd(31)}${right && `  (right: ${right})`}`.trimEnd())
}
const wanted = [
  'set off none  market 99',
  'set off stop  market 80',
  'set off none  market 94',
  'set off none  market 80',
  'Self-trade prevention triggered',
  'traded 3',
  'traded 2, quantityLeft 5',
]
if (lines.some(([, seen], i) => seen !== wanted[i])) {
  console.error('not as described any more')
  process.exit(1)
}
PROBE
timeout 60 node probe.js
