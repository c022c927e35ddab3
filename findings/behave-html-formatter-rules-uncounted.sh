#!/usr/bin/env bash
# behave-html-formatter: scenarios in a Rule are in no total, an outline of three is one, and an error leaves the page without red.
#
# Expected: the totals on top of the report are the ones that behave prints, and its head is marked when something went wrong.
# Seen: behave-html-formatter 0.9.10 counts what stands directly in a feature. The scenarios of a Rule are shown below and
#   counted nowhere, nor are their steps; a Scenario Outline is one scenario, failed when one of its rows failed, and its steps are none.
#   The head gets its mark from the status "failed" only: a scenario that raised is "error" since behave 1.3, and
#   the page stays as it is when all is well.
# Why it matters: "Scenarios: passed: 1" is what is looked at and sent around, and beside it a rule's scenarios failed. A suite that is
#   moved into rules, one after the other, gets fewer tests and stays green in a count of failures.
# Way to live with it: the totals from behave's own summary, JSON or JUnit; Rules not with this formatter.
# Versions: behave-html-formatter 0.9.10, behave 1.3.3 (PyPI), Python 3.11.7. Its README speaks neither of rules nor of outlines.
#
# Output seen (scenarios and steps, passed + failed + error):
#                           behave                        the report's head
#   plain                   1 + 0 + 0   steps 2 + 0 + 0   1 + 0 + 0   steps 2 + 0 + 0   not marked
#   one of them in a Rule   1 + 1 + 0   steps 3 + 1 + 0   1 + 0 + 0   steps 2 + 0 + 0   marked
#   Rules only              1 + 1 + 0   steps 3 + 1 + 0   0 + 0 + 0   steps 0 + 0 + 0   marked
#   outline of three        1 + 2 + 0   steps 4 + 2 + 0   0 + 1 + 0   steps 0 + 0 + 0   marked
#   refused connection      0 + 0 + 1   steps 0 + 0 + 1   0 + 0 + 1   steps 0 + 0 + 1   not marked
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behave-html-formatter==0.9.10 behave==1.3.3 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

mkdir -p features/steps
cat > features/steps/ticks.py <<'STEPS'
from behave import given, then


@given("a feed")
def feed(context):
    pass


@given("a feed that refuses")
def refusing(context):
    raise ConnectionRefusedError("refused")


@then("{expected:d} of {sent:d} ticks arrive")
def arrive(context, expected, sent):
    assert expected == sent, f"{sent} arrived"
STEPS
cat > features/plain.feature <<'FEATURE'
Feature: plain
  Scenario: all
    Given a feed
    Then 3 of 3 ticks arrive
FEATURE
cat > features/mixed.feature <<'FEATURE'
Feature: one of them in a Rule
  Scenario: all
    Given a feed
    Then 3 of 3 ticks arrive
  Rule: puts
    Scenario: some
      Given a feed
      Then 2 of 3 ticks arrive
FEATURE
cat > features/rules.feature <<'FEATURE'
Feature: Rules only
  Rule: calls
    Scenario: all
      Given a feed
      Then 3 of 3 ticks arrive
  Rule: puts
    Scenario: some
      Given a feed
      Then 2 of 3 ticks arrive
FEATURE
cat > features/outline.feature <<'FEATURE'
Feature: outline of three
  Scenario Outline: some
    Given a feed
    Then <n> of 3 ticks arrive
    Examples:
      | n |
      | 1 |
      | 2 |
      | 3 |
FEATURE
cat > features/refused.feature <<'FEATURE'
Feature: refused connection
  Scenario: none
    Given a feed that refuses
FEATURE
cat > probe.py <<'PROBE'
import re
import subprocess
import sys

KINDS = ("passed", "failed", "error")


def counts(text):
    found = {kind: int(number) for number, kind in re.findall(r"(\d+)(?: (?:scenario|step)s?)? (passed|failed|error)\b", text)}
    found |= {kind: int(number) for kind, number in re.findall(r"\b(passed|failed|error): (\d+)", text)}
    return " + ".join(str(found.get(kind, 0)) for kind in KINDS)


rows = {}
print(f"{'':23} {'behave':29} the report's head")
for name in ("plain", "mixed", "rules", "outline", "refused"):
    command = ["venv/bin/behave", "-f", "behave_html_formatter:HTMLFormatter", "-o", "report.html"]
    run = subprocess.run([*command, f"features/{name}.feature"], capture_output=True, text=True, timeout=60)
    with open("report.html", encoding="utf-8") as file:
        page = file.read()
    title = re.search(r"Feature: ([^<]+)", page)[1]
    told = [counts(re.search(rf"^(.*{what}s? passed.*)$", run.stdout, re.M)[1]) for what in ("scenario", "step")]
    head = [counts(re.search(rf"{what}: ([^<]*)<", page)[1]) for what in ("Scenarios", "Steps")]
    mark = "marked" if re.search(r'id="behave-header" class="failed"|class="failed" id="behave-header"', page) else "not marked"
    rows[name] = (*told, *head, mark)
    print(f"{title:23} {told[0]:11} steps {told[1]:11} {head[0]:11} steps {head[1]:11} {mark}")
right = rows == {
    "plain": ("1 + 0 + 0", "2 + 0 + 0", "1 + 0 + 0", "2 + 0 + 0", "not marked"),
    "mixed": ("1 + 1 + 0", "3 + 1 + 0", "1 + 0 + 0", "2 + 0 + 0", "marked"),
    "rules": ("1 + 1 + 0", "3 + 1 + 0", "0 + 0 + 0", "0 + 0 + 0", "marked"),
    "outline": ("1 + 2 + 0", "4 + 2 + 0", "0 + 1 + 0", "0 + 0 + 0", "marked"),
    "refused": ("0 + 0 + 1", "0 + 0 + 1", "0 + 0 + 1", "0 + 0 + 1", "not marked"),
}
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
venv/bin/python probe.py
