#!/usr/bin/env bash
# RspecJunitFormatter: the check behind the last example failed, or a file could not be loaded: rspec ends with 1, the JUnit file has no failure and no error.
#
# Expected: what makes rspec end with 1 is a failure or an error in the file that the CI server reads: JUnit has "errors" for what went wrong around a test.
# Seen: RspecJunitFormatter 0.4.1 writes examples, and errors="0" as a constant. An after(:context) or after(:suite) that raises, and a spec file that
#   cannot be loaded, are "errors outside of examples" for RSpec 3.12: in the text output, in the exit code, and nowhere in the file. With a file that
#   cannot be loaded nothing is run at all: tests="0" failures="0" errors="0". A before(:context) that raises does fail its examples.
# Why it matters: whether a tick was missed, and whether the feed ended with 1000, is asked behind the last example, in after(:context). The job is red and the
#   report green; where the report is the gate, as with "allow failure, then read the files", nobody is told. A typing error makes a suite of 0 tests.
# Way to live with it: the exit code for the verdict; checks in an example of their own, the last one; in the gate a lowest number of tests.
# Versions: ruby-rspec-junit-formatter 0.4.1-2, RSpec 3.12.0 (Debian 12, Ruby 3.1). Source: xml_dump in rspec_junit_formatter.rb.
#
# Output seen:
#   passed          exit 0, JUnit: 1 tests, 0 failures, 0 errors   (1 example, 0 failures)
#   before_context  exit 1, JUnit: 1 tests, 1 failures, 0 errors   (1 example, 1 failure)
#   after_context   exit 1, JUnit: 1 tests, 0 failures, 0 errors   (1 example, 0 failures, 1 error occurred outside of examples)
#   after_suite     exit 1, JUnit: 1 tests, 0 failures, 0 errors   (1 example, 0 failures, 1 error occurred outside of examples)
#   load            exit 1, JUnit: 0 tests, 0 failures, 0 errors   (0 examples, 0 failures, 1 error occurred outside of examples)
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v ruby >/dev/null || { echo "needs Debian 12 with ruby, for ruby-rspec-junit-formatter 0.4.1" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq ruby-rspec-junit-formatter=0.4.1-2 ruby-rspec ruby-rspec-core=3.12.0c0e1m1s0-1 ruby-rspec-support ruby-rspec-expectations ruby-rspec-mocks ruby-diff-lcs 2>apt.log \
  || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
RUBYLIB=$(find "$PWD/usr" -type d \( -path '*/gems/*/lib' -o -name vendor_ruby \) | paste -sd:)
export RUBYLIB

mkdir after_context after_suite load before_context passed
good='RSpec.describe "feed" do
  HOOK
  it("has a bid") { expect(1).to eq 1 }
end'
for name in after_context after_suite load before_context passed; do echo "${good/HOOK/}" >$name/feed_spec.rb; done
echo "${good/HOOK/after(:context) { raise \"tick 7 is missing\" \}}" >after_context/feed_spec.rb
echo "${good/HOOK/before(:context) { raise \"no feed\" \}}" >before_context/feed_spec.rb
echo 'RSpec.configure { |config| config.after(:suite) { raise "tick 7 is missing" } }' >>after_suite/feed_spec.rb
echo 'require "a_helper_that_was_renamed"' >load/book_spec.rb

cat > probe.py <<'PROBE'
import glob
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

seen = []
for name in ("passed", "before_context", "after_context", "after_suite", "load"):
    command = ["ruby", "-W0", "-e", 'require "rspec/core"; exit RSpec::Core::Runner.run(ARGV)', "--", "--require", "rspec_junit_formatter", "--format", "RspecJunitFormatter",
               "--out", f"{name}.xml", "--format", "progress", *sorted(glob.glob(f"{name}/*_spec.rb"))]
    run = subprocess.run(command, capture_output=True, text=True, timeout=30)
    suite = ElementTree.parse(f"{name}.xml").getroot()
    cases = [case for case in suite.iter("testcase") if case.find("failure") is not None or case.find("error") is not None]
    said = re.search(r"\d+ examples?, .*", run.stdout)
    seen.append((run.returncode, suite.get("tests"), suite.get("failures"), suite.get("errors"), len(cases)))
    print(f"{name:15} exit {run.returncode}, JUnit: {suite.get('tests')} tests, {suite.get('failures')} failures, {suite.get('errors')} errors   ({said[0] if said else run.stdout})")
if seen != [(0, "1", "0", "0", 0), (1, "1", "1", "0", 1), (1, "1", "0", "0", 0), (1, "1", "0", "0", 0), (1, "0", "0", "0", 0)]:
    sys.exit("not as described any more")
PROBE
timeout 80 python3 probe.py
