#!/usr/bin/env bash
# pytest-rerunclassfailures: of two nested classes with one name the second never runs, its tests are "skipped", and the run is green.
#
# Expected: --rerun-class-max=1: a class with a failed test is run once more, all else as without it; TestOrders::TestRefused and
#   TestQuotes::TestRefused are two classes, as in their node ids.
# Seen: pytest-rerunclassfailures 0.2.0 notes classes that it has run under the name of the module and the last part of their name. A
#   second nested class with that name in the module counts as run already; its tests are not among the results, and are reported as skipped,
#   "Skipping test due to class execution was aborted during rerun". Nothing was rerun, nothing aborted. Failed tests in it are lost: 0 in
#   place of 1 is the exit code. Which of the two it is depends on the order of the file.
# Why it matters: TestRefused, TestAfterACut, TestEmpty within a class for each stream is how such suites are built. The option is switched on to be
#   rid of flaky failures, and half of the suite is gone; JUnit XML and dashboards show some more skips.
# Way to live with it: different names for nested classes, or one file for each outer class; a gate on the number of skipped tests.
# Versions: pytest-rerunclassfailures 0.2.0 (the newest on PyPI), pytest 9.2.0, Python 3.11.7. Not among the known limitations of its README.
#   Nothing found about it.
#
# Output seen (TestOrders and TestQuotes, each with a TestRefused of two tests; those of TestQuotes fail):
#                         exit  passed  failed  skipped  test runs
#   without the option    1     2       2       0        4
#   --rerun-class-max=1   0     2       0       2        2
#   with other names      1     2       1       1        4
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pytest-rerunclassfailures==0.2.0 pytest==9.2.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

TESTS = """
def note():
    with open("ran", "a") as ran:
        print("test", file=ran)


class TestOrders:
    class {0}:
        def test_limit(self):
            note()

        def test_market(self):
            note()


class TestQuotes:
    class {1}:
        def test_symbol(self):
            note()
            assert "AAPL" == "MSFT"

        def test_price(self):
            note()
            assert 18000.5 == 1800.0
"""


def run(first, second, *options):
    Path("test_streams.py").write_text(TESTS.format(first, second))
    Path("ran").write_text("")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=report.xml", *options, "test_streams.py"]
    code = subprocess.run(command, capture_output=True).returncode
    cases = xml.parse("report.xml").getroot().findall(".//testcase")
    tests, failed, skipped = (
        {(case.get("classname"), case.get("name")) for case in cases if kind is None or case.find(kind) is not None}
        for kind in (None, "failure", "skipped")
    )
    return [code, len(tests - failed - skipped), len(failed), len(skipped), Path("ran").read_text().count("test")]


seen = [
    ("without the option", run("TestRefused", "TestRefused")),
    ("--rerun-class-max=1", run("TestRefused", "TestRefused", "--rerun-class-max=1")),
    ("with other names", run("TestOrdersRefused", "TestQuotesRefused", "--rerun-class-max=1", "--rerun-delay=0")),
]
print(f"{'':<21} exit  passed  failed  skipped  test runs")
for name, values in seen:
    print("{:<21} {:<5} {:<7} {:<7} {:<8} {}".format(name, *values), flush=True)
if [values for _, values in seen][:2] != [[1, 2, 2, 0, 4], [0, 2, 0, 2, 2]] or seen[2][1] != [1, 2, 1, 1, 4]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
