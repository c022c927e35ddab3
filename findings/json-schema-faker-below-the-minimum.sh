#!/usr/bin/env bash
# json-schema-faker: "minimum": 22000, and every price is below it; times of 2026 lie in 1990.
#
# Expected: what is made from a schema is valid for it, or the schema is refused.
# Seen: json-schema-faker 0.6.3 takes a number between -1000 and 1000, and puts "minimum" in place of the first or "maximum" in
#   place of the second. With a minimum above 1000 and no maximum the two are the wrong way round, and what comes lies
#   between 1000 and the minimum: always too low. Likewise above a maximum below -1000. With multipleOf it is
#   right; so is 0.5.9, whose range begins at the minimum.
# Why it matters: prices of an index, volumes and times in milliseconds have a minimum and rarely a maximum. A mock feed
#   made from the schema of the service sends ticks that this service must refuse: tests of valid input are tests of
#   invalid input, and stale times are thrown away by what looks at their age.
# Way to live with it: a maximum beside each minimum; and run each made document through a validator before it is used.
# Versions: json-schema-faker 0.6.3 and 0.5.9, ajv 8.20.0 (npm), Node.js 20.20.2. Nothing found about it; the README promises
#   valid output.
#
# Output seen (100 values each; how many are invalid, and the first):
#   schema                                                          0.6.3                       0.5.9
#   {"type":"number","minimum":22000}                               100  8831.45                0
#   {"type":"number","minimum":22000,"maximum":30000}               0                           0
#   {"type":"integer","minimum":22000,"multipleOf":5}               0                           0
#   {"type":"integer","minimum":1767603600000}                      100  659185445777           0
#   {"type":"integer","maximum":-2000}                              100  -1627                  0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts json-schema-faker@0.6.3 old@npm:json-schema-faker@0.5.9 ajv@8.20.0

cat > probe.mjs <<'PROBE'
import { createRequire } from "node:module";
import { createGenerator } from "json-schema-faker";
const require = createRequire(import.meta.url);
const Ajv = require("ajv");
const older = require("old");
const old = older.JSONSchemaFaker ?? older.default ?? older;

const schemas = [
  { type: "number", minimum: 22000 },
  { type: "number", minimum: 22000, maximum: 30000 },
  { type: "integer", minimum: 22000, multipleOf: 5 },
  { type: "integer", minimum: 1767603600000 },
  { type: "integer", maximum: -2000 },
];
async function invalid(schema, make) {
  const valid = new Ajv().compile(schema);
  const wrong = [];
  for (let i = 0; i < 100; i++) {
    const value = await make();
    if (!valid(value)) wrong.push(value);
  }
  const first = wrong.length ? `  ${Math.round(wrong[0] * 100) / 100}` : "";
  return { count: wrong.length, text: `${wrong.length}${first}` };
}
const counts = [];
console.log(`${"schema".padEnd(63)} ${"0.6.3".padEnd(27)} 0.5.9`);
for (const schema of schemas) {
  const generator = createGenerator({ seed: 1 });
  const now = await invalid(schema, () => generator.generate(schema));
  const then = await invalid(schema, () => old.generate(schema));
  counts.push([now.count, then.count]);
  console.log(`${JSON.stringify(schema).padEnd(63)} ${now.text.padEnd(27)} ${then.text}`);
}
const expected = [[100, 0], [0, 0], [0, 0], [100, 0], [100, 0]];
if (JSON.stringify(counts) !== JSON.stringify(expected)) {
  console.error("not as described any more");
  process.exit(1);
}
PROBE
node probe.mjs
