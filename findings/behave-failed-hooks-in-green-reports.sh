#!/usr/bin/env bash
# behave: the service does not start or does not stop, and by where, JUnit or Allure or both have no failure.
#
# Expected: a hook or a cleanup that raises is a failure in each report, or at least not a pass.
# Seen: behave 1.3.3 ends with exit code 1 each time. Its JUnit file has no error for before_all, before_feature,
#   after_feature, after_all and the cleanups of these: the scenarios are skipped where they did not run, and passed
#   where they did. allure-behave 2.16.2 writes nothing about a feature whose before_feature failed, not even that
#   it is there; "skipped" for a scenario whose before_scenario failed, and "passed" for all that fails
#   behind the last step: after_scenario and its cleanups too, which JUnit has as errors. before_step and
#   after_step are "broken", and right.
# Why it matters: starting the service under test, subscribing and asking for a token stand in before_feature and
#   before_scenario; what is checked at the end, such as "no task left, no connection open, no gap", in after_
#   hooks and cleanups. A gate that reads the reports is green for a run that tested nothing, and a report with one
#   feature less looks like any other.
# Way to live with it: gate on the exit code; compare the number of results with the number of scenarios that were
#   planned, and take "skipped" without a tag for a failure; checks belong into steps, not hooks.
# Versions: behave 1.3.3, allure-behave 2.16.2, Python 3.11.7. Issue 899 of allure-framework/allure-python tells of
#   before_feature; the rest was not found.
#
# Output seen (two scenarios whose steps pass; where the error is raised, exit code, JUnit, Allure):
#   nowhere                  0   2 passed    2 passed
#   before_all               1   2 skipped   nothing
#   before_feature           1   2 skipped   nothing
#   before_scenario          1   2 error     2 skipped
#   before_step              1   2 error     2 broken
#   after_step               1   2 error     2 broken
#   after_scenario           1   2 error     2 passed
#   after_feature            1   2 passed    2 passed
#   after_all                1   2 passed    2 passed
#   cleanup of a scenario    1   2 error     2 passed
#   cleanup of the feature   1   2 passed    2 passed
#   cleanup of the run       1   2 passed    2 passed
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --no-compile --disable-pip-version-check behave==1.3.3 allure-behave==2.16.2

mkdir -p features/steps
cat > features/ticks.feature <<'FEATURE'
Feature: Ticks
  Scenario: First tick
    Given a tick
  Scenario: Second tick
    Given a tick
FEATURE
cat > features/steps/ticks.py <<'STEPS'
from behave import given


@given("a tick")
def a_tick(context):
    pass
STEPS
cat > features/environment.py <<'ENVIRONMENT'
import os

CLEANUPS = {
    "before_scenario": "cleanup of a scenario", "before_feature": "cleanup of the feature",
    "before_all": "cleanup of the run",
}


def fail():
    raise RuntimeError("the service did not answer")


def hook(name):
    def run(context, *_):
        if os.environ["WHERE"] == name:
            fail()
        if os.environ["WHERE"] == CLEANUPS.get(name):
            context.add_cleanup(fail)

    return run


for each in ("all", "feature", "scenario", "step"):
    globals()[f"before_{each}"] = hook(f"before_{each}")
    globals()[f"after_{each}"] = hook(f"after_{each}")
ENVIRONMENT
cat > count.py <<'COUNT'
import collections
import json
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def text(statuses):
    counts = collections.Counter(statuses)
    return ", ".join(f"{number} {status}" for status, number in sorted(counts.items())) or "nothing"


def junit(case):
    return next((tag for tag in ("failure", "error", "skipped") if case.find(tag) is not None), "passed")


cases = [case for file in pathlib.Path("junit").glob("*.xml") for case in ElementTree.parse(file).iter("testcase")]
results = [json.loads(file.read_text()) for file in pathlib.Path("allure").glob("*-result.json")]
where, code = sys.argv[1:]
print(f"{where:23}  {code}   {text(map(junit, cases)):10}  {text(result['status'] for result in results)}")
COUNT
for where in nowhere before_all before_feature before_scenario before_step after_step after_scenario after_feature \
  after_all "cleanup of a scenario" "cleanup of the feature" "cleanup of the run"; do
  rm -rf junit allure
  code=0
  WHERE=$where venv/bin/behave --junit --junit-directory junit --no-color -f allure_behave.formatter:AllureFormatter \
    -o allure > run.log 2>&1 || code=$?
  venv/bin/python count.py "$where" "$code"
done | tee seen
cat > expected <<'EXPECTED'
nowhere                  0   2 passed    2 passed
before_all               1   2 skipped   nothing
before_feature           1   2 skipped   nothing
before_scenario          1   2 error     2 skipped
before_step              1   2 error     2 broken
after_step               1   2 error     2 broken
after_scenario           1   2 error     2 passed
after_feature            1   2 passed    2 passed
after_all                1   2 passed    2 passed
cleanup of a scenario    1   2 error     2 passed
cleanup of the feature   1   2 passed    2 passed
cleanup of the run       1   2 passed    2 passed
EXPECTED
diff -q expected seen > /dev/null || { echo "not as described any more"; exit 1; }
