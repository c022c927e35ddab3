#!/usr/bin/env bash
# dateutils: dategrep, datetest and dateconv have no look at the fraction of a second: ">= 09:15:00.200" takes the tick of .100, "< .200" takes none, .100 is not less than .200, and -S removes the fraction from the line.
#
# Expected: "Grep standard input for lines that match EXPRESSION", with times as they are written; 2026-01-05T09:15:00.200 is a time that is read. What cannot be read is an error, as for 09:15x.
# Seen: dateutils 0.4.10 reads up to the second, and lets the rest of the time stand without a word, in the lines and in the expression. With -i '%Y-%m-%dT%H:%M:%S.%N' dategrep and datetest are right; datediff then
#   says 0.000000000 for 950 ms, and 1 s without it. dateconv -S, which replaces the times in a text, takes .500Z away with what it replaces, with -i too unless the format says %N. datesort is
#   right by chance: it orders lines that it finds equal by their text.
# Why it matters: it is the quick way to cut a window out of a tick file. The window begins up to a second early and loses its last second; of a file converted to New York, nobody can say any more which tick of a second was first.
# Way to live with it: -i '%Y-%m-%dT%H:%M:%S.%N' and -f with %N in each call; durations by something else. In tests two ticks of one second, and a border between them.
# Versions: dateutils 0.4.10-1 (Debian 12). Seen from outside; the source of the reader was not read. Nothing found about it.
#
# Output seen (ticks a .100, b .200, c .300 and d one second later):
#                                   as it is      with -i ...%N
#   dategrep '>= ...00.200'         a b c d       b c d
#   dategrep '< ...00.200'          nothing       a
#   datetest .100 --lt .200         no            yes
#   datediff .100 and 1.050         1.000000000   0.000000000
#   dateconv -S -z America/New_York 04:15:00,100.05
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for dateutils 0.4.10" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq dateutils=0.4.10-1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x dateutils_*.deb .
tool() { local name=$1; shift; "usr/bin/dateutils.$name" "$@"; }

day=2026-01-05T09:15
printf "%s\n" "$day:00.100 a" "$day:00.200 b" "$day:00.300 c" "$day:01.000 d" >ticks
names() { local text; text=$(cut -d' ' -f2 | tr '\n' ' '); echo "${text:-nothing }" | sed 's/ *$//'; }
less() { if tool dtest "$@" "$day:00.100" --lt "$day:00.200"; then echo yes; else echo no; fi; }
with=(-i '%Y-%m-%dT%H:%M:%S.%N')

{
  printf '%-31s %-13s %s\n' "" "as it is" "with -i ...%N"
  printf '%-31s %-13s %s\n' "dategrep '>= ...00.200'" "$(tool dgrep ">=$day:00.200" <ticks | names)" "$(tool dgrep "${with[@]}" ">=$day:00.200" <ticks | names)"
  printf '%-31s %-13s %s\n' "dategrep '< ...00.200'" "$(tool dgrep "<$day:00.200" <ticks | names)" "$(tool dgrep "${with[@]}" "<$day:00.200" <ticks | names)"
  printf '%-31s %-13s %s\n' "datetest .100 --lt .200" "$(less)" "$(less "${with[@]}")"
  printf '%-31s %-13s %s\n' "datediff .100 and 1.050" "$(tool ddiff "$day:00.100" "$day:01.050" -f '%S.%N')" "$(tool ddiff "${with[@]}" "$day:00.100" "$day:01.050" -f '%S.%N')"
  printf '%-31s %s\n' "dateconv -S -z America/New_York" "$(echo "$day:00.500Z,100.05" | tool dconv -S -z America/New_York | cut -dT -f2)"
} | tee seen
cat >expected <<'SEEN'
                                as it is      with -i ...%N
dategrep '>= ...00.200'         a b c d       b c d
dategrep '< ...00.200'          nothing       a
datetest .100 --lt .200         no            yes
datediff .100 and 1.050         1.000000000   0.000000000
dateconv -S -z America/New_York 04:15:00,100.05
SEEN
cmp -s seen expected || { echo "not as described any more" >&2; exit 1; }
