#!/usr/bin/env bash
# csvtool (OCaml): joined by order id, an order with two fills has the text "!MULTIPLE VALUES" where its price was, and the exit code is 0; orders of one file only are in the result, with empty prices.
#
# Expected: a join gives a row for each pair, as join(1), SQL and csvjoin do, or fails if a key is not unique. It has the keys that are in both files.
# Seen: csvtool 2.4 makes one row for each key of any file, in the order of the keys as texts: 10 stands before 9. A key that one file has twice gets "!MULTIPLE VALUES" in the columns of that file,
#   without a warning, and its values are nowhere. A key that one file does not have gets empty fields.
# Why it matters: fills, partial executions and ticks have several rows for a key as a rule, and example files have one. Sums over the column skip or refuse the text: the orders that were filled in
#   parts are those that are missing. Empty fields become 0 in the next tool.
# Way to live with it: join(1) on sorted files, or csvjoin; a check that nothing contains MULTIPLE. In tests a key twice, a key of one file only, and keys of different length.
# Versions: csvtool 2.4-1+b2 (Debian 12); join of coreutils 9.1 in the comparison. Seen from outside, the source was not read. The help has an example with unique keys. Nothing found about it.
#
# Output seen:
#   csvtool  10,MSFT,!MULTIPLE VALUES;11,NVDA,;12,,64.10;9,AAPL,227.31
#   join     10,MSFT,512.80;10,MSFT,512.85;9,AAPL,227.31
#   exit code of csvtool: 0
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for csvtool 2.4" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq csvtool=2.4-1+b2 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x csvtool_*.deb .

printf '9,AAPL\n10,MSFT\n11,NVDA\n' >orders.csv
printf '9,227.31\n10,512.80\n10,512.85\n12,64.10\n' >fills.csv
status=0
timeout 20 usr/bin/csvtool join 1 2 orders.csv fills.csv >csvtool.txt || status=$?
timeout 20 join -t, <(LC_ALL=C sort orders.csv) <(LC_ALL=C sort fills.csv) >join.txt
for tool in csvtool join; do
  printf '%-8s %s\n' "$tool" "$(paste -sd';' "$tool.txt")"
done
echo "exit code of csvtool: $status"
if [[ $status != 0 || $(paste -sd';' csvtool.txt) != '10,MSFT,!MULTIPLE VALUES;11,NVDA,;12,,64.10;9,AAPL,227.31' || $(wc -l <join.txt) != 3 ]]; then
  echo "not as described any more" >&2
  exit 1
fi
