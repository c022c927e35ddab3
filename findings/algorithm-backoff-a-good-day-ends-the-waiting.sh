#!/usr/bin/env bash
# Algorithm::Backoff (Perl): after ten good minutes a client that backs off comes back without any pause, for ever; another one, after a good hour, does not come back.
#
# One would expect: success() makes things good again: the next failure waits the initial delay, and what was counted for giving up begins anew, as the
#   manual says of max_attempts ("after a success, the number of attempts is reset (as expected)").
# What happens: MILD of Algorithm::Backoff 0.009 (multiply at a failure, subtract at a success) comes down to 0 by successes, and 0 times 2 is 0: each
#   failure after that gives a delay of 0. MIMD stays above 0 and begins at milliseconds. LILD, which adds, is right. max_actual_duration,
#   the seconds to be spent on all attempts, is counted from new(), whatever success() was told: a line that has been up for longer than that is
#   given up at its first failure.
# Why it matters: one calls success() for each connection that worked, or each request: after a good day the first restart of the service
#   is met by clients that try without a pause, or by clients that are gone. The test in which the service is down from the start shows 1, 2, 4, 8.
# Live with it: min_delay, which holds for MILD and MIMD too; a new object after each success. In tests a good phase of ten calls before the failures,
#   and one that is longer than max_actual_duration.
# Versions: libalgorithm-backoff-perl 0.009-3 (Debian 12), Perl 5.36. Source: failure in Algorithm/Backoff.pm, _failure in MILD.pm.
# Documented: max_actual_duration is "the number of seconds for all of the attempts". Nothing found about 0 or about successes.
# Seen (initial delay 1; f: failure, s: success, with the delay):
#   MILD         f1 f2 f4 f8 s7 s6 s5 s4 s3 s2 s1 s0 s0 s0 f0 f0 f0 f0 f0 f0
#   MIMD         f1 f2 f4 f8 s4 s2 s1 s0.5 s0.25 s0.125 s0.0625 s0.03125 s0.015625 s0.0078125 f0.015625 f0.03125 f0.0625 f0.125 f0.25 f0.5
#   LILD         f1 f3 f5 f7 s6 s5 s4 s3 s2 s1 s0 s0 s0 s0 f2 f4 f6 f8 f10 f12
#   Exponential, max_actual_duration 60: f1 f2 f4, up from second 10 to 3600, then f-1 (give up)
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v perl >/dev/null || { echo "needs Debian 12, for libalgorithm-backoff-perl 0.009" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq libalgorithm-backoff-perl=0.009-3 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x libalgorithm-backoff-perl_*.deb .

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use lib "usr/share/perl5";
use Algorithm::Backoff::Exponential;
use Algorithm::Backoff::LILD;
use Algorithm::Backoff::MILD;
use Algorithm::Backoff::MIMD;

my %options = (
  MILD => [delay_multiple_on_failure => 2, delay_increment_on_success => -1],
  MIMD => [delay_multiple_on_failure => 2, delay_multiple_on_success => 0.5],
  LILD => [delay_increment_on_failure => 2, delay_increment_on_success => -1],
);
for my $name (qw(MILD MIMD LILD)) {
  my $backoff = "Algorithm::Backoff::$name"->new(initial_delay => 1, @{$options{$name}});
  my $time = 0;
  my @delays = map { "f" . $backoff->failure($time++) } 1 .. 4;
  push @delays, map { "s" . $backoff->success($time++) } 1 .. 10;
  push @delays, map { "f" . $backoff->failure($time++) } 1 .. 6;
  print "$name         @delays\n";
}
my $backoff = Algorithm::Backoff::Exponential->new(initial_delay => 1, max_actual_duration => 60, _start_timestamp => 0);
my @delays = map { "f" . $backoff->failure($_) } 0, 1, 3;
$backoff->success(10);
print "Exponential, max_actual_duration 60: @delays, up from second 10 to 3600, then f", $backoff->failure(3600), " (give up)\n";
PROBE
timeout 30 perl probe.pl | tee seen
cat > expected <<'EXPECTED'
MILD         f1 f2 f4 f8 s7 s6 s5 s4 s3 s2 s1 s0 s0 s0 f0 f0 f0 f0 f0 f0
MIMD         f1 f2 f4 f8 s4 s2 s1 s0.5 s0.25 s0.125 s0.0625 s0.03125 s0.015625 s0.0078125 f0.015625 f0.03125 f0.0625 f0.125 f0.25 f0.5
LILD         f1 f3 f5 f7 s6 s5 s4 s3 s2 s1 s0 s0 s0 s0 f2 f4 f6 f8 f10 f12
Exponential, max_actual_duration 60: f1 f2 f4, up from second 10 to 3600, then f-1 (give up)
EXPECTED
diff -q expected seen >/dev/null || { echo "not as described any more"; exit 1; }
