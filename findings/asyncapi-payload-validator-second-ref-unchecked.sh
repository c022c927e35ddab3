#!/usr/bin/env bash
# asyncapi-payload-validator: of bid and ask with the same $ref the bid alone is checked, of a list of trades the last type alone.
#
# Expected: a payload is valid or not as JSON Schema has it; the tool says that it checks required attributes, types, minimum,
#   maximum, enum and patterns, behind references too.
# Seen: asyncapi-payload-validator 1.0.2 keeps one set of the references that it has followed, as a guard against circles, and
#   does not follow one twice: the limits, patterns, lengths and required attributes behind the second $ref to the same schema are not
#   looked at. Of all elements of a list it makes one: an attribute that one of them has is missing in none, and the type of the
#   last one counts for all. Where an optional list is absent, the required attributes of its elements are missing; a list of
#   numbers with a minimum is never valid, since the list is no number.
# Why it matters: bid and ask, open and close, two legs of a spread share a schema nearly always. A tick with an ask of -1
#   is "PASS" in the pipeline, in the report and in its exit code; one with a bid of -1 is not, with which one tries it.
# Way to live with it: the payload's schema with a real validator (jsonschema, with the document as registry); in tests a wrong value in each
#   attribute and in the first element of each list.
# Versions: asyncapi-payload-validator 1.0.2, jsonschema 4.26.0 (PyPI), Python 3.11.7. Nothing found about it.
#
# Output seen:
#                                       JSON Schema   asyncapi-payload-validator
#   in order                            valid         valid
#   bid -1                              invalid       invalid
#   ask -1                              invalid       valid   <--
#   second of two trades without size   invalid       valid   <--
#   size of the last trade a text       invalid       invalid
#   size of the first trade a text      invalid       valid   <--
#   no trades (they are optional)       valid         invalid   <--
#   closes [1, 2]                       valid         invalid   <--
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check asyncapi-payload-validator==1.0.2 jsonschema==4.26.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import copy
import sys

from asyncapi_payload_validator import validate_payload
from jsonschema import Draft7Validator

PRICE = {"$ref": "#/components/schemas/Price"}
TICK = {
    "type": "object",
    "required": ["bid", "ask"],
    "properties": {
        "bid": PRICE,
        "ask": PRICE,
        "trades": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["size"],
                "properties": {"size": {"type": "integer"}, "at": {"type": "integer"}},
            },
        },
        "closes": {"type": "array", "items": {"type": "number", "minimum": 0}},
    },
}
SPEC = {
    "asyncapi": "2.6.0",
    "info": {"title": "ticks", "version": "1"},
    "channels": {"ticks": {"subscribe": {"message": {"$ref": "#/components/messages/Tick"}}}},
    "components": {
        "messages": {"Tick": {"payload": {"$ref": "#/components/schemas/Tick"}}},
        "schemas": {"Tick": TICK, "Price": {"type": "number", "minimum": 0, "maximum": 1000}},
    },
}
schema = Draft7Validator({**TICK, "components": SPEC["components"]})
USUAL = {"bid": 1.08, "ask": 1.09, "trades": [{"size": 5}]}
CASES = [
    ("in order", {}),
    ("bid -1", {"bid": -1}),
    ("ask -1", {"ask": -1}),
    ("second of two trades without size", {"trades": [{"size": 5}, {"at": 9}]}),
    ("size of the last trade a text", {"trades": [{"size": 5}, {"size": "many"}]}),
    ("size of the first trade a text", {"trades": [{"size": "many"}, {"size": 5}]}),
    ("no trades (they are optional)", {"trades": None}),
    ("closes [1, 2]", {"closes": [1, 2]}),
]
seen = []
print(f"{'':<36}JSON Schema   asyncapi-payload-validator")
for name, change in CASES:
    payload = {attribute: value for attribute, value in {**USUAL, **change}.items() if value is not None}
    verdicts = schema.is_valid(payload), validate_payload(copy.deepcopy(payload), copy.deepcopy(SPEC))["valid"]
    seen.append(verdicts)
    words = ["valid" if verdict else "invalid" for verdict in verdicts]
    print(f"{name:<36}{words[0]:<14}{words[1]}{'' if verdicts[0] == verdicts[1] else '   <--'}")
if [ours for _, ours in seen] != [True, False, True, True, False, True, False, False]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
