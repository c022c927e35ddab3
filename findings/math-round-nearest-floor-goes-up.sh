#!/usr/bin/env bash
# Math::Round (Perl): nearest_floor(0.05, 1.149) is 1.15; and nlowmult, which does go down, puts a third of all prices that are on the grid a tick lower.
#
# One would expect: of a package for rounding to multiples the function with "floor" in its name never gives more than it was given, and a price that is
#   on the grid stays there, in each of them.
# What happens: nearest_floor and nearest_ceil of Math::Round 0.07 round to the nearest multiple; floor and ceil are for the exact middle only. Down
#   and up go nlowmult and nhimult. The nearest ones add a grain against binary fractions, and leave all prices on the grid alone. nlowmult and nhimult do
#   not: with a tick of 0.05 nlowmult moves 6457 of the first 20000 prices a tick down, with 0.01 it is 2155; nhimult moves 574 with 0.01
#   and none with 0.05.
# Why it matters: a buy limit that is "floored" to the grid with nearest_floor is above what may be paid, half of the time. Whoever
#   finds that and takes nlowmult sends 1.10 for 1.15. A tick of 0.25 shows nothing of the second, and a test with 44 and a tick of 10, as in the manual, nothing of the first.
# Live with it: int(price / tick + 1e-9) * tick for positive prices, or prices in whole ticks; in tests each price of a grid of 0.05, and one just below it.
# Versions: libmath-round-perl 0.07-3 (Debian 12), Perl 5.36. Source: nearest_floor, nlowmult in Math/Round.pm.
# Documented: the manual says "to the nearest multiple ... halfway ... to the floor" of nearest_floor. Nothing found about prices that are on the grid.
# Seen (20000 prices on a grid, 1 to 20000 ticks; how many move):
#   nearest_floor(0.05, 1.149) = 1.15, nearest_ceil(0.05, 1.121) = 1.1
#   nlowmult(0.05, 1.15) = 1.1, nhimult(0.01, 0.07) = 0.08
#   tick   nearest_floor  nlowmult  nhimult
#   0.01   0              2155      574
#   0.05   0              6457      0
#   0.25   0              0         0
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v perl >/dev/null || { echo "needs Debian 12, for libmath-round-perl" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq libmath-round-perl=0.07-3 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x libmath-round-perl_*.deb .

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use lib "usr/share/perl5";
use Math::Round qw(nearest_ceil nearest_floor nhimult nlowmult);

printf "nearest_floor(0.05, 1.149) = %s, nearest_ceil(0.05, 1.121) = %s\n", nearest_floor(0.05, 1.149), nearest_ceil(0.05, 1.121);
printf "nlowmult(0.05, 1.15) = %s, nhimult(0.01, 0.07) = %s\n", nlowmult(0.05, 1.15), nhimult(0.01, 0.07);
print "tick   nearest_floor  nlowmult  nhimult\n";
for my $tick ("0.01", "0.05", "0.25") {
  my @moved = map {
    my $round = $_;
    scalar grep { my $price = sprintf("%.2f", $_ * $tick) + 0; abs($round->($tick, $price) - $price) > 1e-9 } 1 .. 20000;
  } \&nearest_floor, \&nlowmult, \&nhimult;
  printf "%-6s %-14s %-9s %s\n", $tick, @moved;
}
PROBE
timeout 30 perl probe.pl | tee seen
cat > expected <<'EXPECTED'
nearest_floor(0.05, 1.149) = 1.15, nearest_ceil(0.05, 1.121) = 1.1
nlowmult(0.05, 1.15) = 1.1, nhimult(0.01, 0.07) = 0.08
tick   nearest_floor  nlowmult  nhimult
0.01   0              2155      574
0.05   0              6457      0
0.25   0              0         0
EXPECTED
diff -q expected seen >/dev/null || { echo "not as described any more"; exit 1; }
