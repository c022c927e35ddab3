#!/usr/bin/env bash
# junit2json: a test named 1e3 is test 1, 18000.50 and 18000.5 are one, and Python 3.10 is Python 3.1.
#
# Expected: counts and times become numbers; names and the values of properties are texts, as in its types (name?: string).
# Seen: junit2json 4.0.0 makes a number of each attribute that can be one. Tests that are named by what they are given, a strike or a
#   size, lose the digits that tell them apart; ids of 18 digits are other ids; leading zeros go; an empty name is null. A number that
#   is whole and written with an exponent is read up to the "e": 1e3 is 1, a build 2026e11 is 2026, and a time of 1e3 s is 1 s.
# Why it matters: it is made to put results into BigQuery, where a test's history is found by its name. Two strikes share one history there, so
#   that one that fails each night looks as if it came and went; a column that is text in the first files and a number later refuses the rest.
# Way to live with it: parse(xml, {}) keeps all texts, numbers included; or names with a word in front.
# Versions: junit2json 4.0.0 (npm), Node.js 20.20.2 (its own JUnit reporter). The README says nothing of types.
#
# Output seen (written by node --test, and read):
#   test 18000.50                      18000.5 (number)
#   test 18000.5                       18000.5 (number)
#   test 1e3                           1 (number)
#   test 0050                          50 (number)
#   test 123456789012345678            123456789012345680 (number)
#   test NIFTY 18000.50                NIFTY 18000.50 (string)
#   property python 3.10               3.1 (number)
#   property build 2026e11             2026 (number)
#   time 1e3                           1 (number)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts junit2json@4.0.0 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > strikes.mjs <<'STRIKES'
import test from "node:test";

for (const name of ["18000.50", "18000.5", "1e3", "0050", "123456789012345678", "NIFTY 18000.50"]) test(name, () => {});
STRIKES
cat > probe.mjs <<'PROBE'
import { execFileSync } from "node:child_process";
import { parse } from "junit2json";

const rows = [];
function row(written, value) {
  rows.push([written, value]);
  console.log(`${written.padEnd(34)} ${value} (${typeof value})`);
}
const xml = execFileSync("node", ["--test-reporter=junit", "strikes.mjs"], { encoding: "utf8" });
const written = [...xml.matchAll(/<testcase name="([^"]*)"/g)].map(([, name]) => name);
const { testcase } = await parse(xml);
written.forEach((name, number) => row(`test ${name}`, testcase[number].name));
const suite = await parse(`<testsuite name="ticks" tests="1" time="1e3">
  <properties><property name="python" value="3.10"/><property name="build" value="2026e11"/></properties>
  <testcase name="a tick arrives" classname="ticks" time="1e3"/></testsuite>`);
row("property python 3.10", suite.properties[0].value);
row("property build 2026e11", suite.properties[1].value);
row("time 1e3", suite.testcase[0].time);
const right =
  JSON.stringify(rows) ===
  JSON.stringify([
    ["test 18000.50", 18000.5],
    ["test 18000.5", 18000.5],
    ["test 1e3", 1],
    ["test 0050", 50],
    ["test 123456789012345678", 123456789012345680],
    ["test NIFTY 18000.50", "NIFTY 18000.50"],
    ["property python 3.10", 3.1],
    ["property build 2026e11", 2026],
    ["time 1e3", 1],
  ]);
if (!right) console.error("not as described any more");
process.exit(right ? 0 : 1);
PROBE
node probe.mjs
