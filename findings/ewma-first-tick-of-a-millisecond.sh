#!/usr/bin/env bash
# ewma: of the ticks of one millisecond the first one counts; nine of ten that took a second leave the average at 20 ms.
#
# Expected: an average over time in which each value has its weight, the newest the most.
# Seen: ewma 2.0.1 weighs a value by the time since the one before it. One that comes in the same millisecond has the weight
#   zero and is gone, whatever it is, and no later one makes up for it. With ten ticks to a burst, the way that a feed sends and a
#   WebSocket client hands them on, the average is that of each burst's first. Without an initial value the average is
#   zero as of the clock's zero: with Date that is 1970, and the first value is taken whole; with performance, which has now() as well,
#   the first value of 100 ms is 0.
# Why it matters: the first of a burst is the one that waited least, so that the latency shown is the best of each burst and the ones behind
#   are never seen. Written for a call at a time (load balancing), it is downloaded 280,000 times a month.
# Way to live with it: the mean, or the maximum, of a burst inserted once; reset() with the first value.
# Versions: ewma 2.0.1 (npm), Node.js 20.20.2. Its README says that the difference between two calls on the clock is used, and
#   that any clock with now() will do.
#
# Output seen (half-life of 1 s; 100 bursts 100 ms apart, each a tick of 20 ms and nine of 1000 ms; the mean is 902):
#   all in one millisecond           20
#   a millisecond between them       110.9
#   the slow ones first, one ms      1000
#   first value 100, Date            100
#   first value 100, from zero       0.7
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts ewma@2.0.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > bursts.cjs <<'BURSTS'
const Ewma = require("ewma");

function average(burst, apart) {
  let now = 1_700_000_000_000;
  const ewma = new Ewma(1000, undefined, { now: () => now });
  for (let count = 0; count < 100; count++) {
    burst.forEach((latency, index) => {
      ewma.insert(latency);
      if (index < burst.length - 1) now += apart;
    });
    now += 100 - 9 * apart;
  }
  return ewma.value();
}
function first(now) {
  const ewma = new Ewma(1000, undefined, { now: () => now });
  ewma.insert(100);
  return ewma.value();
}
const slow = Array(9).fill(1000);
for (const [name, value] of [
  ["all in one millisecond", average([20, ...slow], 0)],
  ["a millisecond between them", average([20, ...slow], 1)],
  ["the slow ones first, one ms", average([...slow, 20], 0)],
  ["first value 100, Date", first(1_700_000_000_000)],
  ["first value 100, from zero", first(10)],
]) {
  console.log(`${name.padEnd(32)} ${Number(value.toFixed(1))}`);
}
BURSTS
node bursts.cjs | tee output
cat > expected <<'EXPECTED'
all in one millisecond           20
a millisecond between them       110.9
the slow ones first, one ms      1000
first value 100, Date            100
first value 100, from zero       0.7
EXPECTED
diff expected output || { echo "not as described any more"; exit 1; }
