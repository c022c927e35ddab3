#!/usr/bin/env bash
# p-ratelimit: calls that waited too long keep their places, and nothing goes any more; and one long call holds up all others.
#
# Expected: with concurrency 2 and maxDelay 300 ms a call that is not started in time is rejected and gone; a call to the idle limiter runs at
#   once. With five calls a second the sixth goes in the second second, whatever the others do.
# Seen: p-ratelimit 1.0.1 takes a call that has been rejected out of its queue later, when its turn comes, counts it as a running one and
#   returns without ever counting it off: as many such calls as "concurrency" and each further one is rejected, on a limiter with nothing
#   to do, until the process ends. And its timer for the next interval is only set while no call runs: with one long call (a long poll, a
#   historical query) those over the rate wait for that to end. async-sema's RateLimit 3.1.1 lets them go each second.
# Why it matters: one slow minute of an exchange, and no order, not even a cancel, is sent again until a restart: all are RateLimitTimeoutError,
#   which looks like more load. The README's own example has both settings.
# Way to live with it: no maxDelay; a deadline inside of the call; long calls around the limiter. In tests more calls than fit, then one
#   after a pause.
# Versions: p-ratelimit 1.0.1 (the newest on npm, 100,000 downloads a month), async-sema 3.1.1, Node.js 20.20.2. The repository has a commit
#   for the first, which no release has; of the second nothing was found.
#
# Output seen:
#   concurrency 2, maxDelay 0.3 s, six calls of 0.4 s     2 answered, 4 rejected
#   after 2 s of rest, five calls one by one              0 answered, 5 rejected
#   5 a second, one takes 4 s, ten short ones             0 0 0 0 4 4 4 4 4 5
#   the same with async-sema                              0 0 0 0 1 1 1 1 1 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-audit --no-fund --loglevel=error p-ratelimit@1.0.1 async-sema@3.1.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const { pRateLimit } = require('p-ratelimit')
const { RateLimit } = require('async-sema')

const wait = ms => new Promise(resolve => setTimeout(resolve, ms))

async function fates (limit, count, together) {
  const call = () => limit(() => wait(400)).then(() => true, () => false)
  const done = []
  if (together) done.push(...await Promise.all(Array.from({ length: count }, call)))
  else for (let i = 0; i < count; i++) done.push(await call())
  const answered = done.filter(Boolean).length
  return `${answered} answered, ${count - answered} rejected`
}

async function seconds (limit) {
  const start = Date.now()
  const second = () => Math.floor((Date.now() - start + 300) / 1000)
  limit(() => wait(4000))
  const went = Array.from({ length: 10 }, () => limit(async () => second()))
  return (await Promise.all(went)).join(' ')
}

async function main () {
  const small = pRateLimit({ concurrency: 2, maxDelay: 300 })
  const first = await fates(small, 6, true)
  await wait(2000)
  const second = await fates(small, 5, false)
  const rate = RateLimit(5)
  const [long, other] = await Promise.all([
    seconds(pRateLimit({ interval: 1000, rate: 5 })),
    seconds(async fn => { await rate(); return fn() })
  ])
  const rows = {
    'concurrency 2, maxDelay 0.3 s, six calls of 0.4 s': first,
    'after 2 s of rest, five calls one by one': second,
    '5 a second, one takes 4 s, ten short ones': long,
    'the same with async-sema': other
  }
  for (const [name, value] of Object.entries(rows)) console.log(name.padEnd(53), value)
  const expected = ['2 answered, 4 rejected', '0 answered, 5 rejected', '0 0 0 0 4 4 4 4 4 5', '0 0 0 0 1 1 1 1 1 2']
  const same = Object.values(rows).join('|') === expected.join('|')
  if (!same) console.log('not as described any more')
  process.exit(same ? 0 : 1)
}

main()
PROBE
timeout 60 node probe.cjs
