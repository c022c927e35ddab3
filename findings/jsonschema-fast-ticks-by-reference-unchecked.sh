#!/usr/bin/env bash
# jsonschema-fast: each tick of a list is valid when its schema is a $ref, a const of 19 digits takes its neighbour, and -4.357 is a multiple of 0.01.
#
# Expected: "a 100% transparent, drop-in replacement for the original pure-Python validator", "zero regressions": it installs itself as jsonschema, and
#   its verdicts are jsonschema's.
# Seen: jsonschema-fast 1.0.1 asks a compiled extension first, and believes it when it says "valid". What stands below items and has a $ref in it, at any depth, is
#   valid there whatever it is; the same $ref below properties, prefixItems, contains or anyOf is followed. Whole numbers of const and of multipleOf are
#   compared as floats, those of minimum are not; the remainder of a negative number is never too large. validate(), is_valid() and iter_errors() are
#   the same. With any FormatChecker the extension is left out, and all is right.
# Why it matters: a message with trades, levels or candles is a list of $ref in each schema that a tool has written (OpenAPI, AsyncAPI, pydantic). The suite becomes
#   fast and green. It takes the place of jsonschema in the environment for all packages that import it; both installed, the last one wins.
# Way to live with it: format_checker=FormatChecker() gives the old code; jsonschema-rs 0.61.2, which is fast and right in all of these. After each change of a
#   validator one message with a wrong price in the second tick has to fail.
# Versions: jsonschema-fast 1.0.1 (the newest on PyPI), jsonschema-rs 0.61.2, Python 3.11.7. Source: iter_errors in
#   jsonschema/validators.py; the extension comes without its source. Nothing found about it.
#
# Output seen (messages that their schema does not allow):
#                                     jsonschema-fast  with a FormatChecker  jsonschema-rs
#   ticks: list of $ref, price "x"    valid            refused               refused
#   ticks: list, price is a $ref      valid            refused               refused
#   one tick by $ref, price "x"       refused          refused               refused
#   ticks: list, written out          refused          refused               refused
#   const, the id after it            valid            refused               refused
#   -4.357 by 0.01                    valid            refused               refused
#   4.357 by 0.01                     refused          refused               refused
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check jsonschema-fast==1.0.1 jsonschema-rs==0.61.2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker

price = {"type": "number"}
tick = {"type": "object", "properties": {"price": price}, "required": ["price"]}


def message(ticks, **defs):
    return {"type": "object", "properties": {"ticks": ticks}, "$defs": defs}


cases = [
    ('ticks: list of $ref, price "x"', message({"type": "array", "items": {"$ref": "#/$defs/tick"}}, tick=tick), {"ticks": [{"price": 1}, {"price": "x"}]}),
    (
        "ticks: list, price is a $ref",
        message({"type": "array", "items": {"type": "object", "properties": {"price": {"$ref": "#/$defs/price"}}}}, price=price),
        {"ticks": [{"price": "x"}]},
    ),
    ('one tick by $ref, price "x"', message({"$ref": "#/$defs/tick"}, tick=tick), {"ticks": {"price": "x"}}),
    ("ticks: list, written out", message({"type": "array", "items": tick}), {"ticks": [{"price": 1}, {"price": "x"}]}),
    ("const, the id after it", {"const": 1767604500250123456}, 1767604500250123457),
    ("-4.357 by 0.01", {"multipleOf": 0.01}, -4.357),
    ("4.357 by 0.01", {"multipleOf": 0.01}, 4.357),
]
readers = (
    lambda schema: Draft202012Validator(schema),
    lambda schema: Draft202012Validator(schema, format_checker=FormatChecker()),
    lambda schema: jsonschema_rs.Draft202012Validator(schema),
)
verdicts = []
print(f"{'':33} jsonschema-fast  with a FormatChecker  jsonschema-rs")
for name, schema, instance in cases:
    row = ["valid" if reader(schema).is_valid(instance) else "refused" for reader in readers]
    verdicts.append(row)
    print(f"{name:33} {row[0]:16} {row[1]:21} {row[2]}")
wrong = [row[0] == "valid" for row in verdicts]
right = wrong == [True, True, False, False, True, True, False] and all(row[1:] == ["refused"] * 2 for row in verdicts)
if not right:
    print("not as described any more", file=sys.stderr)
sys.exit(not right)
PROBE
timeout 60 venv/bin/python probe.py
