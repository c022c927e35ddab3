#!/usr/bin/env bash
# @oslojs/binary: its uint32 is negative from 2147483648 on, what putUint32 has written too; and @oslojs/cbor refuses each message with such a number.
#
# Expected: uint32 reads what putUint32 has written: 3000000000. CBOR of 3000000000 is 3000000000, as 2000000000 and 5000000000 are.
# Seen: bigEndian.uint32 and littleEndian.uint32 of @oslojs/binary 1.0.0 put the bytes together with << and |, whose result is a signed number: 3000000000 is read as -1294967296, 4294967295 as -1.
#   @oslojs/cbor 1.0.0 stands on it: an integer with four bytes from 80000000 on, positive or negative, is a TypeError with an empty message, and the whole message is lost. Two or eight bytes are right.
# Why it matters: quantities, sequence numbers and prices in units of 0.0001 (ITCH's 32 bits: from 214748.3648 on) grow into that range in the course of a day or a year, Unix seconds in 2038. A test with
#   small numbers does not see it, nor one with very large ones.
# Way to live with it: >>> 0 behind uint32; DataView's getUint32; for CBOR the packages cbor or cbor-x. In tests 2147483648 and 4294967295.
# Versions: @oslojs/binary 1.0.0, @oslojs/cbor 1.0.0 (npm, the newest), cbor 10.0.11, Node.js 20.20.2. Source: uint32 in dist/uint.js; the length of four in dist/decode.js. Nothing found about it.
#
# Output seen:
#        number  bigEndian    littleEndian  CBOR bytes          @oslojs/cbor
#    2147483647  2147483647   2147483647    1a7fffffff          2147483647
#    2147483648  -2147483648  -2147483648   1a80000000          TypeError ""
#    3000000000  -1294967296  -1294967296   1ab2d05e00          TypeError ""
#    4294967295  -1           -1            1affffffff          TypeError ""
#    4294967296  -            -             1b0000000100000000  4294967296
#   -2147483649  -            -             3a80000000          TypeError ""
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @oslojs/binary@1.0.0 @oslojs/cbor@1.0.0 cbor@10.0.11 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import cbor from "cbor";
import { bigEndian, littleEndian } from "@oslojs/binary";
import { decodeCBORToNativeValueNoLeftoverBytes as decode } from "@oslojs/cbor";

const back = (order, number) => {
  if (number < 0 || number >= 2 ** 32) return "-";
  const bytes = new Uint8Array(4);
  order.putUint32(bytes, number, 0);
  return String(order.uint32(bytes, 0));
};
const decoded = (bytes) => {
  try {
    return String(decode(new Uint8Array(bytes), 10));
  } catch (error) {
    return `${error.constructor.name} "${error.message}"`;
  }
};
const rows = [2147483647, 2147483648, 3000000000, 4294967295, 4294967296, -2147483649].map((number) => {
  const bytes = cbor.encodeOne(number);
  return [String(number), back(bigEndian, number), back(littleEndian, number), bytes.toString("hex"), decoded(bytes)];
});
const show = ([number, big, little, hex, value]) => console.log(`${number.padStart(11)}  ${big.padEnd(11)}  ${little.padEnd(12)}  ${hex.padEnd(18)}  ${value}`);
[["number", "bigEndian", "littleEndian", "CBOR bytes", "@oslojs/cbor"], ...rows].forEach(show);
assert.deepEqual(rows, [
  ["2147483647", "2147483647", "2147483647", "1a7fffffff", "2147483647"],
  ["2147483648", "-2147483648", "-2147483648", "1a80000000", 'TypeError ""'],
  ["3000000000", "-1294967296", "-1294967296", "1ab2d05e00", 'TypeError ""'],
  ["4294967295", "-1", "-1", "1affffffff", 'TypeError ""'],
  ["4294967296", "-", "-", "1b0000000100000000", "4294967296"],
  ["-2147483649", "-", "-", "3a80000000", 'TypeError ""'],
]);
CHECK
timeout 60 node check.mjs
