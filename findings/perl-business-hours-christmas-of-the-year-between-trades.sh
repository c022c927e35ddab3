#!/usr/bin/env bash
# Business::Hours (Perl): asked about three years, the exchange is closed at Christmas of the first and of the last, and open in the one between.
#
# One would expect: holidays("12-25"), without a year, is each year's 25 December. A holiday is a day, from midnight to midnight. From 09:30:00
#   to 10:00:00 there are 1800 seconds.
# What happens: Business::Hours 0.13 puts a holiday without a year into the years in which the period begins and ends, and into none between. A holiday
#   is 24 hours and one second: the first second of the next day is closed too, and on the day of 25 hours its last hour is
#   open. between() counts the seconds at both ends, 1801 for half an hour.
# Why it matters: a recording of three years is checked for gaps in trading hours: 6.5 hours without a tick, on a day when nobody trades. With the year before
#   and this year the same calendar is right, as is each test of one holiday. Venues that trade at midnight lose a second a holiday, so that
#   expected and counted bars differ by one.
# Live with it: holidays with their years ("2025-12-25", ...); a period of two calendar years at most; between($start, $end - 1). In tests a period of three
#   years and the holiday of the second.
# Versions: libbusiness-hours-perl 0.13-2, libset-intspan-perl (Debian 12), Perl 5.36. Source: for_timespan and between in Business/Hours.pm.
# Documented: each holiday "is ether 'MM-DD' or 'YYYY-MM-DD'", the year "may be required" where days are moved. Nothing found about several years.
# Seen (America/New_York, Monday to Friday 09:30 to 16:00, holiday "12-25"; seconds open on that day):
#   asked for June 2024 to the end of 2026    2024: 0   2025: 23400   2026: 0
#   asked for 2025 only                       2025: 0
#   09:30:00 to 10:00:00                      1801
#   open all day, holiday "12-25"             first ten seconds of 26 December: 9
#   open all day, holiday "11-01" (2026)      its last hour: 3599
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v perl >/dev/null || { echo "needs Debian 12, for libbusiness-hours-perl" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq libbusiness-hours-perl=0.13-2 libset-intspan-perl 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use lib "usr/share/perl5";
use Business::Hours;
use Time::Local "timelocal";

sub at { my ($year, $month, $day, $hour, $minute, $second) = @_; return timelocal($second || 0, $minute || 0, $hour || 0, $day, $month - 1, $year) }

sub exchange {
  my ($start, $end, $days, $holiday) = @_;
  my $hours = Business::Hours->new;
  $hours->business_hours(map { $_ => {Name => $_, Start => $start, End => $end} } @$days);
  $hours->holidays($holiday);
  return $hours;
}

my @seen;
sub report { my ($what, $said) = @_; printf "%-41s %s\n", $what, $said; push @seen, $said }

my $stocks = exchange("9:30", "16:00", [1 .. 5], "12-25");
$stocks->for_timespan(Start => at(2024, 6, 3), End => at(2026, 12, 31));
report("asked for June 2024 to the end of 2026", join "   ", map { "$_: " . $stocks->between(at($_, 12, 25), at($_, 12, 25, 23, 59, 59)) } 2024 .. 2026);
$stocks->for_timespan(Start => at(2025, 1, 1), End => at(2025, 12, 31));
report("asked for 2025 only", "2025: " . $stocks->between(at(2025, 12, 25), at(2025, 12, 25, 23, 59, 59)));
report("09:30:00 to 10:00:00", $stocks->between(at(2025, 12, 24, 9, 30), at(2025, 12, 24, 10, 0)));
my $coins = exchange("0:00", "24:00", [0 .. 6], "12-25");
$coins->for_timespan(Start => at(2025, 12, 24), End => at(2025, 12, 28));
report('open all day, holiday "12-25"', "first ten seconds of 26 December: " . $coins->between(at(2025, 12, 26), at(2025, 12, 26, 0, 0, 9)));
$coins = exchange("0:00", "24:00", [0 .. 6], "11-01");
$coins->for_timespan(Start => at(2026, 10, 31), End => at(2026, 11, 3));
report('open all day, holiday "11-01" (2026)', "its last hour: " . $coins->between(at(2026, 11, 1, 23), at(2026, 11, 1, 23, 59, 59)));
die "not as described any more\n" if join("|", @seen) ne "2024: 0   2025: 23400   2026: 0|2025: 0|1801|first ten seconds of 26 December: 9|its last hour: 3599";
PROBE
TZ=America/New_York timeout 60 perl probe.pl
