#!/usr/bin/env bash
# pytest-json-report: one of three subtests fails, pytest ends with 1, and in the report nothing has failed.
#
# Expected: subtests are part of pytest since 9.0. What fails in pytest's own summary is "failed" in the JSON report, and what passes "passed".
# Seen: pytest-json-report 1.5.0 keeps one outcome for a test and takes the last word that pytest has for it. For a unittest.TestCase
#   with self.subTest() that is "subtests passed", when the last subtest passed: the failed one is in no total, and its test is not
#   failed. "exitcode" in the same file is 1. A test all of whose subtests pass has the same outcome, and is missing in "passed". With the
#   fixture "subtests" pytest fails the test itself, and the report is right. JUnit has the failure each time, but counts reports: of
#   two tests tests= is 5.
# Why it matters: "one test, a subtest for each symbol" is what subTest() is for. A gate on summary["failed"] is green for ticks without a
#   price, a gate on passed == total is red for a run in which all is well.
# Way to live with it: gate on "exitcode", which the file has; the fixture in place of subTest(); parametrize.
# Versions: pytest-json-report 1.5.0 (the newest), pytest 9.2.0, Python 3.11.7. Issue 14575 of pytest-dev/pytest (open) has --last-failed
#   forgetting such tests; about reports nothing was found.
#
# Output seen (three symbols, the second one's price is wrong; beside it a test without subtests):
#                     exit  summary                         test_prices      JUnit
#   subTest, wrong    1     1 passed, 1 subtests passed     subtests passed  failures="1" tests="5"
#   subTest, right    0     1 passed, 1 subtests passed     subtests passed  failures="0" tests="5"
#   fixture, wrong    1     1 failed, 1 passed              failed           failures="2" tests="5"
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pytest-json-report==1.5.0 pytest==9.2.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import re
import subprocess
import sys
from pathlib import Path

SUBTEST = """
import unittest
class Ticks(unittest.TestCase):
    def test_prices(self):
        for symbol, price in PRICES.items():
            with self.subTest(symbol=symbol):
                self.assertGreater(price, 0)
    def test_close(self):
        pass
"""
FIXTURE = """
def test_prices(subtests):
    for symbol, price in PRICES.items():
        with subtests.test(symbol=symbol):
            assert price > 0
def test_close():
    pass
"""
WRONG = {"NIFTY": 18000.5, "BANKNIFTY": -1, "TCS": 3500.0}
RIGHT = {**WRONG, "BANKNIFTY": 40000.5}

print(f"{'':<17} exit  {'summary':<31} {'test_prices':<16} JUnit", flush=True)
rows = []
for title, source, prices in [
    ("subTest, wrong", SUBTEST, WRONG),
    ("subTest, right", SUBTEST, RIGHT),
    ("fixture, wrong", FIXTURE, WRONG),
]:
    Path("test_ticks.py").write_text(f"PRICES = {prices}\n{source}")
    options = ["-p", "no:cacheprovider", "--json-report", "--json-report-file=report.json", "--junitxml=junit.xml"]
    run = subprocess.run(["venv/bin/pytest", "-q", *options], capture_output=True)
    report = json.loads(Path("report.json").read_text())
    summary = {name: number for name, number in report["summary"].items() if name not in ("total", "collected")}
    outcome = next(test["outcome"] for test in report["tests"] if test["nodeid"].endswith("test_prices"))
    junit = " ".join(re.findall(r'(?:failures|tests)="\d+"', Path("junit.xml").read_text()))
    told = ", ".join(f"{number} {name}" for name, number in sorted(summary.items()))
    rows.append((run.returncode, told, outcome, junit))
    print(f"{title:<17} {run.returncode:<5} {told:<31} {outcome:<16} {junit}", flush=True)
if rows != [
    (1, "1 passed, 1 subtests passed", "subtests passed", 'failures="1" tests="5"'),
    (0, "1 passed, 1 subtests passed", "subtests passed", 'failures="0" tests="5"'),
    (1, "1 failed, 1 passed", "failed", 'failures="2" tests="5"'),
]:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py
