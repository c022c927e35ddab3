#!/usr/bin/env bash
# slow-stream: one chunk each 0.5 s works, one each second never sends any; and what is given to end() is dropped.
#
# Expected: maxWriteInterval is the time between two chunks, in milliseconds: 1000 is one a second. end(chunk) writes the chunk and then ends, as in
#   each writable stream of Node.js.
# Seen: slow-stream 0.0.4 measures the time since the last chunk with process.hrtime() and takes its second number only, the nanoseconds of the
#   running second, which never come to a second. From 1000 on it is never late enough: no "data", no "end", no error, and a timer
#   that keeps the process alive for ever. A little below, at 999, some come and some do not: whose timer is late by a few milliseconds is in the next
#   second, and waits once more. end() looks at no argument.
# Why it matters: a recorded feed that is played slowly ("one tick a second") into a consumer under test is a feed in silence: the test of the silence
#   alarm passes by mistake, the one of the consumer times out. The last tick of a recording, and its end marker, get lost at any pace.
# Way to live with it: setTimeout from node:timers/promises between two writes; intervals under a second and write() before end(). In tests how many
#   chunks came out.
# Versions: slow-stream 0.0.4 (npm, the newest), Node.js 20.20.2. Source: index.js. Nothing found about it.
#
# Output seen (four ticks and end("last tick"), looked at after 4.5 s):
#   each  100 ms   4 of 5 chunks, ended
#   each  500 ms   4 of 5 chunks, ended
#   each 1000 ms   0 of 5 chunks, not ended
#   each 1500 ms   0 of 5 chunks, not ended
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts slow-stream@0.0.4 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const { setTimeout: sleep } = require("node:timers/promises");
const SlowStream = require("slow-stream");

const streams = [100, 500, 1000, 1500].map((maxWriteInterval) => {
  const stream = new SlowStream({ maxWriteInterval });
  const seen = { maxWriteInterval, chunks: 0, ended: false };
  stream.on("data", () => { seen.chunks += 1; });
  stream.on("end", () => { seen.ended = true; });
  for (let n = 1; n <= 4; n += 1) stream.write(`tick ${n}`);
  stream.end("last tick");
  return seen;
});
(async () => {
  await sleep(4500);
  for (const { maxWriteInterval, chunks, ended } of streams) {
    console.log(`each ${String(maxWriteInterval).padStart(4)} ms   ${chunks} of 5 chunks, ${ended ? "ended" : "not ended"}`);
  }
  assert.deepEqual(streams.map(({ chunks, ended }) => [chunks, ended]), [[4, true], [4, true], [0, false], [0, false]]);
  process.exit(0);
})();
CHECK
timeout 60 node check.js
