#!/usr/bin/env bash
# djv: a field that must be false may not be false, one that must be true may be the text "true" only; 100.5 and "100.5", 0 and false, [1] and "1" are one value.
#
# Expected: "Current versions of JSON Schema: draft-06": const and enum compare value and type; 1 and "1" differ, true is true.
# Seen: djv 2.1.4 makes of each value of an enum its text, by decodeURIComponent(), and compares it with the message by !=. JavaScript makes numbers of false and true, and
#   none of the texts "false" and "true", so that both flags are refused, and the texts are taken. With numbers and texts the loose comparison is true both ways: "0" for 0,
#   0 for "0" or for "", false for 0, [1] for "1". const is made of enum. Objects and null are right.
# Why it matters: {"snapshot": {"const": false}} or {"ok": {"const": true}} chooses the message among ticks, snapshots and errors in a oneOf: no valid message is left, and
#   the team takes the keyword out. A price that has become text, the change of a feed that hurts most, passes const and enum; side 1 and 2 of FIX are
#   both texts and numbers.
# Way to live with it: type beside const and enum (type: "number" refuses the text; for flags it helps nothing); {"type": "boolean", "not": {...}} has the same
#   cause; ajv, or @cfworker/json-schema. In tests of a schema the right type with each constant.
# Versions: djv 2.1.4 (the newest on npm), ajv 8.20.0, Node.js 20.20.2. Source: enum in lib/utils/properties.js. Nothing found about it.
#
# Output seen:
#   schema                       message   djv       ajv
#   {"const":false}              false     refused   valid
#   {"const":false}              "false"   valid     refused
#   {"const":true}               true      refused   valid
#   {"const":true}               "true"    valid     refused
#   {"const":100.5}              "100.5"   valid     refused
#   {"enum":["1","2"]}           1         valid     refused
#   {"enum":["1","2"]}           [1]       valid     refused
#   {"enum":[0,1]}               false     valid     refused
#   {"enum":["","B"]}            0         valid     refused
#   {"type":"number","enum":[1]} "1"       refused   refused
#   {"const":"B"}                "B"       valid     valid
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts djv@2.1.4 ajv@8.20.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const Ajv = require("ajv");
const Djv = require("djv");

const byDjv = (schema, message) => {
  const env = new Djv();
  env.addSchema("tick", schema);
  return env.validate("tick", message) === undefined;
};
const byAjv = (schema, message) => new Ajv().compile(schema)(message);
const rows = [
  [{ const: false }, false],
  [{ const: false }, "false"],
  [{ const: true }, true],
  [{ const: true }, "true"],
  [{ const: 100.5 }, "100.5"],
  [{ enum: ["1", "2"] }, 1],
  [{ enum: ["1", "2"] }, [1]],
  [{ enum: [0, 1] }, false],
  [{ enum: ["", "B"] }, 0],
  [{ type: "number", enum: [1] }, "1"],
  [{ const: "B" }, "B"],
].map(([schema, message]) => [schema, message, ...[byDjv, byAjv].map((by) => (by(schema, message) ? "valid" : "refused"))]);
console.log("schema                       message   djv       ajv");
for (const [schema, message, djv, ajv] of rows) console.log(`${JSON.stringify(schema).padEnd(28)} ${JSON.stringify(message).padEnd(9)} ${djv.padEnd(9)} ${ajv}`);
assert.deepEqual(
  rows.map(([, , djv, ajv]) => djv[0] + ajv[0]),
  ["rv", "vr", "rv", "vr", "vr", "vr", "vr", "vr", "vr", "rr", "vv"],
  "not as described any more",
);
PROBE
timeout 60 node probe.js
