#!/usr/bin/env bash
# pytest-bdd: two rules, NSE and BSE, each with a scenario "first tick": the failing one is not run, and all is green.
#
# Expected: a rule groups the scenarios of one rule of the business; a name is the scenario's within it. Each
#   scenario of a feature file that is bound by scenarios() is a test, or there is an error.
# Seen: pytest-bdd 9.0.1 keeps the scenarios of a file by their name alone, over all its rules: the last one takes the
#   place of all before it. One test is collected, the one of BSE; that of NSE, which fails, is in no count, no
#   report, no list of skipped tests. So it is with two outlines of one name. @scenario("feed.feature", "first tick")
#   binds the last one, too. behave 1.3.3 runs both. The same names in two files are two tests in pytest-bdd.
# Why it matters: "Rule: NSE" and "Rule: BSE" over the same scenarios is what rules are for. A feature that is copied
#   and changed below its heading takes the tests above away, and the run gets faster and greener. A review of the
#   feature file sees both.
# Way to live with it: the rule's name in each scenario's name; in the pipeline compare the number of collected tests with
#   the number of lines that begin with Scenario, or let the official parser (gherkin-official) count them.
# Versions: pytest-bdd 9.0.1, pytest 9.2.0, behave 1.3.3, Python 3.11.7. Issue 191 of pytest-dev/pytest-bdd (open since
#   2016) tells of two scenarios of one name; about rules, which came later, nothing was found.
#
# Output seen (the first "first tick" fails, the second passes):
#                        pytest-bdd                  behave
#   in two rules         exit 0, 0 of 1 failed       exit 1, 1 of 2 failed
#   in one feature       exit 0, 0 of 1 failed       exit 1, 1 of 2 failed
#   two outlines         exit 0, 0 of 1 failed       exit 1, 1 of 2 failed
#   in two files         exit 1, 1 of 2 failed       exit 1, 1 of 2 failed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pytest-bdd==9.0.1 pytest==9.2.0 behave==1.3.3

cat > probe.py <<'PROBE'
import pathlib
import re
import subprocess
import sys

BIN = pathlib.Path(sys.executable).parent
WRONG, RIGHT = "Scenario: first tick\n Given a wrong tick\n", "Scenario: first tick\n Given a right tick\n"
OUTLINE = "Scenario Outline: first tick\n Given a <kind> tick\n Examples:\n | kind |\n | {} |\n"
PLANS = {
    "in two rules": [f"Feature: feed\nRule: NSE\n{WRONG}Rule: BSE\n{RIGHT}"],
    "in one feature": [f"Feature: feed\n{WRONG}{RIGHT}"],
    "two outlines": [f"Feature: feed\n{OUTLINE.format('wrong')}{OUTLINE.format('right')}"],
    "in two files": [f"Feature: NSE\n{WRONG}", f"Feature: BSE\n{RIGHT}"],
}
WITH_PYTEST = """
from pytest_bdd import given, scenarios

scenarios("features")


@given("a wrong tick")
def _():
    assert False


@given("a right tick")
def _():
    pass
"""
WITH_BEHAVE = """
from behave import given


@given("a {kind} tick")
def step(context, kind):
    assert kind == "right"
"""


def counted(command, folder, failed, passed):
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=folder, capture_output=True, text=True, timeout=60)
    numbers = [int(found[1]) if (found := re.search(what, done.stdout)) else 0 for what in (failed, passed)]
    return f"exit {done.returncode}, {numbers[0]} of {sum(numbers)} failed"


seen = []
print(f"{'':20} {'pytest-bdd':<27} behave")
for number, (name, files) in enumerate(PLANS.items()):
    folder = pathlib.Path(f"plan{number}")
    (folder / "features" / "steps").mkdir(parents=True)
    for index, text in enumerate(files):
        (folder / "features" / f"feed{index}.feature").write_text(text)
    (folder / "features" / "steps" / "ticks.py").write_text(WITH_BEHAVE)
    (folder / "test_feed.py").write_text(WITH_PYTEST)
    with_pytest = counted(("pytest", "-q", "test_feed.py"), folder, r"(\d+) failed", r"(\d+) passed")
    with_behave = counted(("behave",), folder, r"scenarios? passed, (\d+) failed", r"(\d+) scenarios? passed")
    print(f"{name:<20} {with_pytest:<27} {with_behave}")
    seen.append((with_pytest, with_behave))
lost, both = "exit 0, 0 of 1 failed", "exit 1, 1 of 2 failed"
if seen != [(lost, both)] * 3 + [(both, both)]:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py
