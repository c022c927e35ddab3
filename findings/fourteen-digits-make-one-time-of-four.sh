#!/usr/bin/env bash
# datamash, lua-cjson, jsonlite, rjson: four ticks at four microseconds have one time, or two, with an exponent; an id that Lua reads and writes again is another one.
#
# Expected: the maximum of a column of whole numbers is one of them; JSON that is read and written again has the same whole numbers. All of them calculate with doubles, or more, which hold 16 digits.
# Seen: they print less than they have. datamash 1.7 prints 14 digits, except for first, last and unique; lua-cjson 2.1.0 14, with Lua's integers too; jsonlite 1.8.4 and rjson 0.2.21 print 15. Microseconds since 1970 have 16:
#   the last two, or one, are rounded away, and all have an exponent. dkjson 2.6 and jq 1.6 keep
#   them. Milliseconds are right everywhere. No tool says anything.
# Why it matters: "the first and the last tick of each minute" by datamash -g gives times that no tick has: grep and join find nothing. A gateway in Lua that adds a field to an order changes its id; a consumer
#   with a schema refuses 1.7676045001235e+15 as an integer. In tests with times of a few digits all is well.
# Way to live with it: datamash --format '%.0f'; cjson.encode_number_precision(16), ids as text; jsonlite's digits = NA, or times as text. In tests two times of 16 digits that differ in the last one.
# Versions: datamash 1.7-2, lua-cjson 2.1.0+dfsg-2.2, lua-dkjson 2.6-2, r-cran-jsonlite 1.8.4, r-cran-rjson 0.2.21, jq 1.6 (Debian 12), Lua 5.3, R 4.2.2. cjson's manual and datamash's page name their
#   14 digits; that it is one time for the four is nowhere said.
#
# Output seen (1767604500123451, ..452, ..453, ..456):
#   datamash max, each line  1.7676045001235e+15 (1 of 4)
#   datamash last            1767604500123451 1767604500123452 1767604500123453 1767604500123456 (4 of 4)
#   lua-cjson                1.7676045001235e+15 (1 of 4)
#   lua-cjson, read, written 1.7676045001235e+15 (1 of 4)
#   dkjson                   1767604500123451 1767604500123452 1767604500123453 1767604500123456 (4 of 4)
#   jsonlite                 1.76760450012345e+15 1.76760450012346e+15 (2 of 4)
#   rjson                    1.76760450012345e+15 1.76760450012346e+15 (2 of 4)
#   jq                       1767604500123451 1767604500123452 1767604500123453 1767604500123456 (4 of 4)
set -euo pipefail
Rscript -e 'stopifnot(packageVersion("jsonlite") == "1.8.4", packageVersion("rjson") == "0.2.21")' >/dev/null 2>&1 && command -v lua5.3 jq >/dev/null \
  || { echo "needs Debian 12 and apt-get install lua5.3 jq r-base-core r-cran-jsonlite r-cran-rjson, for jsonlite 1.8.4 and rjson 0.2.21" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq datamash=1.7-2 lua-cjson=2.1.0+dfsg-2.2 lua-dkjson=2.6-2 2>apt.log || { cat apt.log >&2; exit 1; }
for package in *.deb; do dpkg-deb -x "$package" .; done
LUA_PATH="$PWD/usr/share/lua/5.3/?.lua"
LUA_CPATH="$(find "$PWD/usr/lib" -type d -path '*/lua/5.3' | head -1)/?.so"
export LUA_PATH LUA_CPATH

row() {  # row <name>: the numbers of its input, and how many they are
  local texts
  texts=$(sort -u | tr '\n' ' ')
  printf '%-24s %s(%d of 4)\n' "$1" "$texts" "$(wc -w <<<"$texts")"
}
times=$(printf '17676045001234%s\n' 51 52 53 56)
{
  for time in $times; do usr/bin/datamash max 1 <<<"$time"; done | row "datamash max, each line"
  for time in $times; do usr/bin/datamash last 1 <<<"$time"; done | row "datamash last"
  lua5.3 -e 'local json = require("cjson"); for line in io.lines() do print(json.encode(math.tointeger(line))) end' <<<"$times" | row "lua-cjson"
  lua5.3 -e 'local json = require("cjson"); for line in io.lines() do print(json.encode(json.decode("[" .. line .. "]")[1])) end' <<<"$times" | row "lua-cjson, read, written"
  lua5.3 -e 'local json = require("dkjson"); for line in io.lines() do print(json.encode(json.decode("[" .. line .. "]")[1])) end' <<<"$times" | row "dkjson"
  Rscript --vanilla -e 'for (time in scan("stdin", quiet = TRUE)) cat(jsonlite::toJSON(time, auto_unbox = TRUE), "\n")' <<<"$times" | tr -d ' ' | row "jsonlite"
  Rscript --vanilla -e 'for (time in scan("stdin", quiet = TRUE)) cat(rjson::toJSON(time), "\n")' <<<"$times" | tr -d ' ' | row "rjson"
  jq '. + 0' <<<"$times" | row "jq"
} | tee seen
all="1767604500123451 1767604500123452 1767604500123453 1767604500123456 (4 of 4)"
cat >expected <<SEEN
datamash max, each line  1.7676045001235e+15 (1 of 4)
datamash last            $all
lua-cjson                1.7676045001235e+15 (1 of 4)
lua-cjson, read, written 1.7676045001235e+15 (1 of 4)
dkjson                   $all
jsonlite                 1.76760450012345e+15 1.76760450012346e+15 (2 of 4)
rjson                    1.76760450012345e+15 1.76760450012346e+15 (2 of 4)
jq                       $all
SEEN
cmp -s seen expected || { echo "not as described any more" >&2; exit 1; }
