#!/usr/bin/env bash
# korean-business-day: west of London the next business day is the day itself, and from 2024 on the lunar new year is one.
#
# Expected: a date as a number goes in (20260105), the next Korean business day comes out (20260106), on any machine. Years without data
#   are refused, as a month without data is ("data not exists").
# Seen: korean-business-day 2.1.0 (the newest) has lists for 2019 to 2023. For any other year it takes ten days with a fixed date and says nothing:
#   Seollal (16 to 18 February 2026), Chuseok and each substitute Monday are business days. The number is made a moment of 9:00 in Seoul,
#   midnight in UTC, and then read with the clock of the machine: in New York that is the day before, so that one day after
#   20260105 is 20260105, and one day before 20260106 is 20260102. isHoliday() adds nine hours and reads the machine's clock as well: on a
#   machine in Seoul a holiday begins at 15:00 of the day before and is over at 15:00.
# Why it matters: watchdogs of the Korean market alarm through the holidays or sleep through a session, settlement dates are a day short, and
#   a test on a CI machine in UTC sees neither.
# Way to live with it: start the process with TZ=UTC and keep the holidays of the exchange in a file of one's own. In tests 16 February 2026
#   and two values of TZ.
# Versions: korean-business-day 2.1.0 (npm), Node.js 20.20.2. Source: lib/index.js, lib/year_holidays. Nothing found about it.
#
# Output seen:
#   TZ                                     UTC       Asia/Seoul  America/New_York
#   next after 20260105                    20260106  20260106    20260105
#   previous before 20260106               20260105  20260105    20260102
#   next after 20230120 (Seollal 21-24)    20230125  20230125    20230120
#   next after 20260213 (Seollal 16-18)    20260216  20260216    20260213
#   next after 20260923 (Chuseok 24-26)    20260924  20260924    20260923
#   1 January, 11:00 in Seoul, a holiday   true      true        true
#   1 January, 16:00 in Seoul, a holiday   true      false       true
#   31 December, 19:00 in Seoul, a holiday false     true        false
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts korean-business-day@2.1.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > zone.js <<'ZONE'
const days = require("korean-business-day");

console.log(JSON.stringify([
  ["next after 20260105", days.getNextKoreanBusinessDayYmd(20260105, 1)],
  ["previous before 20260106", days.getPreviousKoreanBusinessDayYmd(20260106, 1)],
  ["next after 20230120 (Seollal 21-24)", days.getNextKoreanBusinessDayYmd(20230120, 1)],
  ["next after 20260213 (Seollal 16-18)", days.getNextKoreanBusinessDayYmd(20260213, 1)],
  ["next after 20260923 (Chuseok 24-26)", days.getNextKoreanBusinessDayYmd(20260923, 1)],
  ["1 January, 11:00 in Seoul, a holiday", days.isHoliday(new Date("2026-01-01T02:00:00Z"))],
  ["1 January, 16:00 in Seoul, a holiday", days.isHoliday(new Date("2026-01-01T07:00:00Z"))],
  ["31 December, 19:00 in Seoul, a holiday", days.isHoliday(new Date("2025-12-31T10:00:00Z"))],
]));
ZONE
cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const { execFileSync } = require("node:child_process");

const zones = ["UTC", "Asia/Seoul", "America/New_York"];
const found = zones.map((zone) => JSON.parse(execFileSync(process.execPath, ["zone.js"], { env: { ...process.env, TZ: zone } })));
const line = (name, values) => console.log(`${name.padEnd(38)} ${String(values[0]).padEnd(10)}${String(values[1]).padEnd(12)}${values[2]}`);
line("TZ", zones);
found[0].forEach(([name], row) => line(name, found.map((answers) => answers[row][1])));
assert.deepEqual(
  found.map((answers) => answers.map(([, value]) => value)),
  [
    [20260106, 20260105, 20230125, 20260216, 20260924, true, true, false],
    [20260106, 20260105, 20230125, 20260216, 20260924, true, false, true],
    [20260105, 20260102, 20230120, 20260213, 20260923, true, true, false],
  ],
  "not as described any more",
);
CHECK
node check.js
