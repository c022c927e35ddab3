#!/usr/bin/env bash
# behave-format: the doc string "data: 2" with its blank line comes back without it, and one with a line of """ makes the file unreadable.
#
# Expected: a formatter whose README says "Safe - never changes semantics", "DocString content: preserved", leaves the text that a step gets as it is.
# Seen: behave-format 1.2.1 takes blank lines off the end of a doc string: the text "data: 1\n\ndata: 2\n" becomes "data: 1\n\ndata: 2". A doc string
#   between ''' is written between """, so that one with such a line inside (GraphQL) ends there: behave can't read the file any more. The command has written
#   it and said "Formatted files", exit 0, and it can't format it a second time. Two spaces in a step outside quotes become one (that much the
#   README allows: "only whitespace normalized"), so that a step with two spaces in its pattern is undefined.
# Why it matters: a blank line is what ends a server-sent event, an HTTP head, a STOMP head. The scenario "two events come" then waits for an event
#   that has no end: the tests of a stream fail (or with "no event came", pass) after a commit called "formatting". A pre-commit hook does that alone.
# Way to live with it: write frames with \n in a table cell or let the step add the end of a frame by itself; look at doc strings in the diff; after
#   formatting run "behave --dry-run" and compare the parsed text of all steps, as the probe below does.
# Versions: behave-format 1.2.1 (the newest), behave-model 1.1.0, behave 1.3.3, Python 3.11.7. Source: behave_format/printer, README. Nothing found.
#
# Output seen:
#   events    before 'data: 1\n\ndata: 2\n'   after 'data: 1\n\ndata: 2'
#   two spaces    before 'the line  AAPL is sent'   after 'the line AAPL is sent'
#   quotes    before 'type Tick {\n  """The last price."""\n  price: String\n}'   after ParserError
#   the command's codes    events 0, two spaces 0, quotes 0, quotes again 2
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile behave-format==1.2.1 behave-model==1.1.0 behave==1.3.3 >pip.log 2>&1 ||
  { cat pip.log; exit 1; }

cat > events.feature <<'FEATURE'
Feature: frames

  Scenario: two events
    When the server sends
      """
      data: 1

      data: 2

      """
FEATURE
cat > spaces.feature <<'FEATURE'
Feature: frames

  Scenario: one line
    When the line  AAPL is sent
FEATURE
cat > quotes.feature <<'FEATURE'
Feature: frames

  Scenario: a text with quotes
    When the server sends
      '''
      type Tick {
        """The last price."""
        price: String
      }
      '''
FEATURE
cat > probe.py <<'PROBE'
import subprocess
import sys

from behave.parser import ParserError, parse_feature


def step(name):
    try:
        feature = parse_feature(open(name + ".feature", encoding="utf-8").read())
    except ParserError:
        return "ParserError"
    step = feature.scenarios[0].steps[0]
    return repr(str(step.text) if step.text is not None else step.name)


def run(name):
    return subprocess.run([sys.executable, "-m", "behave_format", name + ".feature"], capture_output=True).returncode


codes = {}
for name, title in (("events", "events"), ("spaces", "two spaces"), ("quotes", "quotes")):
    before = step(name)
    codes[title] = run(name)
    print(f"{title}    before {before}   after {step(name)}")
codes["quotes again"] = run("quotes")
print("the command's codes    " + ", ".join(f"{title} {code}" for title, code in codes.items()))
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
events    before 'data: 1\n\ndata: 2\n'   after 'data: 1\n\ndata: 2'
two spaces    before 'the line  AAPL is sent'   after 'the line AAPL is sent'
quotes    before 'type Tick {\n  """The last price."""\n  price: String\n}'   after ParserError
the command's codes    events 0, two spaces 0, quotes 0, quotes again 2
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
