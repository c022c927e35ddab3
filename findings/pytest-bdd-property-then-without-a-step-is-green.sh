#!/usr/bin/env bash
# pytest-bdd-property: a Then that nobody has written is green, one that begins like another is the other, and the number of a seed is ignored.
#
# Expected: pytest-bdd fails a scenario with "step definition is not found"; README: "registered a Hypothesis strategy ... Hypothesis runs
#   each @property-based scenario 100 times with generated inputs"; @seed:7 and @seed:8 are two seeds.
# Seen: pytest-bdd-property 0.1.0 has its README's three steps in conftest.py, which take whatever begins with "<" and hand it to
#   handle_then_step(). That one answers False when no pattern fits, and the answer goes nowhere: a Then with a typing error, or one that is not written
#   yet, is a passed step; the scenario runs a hundred times and asserts nothing. Patterns are tried with re.match() in the order of their
#   registration: "<bid> is at most <ask> minus a tick" fits "<bid> is at most <ask>", and the rest is not read. When is the same. A seed
#   only sets derandomize: each number gives the same inputs.
# Why it matters: invariants of prices are written first and implemented later, and nothing is ever red meanwhile; a rule that was
#   made stricter in the feature file stays as loose as it was.
# Way to live with it: "assert handle_then_step(text)" in conftest.py, the other two as well; patterns with ^ and $; one property that must fail.
# Versions: pytest-bdd-property 0.1.0 (the newest on PyPI), pytest-bdd 9.0.1, hypothesis 6.170.17, pytest 9.2.0, Python 3.11.7.
#   Nothing found about it.
#
# Output seen (bid and ask are integers; runs of the property and of the assertion):
#   Then <bid> is at most <ask>                         failed
#   Then <bid> is at mots <ask>                         passed, 100 runs, 0 assertions
#   Then <ask> is never crossed                         passed, 100 runs, 0 assertions
#   bid < ask, Then <bid> is at most <ask> minus a tick passed
#   @seed:7 and @seed:8                                 the same inputs
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pytest-bdd-property==0.1.0 pytest-bdd==9.0.1 hypothesis==6.170.17 pytest==9.2.0 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > conftest.py <<'CONFTEST'
from pytest_bdd import given, parsers, then, when
from pytest_bdd_property.plugin import handle_given_step, handle_then_step, handle_when_step


@given(parsers.re(r"(?P<text>any .+|<.+)"))
def property_given_step(text):
    handle_given_step(text)


@when(parsers.re(r"(?P<text><.+)"))
def property_when_step(text):
    handle_when_step(text)


@then(parsers.re(r"(?P<text><.+)"))
def property_then_step(text):
    handle_then_step(text)
CONFTEST

cat > test_prices.py <<'TESTS'
from pytest_bdd import scenarios
from pytest_bdd_property import property_then, property_when

scenarios("prices.feature")


def note(*words):
    with open("notes", "a") as notes:
        print(*words, file=notes)


@property_when(r"<(\w+)> and <(\w+)> are quoted")
def quoted(vals, results, bid, ask):
    note("run", vals[bid], vals[ask])


@property_then(r"<(\w+)> is at most <(\w+)>")
def at_most(vals, results, bid, ask):
    note("assertion")
    assert vals[bid] <= vals[ask]
TESTS

cat > probe.py <<'PROBE'
import subprocess
import sys
from pathlib import Path

seen = []


def run(then, *givens, tags=""):
    steps = ["Given any integer <bid>", "And any integer <ask>", *(f"And {given}" for given in givens)]
    steps += ["When <bid> and <ask> are quoted", f"Then {then}"]
    lines = ["Feature: prices", f"  @property-based {tags}", "  Scenario: quotes", *(f"    {step}" for step in steps)]
    Path("prices.feature").write_text("\n".join(lines) + "\n")
    Path("notes").write_text("")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "ignore"]
    passed = subprocess.run(command, capture_output=True).returncode == 0
    notes = Path("notes").read_text().splitlines()
    return passed, [line for line in notes if line.startswith("run")], notes.count("assertion")


def row(name, value):
    print(name.ljust(51), value, flush=True)
    seen.append(value)


for then in ("<bid> is at most <ask>", "<bid> is at mots <ask>", "<ask> is never crossed"):
    passed, runs, assertions = run(then)
    row(f"Then {then}", f"passed, {len(runs)} runs, {assertions} assertions" if passed else "failed")
then = "<bid> is at most <ask> minus a tick"
passed, runs, assertions = run(then, "<bid> is less than <ask>")
row(f"bid < ask, Then {then}", "passed" if passed and assertions else "failed")
one, other = run("<ask> is never crossed", tags="@seed:7"), run("<ask> is never crossed", tags="@seed:8")
row("@seed:7 and @seed:8", "the same inputs" if one[1] == other[1] else "other inputs")
described = ["failed", *["passed, 100 runs, 0 assertions"] * 2, "passed", "the same inputs"]
if seen != described:
    sys.exit("not as described any more")
PROBE
timeout 80 venv/bin/python -W ignore probe.py
