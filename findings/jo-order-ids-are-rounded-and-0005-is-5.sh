#!/usr/bin/env bash
# jo: the order id 1767604500123456789 goes out as 1.767604500123457e+18 and the stock 0005 as 5; jshon makes 100.09999999999999 of a price of 100.10.
#
# Expected: jo "creates a JSON string": id=1767604500123456789 is that number, as Python and gojq keep it, or a text; 0005 is no JSON number, so that it is a text. jshon -S formats, and does not calculate.
# Seen: jo 1.9 makes a double of all that looks like a number to strtod, hexadecimal and leading zeros too, and prints 16 digits: ids from 2^53 on are rounded and have an exponent, HSBC's code 0005 is 5, 0x1F is 31, 1e5, a
#   symbol, is 100000; ids in a JSON file that is read with := change too. jshon of 2013 prints 17 digits of each price.
# Why it matters: "jo action=cancel id=$id | websocat ..." is how orders are cancelled by hand and in scripts. The exchange says "unknown order", or knows the one with the rounded id; order 0005 is refused, or is
#   another instrument's. Ids of tests are 1, 2 and 3.
# Way to live with it: jo -- -s id=..., -s symbol=... for all that is not for calculating. In tests an id of 19 digits and a code with a leading zero, read at the other end.
# Versions: jo 1.9-1, jshon 20131010-3 (Debian 12), Python 3.11. jo's page has -s for texts; that numbers are doubles was not found.
#
# Output seen:
#   written                       jo
#   id=1767604500123456789        1.767604500123457e+18
#   -s id=1767604500123456789     "1767604500123456789"
#   time=1767604500123456         1767604500123456
#   symbol=0005                   5
#   symbol=1e5                    100000
#   price=0.00000071              7.1e-07
#   jshon -S of 100.10            100.09999999999999
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for jo 1.9" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq jo=1.9-1 jshon=20131010-3+b1 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
if [[ $(ldd usr/bin/jshon) == *"not found"* ]]; then
  apt-get download -qq libjansson4 2>>apt.log
  dpkg-deb -x libjansson4_*.deb .
fi
LD_LIBRARY_PATH=$(find "$PWD/usr/lib" -name 'libjansson.so.4' -printf '%h' 2>/dev/null || true)
export LD_LIBRARY_PATH

row() {
  printf '%-29s ' "$*"
  usr/bin/jo -- "$@" | sed 's/^{"[a-z]*"://; s/}$//'
}
{
  printf '%-29s %s\n' written jo
  row id=1767604500123456789
  row -s id=1767604500123456789
  row time=1767604500123456
  row symbol=0005
  row symbol=1e5
  row price=0.00000071
  printf '%-29s %s\n' "jshon -S of 100.10" "$(echo '{"price": 100.10}' | usr/bin/jshon -S -e price)"
} | tee seen
cat >expected <<'SEEN'
written                       jo
id=1767604500123456789        1.767604500123457e+18
-s id=1767604500123456789     "1767604500123456789"
time=1767604500123456         1767604500123456
symbol=0005                   5
symbol=1e5                    100000
price=0.00000071              7.1e-07
jshon -S of 100.10            100.09999999999999
SEEN
cmp -s seen expected || { echo "not as described any more" >&2; exit 1; }
