#!/usr/bin/env bash
# json-to-line-protocol: the sale condition "T" is written as true, "F" as false, "5i" as the integer 5; other texts make a line that is not valid.
#
# Expected: "Will perform any necessary escaping on strings as specified by the protocol": texts of fields between quotation marks, as the reference says, so that "T" stays a text.
# Seen: json-to-line-protocol 0.2.0 writes each value of a field as it is, without quotation marks. InfluxDB takes t, T, true, f, F, false for booleans, 5i for an integer and 231.10 for a float. Other words are
#   refused by the server as an invalid line: the trade with the condition "O" is missing, the one with "T" is there.
# Why it matters: T (form T, out of hours) and F (intermarket sweep) are frequent conditions of US trades; a test with them is green, and the column is boolean from the first line on: the right texts of another
#   writer are refused after that, "field type conflict".
# Way to live with it: JSON.stringify(text) as the value; or conditions as tags, which have no quotation marks; the Point of @influxdata/influxdb-client. In tests read a "T" back and compare it with "T".
# Versions: json-to-line-protocol 0.2.0 (npm, the newest), influx-line-protocol-parser 0.2.0 (reader), @influxdata/influxdb-client 1.35.0 (the right line), Node.js 20.20.2. Source: generateFieldString in util.js.
#   Nothing found about it.
#
# Output seen (the text, the line of json-to-line-protocol and what it says, the line of InfluxDB's own client):
#   "T"       trade c=T       boolean true    trade c="T"       string T
#   "F"       trade c=F       boolean false   trade c="F"       string F
#   "5i"      trade c=5i      number 5        trade c="5i"      string 5i
#   "231.10"  trade c=231.10  number 231.1    trade c="231.10"  string 231.10
#   "O"       trade c=O       not valid       trade c="O"       string O
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts json-to-line-protocol@0.2.0 influx-line-protocol-parser@0.2.0 @influxdata/influxdb-client@1.35.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > check.mjs <<'CHECK'
import assert from "node:assert/strict";
import { Point } from "@influxdata/influxdb-client";
import parse from "influx-line-protocol-parser";
import writer from "json-to-line-protocol";

const show = (line, width) => {
  const value = parse(line).fields[0].c;
  return `${line.padEnd(width)}${value === undefined ? "not valid" : `${typeof value} ${value}`}`;
};
const rows = ["T", "F", "5i", "231.10", "O"].map((text) => {
  const line = writer.convert({ measurement: "trade", tags: {}, fields: { c: text } });
  const right = new Point("trade").stringField("c", text).timestamp("").toLineProtocol().trim();
  const row = `${JSON.stringify(text).padEnd(10)}${show(line, 16).padEnd(32)}${show(right, 18)}`;
  console.log(row);
  return row;
});
assert.deepEqual(rows, [
  '"T"       trade c=T       boolean true    trade c="T"       string T',
  '"F"       trade c=F       boolean false   trade c="F"       string F',
  '"5i"      trade c=5i      number 5        trade c="5i"      string 5i',
  '"231.10"  trade c=231.10  number 231.1    trade c="231.10"  string 231.10',
  '"O"       trade c=O       not valid       trade c="O"       string O',
]);
CHECK
timeout 60 node check.mjs
