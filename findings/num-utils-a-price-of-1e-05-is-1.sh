#!/usr/bin/env bash
# num-utils: numsum, numaverage and numbound take 1e-05 for 1: the sum of three small prices is 6, their average 2; a price behind a symbol is 0, and microseconds lose their last digits.
#
# Expected: numsum, "add all the numbers from stdin", with decimals and signs; 1e-05 is how Python, awk, jq and most others write small prices. What is no number is left out with a warning, or an error.
# Seen: num-utils 0.5 takes the digits at the beginning of a line, up to the first character that does not belong to them. The exponent is thrown away, and so is everything behind it; a line that begins with a
#   letter is left out without a warning. Sums and averages of microseconds since 1970 are printed with 15 digits, and an exponent. The exit code is 0.
# Why it matters: prices of small coins are below 0.0001, where exponents begin. In one file some lines have them and some have not; the average of 0.0001 and 9e-05 is 4.5 and looks like an outlier
#   that has to be searched in the feed.
# Way to live with it: awk '{s += $1} END {printf "%.10f\n", s}', or datamash, which read 1e-05. In tests a price below 0.0001, as the program before it writes it.
# Versions: num-utils 0.5-15, datamash 1.7-2 (Debian 12). Source: the expression that picks the number, in each of the Perl scripts. Nothing found about it.
#
# Output seen:
#                     numsum  numaverage  numbound  datamash sum
#   1e-05 2e-05 3e-05 6       2           3         6e-05
#   0.0001 9e-05      9.0001  4.50005     9         0.00019
#   -5.25 -1.05       -6.3    -3.15       -1.05     -6.3
#   AAPL 100.05       0       error       nothing   error
set -euo pipefail
command -v dpkg-deb >/dev/null && command -v perl >/dev/null || { echo "needs Debian 12, for num-utils 0.5" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq num-utils=0.5-15 datamash=1.7-2 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done

of() {  # of <file> <command...>: what it prints
  local file=$1 text
  shift
  if text=$("$@" <"$file" 2>/dev/null); then echo "${text:-nothing}"; else echo error; fi
}
row() {  # row <name> <line...>
  local name=$1
  shift
  printf '%s\n' "$@" >lines
  printf '%-17s %-7s %-11s %-9s %s\n' "$name" "$(of lines usr/bin/numsum)" "$(of lines usr/bin/numaverage)" "$(of lines usr/bin/numbound)" "$(of lines usr/bin/datamash sum 1)"
}
{
  printf '%-17s %-7s %-11s %-9s %s\n' "" numsum numaverage numbound "datamash sum"
  row "1e-05 2e-05 3e-05" 1e-05 2e-05 3e-05
  row "0.0001 9e-05" 0.0001 9e-05
  row "-5.25 -1.05" -5.25 -1.05
  row "AAPL 100.05" "AAPL 100.05"
} | tee seen
cat >expected <<'SEEN'
                  numsum  numaverage  numbound  datamash sum
1e-05 2e-05 3e-05 6       2           3         6e-05
0.0001 9e-05      9.0001  4.50005     9         0.00019
-5.25 -1.05       -6.3    -3.15       -1.05     -6.3
AAPL 100.05       0       error       nothing   error
SEEN
cmp -s seen expected || { echo "not as described any more" >&2; exit 1; }
