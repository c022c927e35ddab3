#!/usr/bin/env bash
# moment-round: moment.utc() of 06:20 rounded down to 15 minutes is 05:15 in New York's night of the clock change; four-hour candles begin at 09:00 there.
#
# One would expect: moment.utc(t).floor(15, "minutes") has nothing to do with the machine: 06:20 UTC is in the candle of 06:15 UTC, the candles of
#   four hours begin at 00, 04, 08 UTC, and a moment with an offset is rounded in its own hours.
# What happens: moment-round 1.0.1 does its sums with getHours() and setMinutes() of the Date inside the moment, which are those of the machine's zone.
#   With TZ=UTC, as in CI and in containers, all is right. In New York the candle of four hours that holds 09:20 UTC begins at 09:00; in India
#   and Adelaide each hour begins at half past, also for moments with an offset of their own. In the hour that comes twice in autumn, setting the
#   minutes takes the first of the two: the result is an hour and five minutes before what was asked.
# Why it matters: trades of round-the-clock markets get another candle on a developer's machine or a desk's than on the server. For one hour a year
#   the trades of an hour are put into the candles of the hour before, which are closed.
# Live with it: Math.floor(t / 900000) * 900000 for times in UTC; or TZ=UTC for the process. In tests TZ=Asia/Kolkata and a night of a clock change in the
#   machine's zone, with times in UTC.
# Versions: moment-round 1.0.1, moment 2.31.0 (npm), Node.js 20.20.2. Source: round in dist/moment-round.js.
# Documented: nothing found about zones. "days" is offered nowhere and raises.
# Seen (rounded down; UTC):
#   machine               09:20 to 1 hour  09:20 to 4 hours  06:20 on 1 November to 15 minutes  14:50+05:30 to 1 hour
#   UTC                   09:00            08:00             06:15                              14:00
#   Europe/London         09:00            08:00             06:15                              14:00
#   America/New_York      09:00            09:00             05:15                              14:00
#   Asia/Kolkata          08:30            06:30             06:15                              14:30
#   Australia/Adelaide    08:30            05:30             06:15                              14:30
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts moment-round@1.0.1 moment@2.31.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.cjs <<'PROBE'
const moment = require("moment-round");
const down = (time, count, unit) => moment.utc(time).floor(count, unit).format("HH:mm");
console.log(process.env.TZ.padEnd(21), [
  down("2026-01-05T09:20:00Z", 1, "hours").padEnd(16),
  down("2026-01-05T09:20:00Z", 4, "hours").padEnd(17),
  down("2026-11-01T06:20:00Z", 15, "minutes").padEnd(34),
  moment("2026-01-05T09:20:00Z").utcOffset("+05:30").floor(1, "hours").format("HH:mm"),
].join(" "));
PROBE
echo "machine               09:20 to 1 hour  09:20 to 4 hours  06:20 on 1 November to 15 minutes  14:50+05:30 to 1 hour"
for zone in UTC Europe/London America/New_York Asia/Kolkata Australia/Adelaide; do
  TZ=$zone timeout 20 node probe.cjs
done | tee seen
cat > expected <<'EXPECTED'
UTC                   09:00            08:00             06:15                              14:00
Europe/London         09:00            08:00             06:15                              14:00
America/New_York      09:00            09:00             05:15                              14:00
Asia/Kolkata          08:30            06:30             06:15                              14:30
Australia/Adelaide    08:30            05:30             06:15                              14:30
EXPECTED
diff -q expected seen >/dev/null || { echo "not as described any more"; exit 1; }
