#!/usr/bin/env bash
# pytest-rerunfailures: each failed attempt is a passed test case in the JUnit file, since a patch release.
#
# Expected: a test that passes at its third attempt is one test case in the file, with or without a trace of
#   the failures; 16.6 and 16.6.1 write the same.
# Seen: with 16.6.1 and 16.7 every attempt is a <testcase> of the same name, the failed ones without a
#   word of failure. tests= in the suite still counts tests. A test that fails for good after two reruns
#   is two passes and one failure. junitparser, asked to count, says 6 tests and 1 failure of 2 tests;
#   with 16.6 it is 2 and 1.
# Why it matters: the flakier a suite, the more passes and the better its rate in every dashboard that counts
#   cases; a gate "99 % passed" opens for it. A reader that takes the first case of a name shows the
#   failed test as passed, one that takes the last does not.
# Way to live with it: compare the number of cases with tests= and with the number collected; take the last case of
#   each name; pin the plugin's patch version where reports are read by machines.
# Versions: pytest 9.2.0, pytest-rerunfailures 16.6, 16.6.1 and 16.7, junitparser 5.0.3, Python 3.11.7. Known: issue 170
#   of pytest-dev/pytest-rerunfailures and pull request 380 (both open) about the missing failures.
#
# Output seen (one test that passes at its third attempt, one that never does, two reruns; shortened):
#   16.6    tests=2, counted 2, failures 1: test_settles passed, test_never failed
#   16.6.1  tests=2, counted 6, failures 1: test_settles passed (3 times), test_never passed (2 times), failed
#   16.7    the same as 16.6.1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pytest==9.2.0 junitparser==5.0.3

cat > test_ticks.py <<'TICKS'
attempts = []


def test_settles():
    attempts.append(1)
    assert len(attempts) == 3


def test_never():
    raise AssertionError("a tick was late")
TICKS
cat > count.py <<'COUNT'
import sys

import junitparser

report = junitparser.JUnitXml.fromfile("report.xml")
suite = next(iter(report))
cases = [f"{case.name} {'failed' if case.is_failure else 'passed'}" for case in suite]
said = suite.tests
report.update_statistics()
print(f"{sys.argv[1]:<7} tests={said}, counted {report.tests}, failures {report.failures}: {', '.join(cases)}")
COUNT
for version in 16.6 16.6.1 16.7; do
  venv/bin/pip install -qq --disable-pip-version-check "pytest-rerunfailures==$version"
  venv/bin/python -m pytest -q --reruns 2 --junitxml=report.xml -p no:cacheprovider test_ticks.py > log 2>&1 && exit 1
  venv/bin/python count.py "$version" | tee -a seen
done
grep -qxF '16.6    tests=2, counted 2, failures 1: test_settles passed, test_never failed' seen
settles="test_settles passed, test_settles passed, test_settles passed"
for version in 16.6.1 16.7; do
  grep -qF "$(printf '%-7s' "$version") tests=2, counted 6, failures 1: $settles, test_never passed, test_never passed, test_never failed" seen
done
