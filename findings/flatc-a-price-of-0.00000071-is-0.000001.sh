#!/usr/bin/env bash
# flatc (FlatBuffers): a price of 0.00000071 in a binary message is 0.000001 in JSON, one of 0.00000001 is 0.0; of a double twelve places are left.
#
# Expected: flatc --json writes what is in the message; JSON made into a message and back has the same prices, to the precision of the type: 9 digits of a float, 17 of a double.
# Seen: flatc 2.0.8 writes a float with 6 places behind the point and a double with 12, however small the number is, and takes the zeros off. 0.00000071 is 41 % more, a price below 0.0000005 is nothing. Larger
#   numbers have all their digits, and more than the type knows. Whole numbers of 64 bits are exact. No option says otherwise; a message read by the library has the right price.
# Why it matters: it is the tool to look into recorded messages, and to make test data and back. SHIB and PEPE against the dollar have prices of 0.00001 and 0.000007; in Bitcoin 0.0000000001. A difference between the file and the
#   feed is searched in the feed.
# Way to live with it: prices as whole numbers with a scale in the schema, or as text; the language's own library for looking. In tests the smallest price of the exchange, through binary and back.
# Versions: flatbuffers-compiler 2.0.8+dfsg1-2, libflatbuffers2 2.0.8 (Debian 12), Python 3.11. Source: FloatToString and NumToString<double> in flatbuffers/util.h. Nothing found about prices.
#
# Output seen (what was made into a message; what flatc writes):
#   price, type              flatc --json
#   0.00000071 float         0.000001
#   0.00000001 float         0.0
#   100.05 float             100.050003
#   0.00000071 double        0.00000071
#   0.00000000012345 double  0.000000000123
#   67123.45678901 double    67123.456789010001
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for flatc 2.0.8" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq flatbuffers-compiler=2.0.8+dfsg1-2 libflatbuffers2=2.0.8+dfsg1-2 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(dirname "$(find "$PWD" -name 'libflatbuffers.so.2' | head -1)")
export LD_LIBRARY_PATH

row() {  # row <price> <type>
  echo "table Tick { price: $2; } root_type Tick;" >tick.fbs
  echo "{\"price\": $1}" >tick.json
  usr/bin/flatc -b tick.fbs tick.json
  rm tick.json
  usr/bin/flatc --json --strict-json --raw-binary tick.fbs -- tick.bin
  printf '%-24s %s\n' "$1 $2" "$(sed -n 's/.*: //p' tick.json)"
}
{
  printf '%-24s %s\n' "price, type" "flatc --json"
  row 0.00000071 float
  row 0.00000001 float
  row 100.05 float
  row 0.00000071 double
  row 0.00000000012345 double
  row 67123.45678901 double
} | tee seen
cat >expected <<'SEEN'
price, type              flatc --json
0.00000071 float         0.000001
0.00000001 float         0.0
100.05 float             100.050003
0.00000071 double        0.00000071
0.00000000012345 double  0.000000000123
67123.45678901 double    67123.456789010001
SEEN
cmp -s seen expected || { echo "not as described any more" >&2; exit 1; }
