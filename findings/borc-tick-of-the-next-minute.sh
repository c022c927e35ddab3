#!/usr/bin/env bash
# borc, @stablelib/cbor: a Date is sent without its milliseconds; borc rounds, so that 09:15:59.750 arrives as a tick of the minute after it, in the future.
#
# Expected: a Date is in borc's list of supported types and in the types of the other; tag 1 may have a fraction and tag 0 a text with one (RFC 8949, 3.4.1 and 3.4.2), and both read
#   both of them. What comes back is the Date that went in, or there is an option for less.
# Seen: borc 3.0.0 sends Math.round() of the seconds: all behind .500 are in the next second, and behind :59.500 in the next minute. @stablelib/cbor 2.0.4 cuts
#   its text behind the seconds. Ticks of the same second become simultaneous, so that nothing is out of order. cbor-x sends the fraction.
# Why it matters: bars of borc's readers have half a second of each minute in the one after, the last price of a day in an auction or a day that has not begun; a
#   check "no tick from the future" fails for every second one on a fast line, and latencies are up to 500 ms too small, or negative. Of the other all latencies are up
#   to a second too large. Tests with whole seconds pass, and those that compare with the library's own round trip of :00.000.
# Way to live with it: the time as an integer of milliseconds beside the price; for @stablelib/cbor its DateNumberEncoder. In tests a tick at 59.750 seconds.
# Versions: borc 3.0.0, @stablelib/cbor 2.0.4 (the newest on npm), cbor-x 1.6.9, Node.js 20.20.2. Source: _pushDate in src/encoder.js (a comment there says that it
#   rounds), DateStringEncoder in cbor.ts. Nothing in their documentation.
#
# Output seen (sent by each, read by cbor-x; the last column is the close of the bar of 09:15 of the ticks 100 at :10.100, 101 at :59.400, 105 at :59.750):
#                     09:15:59.750               09:15:10.100               close of 09:15
#   borc              2026-01-05T09:16:00.000Z   2026-01-05T09:15:10.000Z   101
#   @stablelib/cbor   2026-01-05T09:15:59.000Z   2026-01-05T09:15:10.000Z   105
#   cbor-x            2026-01-05T09:15:59.750Z   2026-01-05T09:15:10.100Z   105
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts borc@3.0.0 @stablelib/cbor@2.0.4 cbor-x@1.6.9 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import assert from "node:assert/strict";
import * as stablelib from "@stablelib/cbor";
import borc from "borc";
import * as cborx from "cbor-x";

const at = (second) => new Date(`2026-01-05T09:15:${second}Z`);
const ticks = [
  { at: at("10.100"), price: 100 },
  { at: at("59.400"), price: 101 },
  { at: at("59.750"), price: 105 },
];
const rows = [["borc", borc], ["@stablelib/cbor", stablelib], ["cbor-x", cborx]].map(([name, library]) => {
  const sent = (value) => cborx.decode(library.encode(value));
  const bar = ticks.map(sent).filter((tick) => tick.at < at("59.999"));
  return [name, sent(at("59.750")).toISOString(), sent(at("10.100")).toISOString(), String(bar.at(-1).price)];
});
const line = ([name, a, b, c]) => console.log(`${name.padEnd(17)} ${a.padEnd(26)} ${b.padEnd(26)} ${c}`);
line(["", "09:15:59.750", "09:15:10.100", "close of 09:15"]);
rows.forEach(line);
assert.deepEqual(
  rows.map((row) => row.slice(1)),
  [
    ["2026-01-05T09:16:00.000Z", "2026-01-05T09:15:10.000Z", "101"],
    ["2026-01-05T09:15:59.000Z", "2026-01-05T09:15:10.000Z", "105"],
    ["2026-01-05T09:15:59.750Z", "2026-01-05T09:15:10.100Z", "105"],
  ],
  "not as described any more",
);
PROBE
timeout 60 node probe.mjs
