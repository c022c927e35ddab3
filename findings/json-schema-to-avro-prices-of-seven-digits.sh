#!/usr/bin/env bash
# json-schema-to-avro: a number becomes a float of 32 bits and an integer an int: 97123.45 is 97123.453125 behind the topic, and the first volume above 2147483647 does not go out.
#
# Expected: "Converts JSON Schema definitions into Avro Schema definitions": number is what JSON has, a double of 15 digits; integer is as large as minimum and maximum in
#   the schema say. What passed the JSON Schema comes back from Avro as it was.
# Seen: json-schema-to-avro 1.1.0 maps number to float and integer to int, whatever minimum, maximum and multipleOf say; there is no option for it. Each price keeps about
#   seven digits: to four digits in front of the point the cents are right when printed with two decimals, from six on they are not. Avro libraries write what does not
#   fit into a float without an error; ints are refused by the writer, at the tick that is too large.
# Why it matters: shares below 1000 look right with two decimals, and are not equal to what was sent: 101.05 is 101.05000305175781. Bitcoin and indices are off by
#   cents, an order id of ten digits stops the producer in the afternoon. JSON Schema and Avro both say "valid".
# Way to live with it: replace "float" by "double" and "int" by "long" in the result, before the schema is registered: a later change of the type is one that readers
#   have to follow. In tests one price of nine digits through the whole line, compared with ===.
# Versions: json-schema-to-avro 1.1.0 (the newest on npm), avsc 5.7.9, Node.js 20.20.2. Source: typeMapping and AvroTypes of the package; its README says nothing of types.
#   Nothing found about it.
#
# Output seen (JSON Schema: price a number, volume an integer up to 1e15):
#   types                            price float, volume int
#   101.05                           101.05000305175781
#   97123.45                         97123.453125
#   1234567.89                       1234567.875
#   volume 2147483647                2147483647
#   volume 2147483648                refused
#   97123.45 with double             97123.45
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts json-schema-to-avro@1.1.0 avsc@5.7.9 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const avsc = require("avsc");
const { convert } = require("json-schema-to-avro");

const schema = convert({
  $id: "http://example.com/schemas/v1/tick.json",
  type: "object",
  properties: { price: { type: "number", multipleOf: 0.01 }, volume: { type: "integer", minimum: 0, maximum: 1e15 } },
  required: ["price", "volume"],
});
const { fields } = schema;
const sent = (type, tick) => {
  try {
    return type.fromBuffer(type.toBuffer(tick));
  } catch {
    return { price: "refused", volume: "refused" };
  }
};
const type = avsc.Type.forSchema({ type: "record", name: "tick", fields });
const mended = avsc.Type.forSchema(JSON.parse(JSON.stringify({ type: "record", name: "tick", fields }).replaceAll('"float"', '"double"')));
const rows = [
  ["types", fields.map((field) => `${field.name} ${field.type}`).join(", ")],
  ...[101.05, 97123.45, 1234567.89].map((price) => [String(price), String(sent(type, { price, volume: 1 }).price)]),
  ...[2 ** 31 - 1, 2 ** 31].map((volume) => [`volume ${volume}`, String(sent(type, { price: 1, volume }).volume)]),
  ["97123.45 with double", String(sent(mended, { price: 97123.45, volume: 1 }).price)],
];
for (const [name, what] of rows) console.log(`${name.padEnd(32)} ${what}`);
assert.deepEqual(
  rows.map((row) => row[1]),
  ["price float, volume int", "101.05000305175781", "97123.453125", "1234567.875", "2147483647", "refused", "97123.45"],
  "not as described any more",
);
PROBE
timeout 60 node probe.js
