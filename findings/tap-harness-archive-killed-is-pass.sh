#!/usr/bin/env bash
# TAP::Harness::Archive: a test that was killed, or ended with 3, is FAIL in the run and PASS in the archive of the run.
#
# Expected: aggregator_from_archive() is "pretty much the reverse" of the run that made the archive: the same aggregator, with the same verdict.
# Seen: TAP::Harness::Archive 0.18 keeps what the scripts printed, and nothing of how they ended. A script that is killed behind its last "ok", by a crash at the end or by the kernel
#   for want of memory, and one that ends with 3, are FAIL while they run ("Non-zero wait status"), and PASS for get_status, all_passed and has_errors of what is read
#   from the file. meta.yml has the order of the files and two times. A test that prints "not ok", or nothing, is FAIL in both.
# Why it matters: the archive is what is sent to the report server (Smolder reads it), and what somebody opens next week: the red run of Tuesday is green there. What dies with its
#   broker, or reports a leak with its exit code, is exactly this kind.
# Way to live with it: the exit code of the run for the verdict; put it into extra_properties (has_errors) and ask for it when reading; done_testing as the last line, so that a script
#   killed before it lacks its plan.
# Versions: libtap-harness-archive-perl 0.18-4, Test::Harness 3.44 of Perl 5.36 (Debian 12). Source: runtests and aggregator_from_archive in TAP/Harness/Archive.pm.
#
# Output seen:
#   passes  run PASS, archive PASS
#   exits   run FAIL, archive PASS
#   killed  run FAIL, archive PASS
#   fails   run FAIL, archive FAIL
#   dies    run FAIL, archive FAIL
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for TAP::Harness::Archive 0.18" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libtap-harness-archive-perl=0.18-4 libyaml-tiny-perl 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export PERL5LIB=$PWD/usr/share/perl5
mkdir t
echo 'print "1..2\nok 1 - bid\nok 2 - ask\n"' > t/passes.t
echo 'print "1..2\nok 1 - bid\nok 2 - ask\n"; exit 3' > t/exits.t
echo '$| = 1; print "1..2\nok 1 - bid\nok 2 - ask\n"; kill 9, $$; sleep 1' > t/killed.t
echo 'print "1..2\nok 1 - bid\nnot ok 2 - ask\n"' > t/fails.t
echo 'die "no broker\n"' > t/dies.t
cat > probe.pl <<'PROBE'
use strict;
use warnings;
use TAP::Harness::Archive;

my @seen;
for my $name (qw(passes exits killed fails dies)) {
  my $harness = TAP::Harness::Archive->new({archive => "$name.tar.gz", verbosity => -3, merge => 1});
  my $run = $harness->runtests("t/$name.t");
  my $read = TAP::Harness::Archive->aggregator_from_archive({archive => "$name.tar.gz"});
  printf "%-7s run %s, archive %s\n", $name, $run->get_status, $read->get_status;
  push @seen, $run->get_status . $read->get_status . ($read->has_errors ? "!" : "");
}
die "not as described any more\n" if "@seen" ne "PASSPASS FAILPASS FAILPASS FAILFAIL! FAILFAIL!";
PROBE
timeout 60 perl probe.pl
