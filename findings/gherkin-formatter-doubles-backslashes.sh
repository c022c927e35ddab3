#!/usr/bin/env bash
# reformat-gherkin keeps a feature's meaning for Cucumber and changes it for behave.
#
# Expected: a formatter changes spaces, and one that compares the syntax trees before and after,
#   as this one does, surely nothing else.
# Seen: it compares with Cucumber's official parser, which undoes \n, \\ and \| in table cells
#   and \""" in doc strings. behave 1.3.3 undoes \| only. The formatter writes "\d" in a cell as
#   "\\d": the same to Cucumber, another text to behave. It also turns ``` of doc strings
#   into """ and so makes a file that behave refused one that it reads.
# Why it matters: patterns of prices, payloads with \n and symbols in tables reach the step
#   changed; an outline that matched "^\d+\.\d{2}$" matches nothing, or an absence ("no tick
#   matches") passes for ever. And one feature file is not one test on both tools.
# Way to live with it: no backslashes in tables (write [0-9] for \d, keep payloads in files); no
#   formatter of this kind in a pre-commit hook of a behave project without a check of the values.
# Versions: reformat-gherkin 3.0.1 (gherkin-official 24.0.0), behave 1.3.3. Cucumber's own text on
#   escapes is in the README of its gherkin parser; behave documents no escapes but \|.
#
# Output seen:
#   before  cucumber ['^\\d+$', 'a\nb', 'c\\d']  behave ['^\\d+$', 'a\\nb', 'c\\\\d']
#   after   cucumber ['^\\d+$', 'a\nb', 'c\\d']  behave ['^\\\\d+$', 'a\\nb', 'c\\\\d']
#   the step's pattern matches "2450": before True, after False
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    reformat-gherkin==3.0.1 gherkin-official==24.0.0 behave==1.3.3

cat > before.feature <<'FEATURE'
Feature: prices

  Scenario: a price
    Given patterns
      | text |
      | ^\d+$ |
      | a\nb |
      | c\\d |
FEATURE
cp before.feature after.feature
venv/bin/reformat-gherkin after.feature 2> /dev/null
diff before.feature after.feature || true

cat > compare.py <<'COMPARE'
import re
from behave.parser import parse_file
from gherkin.parser import Parser


def cucumber(name):
    document = Parser().parse(open(name).read())
    step = document["feature"]["children"][0]["scenario"]["steps"][0]
    return [row["cells"][0]["value"] for row in step["dataTable"]["rows"]][1:]


def behave(name):
    return [row[0] for row in parse_file(name).scenarios[0].steps[0].table.rows]


for name in ("before", "after"):
    file = name + ".feature"
    print(f"{name:7} cucumber {cucumber(file)}  behave {behave(file)}")
old, new = behave("before.feature"), behave("after.feature")
matched = [bool(re.match(texts[0], "2450")) for texts in (old, new)]
print(f'the step\'s pattern matches "2450": before {matched[0]}, after {matched[1]}')
assert cucumber("before.feature") == cucumber("after.feature") == ["^\\d+$", "a\nb", "c\\d"]
assert old == ["^\\d+$", "a\\nb", "c\\\\d"] and new[0] == "^\\\\d+$" and matched == [True, False]
COMPARE
venv/bin/python compare.py
