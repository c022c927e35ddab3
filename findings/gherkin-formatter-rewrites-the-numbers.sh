#!/usr/bin/env bash
# gherkin-formatter: a message in a doc string comes out with other numbers, and a cell with a pipe as two cells.
#
# Expected: README: JSON in doc strings is printed prettily, tables are aligned, all data is preserved and only the formatting is
#   changed. What the steps receive has other spaces and line ends than before, the same numbers and texts, and the same cells.
# Seen: gherkin-formatter 0.1.3 reads each doc string that is valid JSON with Python's json and writes it anew: 18000.50 is 18000.5, 1e3
#   is 1000.0, and a rate of 20 places loses three of them. In tables it writes the parsed cells without escapes: NIFTY\|FUT is two cells
#   from then on, so that a table of one column has two, and one of two cannot be read any more. YAML, by another library, keeps its
#   numbers; --skip-docstrings leaves doc strings alone, not cells.
# Why it matters: in a commit hook it changes the frames that a test sends and the ones that it expects: a service that must answer 1e3
#   or keep the zero of 18000.50 is not tested for it any more, both sides being rewritten; checksums and signatures over the frame
#   do not fit.
# Way to live with it: --skip-docstrings, and no pipes in cells; frames in files of their own; or parse each feature before and after and
#   compare what the steps get.
# Versions: gherkin-formatter 0.1.3 (the newest), gherkin-official 42.0.1, behave 1.3.3, Python 3.11.7. The README names --skip-docstrings
#   for "custom code" only. Nothing found about it.
#
# Output seen (what behave gives to the step):
#                 before                     after
#   price         18000.50                   18000.5
#   size          1e3                        1000.0
#   rate          0.12345678901234567890     0.12345678901234568
#   columns       1                          2
#   cells         NIFTY|FUT                  NIFTY, FUT
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check gherkin-formatter==0.1.3 gherkin-official==42.0.1 behave==1.3.3 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > before.feature <<'FEATURE'
Feature: Ticks
  Scenario: a tick
    When the service sends
      """json
      {"price": 18000.50, "size": 1e3, "rate": 0.12345678901234567890}
      """
    Then there are ticks of
      | symbol\|kind |
      | NIFTY\|FUT   |
FEATURE
cp before.feature after.feature
venv/bin/gherkin-formatter after.feature >formatter.log || { cat formatter.log; exit 1; }
cat > probe.py <<'PROBE'
import re
import sys

from behave.parser import parse_file


def received(path):
    sends, ticks = parse_file(path).scenarios[0].steps
    values = {}
    for key in ("price", "size", "rate"):
        values[key] = re.search(rf'"{key}": *"?([^",\s}}]+)', sends.text).group(1)
    values["columns"] = str(len(ticks.table.headings))
    values["cells"] = ", ".join(ticks.table.rows[0].cells)
    return values


before, after = received("before.feature"), received("after.feature")
print(f"{'':<13} {'before':<26} after")
for name, value in before.items():
    print(f"{name:<13} {value:<26} {after[name]}", flush=True)
if list(zip(before.values(), after.values())) != [
    ("18000.50", "18000.5"),
    ("1e3", "1000.0"),
    ("0.12345678901234567890", "0.12345678901234568"),
    ("1", "2"),
    ("NIFTY|FUT", "NIFTY, FUT"),
]:
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py
