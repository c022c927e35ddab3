#!/usr/bin/env bash
# Statistics::Basic (Perl): the mean of two prices is written "1,234.6" into a CSV, the mean of two satoshi prices "0", and a missing price is a price of 0.
#
# One would expect: mean(...) is a number, in a text as well: 1234.6 and 7.2e-07. A value that is not there is left out, or refused.
# What happens: the objects of Statistics::Basic 1.6611 are numbers in sums, and texts made by Number::Format where a text is wanted: two decimals,
#   a comma for thousands. print, join, a CSV line, a JSON text and a log get "1,234.6"; taken for a number again, that is 1. The mean of 0.00000071 and
#   0.00000073 is the text "0", which is false in an if that looks at the text. printf "%.4f" and query() give the number. An undef in the
#   list is counted as 0, without a warning: mean(1, undef, 3) is 1.33.
# Why it matters: the statistics of cheap instruments are right in each comparison, and wrong in the file: below 1000 and above a cent nothing is to be
#   seen. One more column in a line of a CSV moves all behind it. A tick without an ask pulls the average spread down.
# Live with it: ->query for all that is written; grep { defined } before; in tests prices above 1000 and below 0.01.
# Versions: libstatistics-basic-perl 1.6611-3, libnumber-format-perl 1.75 (Debian 12), Perl 5.36. Source: Statistics/Basic.pm.
# Documented: the manual names Number::Format and "ipres", two decimals, for what is printed, and leaves missing values to a filter of one's own. That undef counts
#   as 0: nothing found.
# Seen:
#   mean(1234.5, 1234.7)            text 1,234.6   query 1234.6  text + 0: 1
#   mean(0.00000071, 0.00000073)    text 0         query 7.2e-07  text + 0: 0
#   mean(64123.454, 64123.456)      text 64,123.46 query 64123.455  text + 0: 64
#   mean(1, undef, 3)               text 1.33      query 1.33333333333333  text + 0: 1.33
#   line of a CSV: AAPL,1,234.6,09:30
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v perl >/dev/null || { echo "needs Debian 12, for libstatistics-basic-perl" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq libstatistics-basic-perl=1.6611-3 libnumber-format-perl=1.75-3 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done

cat > probe.pl <<'PROBE'
use strict;
use warnings;
no warnings "numeric";
use lib "usr/share/perl5";
use Statistics::Basic "mean";

for my $values ([1234.5, 1234.7], ["0.00000071", "0.00000073"], [64123.454, 64123.456], [1, undef, 3]) {
  my $mean = mean(@$values);
  my $text = "$mean";
  my $called = join ", ", map { $_ // "undef" } @$values;
  printf "%-31s text %-9s query %s  text + 0: %s\n", "mean($called)", $text, $mean->query, $text + 0;
}
print "line of a CSV: ", join(",", "AAPL", mean(1234.5, 1234.7), "09:30"), "\n";
PROBE
LC_ALL=C timeout 30 perl probe.pl 2>errors | tee seen
cat > expected <<'EXPECTED'
mean(1234.5, 1234.7)            text 1,234.6   query 1234.6  text + 0: 1
mean(0.00000071, 0.00000073)    text 0         query 7.2e-07  text + 0: 0
mean(64123.454, 64123.456)      text 64,123.46 query 64123.455  text + 0: 64
mean(1, undef, 3)               text 1.33      query 1.33333333333333  text + 0: 1.33
line of a CSV: AAPL,1,234.6,09:30
EXPECTED
diff -q expected seen >/dev/null || { cat errors; echo "not as described any more"; exit 1; }
