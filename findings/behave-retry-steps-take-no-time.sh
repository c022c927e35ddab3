#!/usr/bin/env bash
# behave-retry and Allure: every step takes 0 ms, attachments leave their steps, and the failed attempt's are in the one that passed.
#
# Expected: README: formatters show the final attempt only. So a scenario that passes at once looks as without the package, and one that
#   passes at its second attempt shows that attempt: its steps, their times, the frames attached in them.
# Seen: behave-retry 1.9.0 takes the formatters away while a scenario runs, the first attempt included, and tells them all of it
#   afterwards. allure-behave 2.16.2 takes a step's time from the moments it is told, and hangs an attachment to the step that
#   runs. So each step of each scenario takes 0 ms in Allure and stands at the end of it; attachments and allure.step() are
#   of the scenario, before its first step; those of all attempts are together, in order, and nothing tells which is which. A
#   single attempt is enough; setup_retry(context, max_retries=1) is all that is needed. behave's own JUnit file has the times.
# Why it matters: the time from subscribing to the first tick is read from the step. It is 0 in every run, a slow service
#   looks like a fast one, and the trend is a flat line. A reader takes the tick that was wrong at the first attempt
#   for what the passed scenario received.
# Way to live with it: @retry:N and retry_tags only for the few that need it (what is not to be retried is left alone); times from JUnit, or
#   attached as numbers; the attempt's number in the name of each attachment.
# Versions: behave-retry 1.9.0 (the newest), behave 1.3.3, allure-behave 2.16.2, Python 3.11.7. Nothing found about it.
#
# Output seen (the first step waits 300 ms, the second attaches a tick; "late" fails at its first attempt):
#   without  at once  ms of the steps 300, 0  ticks of the step: 100.0         of the scenario: none
#   with     at once  ms of the steps 0, 0    ticks of the step: none          of the scenario: 100.0
#   with     late     ms of the steps 0, 0    ticks of the step: none          of the scenario: 99.95, 100.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behave-retry==1.9.0 behave==1.3.3 allure-behave==2.16.2 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

mkdir -p features/steps
cat > features/environment.py <<'HOOKS'
import os

from behave_retry import setup_retry


def before_all(context):
    if os.environ.get("RETRY"):
        setup_retry(context, max_retries=1)
HOOKS
cat > features/steps/steps.py <<'STEPS'
import time

import allure
from behave import given, then

prices = {"at once": [100.0], "late": [99.95, 100.0]}


@given("a subscription")
def subscription(context):
    time.sleep(0.3)


@then("the tick is right")
def right(context):
    price = prices[context.scenario.name].pop(0)
    allure.attach(str(price), name="tick", attachment_type=allure.attachment_type.TEXT)
    assert price == 100.0
STEPS
cat > features/ticks.feature <<'FEATURE'
Feature: Ticks
  Scenario: at once
    Given a subscription
    Then the tick is right

  Scenario: late
    Given a subscription
    Then the tick is right
FEATURE
cat > probe.py <<'PROBE'
import json
import os
import pathlib
import subprocess
import sys

seen = []
for title, retry in (("without", ""), ("with", "1")):
    results = pathlib.Path(title)
    formatter = ["-f", "allure_behave.formatter:AllureFormatter", "-o", title]
    done = subprocess.run(
        [sys.executable, "-m", "behave", *formatter, "features"], capture_output=True, timeout=60, env=os.environ | {"RETRY": retry}
    )
    assert done.returncode == (0 if retry else 1), done
    tests = {test["name"]: test for test in map(json.loads, (path.read_text() for path in results.glob("*-result.json")))}
    for name in ("at once", "late") if retry else ("at once",):

        def ticks(item):
            return [(results / one["source"]).read_text() for one in item.get("attachments", [])]

        waits, checks = tests[name]["steps"]
        times = [step["stop"] - step["start"] for step in (waits, checks)]
        seen.append((times[0] >= 300, times[1] < 100, ticks(checks), ticks(tests[name])))
        shown = ", ".join(str(time // 100 * 100) for time in times)
        of_step, of_scenario = (", ".join(ticks(item)) or "none" for item in (checks, tests[name]))
        print(f"{title:<8} {name:<8} ms of the steps {shown:<7} ticks of the step: {of_step:<13} of the scenario: {of_scenario}", flush=True)
if seen != [
    (True, True, ["100.0"], []),
    (False, True, [], ["100.0"]),
    (False, True, [], ["99.95", "100.0"]),
]:
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py
