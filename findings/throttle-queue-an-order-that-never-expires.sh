#!/usr/bin/env bash
# throttle-queue: maxAge is never reached, so that a quote of minutes ago is still sent; two jobs without an id are one, and the second gets the first's answer.
#
# Expected: README: maxAge is the "time in seconds after which the job will expire and removed from the queue if not executed till then", for the queue or
#   a job. The id "is used for deduplication"; a job without one is a job.
# Seen: throttle-queue 0.1.0 adds the seconds to the milliseconds of the job's time, multiplies the sum by 1000 and compares it with the time of day: a moment
#   fifty thousand years off. Nothing expires; and if it did, its promise would be rejected, and the job would run all the same, as it is
#   not taken out. Without an id each job has the id undefined: while one waits or runs, the next is taken for the same, is never executed, and
#   resolves with the other one's result. A function that makes random ids is there, and nobody calls it.
# Why it matters: behind a limiter that waits for the exchange an order of before the crash goes out after it, at its old price. An order for MSFT without an
#   id is answered "filled" with the fill of AAPL, and does not exist.
# Way to live with it: an id for each job (crypto.randomUUID()); the time in the params, and the executor itself refuses what is old. In tests a job that
#   waits longer than its maxAge, and two at once.
# Versions: throttle-queue 0.1.0 (npm, the newest), Node.js 20.20.2. Source: index.js. Nothing found about it.
#
# Output seen (one at a time; the first takes 1.5 s, the second may wait for 1 s):
#   a quote that may wait for 1 s   sent after 1.5 s
#   buy AAPL and buy MSFT, no id    answers: filled AAPL, filled AAPL; executed: AAPL
#   the same with ids               answers: filled AAPL, filled MSFT; executed: AAPL MSFT
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts throttle-queue@0.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const { setTimeout: sleep } = require("node:timers/promises");
const Queue = require("throttle-queue");

async function age() {
  const queue = new Queue({ concurrency: 1, maxAge: 1 });
  const begun = Date.now();
  queue.setExecutor(async (ms) => {
    const waited = Date.now() - begun;
    await sleep(ms);
    return waited;
  });
  const [, quote] = await Promise.allSettled([queue.process(1500, "slow"), queue.process(0, "quote", { maxAge: 1 })]);
  return quote.status === "fulfilled" ? `sent after ${(quote.value / 1000).toFixed(1)} s` : "expired";
}
async function orders(ids) {
  const queue = new Queue();
  const executed = [];
  queue.setExecutor(async (symbol) => {
    executed.push(symbol);
    await sleep(50);
    return `filled ${symbol}`;
  });
  const answers = await Promise.all(["AAPL", "MSFT"].map((symbol, n) => queue.process(symbol, ids[n])));
  return `answers: ${answers.join(", ")}; executed: ${executed.join(" ")}`;
}
(async () => {
  const seen = [await age(), await orders([]), await orders([1, 2])];
  console.log(`a quote that may wait for 1 s   ${seen[0]}`);
  console.log(`buy AAPL and buy MSFT, no id    ${seen[1]}`);
  console.log(`the same with ids               ${seen[2]}`);
  assert.deepEqual(seen, [
    "sent after 1.5 s",
    "answers: filled AAPL, filled AAPL; executed: AAPL",
    "answers: filled AAPL, filled MSFT; executed: AAPL MSFT",
  ]);
})();
CHECK
timeout 60 node check.js
