#!/usr/bin/env bash
# pytest-bdd, radish, morelia: a step written "async def" is not run, and its scenario passes; behave runs the same step.
#
# Expected: a step that receives a tick is a coroutine, as tests are with pytest-asyncio in mode auto: it is awaited, or refused.
# Seen: behave 1.3.3 awaits it and fails. pytest-bdd 9.0.1, radish-bdd 0.18.4 and morelia 0.10.1 call it, drop the coroutine and count
#   the step as passed, exit code 0; pytest-asyncio awaits tests and fixtures, and steps are neither. Python warns "never awaited", under
#   the summary or between the steps. With -W error pytest fails for it, with the name of the warning alone it does not, and radish in no case.
# Why it matters: a suite that moves from behave to pytest takes its steps along, and everything that looks at a stream is green at once.
#   The same happens when one step of many gets its first "await", and the rest of the scenario goes on failing as it should.
# Way to live with it: -W error (all of it) in every run; a scenario that must fail in each step file; steps without async that hand over to a loop of
#   their own.
# Versions: behave 1.3.3, pytest-bdd 9.0.1, radish-bdd 0.18.4, morelia 0.10.1, pytest 9.2.0, pytest-asyncio 1.5.0, Python 3.11.7. Issue
#   223 of pytest-dev/pytest-bdd asks for such steps; no document of the three says what happens to one.
#
# Output seen (the last step is "async def" and asserts False):
#               def               async def         async def, -W error
#   behave      failed, exit 1    failed, exit 1    failed, exit 1
#   pytest-bdd  failed, exit 1    passed, exit 0    failed, exit 1
#   radish-bdd  failed, exit 1    passed, exit 0    passed, exit 0
#   morelia     failed, exit 1    passed, exit 0    failed, exit 1
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in behave==1.3.3 pytest-bdd==9.0.1 radish-bdd==0.18.4 morelia==0.10.1; do
  python3 -m venv "${package%%=*}"
  "${package%%=*}/bin/pip" install -qq --disable-pip-version-check "$package" pytest==9.2.0 pytest-asyncio==1.5.0 >pip.log 2>&1 ||
    { cat pip.log; exit 1; }
done

cat > probe.py <<'PROBE'
import os
import re
import subprocess
import sys
from pathlib import Path

FEATURE = """Feature: Ticks
  Scenario: a tick
    Given a feed
    Then the price is right
"""
STEPS = """
@given("a feed")
def feed(ARGUMENT):
    pass


@then("the price is right")
ASYNCdef right(ARGUMENT):
    assert False
"""
MORELIA = f'''import unittest

from morelia import verify


class Ticks(unittest.TestCase):
    def test_ticks(self):
        verify("""{FEATURE}""", self)

    def step_feed(self):
        r"a feed"

    ASYNCdef step_price(self):
        r"the price is right"
        assert False
'''
BDD = f'from pytest_bdd import given, scenarios, then\n\nscenarios("ticks.feature")\n{STEPS}'
PYTEST = ["bin/pytest", "-q", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"]
PACKAGES = {
    "behave": (["bin/behave", "-f", "plain", "."], "steps/steps.py", f"from behave import given, then\n{STEPS}", "context"),
    "pytest-bdd": ([*PYTEST, "test_ticks.py"], "test_ticks.py", BDD, ""),
    "radish-bdd": (["bin/radish", "-b", "radish", "ticks.feature"], "radish/steps.py", f"from radish import given, then\n{STEPS}", "step"),
    "morelia": ([*PYTEST, "test_ticks.py"], "test_ticks.py", MORELIA, ""),
}


def run(package, prefix, strict=False):
    (tool, *options), path, steps, argument = PACKAGES[package]
    directory = Path(f"of-{package}")
    (directory / path).parent.mkdir(parents=True, exist_ok=True)
    (directory / "ticks.feature").write_text(FEATURE)
    (directory / path).write_text(steps.replace("ARGUMENT", argument).replace("ASYNC", prefix))
    if strict and tool == "bin/pytest":
        options = [*options, "-W", "error"]
    command = [Path(package).resolve() / "bin/python", "-B", Path(package).resolve() / tool, *options]
    environment = {**os.environ, "PYTHONWARNINGS": "error" if strict and tool != "bin/pytest" else ""}
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    said = re.sub(r"\x1b\[\d*[A-Za-z]", "", done.stdout)
    failed = bool(re.search(r"[1-9]\d* failed", said))
    return f"{'failed' if failed else 'passed'}, exit {done.returncode}"


rows = []
print(f"{'':<12}{'def':<18}{'async def':<18}async def, -W error", flush=True)
for package in PACKAGES:
    rows.append([run(package, ""), run(package, "async "), run(package, "async ", strict=True)])
    print(f"{package:<12}{rows[-1][0]:<18}{rows[-1][1]:<18}{rows[-1][2]}", flush=True)
right, unread = "failed, exit 1", "passed, exit 0"
if rows != [[right, right, right], [right, unread, right], [right, unread, unread], [right, unread, right]]:
    sys.exit("not as described any more")
PROBE
python3 probe.py
