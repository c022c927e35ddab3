#!/usr/bin/env bash
# dukascopy-node: without volumes, as its command is by default, hours without a trade are candles; with them an hour of 42 bitcoins has volume 0.
#
# Expected: "flats" (no volume) are left out unless asked for: ignoreFlats is true by default, --flats false. Whether the volume is a column of the
#   output has nothing to do with it. A volume is rounded, not lost.
# Seen: dukascopy-node 1.50.0 fills the gaps between the service's candles with flat ones of volume 0, to count minutes by position, and takes them
#   out by their sixth column. With volumes: false there is none, undefined is not 0, and all stay: nights, weekends, holidays, at the last price. The
#   command has --volumes false by default, the function true, so that the same question has two answers. And bars, except single minutes, are
#   rounded to four decimals after the volume was put into millions, the default unit: less than 50 of anything is 0.
# Why it matters: a backtest on minutes of a week has 10080 bars instead of some 7200, with 2880 of no movement: volatilities, averages and
#   "n bars ago" are all off, and orders are filled at prices of a closed market. A filter on volume > 0 drops quiet hours of bitcoin and all
#   of most shares.
# Way to live with it: --volumes with the command, and --volume-units units; drop bars by volume === 0 oneself. In tests a Saturday.
# Versions: dukascopy-node 1.50.0 (npm), Node.js 20.20.2. Source: src/data-normaliser and src/aggregator. Nothing found about it since data comes as JSON.
#
# Output seen (five minutes of trades at 00:00 and at 02:00, nothing in between; asked for 00:00 to 02:05):
#   m1   volumes: true    10 candles    volumes: false   125 candles
#   m5   volumes: true     2 candles    volumes: false    25 candles
#   h1   one hour of 42 traded          millions 0   thousands 0.042   units 42
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts dukascopy-node@1.50.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.js <<'CHECK'
const assert = require("node:assert/strict");
const { getHistoricalRates } = require("dukascopy-node");

// The service's own form: differences to the candle before, in units of the multiplier and of the shift.
const DAY = Date.UTC(2024, 2, 8);
const times = [0, 1, 1, 1, 1, 116, 1, 1, 1, 1];
const ones = times.map(() => 1);
const base = { timestamp: DAY, multiplier: 0.01, open: 100, high: 100.5, low: 99.5, close: 100.25 };
const columns = { opens: ones, highs: ones, lows: ones, closes: ones };
const answers = {
  minute: { ...base, ...columns, shift: 60000, times, volumes: times.map(() => 0.25) },
  hour: { ...base, shift: 3600000, times: [0], opens: [0], highs: [0], lows: [0], closes: [0], volumes: [0.000042] },
};
globalThis.fetch = async (url) => new Response(JSON.stringify(answers[/candles\/(\w+)\//.exec(url)[1]]));

const rates = (timeframe, options) => getHistoricalRates({
  instrument: "btcusd", timeframe, dates: { from: new Date(DAY), to: new Date(DAY + 125 * 60000) }, ...options,
});
(async () => {
  const counts = [];
  for (const timeframe of ["m1", "m5"]) {
    const row = [];
    for (const volumes of [true, false]) row.push((await rates(timeframe, { volumes })).length);
    console.log(`${timeframe}   volumes: true  ${String(row[0]).padStart(4)} candles    volumes: false  ${String(row[1]).padStart(4)} candles`);
    counts.push(row);
  }
  const volumes = [];
  for (const volumeUnits of ["millions", "thousands", "units"]) volumes.push((await rates("h1", { volumeUnits }))[0][5]);
  console.log(`h1   one hour of 42 traded          millions ${volumes[0]}   thousands ${volumes[1]}   units ${volumes[2]}`);
  assert.deepEqual(counts, [[10, 125], [2, 25]]);
  assert.deepEqual(volumes, [0, 0.042, 42]);
})();
CHECK
timeout 60 node check.js
