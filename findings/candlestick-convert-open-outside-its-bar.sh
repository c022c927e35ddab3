#!/usr/bin/env bash
# candlestick-convert: a bar that opens at 101 and has a low of 105, and ticks that have lost their times.
#
# Expected: open is the first trade of the bar, low <= open <= high, each trade is counted once, and the
#   caller's ticks are read, not written.
# Seen: candlestick-convert 7.0.0 (npm) takes the close before as the open of each bar but the first, whatever
#   lies between, and high and low do not know of it. In the extended bars the first trade of these bars is
#   missing in tx, buyTx and buyVolume, though not in volume. And the caller's ticks are sorted in place and get
#   the start of their bar for a time: a second call, for shorter bars, makes one bar a minute of them.
# Why it matters: what needs low <= open fails after gaps only, so at the opening and around auctions; a
#   strategy on gaps sees none; a share of buyers is wrong most in bars with few trades. A recorder that makes
#   bars and then stores its ticks stores them without seconds. Tests with quiet prices and one call pass.
# Way to live with it: hand over structuredClone(ticks) and set open to the first trade's price afterwards, or
#   make bars oneself; in tests assert low <= min(open, close) with a price that jumps between two bars.
# Versions: candlestick-convert 7.0.0, Node.js 20.20.2. Its README says none of it; nothing found.
#
# Output seen (trades at 100, 101 | 105, 106 | none | 99, one unit each, all by buyers; bars of a minute):
#   00:01  open 100  high 101  low 100  close 101  volume 2   extended: trades 2, by buyers 2
#   00:02  open 101  high 106  low 105  close 106  volume 2   extended: trades 1, by buyers 1
#   00:04  open 106  high  99  low  99  close  99  volume 1   extended: trades 0, by buyers 0
#   times before  00:01:01 00:01:59 00:02:01 00:02:30 00:04:00
#   times after   00:01:00 00:01:00 00:02:00 00:02:00 00:04:00
#   bars of 10 s  5 from fresh ticks, 3 from the ticks that bars of a minute were made of
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts candlestick-convert@7.0.0

cat > bars.js <<'BARS'
const { batchTicksToCandle, batchTradeToExtCandle, TradeSide } = require("candlestick-convert");
const TRADES = [[61, 100], [119, 101], [121, 105], [150, 106], [240, 99]].map(([second, price]) => ({
  time: second * 1000, price, quantity: 1, side: TradeSide.BUY,
}));
const clock = (time) => new Date(time).toISOString().slice(11, 19);
const wide = (number) => String(number).padStart(3);

const ticks = structuredClone(TRADES);
const bars = batchTicksToCandle(ticks, 60, true);
const extended = batchTradeToExtCandle(structuredClone(TRADES), 60, true);
bars.forEach((bar, n) => {
  console.log(
    `${clock(bar.time).slice(0, 5)}  open ${wide(bar.open)}  high ${wide(bar.high)}  low ${wide(bar.low)}  ` +
    `close ${wide(bar.close)}  volume ${bar.volume}   extended: trades ${extended[n].tx}, by buyers ${extended[n].buyTx}`,
  );
});
console.log("times before ", TRADES.map(({ time }) => clock(time)).join(" "));
console.log("times after  ", ticks.map(({ time }) => clock(time)).join(" "));
const fresh = batchTicksToCandle(structuredClone(TRADES), 10, true).length;
const used = batchTicksToCandle(ticks, 10, true).length;
console.log(`bars of 10 s  ${fresh} from fresh ticks, ${used} from the ticks that bars of a minute were made of`);

const seen = JSON.stringify([
  bars.map(({ open, high, low, close, volume }) => [open, high, low, close, volume]),
  extended.map(({ tx, buyTx, buyVolume, volume }) => [tx, buyTx, buyVolume, volume]),
  ticks.map(({ time }) => time / 1000), fresh, used,
]);
const expected = JSON.stringify([
  [[100, 101, 100, 101, 2], [101, 106, 105, 106, 2], [106, 99, 99, 99, 1]],
  [[2, 2, 2, 2], [1, 1, 1, 2], [0, 0, 0, 1]],
  [60, 60, 120, 120, 240], 5, 3,
]);
if (seen !== expected) {
  console.error("not as described any more");
  process.exit(1);
}
BARS
node bars.js
