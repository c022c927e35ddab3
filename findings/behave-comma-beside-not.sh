#!/usr/bin/env bash
# behave: "@a,@b" means "a or b" until a "not" stands beside it; then it names one tag "a,b".
#
# Expected: the older comma form works wherever tags are given, or is an error.
# Seen: behave 1.3.3 guesses the form of all --tags options together. One "not", "and" or "or"
#   anywhere turns the comma into a part of a tag's name. No scenario has that tag, and nobody
#   says so: --tags="not @slow,@nightly" leaves out nothing, and --tags=@p0,@p1 with
#   --tags="not @nightly" runs nothing. Exit code 0 both times.
# Why it matters: the long soak runs in the pipeline, or the sign-off run has no scenario and is
#   green. Each of the two options alone does what it says, so that reviews do not see it.
# Way to live with it: one expression, with words: "(@p0 or @p1) and not @nightly"; refuse commas in
#   the pipeline's options, and demand a minimum number of scenarios that ran. The setting
#   tag_expression_protocol = v2 is no help: every comma is then a part of a name, as silently.
# Versions: behave 1.3.3 with cucumber-tag-expressions 11.0.1.
#
# Output seen (exit code, scenarios that ran):
#   --tags=@p0,@p1                            0  tick close
#   --tags=not @nightly                       0  tick close
#   --tags=@p0,@p1 --tags=not @nightly        0
#   --tags=~@p1,@nightly                      0  tick soak
#   --tags=not @p1,@nightly                   0  tick close soak
#   --tags=(@p0 or @p1) and not @nightly      0  tick close
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behave==1.3.3 cucumber-tag-expressions==11.0.1

mkdir -p features/steps
cat > features/ticks.feature <<'FEATURE'
Feature: ticks
  @p0
  Scenario: tick
    Given it ran
  @p1
  Scenario: close
    Given it ran
  @nightly
  Scenario: soak
    Given it ran
FEATURE
cat > features/steps/steps.py <<'STEPS'
from behave import given


@given("it ran")
def it_ran(context):
    with open("ran", "a") as ran:
        ran.write(context.scenario.name + " ")
STEPS

run() {
    local code=0
    : > ran
    venv/bin/behave --format progress3 "$@" > log 2>&1 || code=$?
    printf '%-41s %s  %s\n' "$*" "$code" "$(cat ran)" | sed 's/ *$//' | tee -a seen
}
run "--tags=@p0,@p1"
run "--tags=not @nightly"
run "--tags=@p0,@p1" "--tags=not @nightly"
run "--tags=~@p1,@nightly"
run "--tags=not @p1,@nightly"
run "--tags=(@p0 or @p1) and not @nightly"
[ "$(sed -n 1p seen | cut -c43-)" = "0  tick close" ]
[ "$(sed -n 2p seen | cut -c43-)" = "0  tick close" ]
[ "$(sed -n 3p seen | cut -c43-)" = "0" ]
[ "$(sed -n 5p seen | cut -c43-)" = "0  tick close soak" ]
[ "$(sed -n 6p seen | cut -c43-)" = "0  tick close" ]
