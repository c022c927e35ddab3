#!/usr/bin/env bash
# DateTime::Format::Flexible reads .05 as 5 nanoseconds and .123 as 123; DateTime::Format::MySQL writes 50 milliseconds as half a second; DateTime::Format::XSD writes none.
#
# Expected: what is behind the point is a fraction of a second, in five readers and writers of the same family; a time that is written and read again is the same.
# Seen: Flexible 0.34 takes the digits as the number of nanoseconds, so that only nine digits are right; ten make another second. MySQL 0.07.01 writes the number of microseconds behind the point without leading
#   zeros: 09:15:00.05 is "09:15:00.50000", which it reads as 0.5 s, as MySQL does. XSD 0.4 leaves the fraction out, though xsd:dateTime has it. ISO8601 and Strptime's %N are right.
# Why it matters: with Flexible all ticks of a second have the same time but for nanoseconds: order and age inside of a second are gone, and latencies up to 1 s too large. With MySQL nine of ten ticks are right; those of the first tenth
#   of each second are up to 0.9 s late in the database, behind ticks that came after them.
# Way to live with it: DateTime::Format::ISO8601 for reading; strftime("%F %T.%6N") for writing. In tests .05, and not .5 or .123456.
# Versions: libdatetime-format-flexible-perl 0.34-1, libdatetime-format-mysql-perl 0.07.01-1, libdatetime-format-xsd-perl 0.4-2, libdatetime-format-iso8601-perl 0.16-2, libdatetime-perl 1.59 (Debian 12), Perl 5.36. Source: the lists of
#   Flexible.pm, where hundredths are converted and others are not, and format_time in MySQL.pm. Nothing found about it.
#
# Output seen (nanoseconds; what MySQL wrote and read again):
#                   ISO8601    Flexible   MySQL
#   .5              500000000  5          500000 -> 500000000
#   .05             50000000   5          50000 -> 500000000
#   .005            5000000    5          5000 -> 500000000
#   .123            123000000  123        123000 -> 123000000
#   .123456789      123456789  123456789  123456 -> 123456000
#   XSD of .5       2026-01-05T09:15:00+00:00
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for DateTime::Format::Flexible 0.34" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances libdatetime-format-flexible-perl \
  libdatetime-format-mysql-perl libdatetime-format-xsd-perl libdatetime-format-iso8601-perl | grep -E '^lib[a-z0-9-]+-perl$' | sort -u >packages
xargs apt-get download -qq <packages 2>apt.log || { cat apt.log >&2; exit 1; }
[[ $(echo libdatetime-format-flexible-perl_*) == *_0.34-1_* && $(echo libdatetime-format-mysql-perl_*) == *_0.07.01-1_* ]] \
  || { echo "needs DateTime::Format::Flexible 0.34 and DateTime::Format::MySQL 0.07.01" >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
PERL5LIB=$PWD/usr/share/perl5:$(find "$PWD/usr/lib" -type d -path '*/perl5/5.*' -prune | head -1)
export PERL5LIB

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use DateTime;
use DateTime::Format::Flexible;
use DateTime::Format::ISO8601;
use DateTime::Format::MySQL;
use DateTime::Format::XSD;

my $right = 1;
printf "%-15s %-10s %-10s %s\n", "", qw(ISO8601 Flexible MySQL);
for (
    [".5", "500000000 5 500000 -> 500000000"], [".05", "50000000 5 50000 -> 500000000"], [".005", "5000000 5 5000 -> 500000000"],
    [".123", "123000000 123 123000 -> 123000000"], [".123456789", "123456789 123456789 123456 -> 123456000"],
) {
    my ($fraction, $expected) = @$_;
    my $time = "2026-01-05T09:15:00${fraction}Z";
    my $moment = DateTime::Format::ISO8601->parse_datetime($time);
    my $written = DateTime::Format::MySQL->format_datetime($moment);
    my @seen = ($moment->nanosecond, DateTime::Format::Flexible->parse_datetime($time)->nanosecond + 0,
        $written =~ s/.*\.//r . " -> " . DateTime::Format::MySQL->parse_datetime($written)->nanosecond);
    printf "%-15s %-10s %-10s %s\n", $fraction, @seen;
    $right &&= "@seen" eq $expected;
}
my $text = DateTime::Format::XSD->format_datetime(DateTime::Format::ISO8601->parse_datetime("2026-01-05T09:15:00.5Z"));
printf "%-15s %s\n", "XSD of .5", $text;
if (!$right || $text ne "2026-01-05T09:15:00+00:00") {
    print STDERR "not as described any more\n";
    exit 1;
}
PROBE
timeout 30 perl probe.pl
