#!/usr/bin/env bash
# mawk, Debian's awk: printf "%d" of a time in milliseconds is 2147483647, whatever the time, and print is 1.7676e+12; a turnover of three thousand million is 2147483647 too.
#
# Expected: awk '{printf "%d\n", $1 * 1000}' makes milliseconds of seconds; whole numbers up to 2^53 are exact and are printed as whole numbers, as POSIX asks for and as gawk and the awk of its authors do.
# Seen: mawk 1.3.4-20200120, which is /usr/bin/awk in Debian 12, cuts %d at the largest int of 32 bits, and print writes what has been calculated and is larger than that with CONVFMT's 6 digits. A field that was only
#   copied is right, comparing and calculating are right: only the printing is not. Exit code 0, no warning. The rest of a division of such a number is right as well, so that bars by "%" have the right
#   lines, under the wrong name.
# Why it matters: one-line scripts that convert tick files, count volumes and join times are awk. All ticks have the time of 2038-01-19 with %d, and one for the whole day with print; a sum of volumes stands still at 2147483647 in the
#   afternoon. On the developer's machine awk is gawk.
# Way to live with it: printf "%.0f" instead of %d and print; gawk in the scripts' first line. In tests a time in milliseconds and a sum above 2^31, on the machine where it runs.
# Versions: mawk 1.3.4.20200120-3.1, gawk 5.2.1-2, original-awk 2022-09-12-1 (Debian 12). Seen from outside; the source was not read. Nothing found about this version.
#
# Output seen (1767604500 is Monday, 2026-01-05 09:15:00):
#                               mawk           gawk           original-awk
#   printf "%d", $1 * 1000      2147483647     1767604500000  1767604500000
#   print $1 * 1000             1.7676e+12     1767604500000  1767604500000
#   print of the sum 3 * 10^9   3e+09          3000000000     3000000000
#   printf "%.0f", $1 * 1000    1767604500000  1767604500000  1767604500000
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for mawk 1.3.4-20200120" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq mawk=1.3.4.20200120-3.1 gawk original-awk 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
if [[ $(ldd usr/bin/gawk) == *"not found"* ]]; then
  apt-get download -qq libsigsegv2 libmpfr6 2>>apt.log
  for package in lib*.deb; do dpkg-deb -x "$package" .; done
  LD_LIBRARY_PATH=$(dirname "$(find "$PWD" -name 'libsigsegv.so.2' | head -1)")
  export LD_LIBRARY_PATH
fi

row() {  # row <name> <program>
  printf '%-28s' "$1"
  for awk in mawk gawk original-awk; do
    printf '%s%s' "$([[ $awk == mawk ]] || echo '  ')" "$(echo 1767604500 | "usr/bin/$awk" "$2" | sed 's/$/            /' | cut -c1-13)"
  done | sed 's/ *$//'
  echo
}
{
  printf '%-28s%-15s%-15s%s\n' "" mawk gawk original-awk
  row 'printf "%d", $1 * 1000' '{printf "%d\n", $1 * 1000}'
  row 'print $1 * 1000' '{print $1 * 1000}'
  row 'print of the sum 3 * 10^9' '{for (i = 0; i < 3; i++) sum += 1000000000; print sum}'
  row 'printf "%.0f", $1 * 1000' '{printf "%.0f\n", $1 * 1000}'
} | tee seen
cat >expected <<'SEEN'
                            mawk           gawk           original-awk
printf "%d", $1 * 1000      2147483647     1767604500000  1767604500000
print $1 * 1000             1.7676e+12     1767604500000  1767604500000
print of the sum 3 * 10^9   3e+09          3000000000     3000000000
printf "%.0f", $1 * 1000    1767604500000  1767604500000  1767604500000
SEEN
cmp -s seen expected || { echo "not as described any more" >&2; exit 1; }
