#!/usr/bin/env bash
# tv4, jsen, is-my-json-valid: by tv4 4.35 is no multiple of 0.01 and -4.357 is; for a step of 0.00000001 the two others refuse 0.5 and take 0.000000015.
#
# Expected: multipleOf is the tick size: a price on the grid is valid, one between two ticks is not, and the sign has no part in it. Known is that a plain division is wrong
#   by its last bit; all three have something against it.
# Seen: tv4 1.3.0 divides and allows the remainder to be a rounding error above 0 or below 1, of 2^-51; quotients of 100 and more have larger errors, and so
#   4.35, 19.99 and one in six of the prices to 10.00 is refused. The remainder of a negative number is negative, below both limits: each negative number is a
#   multiple of everything. jsen 0.6.6 and
#   is-my-json-valid 2.20.6 count the digits of the step in its text. 0.00000001 as text is 1e-8, in which they count otherwise: all common prices are refused, and a price of
#   more digits than the step is valid. jsen rounds as well, to one digit more than the step has: 1.005 is a multiple of 0.1.
# Why it matters: tv4 is the one in Postman's sandbox, and in chai-json-schema: changes, spreads and prices of power below zero are unchecked there, and the
#   suite has false alarms at every sixth cent. 0.00000001 is the step of the quantities of most coins.
# Way to live with it: @exodus/schemasafe or @cfworker/json-schema, which are right in all of these; or pattern for prices that are sent as text. In tests of a
#   schema 4.35, -4.357, and one quantity with eight digits.
# Versions: tv4 1.3.0, jsen 0.6.6, is-my-json-valid 2.20.6, @exodus/schemasafe 1.3.0, @cfworker/json-schema 4.1.6 (the newest on npm), Node.js 20.20.2. Source: validateMultipleOf
#   in tv4.js, keywords.multipleOf in jsen.js, isMultipleOf in index.js. Nothing found about the sign and about 1e-8.
#
# Output seen (right is what decimal numbers give):
#                            right    tv4      jsen     is-my-json-valid  schemasafe  @cfworker
#   4.35 by 0.01             valid    refused  valid    valid             valid       valid
#   4.357 by 0.01            refused  refused  refused  refused           refused     refused
#   -4.357 by 0.01           refused  valid    refused  refused           refused     refused
#   -0.3 by 0.25             refused  valid    refused  refused           refused     refused
#   0.5 by 0.00000001        valid    valid    refused  refused           valid       valid
#   0.00012345 by 0.00000001 valid    refused  refused  refused           valid       valid
#   0.000000015 by 0.00000001 refused  refused  valid    valid             refused     refused
#   1.005 by 0.1             refused  refused  valid    refused           refused     refused
#   cents from 0.01 to 10.00 that are refused: tv4 159, jsen 0, is-my-json-valid 0, schemasafe 0, @cfworker 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts tv4@1.3.0 jsen@0.6.6 is-my-json-valid@2.20.6 @exodus/schemasafe@1.3.0 @cfworker/json-schema@4.1.6 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const { Validator } = require("@cfworker/json-schema");
const { validator: schemasafe } = require("@exodus/schemasafe");
const isMyJsonValid = require("is-my-json-valid");
const jsen = require("jsen");
const tv4 = require("tv4");

const libraries = {
  tv4: (schema) => (value) => tv4.validate(value, schema),
  jsen: (schema) => jsen(schema),
  "is-my-json-valid": (schema) => isMyJsonValid(schema),
  schemasafe: (schema) => schemasafe(schema),
  "@cfworker": (schema) => (value) => new Validator(schema, "7").validate(value).valid,
};
const verdict = (library, step, price) => (libraries[library]({ type: "number", multipleOf: Number(step) })(Number(price)) ? "valid" : "refused");
const scaled = (text) => {
  const [whole, fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(12, "0"));
};
const names = Object.keys(libraries);
const widths = [8, 8, 17, 11, 0];
const line = (cells) => cells.map((cell, i) => cell.padEnd(widths[i])).join(" ").trimEnd();
console.log(`${"".padEnd(24)} right    ${line(names)}`);
const rows = [
  ["4.35", "0.01"],
  ["4.357", "0.01"],
  ["-4.357", "0.01"],
  ["-0.3", "0.25"],
  ["0.5", "0.00000001"],
  ["0.00012345", "0.00000001"],
  ["0.000000015", "0.00000001"],
  ["1.005", "0.1"],
].map(([price, step]) => {
  const right = scaled(price) % scaled(step) === 0n ? "valid" : "refused";
  const all = names.map((name) => verdict(name, step, price));
  console.log(`${`${price} by ${step}`.padEnd(24)} ${right.padEnd(8)} ${line(all)}`);
  return [right, ...all];
});
const cents = Array.from({ length: 1000 }, (_, i) => ((i + 1) / 100).toFixed(2));
const refused = names.map((name) => cents.filter((price) => verdict(name, "0.01", price) === "refused").length);
console.log(`cents from 0.01 to 10.00 that are refused: ${names.map((name, i) => `${name} ${refused[i]}`).join(", ")}`);
const short = rows.map((row) => row.map((cell) => cell[0]).join(""));
assert.deepEqual([short, refused], [["vrvvvv", "rrrrrr", "rvrrrr", "rvrrrr", "vvrrvv", "vrrrvv", "rrvvrr", "rrvrrr"], [159, 0, 0, 0, 0]], "not as described any more");
PROBE
timeout 60 node probe.js
