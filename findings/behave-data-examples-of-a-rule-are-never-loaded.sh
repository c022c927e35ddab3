#!/usr/bin/env bash
# behave-data: @load_examples on an Examples block, or on an outline inside a Rule, loads nothing; the placeholder's row passes.
#
# Expected: each outline marked @load_examples:ticks.csv runs once for each of the file's three rows. The docs in the code say that the tag "may be
#   placed on the Scenario Outline, on the Feature, or on an individual Examples block (takes precedence for that block)".
# Seen: load_examples_for_feature of behave-data 1.1.0 walks feature.scenarios alone, which leaves out the scenarios of rules, and leaves each outline
#   that has no tag of its own (or of its feature) before it looks at the blocks. So a block's tag counts only if the outline has one too, and an
#   outline under "Rule:" is never loaded, the feature's tag or not. No warning: what runs is the row that stands there so that the file parses.
#   A file that isn't there fails on a plain outline, and isn't noticed on the other two.
# Why it matters: rules are how the conventions of an acceptance suite group scenarios; "1 scenario passed" is said of a row "NONE 0". The ticks that
#   somebody adds to the file are never checked.
# Way to live with it: the tag on the outline, outlines outside rules; a placeholder row that the steps refuse ("NONE" isn't a symbol), or no row at
#   all; a step that counts. As a trial name a file that doesn't exist: the run must fail.
# Versions: behave-data 1.1.0 (the newest), behave 1.3.3, Python 3.11.7. Source: behave_data/examples.py. Nothing found about it.
#
# Output seen (behave's exit code is 0 but for the last but two):
#   the tag on the outline        AAPL 227.31, MSFT 415.20, TSLA 250.05
#   on its Examples               NONE 0
#   on an outline in a rule       NONE 0
#   on the feature, in a rule     NONE 0
#   on both                       AAPL 227.31, MSFT 415.20, TSLA 250.05
#   no such file: the outline 1, its Examples 0, an outline in a rule 0, the feature 0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile behave-data==1.1.0 behave==1.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

mkdir -p features/steps features/data
printf 'symbol,price\nAAPL,227.31\nMSFT,415.20\nTSLA,250.05\n' > features/data/ticks.csv
cat > features/environment.py <<'ENVIRONMENT'
from behave_data.hooks import before_feature_hook, setup_data


def before_all(context):
    setup_data(context)


def before_feature(context, feature):
    before_feature_hook(context, feature)
ENVIRONMENT
cat > features/steps/steps.py <<'STEPS'
from behave import then


@then("{symbol} costs {price}")
def costs(context, symbol, price):
    with open("seen.txt", "a") as file:
        file.write(f"{symbol} {price}\n")
STEPS
cat > probe.py <<'PROBE'
import pathlib
import subprocess


def run(feature="", rule=False, outline="", examples="", file="ticks.csv"):
    tag = f"@load_examples:{file}\n"
    text = tag * (feature == "tag") + "Feature: prices\n" + "Rule: one\n" * rule + tag * (outline == "tag")
    text += "Scenario Outline: <symbol>\n  Then <symbol> costs <price>\n" + tag * (examples == "tag")
    text += "  Examples:\n    | symbol | price |\n    | NONE   | 0     |\n"
    pathlib.Path("features/prices.feature").write_text(text)
    seen = pathlib.Path("seen.txt")
    seen.write_text("")
    code = subprocess.run(["venv/bin/behave"], capture_output=True).returncode
    return code, ", ".join(seen.read_text().splitlines())


ways = {
    "the tag on the outline": {"outline": "tag"},
    "on its Examples": {"examples": "tag"},
    "on an outline in a rule": {"outline": "tag", "rule": True},
    "on the feature, in a rule": {"feature": "tag", "rule": True},
    "on both": {"outline": "tag", "examples": "tag"},
}
for title, way in ways.items():
    code, seen = run(**way)
    print(f"{title:<29} {seen}" + f" (code {code})" * bool(code))
codes = [run(**way, file="none.csv")[0] for way in list(ways.values())[:4]]
print("no such file: the outline {}, its Examples {}, an outline in a rule {}, the feature {}".format(*codes))
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
the tag on the outline        AAPL 227.31, MSFT 415.20, TSLA 250.05
on its Examples               NONE 0
on an outline in a rule       NONE 0
on the feature, in a rule     NONE 0
on both                       AAPL 227.31, MSFT 415.20, TSLA 250.05
no such file: the outline 1, its Examples 0, an outline in a rule 0, the feature 0
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
