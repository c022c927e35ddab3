#!/usr/bin/env bash
# @urlpack/msgpack: a tick at a whole second is one of January 1970, a volume in 64 bits is -1.8e19, and a message that two read says two things.
#
# Expected: a pure implementation of the specification: a timestamp of 32 bits is seconds (it is what is written when there is no fraction), an
#   int 64 may be positive, and to decode is to read.
# Seen: @urlpack/msgpack 2.0.1 writes both forms of a Date rightly, and reads those with milliseconds rightly. The short one it divides by 1000 instead
#   of multiplying: each Date at a whole second is in the first hour of 1970, its own as well as those of others. An int 64 it takes for
#   negative, always: a positive one becomes itself less 2^64. Negative ones are read by turning the bytes in the caller's Buffer around, so that who decodes
#   the same Buffer again gets another number.
# Why it matters: one tick in a thousand of a real feed is at a whole second, and each bar and each tick of a feed in seconds; a test with the time of now
#   passes. msgpackr writes each BigInt below 2^63 as an int 64, a volume as well. A log and a book that decode the same message differ in the change of it.
# Way to live with it: times as integers of milliseconds; numbers instead of BigInt; decode once, of a copy: new Uint8Array(data). In tests a tick at a whole
#   second, and one message read two times.
# Versions: @urlpack/msgpack 2.0.1 (the newest on npm), msgpackr 2.1.4, @msgpack/msgpack 3.1.3, Node.js 20.20.2. Source: src/ext/TimestampDecoder.ts,
#   src/decoder.res. Nothing found about it.
#
# Output seen:
#                                     @urlpack/msgpack           @msgpack/msgpack
#   its own 09:15:00.250              2026-01-05T09:15:00.250Z   2026-01-05T09:15:00.250Z
#   its own 09:15:00                  1970-01-01T00:29:27.604Z   2026-01-05T09:15:00.000Z
#   09:15:00 of msgpackr              1970-01-01T00:29:27.604Z   2026-01-05T09:15:00.000Z
#   volume 5000000000n of msgpackr    -18446744068709552000      5000000000
#   change of -5000000000             -5000000000                -5000000000
#   the same Buffer once more         -18446744068709552000      -5000000000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @urlpack/msgpack@2.0.1 msgpackr@2.1.4 @msgpack/msgpack@3.1.3 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import assert from "node:assert/strict";
import { decode } from "@msgpack/msgpack";
import { makeMessagePackDecoder, makeMessagePackEncoder } from "@urlpack/msgpack";
import { pack } from "msgpackr";

const urlpack = makeMessagePackDecoder();
const own = makeMessagePackEncoder();
const text = (value) => (value instanceof Date ? value.toISOString() : String(value));
const both = (bytes) => [urlpack, { decode }].map((reader) => text(reader.decode(new Uint8Array(bytes))));

const change = Buffer.alloc(9);
change[0] = 0xd3;
change.writeBigInt64BE(-5000000000n, 1);
const message = Buffer.from(new Uint8Array(change).buffer); // begins where its memory begins, as data of a socket does
const official = [decode(message), decode(message)].map(text);
const twice = [urlpack.decode(message), urlpack.decode(message)].map(text);

const rows = [
  ["its own 09:15:00.250", ...both(own.encode(new Date("2026-01-05T09:15:00.250Z")))],
  ["its own 09:15:00", ...both(own.encode(new Date("2026-01-05T09:15:00Z")))],
  ["09:15:00 of msgpackr", ...both(pack(new Date("2026-01-05T09:15:00Z")))],
  ["volume 5000000000n of msgpackr", ...both(pack(5000000000n))],
  ["change of -5000000000", twice[0], official[0]],
  ["the same Buffer once more", twice[1], official[1]],
];
console.log(`${"".padEnd(33)} ${"@urlpack/msgpack".padEnd(26)} @msgpack/msgpack`);
for (const [name, a, b] of rows) console.log(`${name.padEnd(33)} ${a.padEnd(26)} ${b}`);
assert.deepEqual(
  rows.map((row) => row.slice(1)),
  [
    ["2026-01-05T09:15:00.250Z", "2026-01-05T09:15:00.250Z"],
    ["1970-01-01T00:29:27.604Z", "2026-01-05T09:15:00.000Z"],
    ["1970-01-01T00:29:27.604Z", "2026-01-05T09:15:00.000Z"],
    ["-18446744068709552000", "5000000000"],
    ["-5000000000", "-5000000000"],
    ["-18446744068709552000", "-5000000000"],
  ],
  "not as described any more",
);
PROBE
timeout 60 node probe.mjs
