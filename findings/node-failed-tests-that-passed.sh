#!/usr/bin/env bash
# node --test: a test failed, and by its JUnit file Allure says passed; outside a describe() there are readers for which it is not there.
#
# Expected: a failed test in the JUnit file of Node's own runner is a failure for whoever reads the file.
# Seen: Node.js 20.20.2 writes the failure twice, as an element <failure> and as an attribute failure="1 == 2" of the same
#   test case. Allure 3.18.0 reads both under one name, makes neither of the other, and counts the test as passed: so
#   it is with every failure of this runner. A test outside of describe() is a test case beside the suites. junitparser
#   5.0.3 ("junitparser verify" has exit code 0), junit-to-ctrf 0.0.14 and test-results-parser 0.4.6 count what is
#   in suites, Allure and junit2html 31.1.4 too: it is in none of them. In a describe() within a describe() it is gone
#   from Allure and junit2html. The runner's own exit code is 1 each time.
# Why it matters: tests in JavaScript beside a service in Python are few, and run without a framework; their file
#   goes into the same report as pytest's. The gate on that report is green, whatever fails there.
# Way to live with it: gate on the exit code of node --test; one describe() around each file, none within; for Allure
#   take the attribute out (sed 's/ failure="[^"]*"//'); once for each reader a run in which all that can fail does.
# Versions: Node.js 20.20.2; allure 3.18.0, junit-to-ctrf 0.0.14, test-results-parser 0.4.6 (npm); junitparser 5.0.3,
#   junit2html 31.1.4 (PyPI); Python 3.11.7. Issue 147 of allure-framework/allure3 (closed) is about two elements
#   <failure>, issue 3426 of allure2 (closed) about nested suites; nothing found about Node's files.
#
# Output seen (two tests, of which "no gap" fails; failed of counted; where it stands):
#                         node  junitparser  junit2html  junit-to-ctrf  test-results-parser  Allure
#   in a describe()       exit 1    1 of 2      1 of 2         1 of 2               1 of 2  0 of 2
#   in a describe() more  exit 1    1 of 2      0 of 1         1 of 2               1 of 2  0 of 1
#   outside               exit 1    0 of 1      0 of 1         0 of 1               0 of 1  0 of 1
#   junitparser verify, outside: exit 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check junitparser==5.0.3 junit2html==31.1.4 2>/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts allure@3.18.0 junit-to-ctrf@0.0.14 test-results-parser@0.4.6

cat > read.mjs <<'READ'
import { createRequire } from "node:module";
const { parse } = createRequire(import.meta.url)("test-results-parser");
const { failed, total } = parse({ type: "junit", files: [process.argv[2]] });
console.log(`${failed} of ${total}`);
READ
cat > probe.py <<'PROBE'
import json
import pathlib
import re
import subprocess
import sys

from junitparser import JUnitXml

BIN = pathlib.Path(sys.executable).parent
HEAD = """
import assert from "node:assert";
import { describe, it, test } from "node:test";
const fail = () => assert.equal(1, 2);
"""
PLACES = {
    "in a describe()": 'describe("feed", () => { it("connects", () => {}); it("no gap", fail); });',
    "in a describe() more": 'describe("feed", () => { it("connects", () => {}); '
    'describe("after a cut", () => { it("no gap", fail); }); });',
    "outside": 'describe("feed", () => { it("connects", () => {}); }); test("no gap", fail);',
}


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def row(number, body):
    script, file = f"feed{number}.test.mjs", f"feed{number}.xml"
    pathlib.Path(script).write_text(HEAD + body)
    reporter = ("--test-reporter=junit", f"--test-reporter-destination={file}")
    cells = [f"exit {run('node', '--test', *reporter, script).returncode}"]
    xml = JUnitXml.fromfile(file)
    xml.update_statistics()
    cells.append(f"{xml.failures} of {xml.tests}")
    counts = dict(re.findall(r"(\w+) +: +(\d+)", run(BIN / "junit2html", "--summary-matrix", file).stdout))
    cells.append(f"{counts.get('Failed', 0)} of {sum(map(int, counts.values()))}")
    run("npx", "junit-to-ctrf", file, "-o", f"ctrf{number}.json")
    summary = json.loads(pathlib.Path(f"ctrf{number}.json").read_text())["results"]["summary"]
    cells.append(f"{summary['failed']} of {summary['tests']}")
    cells.append(run("node", "read.mjs", file).stdout.strip())
    results = pathlib.Path(f"results{number}")
    results.mkdir()
    (results / file).write_text(pathlib.Path(file).read_text())
    run("npx", "allure", "generate", results, "-o", f"report{number}")
    stats = json.loads(pathlib.Path(f"report{number}/summary.json").read_text())["stats"]
    cells.append(f"{stats.get('failed', 0) + stats.get('broken', 0)} of {stats['total']}")
    return cells, run(BIN / "junitparser", "verify", file).returncode


print(f"{'':22}node  junitparser  junit2html  junit-to-ctrf  test-results-parser  Allure")
seen = []
for number, (name, body) in enumerate(PLACES.items()):
    cells, verified = row(number, body)
    print(f"{name:<22}{cells[0]:<7}{cells[1]:>9}{cells[2]:>12}{cells[3]:>15}{cells[4]:>21}{cells[5]:>8}")
    seen.append(cells)
print(f"junitparser verify, outside: exit {verified}")
if [*seen, verified] != [
    ["exit 1", "1 of 2", "1 of 2", "1 of 2", "1 of 2", "0 of 2"],
    ["exit 1", "1 of 2", "0 of 1", "1 of 2", "1 of 2", "0 of 1"],
    ["exit 1", "0 of 1", "0 of 1", "0 of 1", "0 of 1", "0 of 1"],
    0,
]:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py
