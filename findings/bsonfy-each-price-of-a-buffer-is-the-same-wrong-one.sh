#!/usr/bin/env bash
# bsonfy: read from a Node.js Buffer, all prices of a document are one and the same wrong number; texts and whole numbers are right. And an infinite limit is written as 0.
#
# Expected: deserialize takes a Uint8Array, and a Buffer is one: 231.1 is 231.1. What does not fit into 64 bits is written as a double.
# Seen: bsonfy 1.0.2 takes the eight bytes of a double by buffer.slice(i, i + 8).buffer and relies on slice() making a copy. That of a Buffer is a view: .buffer is the whole memory behind it, and each
#   double is read from the beginning of that memory. So it is with what Buffer.from, Buffer.concat (the pieces of a socket) and the package bson make; the Buffer of a whole ws message may end in a RangeError
#   instead. When writing, each number without a fraction is an int64: Infinity (0) and 1e19 (-8446744073709552000) too.
# Why it matters: bid, ask and last have the same value, of something else that lies in the process's memory, while symbol and time look well: 2.3e-322 is 0.00 on the screen. In a browser all is right.
#   "No limit" comes back as a limit of 0.
# Way to live with it: deserialize(new Uint8Array(data)); for no limit null. In tests a price with a fraction, in a Buffer.concat() of two pieces.
# Versions: bsonfy 1.0.2 (npm, the newest), bson 6.10.4, Node.js 20.20.2. Source: elements 0x01 and 0x12 in src/bson.ts. Its tests read what it has written itself. Nothing found about it.
#
# Output seen:
#   written by bsonfy   Uint8Array  AAPL 1767607200, prices right
#   the same in pieces  Buffer      AAPL 1767607200, prices wrong, bid = ask true
#   the pieces, copied  Uint8Array  AAPL 1767607200, prices right
#   written by bson     Buffer      AAPL 1767607200, prices wrong, bid = ask true
#   Infinity is 0, 10000000000000000000 is -8446744073709552000, 1000000000000000000 is 1000000000000000000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts bsonfy@1.0.2 bson@6.10.4 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import bsonfy from "bsonfy";
import { serialize } from "bson";

const { BSON } = bsonfy;
const quote = { symbol: "AAPL", time: 1767607200, bid: 231.1, ask: 231.12 };
const written = BSON.serialize(quote);
const pieces = Buffer.concat([written.slice(0, 20), written.slice(20)]);

const seen = [
  ["written by bsonfy", written],
  ["the same in pieces", pieces],
  ["the pieces, copied", new Uint8Array(pieces)],
  ["written by bson", serialize(quote)],
].map(([way, bytes]) => {
  const read = BSON.deserialize(bytes);
  const state = read.bid === quote.bid && read.ask === quote.ask ? "prices right" : `prices wrong, bid = ask ${read.bid === read.ask}`;
  const line = `${way.padEnd(18)}  ${bytes.constructor.name.padEnd(10)}  ${read.symbol} ${read.time}, ${state}`;
  console.log(line);
  return line;
});
const limits = [Infinity, 1e19, 1e18].map((value) => [value, BSON.deserialize(BSON.serialize({ value })).value]);
console.log(limits.map(([value, back]) => `${value} is ${back}`).join(", "));

assert.deepEqual(seen, [
  "written by bsonfy   Uint8Array  AAPL 1767607200, prices right",
  "the same in pieces  Buffer      AAPL 1767607200, prices wrong, bid = ask true",
  "the pieces, copied  Uint8Array  AAPL 1767607200, prices right",
  "written by bson     Buffer      AAPL 1767607200, prices wrong, bid = ask true",
]);
assert.deepEqual(limits, [[Infinity, 0], [1e19, -8446744073709551616], [1e18, 1e18]]);
CHECK
timeout 60 node check.mjs
