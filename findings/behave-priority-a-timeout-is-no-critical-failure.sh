#!/usr/bin/env bash
# behave-priority: a critical scenario that times out doesn't stop the run; only one whose assert fails does.
#
# Expected: stop_on_critical=True "stops if any @critical scenario fails", stop_after_failures=1 after the first: nothing runs after "the feed is up".
# Seen: after_scenario_hook of behave-priority 1.2.0 counts a scenario whose status is "failed" and no other. Since behave 1.3 a step that raises
#   anything but an AssertionError (TimeoutError, ConnectionRefusedError, KeyError) makes the scenario's status "error", and so does a step
#   that has no definition. None of these stops anything, and the scenarios that send orders run. The report counts "critical_failed": 0.
# Why it matters: the critical scenario of a stream's suite is "the feed is up", and it hardly ever fails by an assert: the connect is refused, the wait
#   for the first tick times out. The guard that keeps the suite from sending orders without prices works in the trial with "assert False".
# Way to live with it: wrap the steps' waits so that they end in an AssertionError, or in after_scenario, behind the hook: if
#   scenario.status.has_failed(): context._priority_state.should_stop = True. Try the guard with a timeout, not with an assert.
# Versions: behave-priority 1.2.0 (the newest), behave 1.3.3, Python 3.11.7. Source: behave_priority/hooks.py, report.py. Nothing found about it.
#   (anubis-step-that-raises-is-no-failure.sh is the like of it in another runner.)
#
# Output seen (behave's own exit code is 1 in all of them):
#   assert False               the feed is up: failed, an order is sent: skipped; report: critical_failed 1
#   TimeoutError               the feed is up: error, an order is sent: passed; report: critical_failed 0
#   ConnectionRefusedError     the feed is up: error, an order is sent: passed; report: critical_failed 0
#   a step that's not there    the feed is up: error, an order is sent: passed; report: critical_failed 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile behave-priority==1.2.0 behave==1.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

mkdir -p features/steps
cat > features/environment.py <<'ENVIRONMENT'
import json

from behave_priority import after_scenario_hook, before_scenario_hook, get_report, setup_priority


def before_all(context):
    setup_priority(context, order=True, stop_on_critical=True, stop_after_failures=1)


def before_scenario(context, scenario):
    before_scenario_hook(context, scenario)


def after_scenario(context, scenario):
    after_scenario_hook(context, scenario)


def after_all(context):
    with open("report.json", "w") as file:
        json.dump(get_report(context).to_dict(), file)
ENVIRONMENT
cat > features/steps/steps.py <<'STEPS'
from behave import given, then


@given("assert False")
def check(context):
    assert False


@given("TimeoutError")
def wait(context):
    raise TimeoutError("no tick came in 1 s")


@given("ConnectionRefusedError")
def connect(context):
    raise ConnectionRefusedError(111, "Connection refused")


@then("an order is sent")
def order(context):
    pass
STEPS
cat > probe.py <<'PROBE'
import json
import subprocess

for step in ("assert False", "TimeoutError", "ConnectionRefusedError", "a step that's not there"):
    with open("features/feed.feature", "w") as file:
        file.write(f"Feature: feed\n  @critical @priority:1\n  Scenario: the feed is up\n    Given {step}\n")
        file.write("  @priority:9\n  Scenario: an order is sent\n    Then an order is sent\n")
    ran = subprocess.run(["venv/bin/behave", "--no-color"], capture_output=True, text=True)
    report = json.load(open("report.json"))
    told = ", ".join(f"{entry['scenario_name']}: {entry['status']}" for entry in report["entries"])
    print(f"{step:<26} {told}; report: critical_failed {report['summary']['critical_failed']}")
    if ran.returncode != 1:
        print("behave's code", ran.returncode)
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
assert False               the feed is up: failed, an order is sent: skipped; report: critical_failed 1
TimeoutError               the feed is up: error, an order is sent: passed; report: critical_failed 0
ConnectionRefusedError     the feed is up: error, an order is sent: passed; report: critical_failed 0
a step that's not there    the feed is up: error, an order is sent: passed; report: critical_failed 0
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
