#!/usr/bin/env bash
# BehaveX: two scenarios of one name run in parallel, one is in no report, and if that one failed the exit code is 0.
#
# Expected: what runs a suite of behave in parallel has behave's results: a Rule holds scenarios of its own, so "a tick
#   arrives" for calls and for puts are two; 1 passed and 1 failed is exit code 1, as behave says.
# Seen: BehaveX 4.6.8 with --parallel-scheme scenario starts each scenario by feature and name, and drops a name that it has
#   had already in that feature, also under another Rule. The second is never run, and nothing says so: "1 scenario passed,
#   0 failed", status "passed", exit code 0. With --parallel-scheme feature both are run.
# Why it matters: --parallel-scheme scenario is what one takes a suite of slow ticks to BehaveX for. A regression in the
#   second market passes the gate, and the report shows the first market's scenario with the same name.
# Way to live with it: --parallel-scheme feature; or a check that no name comes twice in a feature file; and compare the
#   number of scenarios with that of behave --dry-run.
# Versions: behavex 4.6.8, behave 1.3.3, Python 3.11.7. Nothing found about it.
#
# Output seen (the second scenario fails):
#                                   scenarios                       exit code
#   two Rules
#     behave                        1 passed, 1 failed              1
#     behavex, by feature           1 passed, 1 failed              1
#     behavex, by scenario          1 passed, 0 failed              0
#   one Feature
#     behave                        1 passed, 1 failed              1
#     behavex, by feature           1 passed, 1 failed              1
#     behavex, by scenario          1 passed, 0 failed              0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behavex==4.6.8 behave==1.3.3 2>/dev/null

mkdir -p features/steps
cat > features/steps/ticks.py <<'STEPS'
from behave import given


@given("a tick arrives")
def arrives(context):
    pass


@given("no tick arrives")
def does_not(context):
    raise AssertionError("no tick within 3 s")
STEPS

row() {
  local name=$1 code=0
  shift
  HOME=$work PATH=$work/venv/bin:$PATH "$@" > log 2>&1 || code=$?
  printf '  %-29s %-31s %s\n' "$name" \
    "$(sed -nE 's/^([0-9]+) scenarios? passed, ([0-9]+) failed.*/\1 passed, \2 failed/p' log | tail -1)" "$code" | tee -a seen
}
rows() {
  echo "$1"
  row behave venv/bin/behave -f progress
  for scheme in feature scenario; do
    row "behavex, by $scheme" venv/bin/behavex -o output --parallel-processes 2 --parallel-scheme "$scheme"
  done
}

printf '%-31s %-31s %s\n' "" scenarios "exit code"
cat > features/ticks.feature <<'FEATURE'
Feature: Ticks
  Rule: calls
    Scenario: a tick within 3 s
      Given a tick arrives
  Rule: puts
    Scenario: a tick within 3 s
      Given no tick arrives
FEATURE
rows "two Rules"
cat > features/ticks.feature <<'FEATURE'
Feature: Ticks
  Scenario: a tick within 3 s
    Given a tick arrives
  Scenario: a tick within 3 s
    Given no tick arrives
FEATURE
rows "one Feature"
[ "$(grep -cE 'behave +1 passed, 1 failed +1$' seen)" = 2 ]
[ "$(grep -cE 'by feature +1 passed, 1 failed +1$' seen)" = 2 ]
[ "$(grep -cE 'by scenario +1 passed, 0 failed +0$' seen)" = 2 ] || { echo "not as described any more" >&2; exit 1; }
