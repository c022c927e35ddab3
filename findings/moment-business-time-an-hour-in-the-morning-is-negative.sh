#!/usr/bin/env bash
# moment-business-time: where the market has a lunch break, one hour in the morning is an hour less than nothing.
#
# Expected: workingDiff() is "the difference between two moments, counting only working time". With two sessions a day, as in Tokyo, Hong Kong and Shanghai, from 9:30 to
#   10:30 it is an hour, and the break in between isn't counted.
# Seen: workingDiff() of moment-business-time 2.0.0 goes through the sessions of the day and doesn't look whether the end lies before a session: the time from the end to
#   that session's start is taken off. From 9:30 to 10:30 in Tokyo there are 60 minutes, less the 120 from 10:30 to 12:30, makes -60. With an end in the morning
#   two days later it is the same: from Friday 15:00 to Monday 9:30, 60 minutes by the clock, there are -120. Opening hours with a break are in the README.
# Why it matters: the time that a feed was silent within the session, the age of a quote and the deadline of an order are asked for in
#   working time. For markets without a break all is right, and for those with one the figures are right if the end is in the afternoon.
# Way to live with it: ask for each session by itself and add up, or clamp both ends into the session first; in tests two moments before the break.
# Versions: moment-business-time 2.0.0 (the newest on npm), moment 2.30.1, Node 20.20.2. Source: lib/business-hours.js. Nothing found about it.
#
# Output seen:
#   New York  09:30 to 10:30   60 minutes, the other way -60
#   New York  11:00 to 13:00   120 minutes, the other way -120
#   New York  13:00 to 14:00   60 minutes, the other way -60
#   Tokyo     09:30 to 10:30   -60 minutes, the other way 60
#   Tokyo     11:00 to 13:00   60 minutes, the other way -60
#   Tokyo     13:00 to 14:00   60 minutes, the other way -60
#   Tokyo     Friday 15:00 to Monday 09:30   -120 minutes
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --no-save moment-business-time@2.0.0 moment@2.30.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const moment = require('moment-business-time')

const day = (hours) => Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((d) => [d, d === 0 || d === 6 ? null : hours]))
const markets = { 'New York': ['09:30:00', '16:00:00'], Tokyo: ['09:00:00', '11:30:00', '12:30:00', '15:30:00'] }
for (const [name, hours] of Object.entries(markets)) {
  moment.updateLocale('en', { workinghours: day(hours) })
  for (const [from, to] of [['09:30', '10:30'], ['11:00', '13:00'], ['13:00', '14:00']]) {
    const [a, b] = [from, to].map((time) => moment(`2026-11-30T${time}:00`))
    console.log(`${name.padEnd(9)} ${from} to ${to}   ${b.workingDiff(a, 'minutes')} minutes, the other way ${a.workingDiff(b, 'minutes')}`)
  }
}
const [a, b] = ['2026-11-27T15:00:00', '2026-11-30T09:30:00'].map((time) => moment(time))
console.log(`Tokyo     Friday 15:00 to Monday 09:30   ${b.workingDiff(a, 'minutes')} minutes`)
PROBE
TZ=UTC node probe.cjs | tee seen
cat > want <<'WANT'
New York  09:30 to 10:30   60 minutes, the other way -60
New York  11:00 to 13:00   120 minutes, the other way -120
New York  13:00 to 14:00   60 minutes, the other way -60
Tokyo     09:30 to 10:30   -60 minutes, the other way 60
Tokyo     11:00 to 13:00   60 minutes, the other way -60
Tokyo     13:00 to 14:00   60 minutes, the other way -60
Tokyo     Friday 15:00 to Monday 09:30   -120 minutes
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
