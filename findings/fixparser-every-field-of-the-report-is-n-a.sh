#!/usr/bin/env bash
# fixparser: the readable report has N/A for each field of each message, the CSV beside it, written in the same pass, has the values.
#
# Expected: "parses FIX protocol messages and exports them to human-readable text and structured CSV formats": two forms of one content. Fields that
#   are not among its fourteen columns are left out of both; N/A is for what a message does not have.
# Seen: fixparser 1.0.1 takes the CSV's values by the tag, and those of the text by the whole heading: "44 (Price)", which no message has. All
#   fourteen fields of the text are N/A, for each line, and the program ends with 0. The CSV keeps the last of several fields with one tag:
#   of three quantities in a line there is one.
# Why it matters: the text is what one looks at after an incident, and "Price: N/A" in a fill reads as a fault of the counterparty. A check that the
#   report exists, or has as many lines as messages, is green.
# Way to live with it: read the CSV only. In tests one known message and its price in the report.
# Versions: fixparser 1.0.1 (the newest on PyPI), Python 3.11.7. Source: fixparser/core.py. Nothing found about it.
#
# Output seen:
#   report  55 (Symbol): N/A   44 (Price): N/A   38 (OrderQty): N/A   N/A in 14 of 14
#   csv     55 (Symbol): AAPL   44 (Price): 187.50   38 (OrderQty): 100
#   report  55 (Symbol): N/A   44 (Price): N/A   38 (OrderQty): N/A   N/A in 14 of 14
#   csv     55 (Symbol): AAPL   44 (Price): 187.51   38 (OrderQty): 30
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check fixparser==1.0.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import csv
import sys

from fixparser import FIXParser

LINES = (
    "8=FIX.4.4,9=120,35=8,49=EXCH,56=CLIENT,34=2,52=20260105-10:00:00,11=A1,38=100,40=2,54=1,55=AAPL,44=187.50,10=128",
    "8=FIX.4.4,9=120,35=8,49=EXCH,56=CLIENT,34=3,52=20260105-10:00:01,11=A2,38=10,38=20,38=30,54=1,55=AAPL,44=187.51,10=128",
)
with open("messages.txt", "w") as file:
    file.write("\n".join(LINES) + "\n")
FIXParser("messages.txt", "report.txt", "report.csv").parse_and_export()

with open("report.txt") as file:
    report = file.read().splitlines()
with open("report.csv", newline="") as file:
    table = list(csv.DictReader(file))
missing = []
for text, row in zip(report, table):
    fields = text.split(", ")
    missing.append(sum(field.endswith(": N/A") for field in fields))
    print(f"report  {fields[11]}   {fields[12]}   {fields[8]}   N/A in {missing[-1]} of {len(fields)}")
    print(f"csv     55 (Symbol): {row['55 (Symbol)']}   44 (Price): {row['44 (Price)']}   38 (OrderQty): {row['38 (OrderQty)']}")
prices = [row["44 (Price)"] for row in table]
if (missing, prices, table[1]["38 (OrderQty)"]) != ([14, 14], ["187.50", "187.51"], "30"):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
