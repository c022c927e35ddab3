#!/usr/bin/env bash
# A frame's byte in a failure message makes behave's JUnit file unreadable.
#
# Expected: behave 1.3.3 escapes what XML 1.0 forbids. It does so for what a step prints (U+001E),
#   and its issue 510 was closed with that.
# Seen: the message of the exception goes into the attribute as it is. One NUL, one 0x1E or one
#   colour code in it, and no XML parser reads the file: every scenario of that feature is gone
#   from it, the passed ones and the failed one. behave itself ends as usual, with exit code 1.
# Why it matters: assertions on a stream quote the frame that was wrong. STOMP ends frames with
#   NUL, SignalR ends records with 0x1E. A reader that skips a file it cannot parse shows a run
#   without the one feature that failed.
# Way to live with it: quote frames with repr() or ascii() in messages; after a run parse every
#   JUnit file, and fail when one is unreadable or the number of scenarios is not the planned one.
# Versions: behave 1.3.3, junitparser 5.0.3, Python 3.11.
#
# Output seen:
#   printed 0x1E       exit 1, readable: 2 scenarios, 1 failed
#   message repr       exit 1, readable: 2 scenarios, 1 failed
#   message 0x1E       exit 1, unreadable: not well-formed (invalid token)
#   message NUL        exit 1, unreadable: not well-formed (invalid token)
#   message colour     exit 1, unreadable: not well-formed (invalid token)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check behave==1.3.3 junitparser==5.0.3

mkdir -p features/steps
cat > features/ticks.feature <<'FEATURE'
Feature: ticks
  Scenario: connected
    Given nothing
  Scenario: a tick arrives
    Given a wrong frame
FEATURE
cat > features/steps/steps.py <<'STEPS'
import os
from behave import given

FRAME = {
    "0x1E": '{"type":6}\x1e{"type":7}\x1e',
    "NUL": "MESSAGE\n\n{}\x00",
    "colour": "\x1b[31mlate\x1b[0m",
}


@given("nothing")
def nothing(context):
    pass


@given("a wrong frame")
def wrong_frame(context):
    where, kind = os.environ["CASE"].split()
    if where == "printed":
        print(FRAME[kind])
        assert False, "wrong frame"
    if kind == "repr":
        assert False, f"wrong frame {FRAME['0x1E']!r}"
    assert False, f"wrong frame {FRAME[kind]}"
STEPS
cat > read.py <<'READ'
import sys
from xml.etree.ElementTree import ParseError
from junitparser import JUnitXml

try:
    read = JUnitXml.fromfile("reports/TESTS-ticks.xml")
    print(f"readable: {read.tests} scenarios, {read.failures} failed")
except ParseError as error:
    print("unreadable:", str(error).split(":")[0])
READ

seen=""
for case in "printed 0x1E" "message repr" "message 0x1E" "message NUL" "message colour"; do
    rm -rf reports
    code=0
    CASE="$case" venv/bin/behave --junit --format progress3 > log 2>&1 || code=$?
    line=$(printf '%-18s exit %s, %s' "$case" "$code" "$(venv/bin/python read.py)")
    echo "$line"
    seen+="${line}"$'\n'
done
[ "$(grep -c 'exit 1, readable: 2 scenarios, 1 failed' <<< "$seen")" = 2 ]
[ "$(grep -c 'exit 1, unreadable' <<< "$seen")" = 3 ]
