#!/usr/bin/env bash
# tursu: a Rule's Background takes the place of the Feature's, and stays for the rules behind it.
#
# Expected: Gherkin: the Background of a feature is run before each of its scenarios; one of a rule is run behind it, for the scenarios of this rule.
#   tursu's README has "All Gherkin features are support[ed]", with a tick at Background and at Rule.
# Seen: the compiler of tursu 1.1.0 has one variable for the background, and each Background that it meets is put into it: the scenarios of a rule with a background
#   run without the feature's, and those of the next rule, which has none, run with that of the rule before. behave runs the same file as Gherkin has it.
# Why it matters: "Given the market is open" is in the feature's background, "Given trading is halted" in that of a rule. The rule's scenarios run without the first,
#   the next rule's with the second: tests of an open market pass in a halted one, and the other way round. The order of the rules decides. Nothing is reported.
# Way to live with it: no Background in a rule, or one in each, with all its lines. In tests of the runner a step that writes down what was run.
# Versions: tursu 1.1.0, pytest 9.2.0, behave 1.3.3, Python 3.11. Source: GherkinCompiler.to_module.
#
# Output seen:
#   alone              tursu: open           behave: open
#   in the rule        tursu: halted         behave: open halted
#   in the next rule   tursu: halted         behave: open
#   exit {'tursu': 0, 'behave': 0}
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check tursu==1.1.0 pytest==9.2.0 behave==1.3.3

mkdir -p tests/functionals features/steps
touch tests/__init__.py tests/functionals/__init__.py
cat > features/market.feature <<'FEATURE'
Feature: market
  Background:
    Given the market is open

  Scenario: alone
    Then S0 is asked

  Rule: halts
    Background:
      Given trading is halted

    Scenario: in the rule
      Then S1 is asked

  Rule: open
    Scenario: in the next rule
      Then S2 is asked
FEATURE
cp features/market.feature tests/functionals/
cat > tests/functionals/conftest.py <<'CONFTEST'
from tursu import tursu_collect_file

tursu_collect_file()
CONFTEST
cat > tests/functionals/steps.py <<'STEPS'
from tursu import given, then


def note(text):
    with open("run.log", "a") as file:
        file.write(text + "\n")


@given("the market is open")
def market_open():
    note("open")


@given("trading is halted")
def halted():
    note("halted")


@then("{name} is asked")
def asked(name: str):
    note(name)
STEPS
cat > features/steps/steps.py <<'STEPS'
from behave import given, then


def note(text):
    with open("run.log", "a") as file:
        file.write(text + "\n")


@given("the market is open")
def market_open(context):
    note("open")


@given("trading is halted")
def halted(context):
    note("halted")


@then("{name} is asked")
def asked(context, name):
    note(name)
STEPS
cat > probe.py <<'PROBE'
import pathlib
import subprocess
import sys

BIN, LOG = pathlib.Path(sys.executable).parent, pathlib.Path("run.log")
seen = {}
for name, command in (("tursu", ["pytest", "-q", "-p", "no:cacheprovider", "tests/functionals"]), ("behave", ["behave", "--no-color", "features"])):
    LOG.write_text("")
    run = subprocess.run([BIN / command[0], *command[1:]], capture_output=True, text=True, timeout=60)
    scenario, scenarios = [], {}
    for line in LOG.read_text().split():
        if line.startswith("S"):
            scenarios[line], scenario = " ".join(scenario) or "nothing", []
        else:
            scenario.append(line)
    seen[name] = run.returncode, scenarios
    if run.returncode:
        print(run.stdout[-3000:], run.stderr[-2000:])
for key, title in (("S0", "alone"), ("S1", "in the rule"), ("S2", "in the next rule")):
    print(f"{title:18} tursu: {seen['tursu'][1].get(key)!s:14} behave: {seen['behave'][1].get(key)}")
print("exit", {name: code for name, (code, _) in seen.items()})
if seen != {"tursu": (0, {"S0": "open", "S1": "halted", "S2": "halted"}), "behave": (0, {"S0": "open", "S1": "open halted", "S2": "open"})}:
    sys.exit("not as described any more")
PROBE
timeout 90 venv/bin/python probe.py
