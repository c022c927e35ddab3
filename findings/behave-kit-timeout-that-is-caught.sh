#!/usr/bin/env bash
# behave-kit: a scenario with a timeout of 1 s waits 3 s for its tick and passes; soft failures are passes in Allure.
#
# Expected: README: @timeout:N ends a scenario after N seconds, "immediate" on Unix; setup(continue_after_failed=True) in before_all lets every
#   scenario run its other steps; when_if skips a step; soft failures are reported together.
# Seen: behave-kit 1.6.0 raises TimeoutError, once, wherever the step is just then. A step that polls with recv(timeout=...) catches it
#   as one of its own and waits on; no second one comes. (In asyncio it works.) teardown(), which belongs into after_scenario, turns
#   continue_after_failed off, and nothing turns it on again: it holds for one scenario of the run. A step that when_if skips is an error with
#   behave 1.3. Soft failures raise in after_scenario: allure-behave, which does not look there, has each of these scenarios as passed.
# Why it matters: the latency bound of a scenario is one that only steps without a wait can miss, and those are not the ones that wait
#   for ticks. "All checks of the frame" is the first check from the second scenario on, and Allure is green for wrong prices.
# Way to live with it: a deadline in the step itself, or a BaseException raised by a timer of one's own; Scenario.continue_after_failed_step
#   set in before_scenario; a last step that raises what was collected; gate on behave's exit code.
# Versions: behave-kit 1.6.0 (the newest), behave 1.3.3, allure-behave 2.16.2, websockets 16.1.1, Python 3.11.7. Its documents speak of Windows,
#   where a timeout is seen at the end, and of none of these.
#
# Output seen (the service sends a tick after 3 s; timeout 1 s):
#                                   behave       Allure   steps
#   first with two wrong checks     failed       failed   failed after 0 s, failed after 0 s
#   second with two wrong checks    failed       failed   failed after 0 s
#   pauses                          error        broken   error after 1 s
#   waits for a tick                passed       passed   passed after 3 s
#   left out by when_if             error        broken   error after 0 s
#   soft failure                    hook_error   passed   passed after 0 s
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behave-kit==1.6.0 behave==1.3.3 allure-behave==2.16.2 websockets==16.1.1 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

mkdir -p features/steps
cat > features/environment.py <<'ENVIRONMENT'
import threading
import time

from behave_kit import setup, setup_timeout, teardown
from behave_kit.timeout import timeout_before_scenario
from websockets.sync.server import serve


def service(connection):
    time.sleep(3)
    connection.send("18000.5")


def before_all(context):
    setup(context, continue_after_failed=True)
    setup_timeout(context, default_timeout=1)
    context.service = serve(service, "127.0.0.1", 0)
    threading.Thread(target=context.service.serve_forever, daemon=True).start()


def before_scenario(context, scenario):
    timeout_before_scenario(context, scenario)


def after_scenario(context, scenario):
    teardown(context)


def after_all(context):
    context.service.shutdown()
ENVIRONMENT
cat > features/steps/steps.py <<'STEPS'
import time

from behave import then
from behave_kit import assert_soft_equals, when_if
from websockets.sync.client import connect


@then("{check} is wrong")
def wrong(context, check):
    raise AssertionError(check)


@then("nothing is done for 3 seconds")
def pause(context):
    time.sleep(3)


@then("a tick arrives")
def arrives(context):
    with connect(f"ws://127.0.0.1:{context.service.socket.getsockname()[1]}") as client:
        while True:
            try:
                assert client.recv(timeout=0.1) == "18000.5"
                return
            except TimeoutError:
                continue


@then("the book is right")
@when_if(lambda context: False)
def book(context):
    pass


@then("the price is {price}")
def price_is(context, price):
    assert_soft_equals(price, "18000.5")
STEPS
cat > features/ticks.feature <<'FEATURE'
Feature: Ticks
  Scenario: first with two wrong checks
    Then the price is wrong
    Then the size is wrong

  Scenario: second with two wrong checks
    Then the price is wrong
    Then the size is wrong

  Scenario: pauses
    Then nothing is done for 3 seconds

  Scenario: waits for a tick
    Then a tick arrives

  Scenario: left out by when_if
    Then the book is right

  Scenario: soft failure
    Then the price is 1800.0
FEATURE
venv/bin/behave -f json -o behave.json -f allure_behave.formatter:AllureFormatter -o allure features >behave.log 2>&1 || true
cat > probe.py <<'PROBE'
import json
import sys
from pathlib import Path

allure = {}
for path in Path("allure").glob("*-result.json"):
    result = json.loads(path.read_text())
    allure[result["name"]] = result["status"]
rows = []
print(f"{'':<31} behave       Allure   steps", flush=True)
for scenario in json.loads(Path("behave.json").read_text())[0]["elements"]:
    results = [step["result"] for step in scenario["steps"] if "result" in step]
    steps = ", ".join(f"{result['status']} after {result['duration']:.0f} s" for result in results)
    rows.append([scenario["status"], allure[scenario["name"]], steps])
    print(f"{scenario['name']:<31} {rows[-1][0]:<12} {rows[-1][1]:<8} {steps}", flush=True)
if rows != [
    ["failed", "failed", "failed after 0 s, failed after 0 s"],
    ["failed", "failed", "failed after 0 s"],
    ["error", "broken", "error after 1 s"],
    ["passed", "passed", "passed after 3 s"],
    ["error", "broken", "error after 0 s"],
    ["hook_error", "passed", "passed after 0 s"],
]:
    sys.exit("not as described any more")
PROBE
venv/bin/python probe.py
