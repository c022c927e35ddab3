#!/usr/bin/env bash
# Time::Duration::Parse (Perl): "0.5s" is 0 seconds, "1,500 s" is 2, and "1M" is a month.
#
# One would expect: 0.5 for "0.5s", or an error, as the grammar takes fractions ("1.5 hours" is 5400); 1500 for "1,500 s", or an error; one unit "m" or "M", as
#   "Min" and "min" are one.
# What happens: parse_duration() of 0.16 adds up and gives a whole number: all up to half a second is 0, 1.5 s and 2.5 s are both 2. A comma inside a number
#   is the decimal point, so that a thousand and a half seconds are two; a comma and a blank goes between two parts. Units of one letter depend
#   on capitals: m is a minute, M is 30 days, S, H and D are errors. "500ms" is an error.
# Why it matters: it reads the timeouts, heartbeats and pauses of a configuration. A pause of "0.5s" between attempts is none, and the client
#   tries in a tight loop; a receive timeout of 0 means "do not wait", or "wait for ever", in most libraries. "30M" is a heartbeat each two and a
#   half years. A test with whole seconds in small letters sees nothing.
# Live with it: numbers in the configuration (milliseconds, whole), or a check that the parsed value is not 0 and not above an hour; in tests "0.5s" and "1M".
# Versions: libtime-duration-parse-perl 0.16-1 (Debian 12), Perl 5.36. Source: parse_duration in Time/Duration/Parse.pm.
# Documented: the manual shows "2 minutes and 3 seconds" and says it returns seconds. Nothing found about rounding or the comma.
# Seen (seconds):
#   0.5s = 0
#   0.9s = 1
#   1.5s = 2
#   2.5s = 2
#   1.5 hours = 5400
#   1,500 s = 2
#   1h, 30m = 5400
#   1m = 60
#   1M = 2592000
#   1 Min = 60
#   1H = error
#   500ms = error
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v perl >/dev/null || { echo "needs Debian 12, for libtime-duration-parse-perl 0.16" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq libtime-duration-parse-perl=0.16-1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x libtime-duration-parse-perl_*.deb .

cat > probe.pl <<'PROBE'
use strict;
use warnings;
use lib "usr/share/perl5";
use Time::Duration::Parse "parse_duration";

for my $text ("0.5s", "0.9s", "1.5s", "2.5s", "1.5 hours", "1,500 s", "1h, 30m", "1m", "1M", "1 Min", "1H", "500ms") {
  print "$text = ", eval { parse_duration($text) } // "error", "\n";
}
PROBE
timeout 30 perl probe.pl | tee seen
cat > expected <<'EXPECTED'
0.5s = 0
0.9s = 1
1.5s = 2
2.5s = 2
1.5 hours = 5400
1,500 s = 2
1h, 30m = 5400
1m = 60
1M = 2592000
1 Min = 60
1H = error
500ms = error
EXPECTED
diff -q expected seen >/dev/null || { echo "not as described any more"; exit 1; }
