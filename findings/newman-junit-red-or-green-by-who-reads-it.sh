#!/usr/bin/env bash
# newman's JUnit reporters: one failed assertion of six is red or green by who reads the file: in junit it is in the counters only, in junitfull in the tests only.
#
# Expected: a run with a failed assertion has a report with a failure, whoever looks, and the counters are those of the tests.
# Seen: newman 6.2.2 with -n 3 puts the iterations of a request into one suite, adds up the failures, and has one testcase for each name, which is written
#   anew by each iteration: a failure of the first one is in failures="1" and in no testcase. newman-reporter-junit5 0.1.0 does the same. newman-reporter-junitfull
#   1.1.1 has each iteration, with the failure in its testcase, and failures="0" in each suite, also when nobody listens and all six fail. Readers
#   of counters (verify-junit-xml 0.0.3, test-results-parser 0.4.6) and of tests (junit-to-ctrf 0.0.14) contradict each other, the other way
#   round for the other reporter. newman-reporter-xunit 2.4.3 has both right.
# Why it matters: a request that is repeated until the first tick is there, or a file of symbols with -d: what fails for AAPL and passes for the last symbol is
#   green in a CI that counts testcases. Changing the reporter or the dashboard changes the past's colour.
# Way to live with it: newman's own exit code as the gate; newman-reporter-xunit; a first run with one failure in the first iteration and a look at
#   each tool behind it.
# Versions: newman 6.2.2, the reporters and readers as above (the newest on npm), Node.js 20.20.2.
# Source: postmanlabs/newman#2197 (open, 2019: only the last iteration), martijnvandervlag/newman-reporter-junitfull#5 (open: the counter); nothing found about what
#   readers make of it.
#
# Output seen (2 assertions, 3 iterations):
#                            verify-junit-xml    test-results-parser    junit-to-ctrf
#   the first iteration fails in one assertion, newman's summary: 1 failure
#   junit                    red                 2 tests, 1 failed      2 tests, 0 failed
#   junit5                   red                 2 tests, 1 failed      2 tests, 0 failed
#   junitfull                green               6 tests, 0 failed      6 tests, 1 failed
#   xunit                    red                 6 tests, 1 failed      6 tests, 1 failed
#   nobody listens, newman's summary: 9 failures
#   junitfull                green               6 tests, 0 failed      6 tests, 6 failed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts newman@6.2.2 newman-reporter-junit5@0.1.0 newman-reporter-junitfull@1.1.1 newman-reporter-xunit@2.4.3 \
  verify-junit-xml@0.0.3 test-results-parser@0.4.6 junit-to-ctrf@0.0.14 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const { spawn, spawnSync } = require("node:child_process");
const { once } = require("node:events");
const { readFileSync, rmSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { parse } = require("test-results-parser");

const run = (name, ...args) => spawnSync(process.execPath, [`node_modules/.bin/${name}`, ...args], { encoding: "utf8" }).status;
const script = [
  "pm.test('price is above 0', () => pm.expect(pm.response.json().price).to.be.above(0));",
  "pm.test('status is 200', () => pm.response.to.have.status(200));",
];
function collection(url) {
  const schema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
  const item = [{ name: "tick", request: { method: "GET", url }, event: [{ listen: "test", script: { exec: script } }] }];
  return { info: { name: "feed", schema }, item };
}
const reporters = ["junit", "junit5", "junitfull", "xunit"];
async function report(url) {
  writeFileSync("collection.json", JSON.stringify(collection(url)));
  const exports = [...reporters.map((name) => [`--reporter-${name}-export`, `${name}.xml`]), ["--reporter-json-export", "run.json"]].flat();
  const args = ["node_modules/.bin/newman", "run", "collection.json", "-n", "3", "-r", [...reporters, "json"].join(","), ...exports];
  await once(spawn(process.execPath, args, { stdio: "ignore" }), "exit");
  const failures = JSON.parse(readFileSync("run.json", "utf8")).run.failures.length;
  const rows = {};
  for (const name of reporters) {
    const file = `${name}.xml`;
    const read = parse({ type: "junit", files: [file] });
    rmSync("ctrf.json", { force: true });
    run("junit-to-ctrf", file, "-o", "ctrf.json");
    const { tests, failed } = JSON.parse(readFileSync("ctrf.json", "utf8")).results.summary;
    rows[name] = [run("verify-junit-xml", file) ? "red" : "green", `${read.total} tests, ${read.failed} failed`, `${tests} tests, ${failed} failed`];
  }
  return { failures, rows };
}

async function main() {
  let requests = 0;
  const server = createServer((_, answer) => {
    requests++;
    answer.setHeader("Content-Type", "application/json");
    answer.end(JSON.stringify({ price: requests === 1 ? 0 : 100 }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/`;
  const first = await report(url);
  server.closeAllConnections();
  server.close();
  await once(server, "close");
  const nobody = await report(url);

  const line = (name, cells) => console.log(`${name.padEnd(24)} ${cells[0].padEnd(19)} ${cells[1].padEnd(22)} ${cells[2]}`);
  line("", ["verify-junit-xml", "test-results-parser", "junit-to-ctrf"]);
  console.log(`the first iteration fails in one assertion, newman's summary: ${first.failures} failure`);
  for (const [name, cells] of Object.entries(first.rows)) line(name, cells);
  console.log(`nobody listens, newman's summary: ${nobody.failures} failures`);
  line("junitfull", nobody.rows.junitfull);
  assert.deepEqual(
    [first.failures, first.rows, nobody.failures, nobody.rows.junitfull],
    [
      1,
      {
        junit: ["red", "2 tests, 1 failed", "2 tests, 0 failed"],
        junit5: ["red", "2 tests, 1 failed", "2 tests, 0 failed"],
        junitfull: ["green", "6 tests, 0 failed", "6 tests, 1 failed"],
        xunit: ["red", "6 tests, 1 failed", "6 tests, 1 failed"],
      },
      9,
      ["green", "6 tests, 0 failed", "6 tests, 6 failed"],
    ],
    "not as described any more",
  );
}
main().then(
  () => process.exit(0),
  (error) => {
    console.error(error.message);
    process.exit(1);
  },
);
PROBE
timeout 80 node probe.js
