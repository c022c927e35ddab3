#!/usr/bin/env bash
# @ygoe/msgpack, messagepack, what-the-pack, purepack: ten ether in wei are -8.4e18 in the first, 25 are 6.6e18 in two, and -10 are 8.4e18 in three.
#
# Expected: a JavaScript number that is packed comes back as itself, or there is an error; whole numbers that no 64 bits hold are sent as a double,
#   which they are.
# Seen: the four take each whole number for an integer, however large. @ygoe/msgpack 1.0.3 writes all from 2^32 on as a signed one, so that 1e19
#   becomes negative, and the largest or smallest integer for all beyond. messagepack 1.1.12 and what-the-pack 2.0.3 write the lower 64 bits: what
#   a division by 2^64 leaves, with either sign; purepack 1.0.6 does so below zero, and raises an error above. Elsewhere there is no error in
#   writing nor in reading: the wrong value is on the wire, for each reader.
#   tiny-msgpack 2.2.0 and @msgpack/msgpack 3.1.3 send a double and are right; @urlpack/msgpack 2.0.1 raises an error.
# Why it matters: amounts of tokens with 18 decimals, in their smallest unit, pass 2^63 at nine whole ones: an order of ten is a sale, one of 25 is
#   smaller than one of seven. Prices, volumes and times never get there, so that tests with ticks of shares pass.
# Way to live with it: amounts as strings or as bytes; one of the packages that are right. In tests 1e19, 2.5e19 and -1e19 through each codec in
#   use, on both ends.
# Versions: as named (npm), Node.js 20.20.2. Nothing found about it.
#
# Output seen (whole ether in wei, written by each, read by @msgpack/msgpack):
#                           7                  10                  25                 -10
#   @ygoe/msgpack           7           -8.446744           18.446744           -9.223372
#   messagepack             7                  10            6.553256            8.446744
#   what-the-pack           7                  10            6.553256            8.446744
#   purepack                7                  10               error            8.446744
#   tiny-msgpack            7                  10                  25                 -10
#   @msgpack/msgpack        7                  10                  25                 -10
#   @urlpack/msgpack    error               error               error               error
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @ygoe/msgpack@1.0.3 messagepack@1.1.12 what-the-pack@2.0.3 tiny-msgpack@2.2.0 \
  @msgpack/msgpack@3.1.3 purepack@1.0.6 @urlpack/msgpack@2.0.1 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { decode, encode } from "@msgpack/msgpack";
import { makeMessagePackEncoder } from "@urlpack/msgpack";
import ygoe from "@ygoe/msgpack";
import * as messagepack from "messagepack";
import * as purepack from "purepack";
import * as tiny from "tiny-msgpack";
import whatThePack from "what-the-pack";

const { encode: encodeWtp } = whatThePack.initialize(2 ** 16);
const writers = {
  "@ygoe/msgpack": ygoe.serialize.bind(ygoe),
  messagepack: messagepack.encode,
  "what-the-pack": encodeWtp,
  purepack: purepack.pack,
  "tiny-msgpack": tiny.encode,
  "@msgpack/msgpack": encode,
  "@urlpack/msgpack": (value) => makeMessagePackEncoder().encode(value),
};
const ETHER = 1e18;
const amounts = [7, 10, 25, -10];
const row = (name, cells) => console.log(name.padEnd(18) + cells.map((cell, n) => String(cell).padStart(n ? 20 : 7)).join(""));
row("", amounts);
const seen = {};
for (const [name, write] of Object.entries(writers)) {
  seen[name] = amounts.map((amount) => {
    try {
      return +(decode(Uint8Array.from(write(amount * ETHER))) / ETHER).toFixed(6);
    } catch {
      return "error";
    }
  });
  row(name, seen[name]);
}
assert.deepEqual(seen["@ygoe/msgpack"], [7, -8.446744, 18.446744, -9.223372]);
for (const name of ["messagepack", "what-the-pack"]) assert.deepEqual(seen[name], [7, 10, 6.553256, 8.446744]);
for (const name of ["tiny-msgpack", "@msgpack/msgpack"]) assert.deepEqual(seen[name], amounts);
assert.deepEqual(seen.purepack, [7, 10, "error", 8.446744]);
assert(seen["@urlpack/msgpack"].every((cell) => cell === "error"));
CHECK
timeout 60 node check.mjs
