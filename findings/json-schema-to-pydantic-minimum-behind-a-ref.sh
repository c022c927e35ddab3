#!/usr/bin/env bash
# json-schema-to-pydantic: a price of -1 is refused, unless its schema stands behind a $ref or may be null; a queue of orders is a set.
#
# Expected: README: type constraints, references, combiners and array validations are supported. A minimum holds wherever JSON Schema puts
#   it: in $defs, in the branch of an anyOf, in the items of an array. An array stays one.
# Seen: json-schema-to-pydantic 0.5.0 makes constraints for the properties of an object only. Of a $ref to a number or a text the bare type is
#   left; so it is in anyOf, in oneOf, in items and in additionalProperties. In an allOf they refuse what is right. uniqueItems makes a Python
#   set: orders 3, 1, 2 are 1, 2, 3, and two of one number, which ought to be refused, are one.
# Why it matters: a price that is used in more than one message stands in $defs, and one that can be missing is an anyOf with null. The
#   tests with such a model are green for negative prices; the model that stands in a service drops an order and forgets who was first.
# Way to live with it: jsonschema beside it, for the verdict; a tick that must be refused for each rule of the schema, once; no uniqueItems
#   where the order counts.
# Versions: json-schema-to-pydantic 0.5.0 (the newest; among PyPI's 3,000 most downloaded), pydantic 2.14.4, jsonschema 4.26.0, Python 3.11.7.
#   Nothing found about it.
#
# Output seen:
#   where it stands         value           jsonschema  json-schema-to-pydantic
#   in the property         -1              refused
#   in the property         1               valid
#   behind a $ref           -1              refused     valid
#   behind a $ref           1               valid
#   anyOf, with null        -1              refused     valid
#   anyOf, with null        1               valid
#   type: [number, null]    -1              refused
#   type: [number, null]    1               valid
#   oneOf, with null        -1              refused     valid
#   oneOf, with null        1               valid
#   allOf                   -1              refused
#   allOf                   1               valid       refused
#   items                   [-1]            refused     valid
#   items                   [1]             valid
#   additionalProperties    {"NIFTY": -1}   refused     valid
#   additionalProperties    {"NIFTY": 1}    valid
#   pattern behind a $ref   "nifty"         refused     valid
#   pattern behind a $ref   "NIFTY"         valid
#   levels of price, size   [[1]]           refused     valid
#   levels of price, size   [[1, 5]]        valid
#   uniqueItems             [1, 1]          refused     valid, and is [1]
#   uniqueItems             [3, 1, 2]       valid       valid, and is [1, 2, 3]
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check json-schema-to-pydantic==0.5.0 pydantic==2.14.4 jsonschema==4.26.0 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import json
import sys

from json_schema_to_pydantic import create_model
from jsonschema import Draft202012Validator
from pydantic import ValidationError

PRICE = {"type": "number", "minimum": 0}
CASES = [
    ("in the property", PRICE, [-1, 1]),
    ("behind a $ref", {"$ref": "#/$defs/price"}, [-1, 1]),
    ("anyOf, with null", {"anyOf": [PRICE, {"type": "null"}]}, [-1, 1]),
    ("type: [number, null]", {**PRICE, "type": ["number", "null"]}, [-1, 1]),
    ("oneOf, with null", {"oneOf": [PRICE, {"type": "null"}]}, [-1, 1]),
    ("allOf", {"allOf": [{"type": "number"}, {"minimum": 0}]}, [-1, 1]),
    ("items", {"type": "array", "items": PRICE}, [[-1], [1]]),
    ("additionalProperties", {"type": "object", "additionalProperties": PRICE}, [{"NIFTY": -1}, {"NIFTY": 1}]),
    ("pattern behind a $ref", {"$ref": "#/$defs/symbol"}, ["nifty", "NIFTY"]),
    ("levels of price, size", {"type": "array", "items": {"$ref": "#/$defs/level"}}, [[[1]], [[1, 5]]]),
    ("uniqueItems", {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, [[1, 1], [3, 1, 2]]),
]
DEFINITIONS = {
    "price": PRICE,
    "symbol": {"type": "string", "pattern": "^[A-Z]+$"},
    "level": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
}


def by_schema(schema, tick):
    return "valid" if Draft202012Validator(schema).is_valid(tick) else "refused"


def by_model(schema, tick):
    try:
        model = create_model(schema).model_validate_json(json.dumps(tick))
    except ValidationError:
        return "refused"
    back = json.loads(model.model_dump_json())
    return "valid" if back == tick else f"valid, and is {back['p']}"


print(f"{'where it stands':<23} {'value':<15} {'jsonschema':<11} json-schema-to-pydantic", flush=True)
seen = []
for title, schema, values in CASES:
    tick = {"title": "Tick", "type": "object", "required": ["p"], "properties": {"p": schema}, "$defs": DEFINITIONS}
    for value in values:
        row = (by_schema(tick, {"p": value}), by_model(tick, {"p": value}))
        if row[0] != row[1]:
            seen.append(f"{title} {value}: {row[1]}")
        print(f"{title:<23} {json.dumps(value):<15} {row[0]:<11} {'' if row[0] == row[1] else row[1]}".rstrip(), flush=True)
if seen != [
    "behind a $ref -1: valid",
    "anyOf, with null -1: valid",
    "oneOf, with null -1: valid",
    "allOf 1: refused",
    "items [-1]: valid",
    "additionalProperties {'NIFTY': -1}: valid",
    "pattern behind a $ref nifty: valid",
    "levels of price, size [[1]]: valid",
    "uniqueItems [1, 1]: valid, and is [1]",
    "uniqueItems [3, 1, 2]: valid, and is [1, 2, 3]",
]:
    sys.exit("not as described any more")
PROBE
venv/bin/python -W ignore probe.py
