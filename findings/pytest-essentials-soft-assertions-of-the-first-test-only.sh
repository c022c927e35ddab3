#!/usr/bin/env bash
# pytest-essentials: a SoftAssert made once counts for the first test only, all later ones are green; and what fails softly is "passed, and an error".
#
# Expected: README: "the plugin automatically provides a fixture that will call assert_all() on any SoftAssert instances used during a test";
#   level "failed": "mark test as failed".
# Seen: pytest-essentials 0.1.1 enters an instance into its list when it is made, and empties the list after each test. One of a module, of a
#   class or of a fixture of wider scope is in no list from the second test on: it goes on collecting what was wrong, and nobody looks at it. The
#   exit code is 0. What is found is raised when the plugin's fixture is torn down: at each level the test has passed by then, and an error comes on
#   top ("2 passed, 1 error"); JUnit XML has no failure. A known fault under xfail(strict=True) "passes unexpectedly", and is red.
# Why it matters: the instance is put where the client of the stream is, in a fixture of the module. From then on wrong prices are soft and
#   without consequence; a gate that looks at "failures" of a report lets the rest through.
# Way to live with it: SoftAssert() in each test or a fixture of function scope; gates that count errors; one test that must fail, as the
#   second of its file.
# Versions: pytest-essentials 0.1.1 (the newest on PyPI), pytest 9.2.0, Python 3.11.7. Nothing found about it.
#
# Output seen (a right price in the first test, a wrong one in the second):
#                                    exit  tests     failures  errors
#   made in each test                1     2         0         1
#   the same, level failed           1     2         0         1
#   the same, xfail(strict=True)     1     3         1         0
#   made in a fixture of the module  0     2         0         0
#   made at the top of the module    0     2         0         0
#   made for the class               0     2         0         0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pytest-essentials==0.1.1 pytest==9.2.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path

BEGIN = "import pytest\nfrom pytest_essentials import SoftAssert\n"
TWO = """
def test_first({0}):
    {1}.assert_equal(1800.0, 1800.0)
{2}
def test_second({0}):
    {1}.assert_equal(18000.5, 1800.0)
"""
FIXTURE = "@pytest.fixture{0}\ndef soft():\n    return SoftAssert()\n"
STRICT = "@pytest.mark.xfail(strict=True)"
CLASS = BEGIN + "class TestPrices:\n    soft = SoftAssert()\n" + TWO.format("self", "self.soft", "").replace("\n", "\n    ")
cases = {
    "made in each test": (BEGIN + TWO.format("", "SoftAssert()", ""), []),
    "the same, level failed": (BEGIN + TWO.format("", "SoftAssert()", ""), ["--soft-assert-level=failed"]),
    "the same, xfail(strict=True)": (BEGIN + TWO.format("", "SoftAssert()", STRICT), ["--soft-assert-level=failed"]),
    "made in a fixture of the module": (BEGIN + FIXTURE.format('(scope="module")') + TWO.format("soft", "soft", ""), []),
    "made at the top of the module": (BEGIN + "soft = SoftAssert()\n" + TWO.format("", "soft", ""), []),
    "made for the class": (CLASS, []),
}
seen = []
print(f"{'':<33}{'exit':<6}{'tests':<10}{'failures':<10}errors")
for name, (text, options) in cases.items():
    Path("test_prices.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=report.xml", *options, "test_prices.py"]
    run = subprocess.run(command, capture_output=True, text=True)
    suite = xml.parse("report.xml").getroot().find("testsuite")
    values = [run.returncode, *(int(suite.get(key)) for key in ("tests", "failures", "errors"))]
    seen.append(values)
    print("{:<33}{:<6}{:<10}{:<10}{}".format(name, *values), flush=True)
if seen != [[1, 2, 0, 1]] * 2 + [[1, 3, 1, 0]] + [[0, 2, 0, 0]] * 3:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
