#!/usr/bin/env bash
# moving-average: in a recording that starts at 0 the second tick replaces the average.
#
# Expected: push(time, value) takes any rising numbers; a recording with times from its own start begins at 0.
# Seen: moving-average 1.0.1, and @vascosantos/moving-average 1.1.0, which comes from it, ask `if (previousTime)` to know whether there was a tick before. After one at time 0 there
#   seems to be none: the second value is taken as the first, and the first is gone. The average of 100, 110, 110 is 110 with a variance of 0, instead of 100.2 and 1.9.
# Why it matters: replays and tests use times from 0; their first value is lost, and the average of the replay isn't that of the live run over the same ticks.
# Way to live with it: add a constant to the times; in tests the same ticks from 0 and from 1000.
# Versions: moving-average 1.0.1 and @vascosantos/moving-average 1.1.0 (the newest on npm), Node 20.20.2. Source: index.js. Nothing found about it.
#
# Output seen:
#   moving-average               from 0     average 110.000 variance 0.000
#   moving-average               from 1000  average 100.198 variance 1.941
#   @vascosantos/moving-average  from 0     average 110.000 variance 0.000
#   @vascosantos/moving-average  from 1000  average 100.198 variance 1.941
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save moving-average@1.0.1 @vascosantos/moving-average@1.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const packages = { 'moving-average': require('moving-average'), '@vascosantos/moving-average': require('@vascosantos/moving-average') }
for (const [name, make] of Object.entries(packages)) {
  for (const start of [0, 1000]) {
    const average = (make.default ?? make)(1000)
    ;[100, 110, 110].forEach((price, i) => average.push(start + i * 10, price))
    const variance = average.variance ? average.variance().toFixed(3) : '-'
    console.log(`${name.padEnd(28)} from ${String(start).padEnd(5)} average ${average.movingAverage().toFixed(3)} variance ${variance}`)
  }
}
PROBE
node probe.cjs | tee seen
cat > want <<'WANT'
moving-average               from 0     average 110.000 variance 0.000
moving-average               from 1000  average 100.198 variance 1.941
@vascosantos/moving-average  from 0     average 110.000 variance 0.000
@vascosantos/moving-average  from 1000  average 100.198 variance 1.941
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
