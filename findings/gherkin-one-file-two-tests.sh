#!/usr/bin/env bash
# One feature file, read by behave and by Cucumber's official parser: other steps, tags and payload.
#
# Expected: where both read a file without an error they read the same scenarios.
# Seen: behave 1.3.3 takes keywords in any case; to gherkin-official 42.0.1 "given a tick" is a line of
#   description and the scenario has no steps. "@p0@feed" without a space is one tag to behave
#   and two to the other. behave strips spaces at the ends of a doc string's lines.
#   Neither says a word. (An error in one only: ''' and And as first step.)
# Why it matters: reports, coverage of requirements and linters are made by the official parser, the
#   run by behave. A sheet lists an empty scenario that really ran; --tags=@p0 leaves out a scenario
#   that the sheet counts under @p0; a payload that ends in a space is compared without it.
# Way to live with it: capital keywords, one space between tags, payloads in files; and a check in
#   the pipeline that both parsers give the same steps and tags.
# Versions: behave 1.3.3, gherkin-official 42.0.1 (the same in @cucumber/gherkin 42.0.1, npm).
#
# Output seen:
#   behave    tick     tags ['p0@feed']      steps ['a tick', 'it is complete']
#   cucumber  tick     tags ['feed', 'p0']   steps []
#   behave    payload  tags []               steps ['a frame'] text 'PING'
#   cucumber  payload  tags []               steps ['a frame'] text 'PING '
#   behave --tags=@p0 runs 0 of 2 scenarios, exit 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    behave==1.3.3 cucumber-tag-expressions==11.0.1 gherkin-official==42.0.1

mkdir -p features/steps
# printf, so that no editor takes the space behind PING away.
printf '%s\n' 'Feature: ticks' '  @p0@feed' '  Scenario: tick' '    given a tick' \
    '    then it is complete' '  Scenario: payload' '    Given a frame' '      """' '      PING ' \
    '      """' > features/ticks.feature
cat > features/steps/steps.py <<'STEPS'
from behave import step


@step("{anything}")
def step_impl(context, anything):
    open("ran", "a").write(context.scenario.name + "\n")
STEPS
cat > compare.py <<'COMPARE'
from behave.parser import parse_file
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

FILE = "features/ticks.feature"


def behave():
    for scenario in parse_file(FILE).scenarios:
        texts = [str(step.text) for step in scenario.steps if step.text]
        yield scenario.name, sorted(scenario.effective_tags), [s.name for s in scenario.steps], texts


def cucumber():
    document = Parser().parse(open(FILE).read())
    for pickle in Compiler().compile({**document, "uri": FILE}):
        steps, tags = pickle["steps"], sorted(tag["name"][1:] for tag in pickle["tags"])
        texts = [s["argument"]["docString"]["content"] for s in steps if "argument" in s]
        yield pickle["name"], tags, [s["text"] for s in steps], texts


seen = {"behave": list(behave()), "cucumber": list(cucumber())}
for position in range(2):
    for parser, scenarios in seen.items():
        name, tags, steps, texts = scenarios[position]
        shown = f" text {texts[0]!r}" if texts else ""
        print(f"{parser:9} {name:8} tags {tags!s:17} steps {steps}{shown}")
assert seen["behave"][0][1:3] == (["p0@feed"], ["a tick", "it is complete"])
assert seen["cucumber"][0][1:3] == (["feed", "p0"], [])
assert (seen["behave"][1][3], seen["cucumber"][1][3]) == (["PING"], ["PING "])
COMPARE
venv/bin/python compare.py
touch ran
code=0
venv/bin/behave --format progress3 --tags=@p0 > log 2>&1 || code=$?
echo "behave --tags=@p0 runs $(sort -u ran | wc -l) of 2 scenarios, exit $code"
[ "$(wc -l < ran) $code" = "0 0" ]
