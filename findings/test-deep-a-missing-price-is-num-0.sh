#!/usr/bin/env bash
# Test::Deep (Perl): num(0) passes for null, "" and "n/a", num(100) for "100,5" and "100 USD", num(64) for "64,123.45".
#
# One would expect: num() is there to compare numbers with a tolerance: what is no number fails, or warns, as "+ 0" does in any Perl test with warnings.
# What happens: Test::Deep 1.204 adds 0 to what it got, with Perl's warnings switched off. All texts are what they begin with: "100,5" is
#   100, "64,123.45" is 64, "n/a", "" and undef are 0. With or without a tolerance, inside of bag() and of a structure too. Two undefs in
#   a list are two zeros. Only a key that is not there at all fails.
# Why it matters: a position that is flat, a change of 0, an empty side of a book: num(0) is the usual expectation, and null, an empty text or an error
#   in words in its place passes. A service that begins to send prices with a decimal comma passes each test whose price is whole.
# Live with it: all(re(qr/\A-?\d+(\.\d+)?\z/), num(0)) in one helper; in tests of the helper null and "100,5".
# Versions: libtest-deep-perl 1.204-1 (Debian 12), Perl 5.36. Source: descend in Test/Deep/Number.pm.
# Documented: the manual notes that "12blah" is 12, and that a stricter check is to come. Nothing found about null, empty texts and decimal commas.
# Seen (what the service sent, what was expected; then what was written on STDERR):
#   null          num(0)          passes
#   ""            num(0)          passes
#   "n/a"         num(0, 0.01)    passes
#   "100,5"       num(100)        passes
#   "100 USD"     num(100)        passes
#   "64,123.45"   num(64)         passes
#   {"bid":null}  {bid => num(0)} passes
#   {}            {bid => num(0)} fails
#   warnings: none
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v perl >/dev/null || { echo "needs Debian 12, for libtest-deep-perl 1.204" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq libtest-deep-perl=1.204-1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x libtest-deep-perl_*.deb .

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use lib "usr/share/perl5";
use JSON::PP;
use Test::Deep qw(cmp_details num);

my $json = JSON::PP->new->allow_nonref;
my @cases = (
  ['null', 'num(0)'], ['""', 'num(0)'], ['"n/a"', 'num(0, 0.01)'], ['"100,5"', 'num(100)'], ['"100 USD"', 'num(100)'],
  ['"64,123.45"', 'num(64)'], ['{"bid":null}', '{bid => num(0)}'], ['{}', '{bid => num(0)}'],
);
my $warnings = 0;
local $SIG{__WARN__} = sub { $warnings++ };
for my $case (@cases) {
  my ($text, $expected) = @$case;
  my ($passes) = cmp_details($json->decode($text), eval "+$expected");
  printf "%-13s %-15s %s\n", $text, $expected, $passes ? "passes" : "fails";
}
print "warnings: ", $warnings || "none", "\n";
PROBE
timeout 30 perl probe.pl | tee seen
cat > expected <<'EXPECTED'
null          num(0)          passes
""            num(0)          passes
"n/a"         num(0, 0.01)    passes
"100,5"       num(100)        passes
"100 USD"     num(100)        passes
"64,123.45"   num(64)         passes
{"bid":null}  {bid => num(0)} passes
{}            {bid => num(0)} fails
warnings: none
EXPECTED
diff -q expected seen >/dev/null || { echo "not as described any more"; exit 1; }
