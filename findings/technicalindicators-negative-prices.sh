#!/usr/bin/env bash
# technicalindicators: the highest of -5, -4 and -6 is 0, and an average of exactly zero is no result at all.
#
# Expected: indicators that look at distances say the same of a series and of the same series 100 higher; one
#   result for each window.
# Seen: technicalindicators 3.1.0 (npm) starts the search for a highest value at zero. Below zero the highest is 0:
#   Williams %R and the stochastic oscillator measure from there, so that a close at its high is "in the middle",
#   and the Ichimoku lines are halves of it. And an average of exactly zero is taken for one that is not there yet:
#   Bollinger bands leave it out, so that all later results stand one place too early, and the EMA starts from
#   another value, so that none of its results is right. The SMA is.
# Why it matters: calendar spreads, basis, funding and power are below zero each day, oil was in April 2020. Values
#   stay within their bounds (0 to 100), so that no check finds them, and a chart that pairs results with bars by
#   their place draws all bands one bar off once a spread has passed through zero.
# Way to live with it: add a constant that keeps the series above zero and take it off again; in tests run each
#   indicator on a series and on the same series 100 higher, and count the results.
# Versions: technicalindicators 3.1.0, Node.js 20.20.2. Nothing found in its issues; another library,
#   stock-indicators for .NET, had the highest of negative values as its issue 584, now solved.
#
# Output seen (closes -5 -6 -4 -5 -3, and 100 higher; then averages of five of -2 to 4, and 100 higher):
#                              spread    + 100
#   highest                         0       97
#   Williams %R                -42.86        0
#   stochastic                  57.14      100
#   Ichimoku conversion            -3     95.5
#   Bollinger bands               1 2   100 101 102
#   EMA                 0.67 1.44 2.3   100 101 102
#   SMA                         0 1 2   100 101 102
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts technicalindicators@3.1.0

cat > spread.js <<'SPREAD'
const T = require("technicalindicators");
const CLOSES = [-5, -6, -4, -5, -3];
const bars = (up) => {
  const close = CLOSES.map((price) => price + up);
  return { close, high: close, low: close.map((price) => price - 1) };
};
const last = (results) => results.at(-1);
const INDICATORS = {
  "highest": ({ close }) => last(T.Highest.calculate({ period: 5, values: close })),
  "Williams %R": (b) => last(T.WilliamsR.calculate({ ...b, period: 5 })),
  "stochastic": (b) => last(T.Stochastic.calculate({ ...b, period: 5, signalPeriod: 3 })).k,
  "Ichimoku conversion": ({ high, low }) =>
    last(T.IchimokuCloud.calculate({ high, low, conversionPeriod: 2, basePeriod: 3, spanPeriod: 4, displacement: 2 }))
      .conversion,
};
const round = (number) => String(Math.round(number * 100) / 100);
console.log(`${"".padEnd(20)}${"spread".padStart(13)}${"+ 100".padStart(9)}`);
for (const [name, indicator] of Object.entries(INDICATORS)) {
  const [below, above] = [0, 100].map((up) => round(indicator(bars(up))));
  console.log(`${name.padEnd(20)}${below.padStart(13)}${above.padStart(9)}`);
}
const CROSSING = [-2, -1, 0, 1, 2, 3, 4]; // the average of the first five is zero
for (const [name, count] of Object.entries({
  "Bollinger bands": (values) => T.BollingerBands.calculate({ period: 5, stdDev: 2, values }).map((b) => b.middle),
  "EMA": (values) => T.EMA.calculate({ period: 5, values }),
  "SMA": (values) => T.SMA.calculate({ period: 5, values }),
})) {
  const [through, above] = [0, 100].map((up) => count(CROSSING.map((price) => price + up)).map(round).join(" "));
  console.log(`${name.padEnd(20)}${through.padStart(13)}   ${above}`);
}
SPREAD
node spread.js | tee seen
cat > expected <<'EXPECTED'
                           spread    + 100
highest                         0       97
Williams %R                -42.86        0
stochastic                  57.14      100
Ichimoku conversion            -3     95.5
Bollinger bands               1 2   100 101 102
EMA                 0.67 1.44 2.3   100 101 102
SMA                         0 1 2   100 101 102
EXPECTED
diff -q expected seen >/dev/null || { echo "not as described any more"; exit 1; }
