#!/usr/bin/env bash
# mi-cron (@fregante): month names are a month early, "jan" is the December before; a day and a weekday must both fit.
#
# Expected: "Supports the complete standard cron syntax": mar is 3, as sun is 0, and as in the crontab page that its README links to. When both the day and the
#   weekday are restricted, cron runs if either fits.
# Seen: @fregante/mi-cron 2.0.1 takes the place of a name in its list, from 0, for weekdays, where that is right, and for months, where it is not: mar is 2, jan is 0, which nextDate()
#   makes December of the year before. A schedule with a name is never undefined, so that nothing tells it apart. "30 14 1 * 1" runs on first days of a month that are a Monday, two or three times
#   a year, not on each Monday and each first. The 29th of February is the 1st of March in the other years.
# Why it matters: the job that loads the calendar of the new year, rolls a contract or switches to summer hours runs a month too early; written with numbers, as in its tests, it is right.
# Way to live with it: numbers for months; two schedules for a day and a weekday. In tests ask nextDate() for each name that is in use.
# Versions: @fregante/mi-cron 2.0.1 and cron-parser 5.10.6 beside it (npm, the newest), Node.js 20.20.2. Source: parseField and nextDate in src/index.ts. Nothing found about it.
#
# Output seen (next after 15 January 2026, UTC):
#   expression       mi-cron            cron-parser
#   30 14 1 3 *      2026-03-01 14:30   2026-03-01 14:30
#   30 14 1 mar *    2026-02-01 14:30   2026-03-01 14:30
#   30 14 1 jan *    2026-12-01 14:30   2027-01-01 14:30
#   30 14 1 dec *    2026-11-01 14:30   2026-12-01 14:30
#   30 14 * * mon    2026-01-19 14:30   2026-01-19 14:30
#   30 14 1 * 1      2026-06-01 14:30   2026-01-19 14:30
#   30 14 29 2 *     2026-03-01 14:30   2028-02-29 14:30
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @fregante/mi-cron@2.0.1 cron-parser@5.10.6 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { parseCron } from "@fregante/mi-cron";
import { CronExpressionParser } from "cron-parser";

const from = new Date("2026-01-15T00:00:00Z");
const show = (date) => date.toISOString().slice(0, 16).replace("T", " ");
const rows = [];
console.log("expression       mi-cron            cron-parser");
for (const expression of ["30 14 1 3 *", "30 14 1 mar *", "30 14 1 jan *", "30 14 1 dec *", "30 14 * * mon", "30 14 1 * 1", "30 14 29 2 *"]) {
  const ours = show(parseCron.nextDate(expression, from));
  const theirs = show(new Date(CronExpressionParser.parse(expression, { currentDate: from, tz: "UTC" }).next().getTime()));
  rows.push([ours, theirs]);
  console.log(`${expression.padEnd(16)} ${ours}   ${theirs}`);
}
assert.deepEqual(rows.map((row) => row[0].slice(0, 10)), ["2026-03-01", "2026-02-01", "2026-12-01", "2026-11-01", "2026-01-19", "2026-06-01", "2026-03-01"]);
assert.deepEqual(rows.map((row) => row[1].slice(0, 10)), ["2026-03-01", "2026-03-01", "2027-01-01", "2026-12-01", "2026-01-19", "2026-01-19", "2028-02-29"]);
CHECK
timeout 60 node check.mjs
