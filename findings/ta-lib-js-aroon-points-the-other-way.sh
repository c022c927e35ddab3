#!/usr/bin/env bash
# ta-lib (the JavaScript one): Aroon up is 100 in a market that only falls, MFI does not look at the volume, and the true range of the newest bar has no gap.
#
# Expected: the indicators of their names, with the newest price at index 0, as the README says, and a minimum of as many entries as the period.
# Seen: ta-lib 0.11.0 looks for the lowest of the highs for Aroon up: 100 when the market makes new lows, 7 when it makes new highs. MFI multiplies each typical
#   price by the oldest volume of the window. TRUERANGE takes index 0 for the first bar, which has no bar before it: the newest is high less low, whatever
#   the gap was. PERCPRICEOSC takes three periods and uses 12, 26 and 9. STOCHRSI of a market that only falls is 100. SMA and BBANDS give as many
#   values as the period, of ever fewer prices; RSI wants twice the period and is NaN before that, also at the newest price.
# Why it matters: no value is out of its range, and nothing raises: a strategy buys the falling market as a strong trend, and calls it overbought at the same
#   time. A stop at two average true ranges is blind for the opening gap. The name is that of the well-known C library, which has none of this.
# Way to live with it: technicalindicators, or tulind; here SMA and EMA at index 0 with 2 x period prices; in tests a market that only rises, one gap, and two different
#   volumes.
# Versions: ta-lib 0.11.0 (the newest on npm), technicalindicators 3.1.0 for comparison, Node.js 20.20.2. Nothing found about it.
#
# Output seen (at the newest of 30 prices):
#                                        ta-lib      right
#   Aroon up, only rising                7.14        100
#   Aroon up, only falling               100         7.14
#   MFI, equal volumes                   70.03       72.05 (technicalindicators: 14 changes; these are 13)
#   MFI, all volume on falling bars      70.03       less than 5
#   true range, gap of 18                2           20
#   PPO 3, 6, 2 less PPO 12, 26, 9       0           not 0
#   Stochastic RSI, only falling         100         0
#   RSI 14 of 15 prices                  NaN         68.63
#   SMA 12 of 12 prices                  12 values   1 value
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts ta-lib@0.11.0 technicalindicators@3.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const talib = require("ta-lib");
const right = require("technicalindicators");

const newestFirst = (list) => list.slice().reverse();
const two = (value) => (typeof value === "number" && !Number.isInteger(value) && !Number.isNaN(value) ? value.toFixed(2) : String(value));
const rising = Array.from({ length: 30 }, (_, n) => 100 + n);
const falling = newestFirst(rising);
const close = rising.map((price, n) => price + ((n % 3) - 1) * 2.5);

// The definition: how long ago the highest of the last n highs was.
function aroonUp(highs, period) {
  const last = newestFirst(highs).slice(0, period);
  return (100 * (period - last.indexOf(Math.max(...last)))) / period;
}
const aroon = (prices) => talib.AROON(newestFirst(prices), newestFirst(prices), 14).up;

const high = close.map((price) => price + 1);
const low = close.map((price) => price - 1);
const falls = (n) => n > 0 && close[n] < close[n - 1];
const equal = close.map(() => 100);
const onFalls = close.map((_, n) => (falls(n) ? 10_000 : 1));
const mfi = (volume) => [
  talib.MFI(newestFirst(high), newestFirst(low), newestFirst(close), newestFirst(volume), 14),
  right.MFI.calculate({ high, low, close, volume, period: 14 }).at(-1),
];
const gap = { high: [101, 102, 121], low: [99, 100, 119], close: [100, 101, 120] };
const ppo = (...periods) => talib.PERCPRICEOSC(newestFirst(close), ...periods).ppo[0];
const ema = (values, period) => right.EMA.calculate({ values, period }).at(-1);
const rightPpo = (fast, slow) => (100 * (ema(close, fast) - ema(close, slow))) / ema(close, slow);
const stochastic = right.StochasticRSI.calculate({ values: falling, rsiPeriod: 5, stochasticPeriod: 5, kPeriod: 1, dPeriod: 1 });
const [equalSeen, equalRight] = mfi(equal);
const [fallsSeen, fallsRight] = mfi(onFalls);
const fifteen = close.slice(0, 15);

const rows = [
  ["Aroon up, only rising", two(aroon(rising)), two(aroonUp(rising, 14))],
  ["Aroon up, only falling", two(aroon(falling)), two(aroonUp(falling, 14))],
  ["MFI, equal volumes", two(equalSeen), `${two(equalRight)} (technicalindicators: 14 changes; these are 13)`],
  ["MFI, all volume on falling bars", two(fallsSeen), fallsRight < 5 ? "less than 5" : two(fallsRight)],
  ["true range, gap of 18", two(talib.TRUERANGE(newestFirst(gap.high), newestFirst(gap.low), newestFirst(gap.close))[0]), two(right.TrueRange.calculate(gap).at(-1))],
  ["PPO 3, 6, 2 less PPO 12, 26, 9", two(ppo(3, 6, 2) - ppo(12, 26, 9)), rightPpo(3, 6) === rightPpo(12, 26) ? "0" : "not 0"],
  ["Stochastic RSI, only falling", two(talib.STOCHRSI(newestFirst(falling), 5)[0]), two(stochastic.at(-1).stochRSI)],
  ["RSI 14 of 15 prices", two(talib.RSI(newestFirst(fifteen), 14)[0]), two(right.RSI.calculate({ values: fifteen, period: 14 }).at(-1))],
  ["SMA 12 of 12 prices", `${talib.SMA(rising.slice(0, 12), 12).length} values`, `${right.SMA.calculate({ values: rising.slice(0, 12), period: 12 }).length} value`],
];
console.log(`${"".padEnd(36)} ${"ta-lib".padEnd(11)} right`);
for (const [name, seen, better] of rows) console.log(`${name.padEnd(36)} ${seen.padEnd(11)} ${better}`);
const wanted = ["7.14", "100", "70.03", "70.03", "2", "0", "100", "NaN", "12 values"];
const rights = ["100", "7.14", "72.05", "less than 5", "20", "not 0", "0", "68.63", "1 value"];
if (!rows.every(([, seen, better], n) => seen === wanted[n] && better.startsWith(rights[n]))) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
timeout 60 node probe.js
