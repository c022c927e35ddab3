#!/usr/bin/env bash
# Statistics::Descriptive (Perl): the standard deviation of a Bitcoin that moves by cents is 0, that of arrival times is 0 too, and the yen moves by a hundredth too much.
#
# Expected: variance() of what was added, to some ten digits, as three smaller modules of the same name space give it.
# Seen: Statistics::Descriptive 3.0800, Full and Sparse, takes the sum of squares less count times the square of the mean: two numbers that are the same to sixteen digits as soon as the level is high
#   and the moves are small. What is left is rounding; where that is below zero, 0 is returned, "handled as gracefully as possible" says the source. 1000 prices between 67123.45 and 67123.47 have 0 instead
#   of 0.0082; 60 arrivals in 60 seconds, as seconds since 1970, 0 instead of 17.5; BTC/JPY 0.506 instead of 0.5. Statistics::Lite, Statistics::OnLine and Statistics::Welford are right.
# Why it matters: it is the module that one finds first. "Nothing has moved" is an answer that a volatility, a Bollinger band and a check for a frozen feed take at its word: bands of no width, a feed that
#   is reported as stuck. In tests with prices of 10 and 11 all is right.
# Way to live with it: the first price or time subtracted before add_data; Statistics::Welford for streams. In tests the prices of a day of the dearest instrument, and epoch seconds.
# Versions: libstatistics-descriptive-perl 3.0800-1, libstatistics-lite-perl 3.62-1.1, libstatistics-welford-perl 0.02-3 (Debian 12, Perl 5.36). Source: variance in Descriptive/Sparse.pm; the page does
#   not have it. Nothing found about it.
#
# Output seen (standard deviation):
#                                             Full    Sparse  Lite    Welford
#   10 and 11, 1000 times                     0.5003  0.5003  0.5003  0.5003
#   67123.45, .46, .47, 1000 times            0.0000  0.0000  0.0082  0.0082
#   60 arrivals in 60 s from 1767604500 on    0.0000  0.0000  17.4642 17.4642
#   15000000 and 15000001, 20000 times        0.5060  0.5060  0.5000  0.5000
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for libstatistics-descriptive-perl 3.0800" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libstatistics-descriptive-perl=3.0800-1 libstatistics-lite-perl=3.62-1.1 libstatistics-welford-perl=0.02-3 \
  liblist-moreutils-perl libexporter-tiny-perl 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export PERL5LIB=$PWD/usr/share/perl5

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use Statistics::Descriptive;
use Statistics::Lite ();
use Statistics::Welford;

my @cases = (
    ["10 and 11, 1000 times", [map { 10 + $_ % 2 } 1 .. 1000], "0.5003 0.5003 0.5003 0.5003"],
    ["67123.45, .46, .47, 1000 times", [map { 67123.45 + 0.01 * ($_ % 3) } 1 .. 1000], "0.0000 0.0000 0.0082 0.0082"],
    ["60 arrivals in 60 s from 1767604500 on", [map { 1767604500 + $_ } 1 .. 60], "0.0000 0.0000 17.4642 17.4642"],
    ["15000000 and 15000001, 20000 times", [map { 15_000_000 + $_ % 2 } 1 .. 20000], "0.5060 0.5060 0.5000 0.5000"],
);
printf "%-41s %-7s %-7s %-7s %s\n", "", qw(Full Sparse Lite Welford);
my $right = 1;
for my $case (@cases) {
    my ($name, $values, $expected) = @$case;
    my @of = map { $_->new } qw(Statistics::Descriptive::Full Statistics::Descriptive::Sparse Statistics::Welford);
    $_->add_data(@$values) for @of[0, 1];
    $of[2]->add($_) for @$values;
    my @seen = map { sprintf "%.4f", $_ } $of[0]->standard_deviation, $of[1]->standard_deviation, Statistics::Lite::stddev(@$values),
        $of[2]->standard_deviation;
    printf "%-41s %-7s %-7s %-7s %s\n", $name, @seen;
    $right &&= "@seen" eq $expected;
}
if (!$right) {
    print STDERR "not as described any more\n";
    exit 1;
}
PROBE
timeout 30 perl probe.pl
