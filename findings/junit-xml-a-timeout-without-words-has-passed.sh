#!/usr/bin/env bash
# junit-xml, junit-xml-2: add_error_info(str(error)) of a bare TimeoutError writes a test that passed.
#
# Expected: a TestCase that add_error_info or add_failure_info has been called for is an error or a failure in the file, with or without a message.
# Seen: junit-xml 1.9 and its copy junit-xml-2 1.9 keep the entry, but write an <error> or <failure> only if its message or output isn't empty, and
#   count it (errors=, failures=, is_error()) only then. str() of asyncio's TimeoutError, CancelledError, queue.Empty, StopAsyncIteration and of
#   "assert price == 227.31" is "". So the test case has no child, the head says errors="0" failures="0", the type that was given too is dropped.
#   add_skipped_info() without words is written, so it's no rule of the format. unittest-xml-reporting's way (the type as the message) isn't taken.
# Why it matters: the failure of a stream test is asyncio.wait_for() running out, whose error has no words. A runner of one's own, a load test or a smoke
#   check that writes its junit file with this package is green in the CI while no tick comes. A test of that runner with Exception("boom") is red.
# Way to live with it: message=repr(error) and output=traceback.format_exc(), never str(error). In tests of a reporter raise TimeoutError() and a bare
#   assert, and count the failures with the reader that the CI has.
# Versions: junit-xml 1.9, junit-xml-2 1.9 (the newest), junitparser 4.0.2, Python 3.11.7. Source: junit_xml/__init__.py. Nothing found about it.
#
# Output seen (both packages, read with junitparser):
#   add_error_info("boom")                     errors 1 failures 0, the case: Error
#   str() of a wait_for() that ran out         errors 0 failures 0, the case: passed
#   the same with error_type="TimeoutError"    errors 0 failures 0, the case: passed
#   add_failure_info(str()) of a bare assert   errors 0 failures 0, the case: passed
#   repr() of the timeout                      errors 1 failures 0, the case: Error
#   add_skipped_info()                         errors 0 failures 0, the case: Skipped
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in junit-xml junit-xml-2; do
  python3 -m venv $package
  $package/bin/pip install -qq --disable-pip-version-check --no-compile $package==1.9 six==1.17.0 junitparser==4.0.2 >pip.log 2>&1 ||
    { cat pip.log; exit 1; }
done

cat > probe.py <<'PROBE'
import asyncio

from junit_xml import TestCase, TestSuite, to_xml_report_string
from junitparser import JUnitXml


async def first_tick():
    await asyncio.wait_for(asyncio.Event().wait(), 0.01)


try:
    asyncio.run(first_tick())
except TimeoutError as error:
    timeout = error
try:
    price = 227.30
    assert price == 227.31
except AssertionError as error:
    bare = error


def told(title, way, *words, **named):
    case = TestCase("the first tick comes", "feed")
    getattr(case, way)(*words, **named)
    suites = JUnitXml.fromstring(to_xml_report_string([TestSuite("feed", [case])]).encode())
    suite = next(iter(suites))
    result = [type(one).__name__ for one in next(iter(suite)).result]
    print(f"{title:<42} errors {suite.errors} failures {suite.failures}, the case: {' '.join(result) or 'passed'}")


told('add_error_info("boom")', "add_error_info", "boom")
told("str() of a wait_for() that ran out", "add_error_info", str(timeout))
told('the same with error_type="TimeoutError"', "add_error_info", str(timeout), error_type="TimeoutError")
told("add_failure_info(str()) of a bare assert", "add_failure_info", str(bare))
told("repr() of the timeout", "add_error_info", repr(timeout))
told("add_skipped_info()", "add_skipped_info")
PROBE
cat > want <<'WANT'
add_error_info("boom")                     errors 1 failures 0, the case: Error
str() of a wait_for() that ran out         errors 0 failures 0, the case: passed
the same with error_type="TimeoutError"    errors 0 failures 0, the case: passed
add_failure_info(str()) of a bare assert   errors 0 failures 0, the case: passed
repr() of the timeout                      errors 1 failures 0, the case: Error
add_skipped_info()                         errors 0 failures 0, the case: Skipped
WANT
for package in junit-xml junit-xml-2; do
  echo "$package:"
  $package/bin/python probe.py | tee seen
  diff want seen || { echo "something has changed"; exit 1; }
done
echo "as described"
