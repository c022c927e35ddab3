#!/usr/bin/env bash
# json-to-junit: two of three tests fail in mocha, and verify-junit-xml, test-results-parser and junitxml-to-javascript see no failure in the report.
#
# Expected: a mochawesome report becomes a JUnit file, and what reads such files finds the two failures: verify-junit-xml "verifies that they all describe successful test
#   runs" and ends with 1 otherwise.
# Seen: json-to-junit 2.2.0 puts suites into suites as mocha has them. The outermost is mocha's root, which has no name and no tests: tests="0" failures="0", for each
#   file; its counters are its own only. verify-junit-xml 0.0.3 adds up the counters of the outermost suites, which are 0 in every such report, and ends with 0.
#   junitxml-to-javascript 1.1.4 and test-results-parser 0.4.6 look for tests in the outermost suites, and find none: a run without tests. junit-to-ctrf 0.0.14
#   goes into the suites, and has 3 tests and 2 failures. The converter also counts each failure as an error too: 4 of 3 tests are bad.
# Why it matters: the gate in the pipeline is green for each run of this suite, whatever the service did, and the message to the channel has no failures: two tools that
#   work, and a report between them that each of them reads in its own way.
# Way to live with it: a reporter that writes JUnit itself (mocha-junit-reporter); the runner's exit code as the gate; any gate tried once with a test that fails, and
#   a report without tests as a failure.
# Versions: json-to-junit 2.2.0, mochawesome 7.1.3, mocha 10.8.2, verify-junit-xml 0.0.3, junitxml-to-javascript 1.1.4, test-results-parser 0.4.6,
#   junit-to-ctrf 0.0.14 (npm), Node.js 20.20.2. Nothing found about the two of them together.
#
# Output seen:
#   mocha                     exit 1: 3 tests, 2 failed
#   in the file               3 testcases, 2 failures; outermost suite tests="0" failures="0"
#   verify-junit-xml          exit 0                     (right: exit 1)
#   junitxml-to-javascript    0 tests, 0 failed          (right: 3 tests, 2 failed)
#   test-results-parser       0 tests, 0 failed, SKIP    (right: 3 tests, 2 failed, FAIL)
#   junit-to-ctrf             3 tests, 2 failed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund --ignore-scripts json-to-junit@2.2.0 mochawesome@7.1.3 mocha@10.8.2 verify-junit-xml@0.0.3 junitxml-to-javascript@1.1.4 \
  test-results-parser@0.4.6 junit-to-ctrf@0.0.14 >npm.log 2>&1 || { cat npm.log; exit 1; }

cat > feed.spec.js <<'SPEC'
const assert = require("node:assert");
describe("feed", () => {
  it("a tick in time", () => assert.ok(2400 < 2000));
  it("no tick lost", () => {});
  describe("book", () => it("bid below ask", () => assert.ok(101 < 100)));
});
SPEC

cat > probe.js <<'PROBE'
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const { mkdirSync, readFileSync } = require("node:fs");
const Parser = require("junitxml-to-javascript");
const { parse } = require("test-results-parser");

const run = (name, ...args) => spawnSync(process.execPath, [name, ...args], { encoding: "utf8" });
const bin = (name) => `node_modules/.bin/${name}`;

async function main() {
  const mocha = run(bin("mocha"), "--reporter", "mochawesome", "--reporter-options", "reportDir=json,reportFilename=feed,html=false,quiet=true", "feed.spec.js");
  const { stats } = JSON.parse(readFileSync("json/feed.json", "utf8"));
  const first = `exit ${mocha.status ? 1 : 0}: ${stats.tests} tests, ${stats.failures} failed`;
  console.log(`${"mocha".padEnd(25)} ${first}`);
  mkdirSync("junit");
  run("node_modules/json-to-junit/index.js", "--json", "json", "--junit", "junit");
  const file = "junit/feed.xml";
  const xml = readFileSync(file, "utf8");
  const count = (what) => xml.split(what).length - 1;
  const outermost = xml.match(/<testsuite [^>]*?(tests="\d+" failures="\d+")/)[1];
  const { testsuites } = await new Parser().parseXMLFile(file);
  const sum = (what) => testsuites.reduce((total, suite) => total + suite[what], 0);
  const parsed = parse({ type: "junit", files: [file] });
  run(bin("junit-to-ctrf"), file, "-o", "ctrf.json");
  const { summary } = JSON.parse(readFileSync("ctrf.json", "utf8")).results;
  const rows = [
    ["in the file", `${count("<testcase")} testcases, ${count("<failure")} failures; outermost suite ${outermost}`, ""],
    ["verify-junit-xml", `exit ${run(bin("verify-junit-xml"), file).status}`, "exit 1"],
    ["junitxml-to-javascript", `${sum("tests")} tests, ${sum("errors")} failed`, "3 tests, 2 failed"],
    ["test-results-parser", `${parsed.total} tests, ${parsed.failed} failed, ${parsed.status}`, "3 tests, 2 failed, FAIL"],
    ["junit-to-ctrf", `${summary.tests} tests, ${summary.failed} failed`, ""],
  ];
  for (const [name, what, right] of rows) console.log(`${name.padEnd(25)} ${what.padEnd(26)}${right && ` (right: ${right})`}`.trimEnd());
  assert.deepEqual(
    [first, ...rows.map((row) => row[1])],
    [
      "exit 1: 3 tests, 2 failed",
      '3 testcases, 2 failures; outermost suite tests="0" failures="0"',
      "exit 0",
      "0 tests, 0 failed",
      "0 tests, 0 failed, SKIP",
      "3 tests, 2 failed",
    ],
    "not as described any more",
  );
}
main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
PROBE
timeout 80 node probe.js
