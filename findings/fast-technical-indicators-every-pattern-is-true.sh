#!/usr/bin/env bash
# fast-technical-indicators: the drop-in replacement finds every candlestick pattern in every candle, and streams NaN.
#
# Expected: "100% API-compatible", "drop-in replacement for technicalindicators", "simply change your import": the same calls
#   have the same results, whole series and tick by tick.
# Seen: fast-technical-indicators 1.1.4 against technicalindicators 3.1.0. Series at once agree (ATR, OBV, ADX, stochastic, CCI,
#   MFI). One by one they take separate numbers where the other takes a candle: nextValue({high, low, close}) of ATR, ADX, stochastic, CCI,
#   MFI and the volume-weighted price is NaN for ever, OBV stays 0. Patterns give a list in place of true or false: an empty one for
#   one candle, whether it is a hammer or not, and an empty list is true in an if. Average gain and loss are plain
#   means from their fourth value on, not Wilder's. No error, no warning.
# Why it matters: NaN compares as false, so that a stop at two ATR never fires, while "if (bullishhammerstick(...))" always does.
#   A check of the replacement on recorded series, which is the obvious one, passes.
# Way to live with it: for streams pass nextValue(high, low, close[, volume]); compare patterns with an index of the list; in tests
#   feed both packages tick by tick, and a candle that is no pattern.
# Versions: fast-technical-indicators 1.1.4, technicalindicators 3.1.0 (npm), Node.js 20.20.2. Its types show the separate numbers;
#   its text says drop-in three times. Nothing found about it.
#
# Output seen (60 candles; series at once, then candle by candle: how many values differ, the last one):
#   ATR         at once 0 of 46 differ   by candle 46 of 60 differ: 5.81 and NaN
#   CCI         at once 0 of 47 differ   by candle 47 of 60 differ: -92.45 and NaN
#   MFI         at once 0 of 45 differ   by candle 45 of 60 differ: 36.11 and NaN
#   OBV         at once 0 of 59 differ   by candle 59 of 60 differ: -17510 and 0
#   if (bullishhammerstick(candle))      hammer: true and true   no hammer: false and true
#   average gain of 3 of 1 2 1 3 2 4 3 5   1 0.67 1.11 0.74 1.16 and 1 0.67 1.33 0.67 1.33
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts fast-technical-indicators@1.1.4 technicalindicators@3.1.0 \
  >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const libraries = [require("technicalindicators"), require("fast-technical-indicators")];

// A zigzag of 60 candles with a drift.
const candles = Array.from({ length: 60 }, (_, i) => {
  const open = 100 + ((i * 7) % 11) - i / 10;
  const close = 100 + (((i + 1) * 7) % 11) - (i + 1) / 10;
  return { open, close, high: Math.max(open, close) + 0.5, low: Math.min(open, close) - 0.25, volume: 1000 + ((i * 13) % 7) * 10 };
});
const series = Object.fromEntries(Object.keys(candles[0]).map((key) => [key, candles.map((candle) => candle[key])]));
const empty = Object.fromEntries(Object.keys(series).map((key) => [key, []]));
const round = (value) => (typeof value === "number" ? Math.round(value * 100) / 100 : value);
const copy = (value) => JSON.parse(JSON.stringify(value));
const differ = ([one, other]) => one.filter((value, i) => !Object.is(round(value), round(other[i]))).length;

const lines = [];
for (const name of ["ATR", "CCI", "MFI", "OBV"]) {
  const whole = libraries.map((library) => library[name.toLowerCase()]({ ...copy(series), period: 14 }));
  const single = libraries.map((library) => {
    const indicator = new library[name]({ ...copy(empty), period: 14 });
    return candles.map((candle) => indicator.nextValue({ ...candle }));
  });
  const last = single.map((values) => round(values[values.length - 1])).join(" and ");
  lines.push(
    `${name.padEnd(12)}at once ${differ(whole)} of ${whole[0].length} differ   ` +
      `by candle ${differ(single)} of ${candles.length} differ: ${last}`,
  );
}

const found = (candle) => libraries.map((library) => (library.bullishhammerstick(copy(candle)) ? "true" : "false")).join(" and ");
const hammer = { open: [100], high: [101.05], low: [95], close: [101] };
const none = { open: [100], high: [101], low: [99], close: [100.5] };
lines.push(`if (bullishhammerstick(candle))      hammer: ${found(hammer)}   no hammer: ${found(none)}`);

const values = [1, 2, 1, 3, 2, 4, 3, 5];
const gains = libraries.map((library) => library.averagegain({ values: [...values], period: 3 }).map(round).join(" "));
lines.push(`average gain of 3 of ${values.join(" ")}   ${gains.join(" and ")}`);

console.log(lines.join("\n"));
const expected = [
  "ATR         at once 0 of 46 differ   by candle 46 of 60 differ: 5.81 and NaN",
  "CCI         at once 0 of 47 differ   by candle 47 of 60 differ: -92.45 and NaN",
  "MFI         at once 0 of 45 differ   by candle 45 of 60 differ: 36.11 and NaN",
  "OBV         at once 0 of 59 differ   by candle 59 of 60 differ: -17510 and 0",
  "if (bullishhammerstick(candle))      hammer: true and true   no hammer: false and true",
  "average gain of 3 of 1 2 1 3 2 4 3 5   1 0.67 1.11 0.74 1.16 and 1 0.67 1.33 0.67 1.33",
];
if (lines.join("\n") !== expected.join("\n")) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
timeout 60 node probe.js
