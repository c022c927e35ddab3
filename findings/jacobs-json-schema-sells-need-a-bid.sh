#!/usr/bin/env bash
# jacobs-json-schema: with lazy error reporting "then" is for all: a sale needs a bid and none needs an ask; a quantity of 1.5 is an integer, and errors stay for the next message.
#
# Expected: lazy_error_reporting=True, of the README's second example: as much as possible is looked at, validate() says True or False and get_errors() why. The verdict
#   is that of the other way, which raises.
# Seen: jacobs-json-schema 0.6.1 waits for an exception of "if" to go on with "else". Lazily there is none, only False, which it does not look at: "then" counts for
#   each message, "else" for none. 1.5 where an integer is asked for is put into the errors, and True is returned. With a list of types the errors of those that did not
#   fit stay in the list for valid messages, too. get_errors() is not emptied: what it says after a good message is of the one before.
#   Without the option all of these are right (drafts 6 to 2020-12; draft 4 has no if, and its own integer, which is right).
# Why it matters: if/then/else is how a tick differs from a snapshot, or a purchase from a sale: half of the wrong messages pass and half of the good ones fail. Who looks
#   at the result and who looks at the errors see two different feeds.
# Way to live with it: without lazy_error_reporting, which stops at the first error; a new Validator for each message; jsonschema's iter_errors() for all errors. In
#   tests of a schema one message for each branch, good and bad.
# Versions: jacobs-json-schema 0.6.1 (the newest on PyPI), Python 3.11.7. Source: _validate_if_then_else in draft7.py, _validate_type_integer in draft6.py.
#   Nothing found about it.
#
# Output seen (validate() and the number of errors):
#   message                                right    raising   lazy
#   sale with an ask                       valid    valid     refused, 2 errors
#   sale with a bid only                   refused  refused   valid, 1 error
#   purchase with a bid                    valid    valid     valid, 0 errors
#   quantity 1.5, type integer             refused  refused   valid, 1 error
#   price null, type number or null        valid    valid     valid, 1 error
#   price "x", then price 1                valid    valid     valid, 1 error
#   price "x", type number                 refused  refused   refused, 1 error
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check jacobs-json-schema==0.6.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

from jacobsjsonschema.draft7 import Validator

side = {"if": {"properties": {"side": {"const": "buy"}}}, "then": {"required": ["bid"]}, "else": {"required": ["ask"]}}
price = {"properties": {"price": {"type": "number"}}}
cases = [
    ("sale with an ask", side, [{"side": "sell", "ask": 1}], "valid"),
    ("sale with a bid only", side, [{"side": "sell", "bid": 1}], "refused"),
    ("purchase with a bid", side, [{"side": "buy", "bid": 1}], "valid"),
    ("quantity 1.5, type integer", {"properties": {"quantity": {"type": "integer"}}}, [{"quantity": 1.5}], "refused"),
    ("price null, type number or null", {"properties": {"price": {"type": ["number", "null"]}}}, [{"price": None}], "valid"),
    ('price "x", then price 1', price, [{"price": "x"}, {"price": 1}], "valid"),
    ('price "x", type number', price, [{"price": "x"}], "refused"),
]


def raising(schema, messages):
    verdict = ""
    for message in messages:
        try:
            verdict = "valid" if Validator(schema).validate(message) else "refused"
        except Exception:
            verdict = "refused"
    return verdict


def lazy(schema, messages):
    validator = Validator(schema, lazy_error_reporting=True)
    verdict = ["valid" if validator.validate(message) else "refused" for message in messages][-1]
    return verdict, len(validator.get_errors())


seen = []
print("message                                right    raising   lazy")
for name, schema, messages, right in cases:
    first, (second, errors) = raising(schema, messages), lazy(schema, messages)
    seen.append((first == right, second == right, errors))
    print(f"{name:38} {right:8} {first:9} {second}, {errors} error{'s' * (errors != 1)}")
described = seen == [(True, False, 2), (True, False, 1), (True, True, 0), (True, False, 1), (True, True, 1), (True, True, 1), (True, True, 1)]
if not described:
    print("not as described any more", file=sys.stderr)
sys.exit(not described)
PROBE
timeout 60 venv/bin/python probe.py
