#!/usr/bin/env bash
# ohlc-resample: one minute without a trade near the close, and the last bar of the day does not exist.
#
# Expected: bars of five minutes from bars of one: each has what there is of its minutes, the last one too.
# Seen: ohlc-resample 1.2.1 hands out a bar when it has counted five, or when the next one begins. A bar in the middle
#   with four minutes comes; the last one with four is left out, with its volume. Four bars alone are no
#   bar. If a minute is there twice, as after a reconnection that asks again, the bar is handed out after the fifth row,
#   and the rest of its minutes is a second bar of the same time.
# Why it matters: the close of an illiquid instrument is missing on the days on which it did not trade in each of the last
#   five minutes; the volumes of bars do not add up to the day's. Test data has a row for every minute.
# Way to live with it: add an empty minute behind the last one, and take rows of one time together before.
# Versions: ohlc-resample 1.2.1 (npm), Node.js 20.20.2. Its README says none of it.
#
# Output seen (09:15 to 15:29 in Mumbai, volume 1 per minute):
#   all 375 minutes           75 bars, the last at 15:25, volume 375
#   11:00 without a trade     75 bars, the last at 15:25, volume 374
#   15:27 without a trade     74 bars, the last at 15:20, volume 370
#   four minutes alone        0 bars
#   09:17 is there twice      2 bars of 09:15, volumes 5 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts ohlc-resample@1.2.1

cat > probe.js <<'PROBE'
const assert = require("node:assert");
const { resampleOhlcv } = require("ohlc-resample");

const OPENS = Date.UTC(2026, 0, 5, 3, 45); // 09:15 in Mumbai
const MUMBAI = { timeZone: "Asia/Kolkata", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const clock = (time) => new Date(time).toLocaleTimeString("en-GB", MUMBAI);
const minute = (n) => ({ time: OPENS + n * 60000, open: 100 + n, high: 101 + n, low: 99 + n, close: 100 + n, volume: 1 });
const day = Array.from({ length: 375 }, (_, n) => minute(n));
const without = (at) => day.filter((bar) => clock(bar.time) !== at);
const resample = (bars) => resampleOhlcv(bars.map((bar) => ({ ...bar })), { baseTimeframe: 60, newTimeframe: 300 });

const seen = [];
function show(name, text) {
  console.log(`${name.padEnd(25)} ${text}`);
  seen.push(text);
}
for (const [name, bars] of [
  ["all 375 minutes", day],
  ["11:00 without a trade", without("11:00")],
  ["15:27 without a trade", without("15:27")],
]) {
  const result = resample(bars);
  const volume = result.reduce((sum, bar) => sum + bar.volume, 0);
  show(name, `${result.length} bars, the last at ${clock(result.at(-1).time)}, volume ${volume}`);
}
show("four minutes alone", `${resample(day.slice(0, 4)).length} bars`);
const twice = resample([...day.slice(0, 3), day[2], ...day.slice(3)]).filter((bar) => clock(bar.time) === "09:15");
show("09:17 is there twice", `${twice.length} bars of 09:15, volumes ${twice.map((bar) => bar.volume).join(" ")}`);
assert.deepStrictEqual(
  seen,
  [
    "75 bars, the last at 15:25, volume 375",
    "75 bars, the last at 15:25, volume 374",
    "74 bars, the last at 15:20, volume 370",
    "0 bars",
    "2 bars of 09:15, volumes 5 1",
  ],
  "not as described any more",
);
PROBE
node probe.js
