#!/usr/bin/env bash
# Test::Cukes: a Then without a step and each But are left out and all is green; where two steps fit, the same test passes and fails from run to run.
#
# Expected: what a feature asks is checked: a line without a step definition fails, or is at least a TODO or a skipped test. A line that two
#   definitions fit is ambiguous, or the first, the last or the longest decides, the same each time.
# Seen: Test::Cukes 0.11 leaves a line without a definition out: no test, no failure, and the run goes on behind it. The advice "missing step
#   definitions" is a note, which prove shows with -v only. A line that begins with But is not read at all. Definitions are kept in a Perl hash, their patterns find their text anywhere in a line, and
#   the first that fits is taken in the hash's order, which Perl shuffles at each start: "the price is" answers for "the price is not older than
#   a second" in about half of the runs. Given, When and Then make no difference.
# Why it matters: a renamed step takes its check with it, and prove says "All tests successful". The same commit is red, then green; a retry "helps".
# Way to live with it: Test::BDD::Cucumber with --strict; here a plan (tests => 3), which counts the lines, and patterns with \A and \z. In tests of
#   the pipeline one line without a step.
# Versions: libtest-cukes-perl 0.11-2 (Debian 12, Perl 5.36). Source: runtests() in Test/Cukes.pm, BUILDARGS in Test/Cukes/Scenario.pm. Nothing found about it.
#
# Output seen:
#   Then without a step    2 tests of 3 lines, PASS, exit 0, not a word
#   But that would fail    2 tests of 3 lines, PASS, exit 0, not a word
#   two steps fit, 20 runs passed and failed
set -euo pipefail
command -v dpkg-deb >/dev/null && perl -MMoose -e 1 2>/dev/null || { echo "needs Debian 12 and apt-get install libmoose-perl, for Test::Cukes 0.11" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libtest-cukes-perl=0.11-2 libcarp-assert-perl 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export PERL5LIB=$PWD/usr/share/perl5

cat > missing.t <<'TEST'
use Test::Cukes;
feature(<<FEATURE);
Feature: feed
  Each tick is looked at.

  Scenario: best bid
    Given a subscription to AAPL
    When a tick arrives
    Then the bid is below the ask
FEATURE
Given qr/a subscription to (\w+)/, sub { };
When qr/a tick arrives/, sub { };
runtests;
TEST
cat > but.t <<'TEST'
use Test::Cukes;
feature(<<FEATURE);
Feature: feed
  Each tick is looked at.

  Scenario: best bid
    Given a subscription to AAPL
    Then a tick arrives
    But no tick is older than a second
FEATURE
Given qr/a subscription to (\w+)/, sub { };
Then qr/a tick arrives/, sub { };
Then qr/no tick is older than a second/, sub { die "an hour old\n" };
runtests;
TEST
cat > both.t <<'TEST'
use Test::Cukes;
feature(<<FEATURE);
Feature: feed
  Each tick is looked at.

  Scenario: age
    Given a subscription to AAPL
    Then the price is not older than a second
FEATURE
Given qr/a subscription to (\w+)/, sub { };
Then qr/the price is/, sub { };
Then qr/the price is not older than a second/, sub { die "an hour old\n" };
runtests;
TEST
cat > probe.py <<'PROBE'
import re
import subprocess
import sys


def prove(*arguments):
    run = subprocess.run(["prove", *arguments], capture_output=True, text=True, timeout=30)
    return run.returncode, run.stdout


seen = []
for name, file in (("Then without a step", "missing.t"), ("But that would fail", "but.t")):
    code, text = prove(file)
    seen.append((re.search(r"Tests=(\d+)", text)[1], re.search(r"Result: (\w+)", text)[1], code, "definition" in text))
    print(f"{name:22} {seen[-1][0]} tests of 3 lines, {seen[-1][1]}, exit {code}, {'told' if seen[-1][3] else 'not a word'}")
codes = [prove("both.t")[0] for _ in range(20)]
passed = codes.count(0)
print(f"two steps fit, 20 runs {'passed and failed' if 0 < passed < 20 else codes}")
print(f"  this time {passed} passed", file=sys.stderr)
if seen != [("2", "PASS", 0, False)] * 2 or not 0 < passed < 20:
    sys.exit("not as described any more")
PROBE
timeout 80 python3 probe.py
