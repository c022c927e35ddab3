#!/usr/bin/env bash
# measured-core: a meter of 100 ticks a second says 499 once it is told to look each second, and 50 if each ten seconds.
#
# Expected: tickInterval is "the interval in which the averages are updated": a shorter one is finer, the rate is the same.
# Seen: Meter of measured-core 2.0.0 starts its timer with its own constant of five seconds, whatever tickInterval is, and hands
#   tickInterval to the averages, which divide by it what came in five seconds. The rates of 1, 5 and 15 minutes are all
#   multiplied by 5000 / tickInterval; mean, count and currentRate are right, being read from a clock. The averages also begin at zero
#   and not with the first rate, as they do in the Java library that it follows: with all defaults a steady feed has 63 % of its rate
#   after a minute in "1MinuteRate", 6 % in "15MinuteRate".
# Why it matters: a check that the feed has at least 90 ticks a second passes with 20. The same feed fails in its first minutes in a
#   run with the default interval. It is downloaded 1.6 million times a month.
# Way to live with it: tickInterval left alone; currentRate or count over a clock; the rates read after three times their window.
# Versions: measured-core 2.0.0 (npm), Node.js 20.20.2, whose timers are stood in for to have half an hour at once. The documentation
#   has the sentence above and names 5000 as the default only.
#
# Output seen (100 ticks a second, without a break):
#   tickInterval   after    count    mean   1MinuteRate   5MinuteRate   15MinuteRate
#   1000           1 min     6000   100.0          90.6          19.6           6.6
#   1000           5 min    30000   100.0         316.1          90.6          32.2
#   1000           30 min  180000   100.0         498.8         349.4         164.8
#   5000           1 min     6000   100.0          63.2          18.1           6.4
#   5000           5 min    30000   100.0          99.3          63.2          28.3
#   5000           30 min  180000   100.0         100.0          99.8          86.5
#   10000          1 min     6000   100.0          43.2          16.5           6.2
#   10000          5 min    30000   100.0          50.0          43.2          24.3
#   10000          30 min  180000   100.0          50.0          50.0          49.1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts measured-core@2.0.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > meter.mjs <<'METER'
import { mock } from "node:test";
import measured from "measured-core";

mock.timers.enable({ apis: ["setInterval"] });
const RATES = ["1MinuteRate", "5MinuteRate", "15MinuteRate"];
console.log("tickInterval   after    count    mean   1MinuteRate   5MinuteRate   15MinuteRate");
for (const tickInterval of [1000, 5000, 10000]) {
  let now = 0;
  const meter = new measured.Meter({ tickInterval, getTime: () => now });
  for (const minutes of [1, 5, 30]) {
    while (now < minutes * 60_000) {
      now += 100;
      meter.mark(10);
      mock.timers.tick(100);
    }
    const told = meter.toJSON();
    console.log(
      String(tickInterval).padEnd(14),
      `${minutes} min`.padEnd(6),
      String(told.count).padStart(7),
      told.mean.toFixed(1).padStart(7),
      ...RATES.map((name) => told[name].toFixed(1).padStart(13)),
    );
  }
  meter.end();
}
METER
node --no-warnings meter.mjs | tee output
cat > expected <<'EXPECTED'
tickInterval   after    count    mean   1MinuteRate   5MinuteRate   15MinuteRate
1000           1 min     6000   100.0          90.6          19.6           6.6
1000           5 min    30000   100.0         316.1          90.6          32.2
1000           30 min  180000   100.0         498.8         349.4         164.8
5000           1 min     6000   100.0          63.2          18.1           6.4
5000           5 min    30000   100.0          99.3          63.2          28.3
5000           30 min  180000   100.0         100.0          99.8          86.5
10000          1 min     6000   100.0          43.2          16.5           6.2
10000          5 min    30000   100.0          50.0          43.2          24.3
10000          30 min  180000   100.0          50.0          50.0          49.1
EXPECTED
diff expected output || { echo "not as described any more"; exit 1; }
