#!/usr/bin/env bash
# Number::Tolerant (Perl): -5 is not within 10 per cent of -5; it is above and below that range at the same time.
#
# One would expect: tolerance(-5 => plus_or_minus_pct => 10) is -5.5 to -4.5, as plus_or_minus 0.5 is.
# What happens: Number::Tolerant 1.710 takes 10 per cent of -5, that is -0.5, off and on: from -4.5 up to -5.5, a range that holds no number, not even its
#   centre. "==" says no to all, "<" and ">" say of each number between that it is both above and below. The text
#   "-5 +/- 10%" makes the same. tolerance(-5 => to => -6) turns its ends round and is right.
# Why it matters: a check "within 5 per cent of the reference" is right for prices and refuses each value where prices go below zero (power,
#   spreads, front-month oil in 2020), and where losses, deltas and funding rates are compared: the failing check shows "-37.63 is not -37.63 +/- 5%". Used
#   the other way round, "alert if outside", it alerts all day.
# Live with it: plus_or_minus with abs($reference) * 0.05; in tests of the helper a negative reference equal to the value.
# Versions: libnumber-tolerant-perl 1.710-1 (Debian 12), Perl 5.36. Source: Number/Tolerant/Type/plus_or_minus_pct.pm.
# Documented: "plus_or_minus_pct: x +/- y%". Nothing found about negative numbers.
# Seen (is the value within the tolerance):
#   5 +/- 10%       5 yes   4.8 yes   5.5 yes
#   -5 +/- 10%      -5 no   -4.8 no   -5.5 no
#   -5 +/- 0.5      -5 yes   -4.8 yes   -5.5 yes
#   -37.63 +/- 5%   -37.63 no   -37 no   -39 no
#   -5 is at the same time: above -5 +/- 10% yes, below -5 +/- 10% yes
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v perl >/dev/null || { echo "needs Debian 12, for libnumber-tolerant-perl 1.710" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq libnumber-tolerant-perl=1.710-1 libsub-exporter-perl libdata-optlist-perl libparams-util-perl libsub-install-perl 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
PERL5LIB=$work/usr/share/perl5$(find "$work"/usr/lib -type d -path '*/perl5/*' -name '5.*' -printf ':%p')
export PERL5LIB

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use Number::Tolerant;

my $seen = "";
sub report { my $line = shift; print "$line\n"; $seen .= "$line\n" }
sub yes { $_[0] ? "yes" : "no" }

for my $case ([[5, plus_or_minus_pct => 10], 5, 4.8, 5.5], [[-5, plus_or_minus_pct => 10], -5, -4.8, -5.5],
              [[-5, plus_or_minus => 0.5], -5, -4.8, -5.5], [[-37.63, plus_or_minus_pct => 5], -37.63, -37, -39]) {
  my ($how, @values) = @$case;
  my $tolerance = tolerance(@$how);
  report(sprintf "%-15s %s", "$tolerance", join "   ", map { "$_ " . yes($_ == $tolerance) } @values);
}
my $negative = tolerance(-5 => plus_or_minus_pct => 10);
report("-5 is at the same time: above $negative " . yes(-5 > $negative) . ", below $negative " . yes(-5 < $negative));
open my $file, "<", "expected" or die $!;
die "not as described any more\n" if $seen ne join "", <$file>;
PROBE
cat > expected <<'EXPECTED'
5 +/- 10%       5 yes   4.8 yes   5.5 yes
-5 +/- 10%      -5 no   -4.8 no   -5.5 no
-5 +/- 0.5      -5 yes   -4.8 yes   -5.5 yes
-37.63 +/- 5%   -37.63 no   -37 no   -39 no
-5 is at the same time: above -5 +/- 10% yes, below -5 +/- 10% yes
EXPECTED
timeout 30 perl probe.pl
