#!/usr/bin/env bash
# Time::ParseDate (Perl): 2026-01-05T09:15:00Z is midnight, as is each other time of that day with Z or -05:00 behind it; without them all is right.
#
# Expected: "parsedate() parses almost any date and time": the time with Z is that time, or undef, as for other texts that are not understood.
# Seen: Time::ParseDate 2015.103 reads the day, does not know what 09:15:00Z is, and gives back the day: 00:00. Called in list context it says what it has left over; called as everybody does, it does not. The same with a
#   blank instead of T, with -05:00, and with fractions in front of Z. 09:15:00 without a zone, " -0500" behind a blank, and 09:15:00.123 are right.
# Why it matters: Z is how feeds write their times. All ticks of a day have one time, which exists, and is in order; ages are hours, every bar is the first one. With the feed whose times have no zone the same script is
#   right.
# Way to live with it: WHOLE => 1, which gives undef; or Time::Moment->from_string. In tests a time with Z in the afternoon.
# Versions: libtime-parsedate-perl 2015.103-4, libtime-moment-perl 0.44-2 (Debian 12), Perl 5.36. WHOLE is documented; that Z needs it was not found.
#
# Output seen (UTC):
#                               parsedate            WHOLE => 1           Time::Moment
#   2026-01-05T09:15:00Z        2026-01-05 00:00:00  undef                2026-01-05 09:15:00
#   2026-01-05T16:00:00Z        2026-01-05 00:00:00  undef                2026-01-05 16:00:00
#   2026-01-05T09:15:00-05:00   2026-01-05 00:00:00  undef                2026-01-05 14:15:00
#   2026-01-05T09:15:00.123Z    2026-01-05 00:00:00  undef                2026-01-05 09:15:00
#   2026-01-05T09:15:00         2026-01-05 09:15:00  2026-01-05 09:15:00  undef
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for libtime-parsedate-perl 2015.103" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq libtime-parsedate-perl=2015.103-4 libtime-moment-perl 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
PERL5LIB=$PWD/usr/share/perl5:$(dirname "$(dirname "$(find "$PWD/usr/lib" -name Moment.pm | head -1)")")
export PERL5LIB TZ=UTC

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use POSIX qw(strftime);
use Time::Moment;
use Time::ParseDate;

sub text { defined $_[0] ? strftime("%Y-%m-%d %H:%M:%S", gmtime $_[0]) : "undef" }

my @expected = (
    "2026-01-05 00:00:00 undef 2026-01-05 09:15:00", "2026-01-05 00:00:00 undef 2026-01-05 16:00:00",
    "2026-01-05 00:00:00 undef 2026-01-05 14:15:00", "2026-01-05 00:00:00 undef 2026-01-05 09:15:00",
    "2026-01-05 09:15:00 2026-01-05 09:15:00 undef",
);
my $right = 1;
printf "%-27s %-20s %-20s %s\n", "", "parsedate", "WHOLE => 1", "Time::Moment";
for my $time (qw(2026-01-05T09:15:00Z 2026-01-05T16:00:00Z 2026-01-05T09:15:00-05:00 2026-01-05T09:15:00.123Z 2026-01-05T09:15:00)) {
    my $moment = eval { Time::Moment->from_string($time)->epoch };
    my @seen = map { text($_) } scalar(parsedate($time, GMT => 1)), scalar(parsedate($time, GMT => 1, WHOLE => 1)), $moment;
    printf "%-27s %-20s %-20s %s\n", $time, @seen;
    $right &&= "@seen" eq shift @expected;
}
if (!$right) {
    print STDERR "not as described any more\n";
    exit 1;
}
PROBE
timeout 30 perl probe.pl
