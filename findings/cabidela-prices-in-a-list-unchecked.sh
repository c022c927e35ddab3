#!/usr/bin/env bash
# @cloudflare/cabidela: prices in a list are never looked at, [["x", 7], [1]] are levels of a book, of allOf the last part counts, and a $ref to one's own $defs allows all.
#
# Expected: "supports most of JSON Schema specification"; named as missing are lists of types, patternProperties, dependent... and if. items, allOf, $defs and a
#   $ref in its own spelling ("$defs#/price") are in the README, and what is not understood is an error somewhere.
# Seen: @cloudflare/cabidela 0.2.4 takes each list that holds numbers and texts only for binary data, and looks at nothing in it: neither its items nor that
#   it is one where a list of objects was asked for. minItems, maxItems and prefixItems it does not know. The parts of allOf become one object by Object.assign,
#   so that required and properties of all parts but the last are gone. $ref is followed with the option useMerge or with subSchemas, as in the README's example;
#   without it the field may hold anything. validate() throws where it finds something, and is silent here.
# Why it matters: a book is lists of numbers: [["101.05", "a lot"]], [[1]] and [] are valid bids, and a candle as a list with its price in text, too. allOf is how a tick is
#   made of an envelope and a body: the envelope is never checked. All these schemas are right with others, so that the move to this one, for being small, is seen as
#   a success: nothing fails any more.
# Way to live with it: levels as objects; allOf written out; useMerge: true for $ref; ajv or @cfworker/json-schema, which needs no eval either, for
#   messages of feeds. In tests of a schema one wrong message for each keyword.
# Versions: @cloudflare/cabidela 0.2.4 (the newest on npm), @cfworker/json-schema 4.1.6, Node.js 20.20.2 (the script adds Set.union and Set.difference of
#   Node.js 22, without which cabidela refuses more). Source: getMetaData, parseSubSchema, setSchema in dist/index.js. Nothing found about it.
#
# Output seen (messages that their schema does not allow):
#                                                                      cabidela   @cfworker/json-schema
#   prices: list of numbers            {"prices":[101.05,"x",-3]}       valid      refused
#   bids: pairs of numbers             {"bids":[["x",7],[1]]}           valid      refused
#   trades: list of objects            {"trades":[101.05]}              valid      refused
#   bids: at least one                 {"bids":[]}                      valid      refused
#   allOf of envelope and body         {"price":101.05}                 valid      refused
#   $ref "$defs#/price"                {"price":"x"}                    valid      refused
#   the same, in the schema            {"price":"x"}                    refused    refused
#   price: number from 0 on            {"price":-1}                     refused    refused
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts @cloudflare/cabidela@0.2.4 @cfworker/json-schema@4.1.6 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import assert from "node:assert/strict";
import { Validator } from "@cfworker/json-schema";

Set.prototype.union ??= function (other) {
  return new Set([...this, ...other]);
};
Set.prototype.difference ??= function (other) {
  return new Set([...this].filter((item) => !other.has(item)));
};
const { Cabidela } = await import("@cloudflare/cabidela");

const price = { type: "number", minimum: 0 };
const object = (properties, more = {}) => ({ type: "object", properties, required: Object.keys(properties), ...more });
const list = (items, more = {}) => ({ type: "array", items, ...more });
const cases = [
  ["prices: list of numbers", object({ prices: list(price) }), { prices: [101.05, "x", -3] }],
  ["bids: pairs of numbers", object({ bids: list(list(price, { minItems: 2 })) }), { bids: [["x", 7], [1]] }],
  ["trades: list of objects", object({ trades: list(object({ price })) }), { trades: [101.05] }],
  ["bids: at least one", object({ bids: list(list(price), { minItems: 1 }) }), { bids: [] }],
  ["allOf of envelope and body", { type: "object", allOf: [object({ seq: { type: "integer" } }), object({ price })] }, { price: 101.05 }],
  ['$ref "$defs#/price"', object({ price: { $ref: "$defs#/price" } }, { $defs: { price } }), { price: "x" }],
  ["the same, in the schema", object({ price }), { price: "x" }],
  ["price: number from 0 on", object({ price }), { price: -1 }],
];
const cabidela = (schema, message) => {
  try {
    new Cabidela(schema).validate(message);
    return "valid";
  } catch {
    return "refused";
  }
};
const cfworker = (schema, message) => {
  const usual = JSON.parse(JSON.stringify(schema).replace('"$defs#/price"', '"#/$defs/price"'));
  return new Validator(usual, "2020-12").validate(message).valid ? "valid" : "refused";
};
console.log(`${"".padEnd(67)} cabidela   @cfworker/json-schema`);
const verdicts = cases.map(([name, schema, message]) => {
  const both = [cabidela(structuredClone(schema), structuredClone(message)), cfworker(schema, message)];
  console.log(`${name.padEnd(34)} ${JSON.stringify(message).padEnd(32)} ${both[0].padEnd(10)} ${both[1]}`);
  return both;
});
assert.deepEqual(verdicts.map((both) => both[1]), Array(8).fill("refused"), "not as described any more");
assert.deepEqual(verdicts.map((both) => both[0]), [...Array(6).fill("valid"), "refused", "refused"], "not as described any more");
PROBE
timeout 60 node probe.mjs
