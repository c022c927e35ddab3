#!/usr/bin/env bash
# JSON Schema: 100.35 read as Decimal is greater than its maximum of 100.35, and no value of an enum.
#
# Expected: the advice for multipleOf 0.05 and prices, json.loads(..., parse_float=Decimal), makes
#   validation exact. It is what jsonschema's issues answer (185, 247, 810, 1039).
# Seen: without it jsonschema 4.26.0 and ajv 8.20.0 refuse 100.35 as a multiple of 0.05 (fastjsonschema
#   and jsonschema-rs take it). With it for the message alone, jsonschema and fastjsonschema compare
#   Decimal with the schema's float, which is a little less than 100.35: maximum, const and enum refuse
#   equal text; jsonschema-rs takes it. With Decimal in the schema too jsonschema is exact, and
#   fastjsonschema still refuses the price at its maximum: it writes the limit as a float again.
# Why it matters: circuit limits ("maximum" of the day's band), tick sizes as enum, a const price in a
#   canned message: all valid, refused in one service and accepted in the other, only at the limit.
# Way to live with it: read schema and message alike with parse_float=Decimal; or, with any of them,
#   limits and prices as integers of the smallest step. Test each limit with its own value.
# Versions: jsonschema 4.26.0, fastjsonschema 2.22.3, jsonschema-rs 0.61.0, ajv 8.20.0.
#
# Output seen (100.35 against each):
#                                  multipleOf maximum    const      enum
#   float    jsonschema            REFUSED    accepted   accepted   accepted
#   float    fastjsonschema        accepted   accepted   accepted   accepted
#   float    jsonschema-rs         accepted   accepted   accepted   accepted
#   Decimal  jsonschema            -          REFUSED    REFUSED    REFUSED
#   Decimal  fastjsonschema        -          REFUSED    REFUSED    REFUSED
#   Decimal  jsonschema-rs         -          accepted   accepted   accepted
#   both     jsonschema            accepted   accepted   accepted   accepted
#   both     fastjsonschema        -          REFUSED    accepted   accepted
#   number   ajv                   REFUSED    accepted   accepted   accepted
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check \
    jsonschema==4.26.0 fastjsonschema==2.22.3 jsonschema-rs==0.61.0
npm install --silent --no-audit --no-fund --ignore-scripts ajv@8.20.0

cat > schemas.json <<'SCHEMAS'
{
  "multipleOf": {"multipleOf": 0.05},
  "maximum": {"maximum": 100.35},
  "const": {"const": 100.35},
  "enum": {"enum": [100.3, 100.35]}
}
SCHEMAS
cat > validate.cjs <<'VALIDATE'
const Ajv = require("ajv");
const schemas = JSON.parse(require("fs").readFileSync("schemas.json", "utf8"));
const answers = Object.values(schemas).map((schema) =>
  new Ajv({ strict: false }).compile(schema)(JSON.parse("100.35")) ? "accepted" : "REFUSED",
);
console.log("number   ajv".padEnd(30), answers.map((answer) => answer.padEnd(10)).join(" ").trim());
VALIDATE
cat > validate.py <<'VALIDATE'
import json
from decimal import Decimal

import fastjsonschema
import jsonschema
import jsonschema_rs

TEXT = open("schemas.json").read()
SCHEMAS, EXACT = json.loads(TEXT), json.loads(TEXT, parse_float=Decimal)
FLOAT, DECIMAL = json.loads("100.35"), json.loads("100.35", parse_float=Decimal)
LIBRARIES = {
    "jsonschema": jsonschema.validate,
    "fastjsonschema": lambda price, schema: fastjsonschema.compile(schema)(price),
    "jsonschema-rs": lambda price, schema: jsonschema_rs.validate(schema, price),
}
REFUSALS = (
    jsonschema.ValidationError,
    fastjsonschema.JsonSchemaValueException,
    jsonschema_rs.ValidationError,
)
seen = {}


def ask(kind, library, price, schemas):
    answers = []
    for keyword, schema in schemas.items():
        # A Decimal divided by a float is an exception, not an answer; not asked.
        if keyword == "multipleOf" and (kind, library) != ("both", "jsonschema") and kind != "float":
            answers.append("-")
            continue
        try:
            LIBRARIES[library](price, schema)
            answers.append("accepted")
        except REFUSALS:
            answers.append("REFUSED")
    seen[kind, library] = answers
    print(f"{kind:8} {library:21}", " ".join(answer.ljust(10) for answer in answers).rstrip())


print(" " * 30, " ".join(keyword.ljust(10) for keyword in SCHEMAS).rstrip())
for library in LIBRARIES:
    ask("float", library, FLOAT, SCHEMAS)
for library in LIBRARIES:
    ask("Decimal", library, DECIMAL, SCHEMAS)
for library in ("jsonschema", "fastjsonschema"):
    ask("both", library, DECIMAL, EXACT)
assert seen["float", "jsonschema"][0] == "REFUSED"
assert seen["Decimal", "jsonschema"][1:] == ["REFUSED"] * 3
assert seen["Decimal", "fastjsonschema"][1:] == ["REFUSED"] * 3
assert seen["Decimal", "jsonschema-rs"][1:] == ["accepted"] * 3
assert seen["both", "jsonschema"] == ["accepted"] * 4
assert seen["both", "fastjsonschema"][1:] == ["REFUSED", "accepted", "accepted"]
VALIDATE
venv/bin/python validate.py
node validate.cjs
