#!/usr/bin/env bash
# @thi.ng/transducers-stats: after five equal prices in a row the stochastic oscillator's %D is NaN, for as long as the stream lasts.
#
# Expected: %K has no value while the range is zero; some five ticks after the price moves again all three lines are back, as each is a window of a few values.
# Seen: stochastic() of @thi.ng/transducers-stats 1.1.74 gives %K = 0 / 0 = NaN for a window without a range and goes on with it. %D1 and %D2 are means
#   that keep a running sum: the NaN goes in, and taking it out later leaves NaN. %K is back at the first move, %D1 and %D2 never. The same holds for
#   sma() by itself: one NaN, or one infinite value, in the source ends it.
# Why it matters: five equal last prices are a quiet minute, a halt or the night of a stock. The line is then empty until the process is started anew,
#   and "%K above %D" is false for the rest of the day. NaN is no error: nothing is thrown or logged. The batch over yesterday's bars, begun after the halt, is right.
# Way to live with it: leave out the ticks that don't change the price, or watch for Number.isNaN(d2) and make a new transducer; in tests six equal prices in the
#   middle of a series, and a look at its end.
# Versions: @thi.ng/transducers-stats 1.1.74 (the newest on npm), Node 20.20.2. Source: stochastic.ts, sma.ts. Nothing found about it.
#
# Output seen:
#   1000 moving prices                       %K 0.75  %D1 0.67  %D2 0.58
#   four equal ones before                   %K 0.75  %D1 0.67  %D2 0.58
#   five equal ones before                   %K 0.75  %D1 NaN  %D2 NaN
#   begun after them                         %K 0.75  %D1 0.67  %D2 0.58
#   mean of 3 after one unset price          NaN
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save @thi.ng/transducers-stats@1.1.74 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import { sma, stochastic } from '@thi.ng/transducers-stats'

const moving = (count, start) => Array.from({ length: count }, (_, i) => start + ((i * 7) % 5))
const describe = ({ k, d1, d2 }) => `%K ${k.toFixed(2)}  %D1 ${d1.toFixed(2)}  %D2 ${d2.toFixed(2)}`
const run = (title, prices) => console.log(`${title.padEnd(40)} ${describe([...stochastic(5, 3, 3, prices)].at(-1))}`)

run('1000 moving prices', moving(1000, 100))
run('four equal ones before', [...moving(20, 100), ...Array(4).fill(100), ...moving(1000, 100).slice(1)])
run('five equal ones before', [...moving(20, 100), ...Array(5).fill(100), ...moving(1000, 100).slice(1)])
run('begun after them', moving(1000, 100).slice(1))
console.log(`${'mean of 3 after one unset price'.padEnd(40)} ${[...sma(3, [100, 101, NaN, ...moving(1000, 100)])].at(-1)}`)
PROBE
node probe.mjs | tee seen
cat > want <<'WANT'
1000 moving prices                       %K 0.75  %D1 0.67  %D2 0.58
four equal ones before                   %K 0.75  %D1 0.67  %D2 0.58
five equal ones before                   %K 0.75  %D1 NaN  %D2 NaN
begun after them                         %K 0.75  %D1 0.67  %D2 0.58
mean of 3 after one unset price          NaN
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
