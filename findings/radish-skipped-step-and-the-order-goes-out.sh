#!/usr/bin/env bash
# radish: behind a step that says skip, the order is sent, and what fails there is a skipped scenario with no failure in the JUnit file.
#
# Expected: a step that calls step.skip() ("no market today") or step.pending() ends the scenario, as skip does in behave, Cucumber
#   and pytest. A scenario with a failed step is failed, in the summary and in the file.
# Seen: radish-bdd 0.18.4 goes on with the next step unless one has failed, and the state of a scenario is that of its first step that did not pass.
#   So the steps behind a skip are run, and a scenario whose order is refused is "skipped", 0 of 2 scenarios failed, <skipped/> in the JUnit file
#   and failures="0"; the same with pending. Only the exit code is 1, and the count of steps has the two. An error in an after hook ends
#   the whole run: its own scenario is passed in the file, and all that were not run are skipped, failures="0" again.
# Why it matters: skip is written where there is nothing to trade with, and then the next line of the scenario trades. A gate that reads the JUnit
#   file, and the trend of the CI server, show a green run in three red cases.
# Way to live with it: the exit code for the verdict; instead of skip() a tag and --tags, chosen before the run; in tests of the suite a scenario
#   with a skip before a step that must fail.
# Versions: radish-bdd 0.18.4, lxml 6.1.3, Python 3.11. skip() came with its issue 295, which asks for "a step (and the following steps)".
#
# Output seen:
#   skip     exit 1, orders 2, 2 scenarios (0 passed, 2 skipped), file: failures 0, skipped 2
#   pending  exit 1, orders 2, 2 scenarios (0 passed, 2 pending), file: failures 0, skipped 2
#   hook     exit 1, orders 1, 2 scenarios (1 passed), file: failures 0, skipped 1
#   failed   exit 1, orders 0, 2 scenarios (0 passed, 2 failed), file: failures 2, skipped 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check radish-bdd==0.18.4 lxml==6.1.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

mkdir -p radish
cat > radish/steps.py <<'STEPS'
from radish import after, step


@step("there is a market, else {what:w}")
def market(step, what):
    if what == "skip":
        step.skip()
    elif what == "pending":
        step.pending()
    elif what == "failed":
        raise AssertionError("no market")


@step("an order is filled")
def order(step):
    with open("orders", "a") as orders:
        orders.write("order\n")
    if "hook" not in step.parent.sentence:
        raise AssertionError("the order is refused")


@after.each_scenario()
def check(scenario):
    if "hook" in scenario.sentence:
        raise RuntimeError("ticks are missing")
STEPS
cat > probe.py <<'PROBE'
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

seen = []
for what in ("skip", "pending", "hook", "failed"):
    pathlib.Path("ticks.feature").write_text("Feature: ticks\n" + "".join(f"""
    Scenario: {what} {number}
        Given there is a market, else {what}
        Then an order is filled
""" for number in (1, 2)))
    orders = pathlib.Path("orders")
    orders.write_text("")
    run = subprocess.run(["venv/bin/radish", "-b", "radish", "ticks.feature", "--junit-xml", "junit.xml", "--no-ansi"],
                         capture_output=True, text=True, timeout=30)
    sent = len(orders.read_text().splitlines())
    summary = re.search(r"\d+ scenarios .*", run.stdout).group()
    suite = next(ElementTree.parse("junit.xml").getroot().iter("testsuite"))
    seen.append((run.returncode, sent, suite.get("failures"), suite.get("skipped")))
    print(f"{what:8} exit {run.returncode}, orders {sent}, {summary}, file: failures {suite.get('failures')}, skipped {suite.get('skipped')}")

if seen != [(1, 2, "0", "2"), (1, 2, "0", "2"), (1, 1, "0", "1"), (1, 0, "2", "0")]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
