#!/usr/bin/env bash
# jsonv-ts: required asks for nothing where the field has no schema beside it: a tick without bid and ask passes "one of both", and with both it does too.
#
# Expected: fromSchema() takes JSON Schema; required is a list of names, whether properties describes them or not: anyOf and oneOf with required are how "a bid or
#   an ask" is written, and allOf how an envelope asks for its sequence number. What is not supported is an error, as $defs is ("not implemented").
# Seen: jsonv-ts 0.10.1 makes of required a mark on the fields of properties. A name without a field there is lost, when the schema has type "object" (without a type it is
#   looked at). Both branches of oneOf are then met by everything, so that the good messages fail and "anyOf" lets pass all. unevaluatedProperties is not looked
#   at either, and says nothing.
# Why it matters: the check for the missing side of a quote is the reason for the schema, and it is silent; oneOf refuses all ticks, so that it is replaced by anyOf, which
#   passes. Messages that are complete are right in all tests.
# Way to live with it: "properties": {"bid": {}} in the same branch as required; @cfworker/json-schema or ajv. In tests of a schema one message without each required field.
# Versions: jsonv-ts 0.10.1 (the newest on npm), @cfworker/json-schema 4.1.6, Node.js 20.20.2. Nothing found about it.
#
# Output seen:
#                                                     jsonv-ts   @cfworker/json-schema
#   bid or ask (anyOf), none                          valid      refused
#   bid or ask (oneOf), a bid                         refused    valid
#   envelope (allOf) without its seq                  valid      refused
#   required volume, described nowhere                valid      refused
#   required price, described beside it               refused    refused
#   unevaluatedProperties false, one more             valid      refused
#   bid or ask (anyOf) with "bid": {} and "ask": {}   refused    refused
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts jsonv-ts@0.10.1 @cfworker/json-schema@4.1.6 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.mjs <<'PROBE'
import assert from "node:assert/strict";
import { Validator } from "@cfworker/json-schema";
import { fromSchema } from "jsonv-ts";

const object = (more) => ({ type: "object", ...more });
const price = { price: { type: "number" } };
const sides = [object({ required: ["bid"] }), object({ required: ["ask"] })];
const described = ["bid", "ask"].map((side) => object({ properties: { [side]: {} }, required: [side] }));
const rows = [
  ["bid or ask (anyOf), none", object({ anyOf: sides }), {}],
  ["bid or ask (oneOf), a bid", object({ oneOf: sides }), { bid: 1 }],
  ["envelope (allOf) without its seq", { allOf: [object({ required: ["seq"] }), object({ properties: price })] }, { price: 1 }],
  ["required volume, described nowhere", object({ properties: price, required: ["price", "volume"] }), { price: 1 }],
  ["required price, described beside it", object({ properties: price, required: ["price"] }), {}],
  ["unevaluatedProperties false, one more", object({ properties: price, unevaluatedProperties: false }), { price: 1, volume: 1 }],
  ['bid or ask (anyOf) with "bid": {} and "ask": {}', object({ anyOf: described }), {}],
].map(([name, schema, message]) => {
  const valid = [fromSchema(structuredClone(schema)).validate(message).valid, new Validator(schema, "2020-12").validate(message).valid];
  return [name, ...valid.map((is) => (is ? "valid" : "refused"))];
});
console.log(`${"".padEnd(49)} jsonv-ts   @cfworker/json-schema`);
for (const [name, a, b] of rows) console.log(`${name.padEnd(49)} ${a.padEnd(10)} ${b}`);
assert.deepEqual(
  rows.map(([, a, b]) => a[0] + b[0]),
  ["vr", "rv", "vr", "vr", "rr", "vr", "rr"],
  "not as described any more",
);
PROBE
timeout 60 node probe.mjs
