#!/usr/bin/env bash
# rolling-stats: a minute after 100 slow ticks 45 of them are in the window, which says 740 ms where all ticks take 20 ms.
#
# Expected: with a duration of 60000 a point is in the numbers for 60 seconds after it came.
# Seen: rolling-stats 0.2.1 removes what is too old when calculate() is called, in a loop that runs up to the count of points and takes
#   from the same count with each that it removes. It meets itself in the middle: a call removes no more than half of the points that it
#   finds. A second call at the same moment gives another answer. allmin, the smallest of all, begins at 0 and stays there for
#   values above; minrate is 0 likewise.
# Why it matters: an alarm or a check on the mean latency, asked once a minute, sees the slow minute for several more, and the
#   number of ticks in a minute that had ten is 55.
# Way to live with it: calculate() in a loop until count does not change any more; min in place of allmin.
# Versions: rolling-stats 0.2.1 (npm, the newest), Node.js 20.20.2, with its own clock parameter.
#   Its README says "rolling statistics of point events", no more.
#
# Output seen (100 ticks of 900 ms; a minute and a second later ten of 20 ms, then calculate() again and again at that moment):
#   before                      count 100   mean 900   max 900   allmin 0
#   61 s and ten ticks later    count 55    mean 740   max 900   allmin 0
#   the same moment             count 27    mean 574   max 900   allmin 0
#   the same moment             count 13    mean 223   max 900   allmin 0
#   the same moment             count 10    mean 20    max 20    allmin 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts rolling-stats@0.2.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > window.cjs <<'WINDOW'
const RollingStats = require("rolling-stats");

let now = 0;
const stats = RollingStats(1000, 60_000, () => now);
function tell(name) {
  const { count, mean, max, allmin } = stats.calculate();
  console.log(
    `${name.padEnd(27)} count ${String(count).padEnd(5)} mean ${mean.toFixed(0).padEnd(5)} max ${String(max).padEnd(5)} allmin ${allmin}`,
  );
}
for (let tick = 0; tick < 100; tick++) stats.point(900);
tell("before");
now += 61_000;
for (let tick = 0; tick < 10; tick++) stats.point(20);
tell("61 s and ten ticks later");
for (let again = 0; again < 3; again++) tell("the same moment");
WINDOW
node window.cjs | tee output
cat > expected <<'EXPECTED'
before                      count 100   mean 900   max 900   allmin 0
61 s and ten ticks later    count 55    mean 740   max 900   allmin 0
the same moment             count 27    mean 574   max 900   allmin 0
the same moment             count 13    mean 223   max 900   allmin 0
the same moment             count 10    mean 20    max 20    allmin 0
EXPECTED
diff expected output || { echo "not as described any more"; exit 1; }
