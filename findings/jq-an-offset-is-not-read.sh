#!/usr/bin/env bash
# jq: "09:15:00-05:00" read with %z is 09:15 UTC, five hours from what gojq makes of it; of limit(0), of .[1.7] and of an id the two give other answers too.
#
# Expected: strptime("%Y-%m-%dT%H:%M:%S%z") reads the offset, and mktime gives the seconds of that moment; gojq is a "pure Go implementation of jq".
# Seen: jq 1.6 lets the C library read the offset and then takes the fields without it: an offset of -05:00, of +0900 and a name such as EDT all make 09:15 UTC, without a word. gojq 0.12.11 is right for
#   offsets, and takes EDT for UTC as well. 1767604500.789|gmtime|mktime keeps the fraction in gojq and loses it in jq. limit(0; ...) gives one value in jq and none in gojq; .[1.7] of a list is null
#   in jq 1.6 and the second in gojq; a number of 19 digits, ids and nanoseconds, is rounded by jq and kept by gojq.
# Why it matters: it is the way to bring ticks of several exchanges to one clock in a shell. Ticks of New York and of Tokyo land in one hour, which is plausible for each. gojq is what is installed
#   where the ids have to be right, for the same filters.
# Way to live with it: offsets taken off by a capture and added by hand, or feeds in UTC with Z; one of the two, named in the script. In tests a time with an offset that is not zero.
# Versions: jq 1.6-2.1, gojq 0.12.11-1 (Debian 12). jq's manual does not name %z. Seen from outside; the sources were not read.
#
# Output seen:
#                                       jq                    gojq
#   2026-01-05T09:15:00Z                1767604500            1767604500
#   2026-01-05T09:15:00-05:00           1767604500            1767622500
#   2026-01-05T09:15:00+0900            1767604500            1767572100
#   1767604500.789 | gmtime | mktime    1767604500            1767604500.789
#   [limit(0; 1, 2)]                    [1]                   []
#   [1, 2, 3] | .[1.7]                  null                  2
#   1767604500123456789                 1767604500123456800   1767604500123456789
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for jq 1.6 and gojq 0.12.11" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq jq libjq1 libonig5 gojq=0.12.11-1 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(dirname "$(find "$PWD" -name 'libjq.so.1' | head -1)")
export LD_LIBRARY_PATH
[[ $(usr/bin/jq --version) == jq-1.6* ]] || { echo "needs jq 1.6" >&2; exit 1; }

row() { printf '%-35s %-21s %s\n' "$1" "$(usr/bin/jq -nc "$2")" "$(usr/bin/gojq -nc "$2")"; }
{
  printf '%-35s %-21s %s\n' "" jq gojq
  for time in 2026-01-05T09:15:00Z 2026-01-05T09:15:00-05:00 2026-01-05T09:15:00+0900; do
    row "$time" "\"$time\" | strptime(\"%Y-%m-%dT%H:%M:%S%z\") | mktime"
  done
  for filter in '1767604500.789 | gmtime | mktime' '[limit(0; 1, 2)]' '[1, 2, 3] | .[1.7]' 1767604500123456789; do
    row "$filter" "$filter"
  done
} | tee seen
cat >expected <<'SEEN'
                                    jq                    gojq
2026-01-05T09:15:00Z                1767604500            1767604500
2026-01-05T09:15:00-05:00           1767604500            1767622500
2026-01-05T09:15:00+0900            1767604500            1767572100
1767604500.789 | gmtime | mktime    1767604500            1767604500.789
[limit(0; 1, 2)]                    [1]                   []
[1, 2, 3] | .[1.7]                  null                  2
1767604500123456789                 1767604500123456800   1767604500123456789
SEEN
cmp -s seen expected || { echo "not as described any more" >&2; exit 1; }
