#!/usr/bin/env bash
# pondjs: the median of 99.5, 100 and 101 is 101, its 50th percentile is 100; and the price as of 09:29 is that of 09:30.
#
# One would expect: median() and percentile(50) are one number. atTime() before the first event gives nothing; a series that is aligned with
#   "hold" has at 09:35:00 the price of 09:35:00. Two ticks of one millisecond are two ticks, in a merge too.
# What happens: median() of pondjs 0.9.0 sorts prices as texts: "100", "101", "99.5". percentile() and quantile() sort them as numbers. As long as all
#   prices have the same number of digits before the point the two agree. atTime() gives the first event for each time before it. With
#   "hold" a tick exactly on the boundary does not count, the one before it is held on; "linear" takes it. timeSeriesListMerge() keeps
#   of several ticks of one time the last, without a word, and timeSeriesListReduce() adds them up.
# Why it matters: the first day on which a share passes 100, or bitcoin 100000, each median of a window is off, often the window's maximum;
#   before that no test could tell. A quote "as of" the order is one from the future where the recording begins later than the orders.
# Live with it: percentile(50); compare begin() with the time asked for; a column with a counter in the time, as (ms, number), before a merge.
#   In tests prices on both sides of a power of ten.
# Versions: pondjs 0.9.0 (npm; it needs @babel/runtime, 7.29.15 here, without asking for it), Node.js 20.20.2. Source: median in lib/base/functions.js.
# Documented: "aggregates down to the median value of the event series". Nothing found about the order.
# Seen:
#   99.5 100 101                        median 101    percentile(50) 100
#   101 102 103                         median 102    percentile(50) 102
#   8 9 10 11 12                        median 12     percentile(50) 10
#   64999 65000 65001 99999 100000      median 65000  percentile(50) 65001
#   minute bar of 99.5 100 101, median  101
#   as of 09:29:00                      the tick of 09:30:00
#   at 09:35:00, tick of 90 then        hold 102, linear 90
#   4 quotes and 2 trades merged        3 events, trades of 09:30:01: 100.2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts pondjs@0.9.0 @babel/runtime@7.29.15 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const { TimeSeries, median } = require("pondjs");

const seen = [];
const tell = (what, ...values) => {
  console.log(what.padEnd(35), values.join(""));
  seen.push(values.join(""));
};
const at = (minute, second = 0) => Date.UTC(2026, 0, 5, 9, minute, second);
const series = (points, column = "price") => new TimeSeries({ name: column, columns: ["time", column], points });
for (const prices of [[99.5, 100, 101], [101, 102, 103], [8, 9, 10, 11, 12], [64999, 65000, 65001, 99999, 100000]]) {
  const window = series(prices.map((price, second) => [at(30, second), price]));
  tell(prices.join(" "), `median ${window.median("price")}`.padEnd(14), `percentile(50) ${window.percentile(50, "price")}`);
}
const bar = series([99.5, 100, 101].map((price, second) => [at(30, second), price])).fixedWindowRollup({ windowSize: "1m", aggregation: { middle: { price: median() } } });
tell("minute bar of 99.5 100 101, median", bar.at(0).get("middle"));
const ticks = series([[at(30), 100], [at(31, 30), 102], [at(35), 90]]);
tell("as of 09:29:00", "the tick of ", ticks.atTime(new Date(at(29))).timestamp().toISOString().slice(11, 19));
const last = (method) => ticks.align({ fieldSpec: "price", period: "1m", method }).atLast().get("price");
tell("at 09:35:00, tick of 90 then", `hold ${last("hold")}, linear ${last("linear")}`);
const quotes = series([[at(30), 99], [at(30, 1), 99.1], [at(30, 1), 99.2], [at(30, 2), 99.3]], "quote");
const trades = series([[at(30, 1), 100.1], [at(30, 1), 100.2]], "trade");
const both = TimeSeries.timeSeriesListMerge({ name: "both", seriesList: [quotes, trades] });
tell("4 quotes and 2 trades merged", `${both.count()} events, trades of 09:30:01: ${both.at(1).get("trade")}`);
const right = ["median 101    percentile(50) 100", "median 102    percentile(50) 102", "median 12     percentile(50) 10", "median 65000  percentile(50) 65001",
  "101", "the tick of 09:30:00", "hold 102, linear 90", "3 events, trades of 09:30:01: 100.2"];
if (JSON.stringify(seen) !== JSON.stringify(right)) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
timeout 40 node probe.cjs
