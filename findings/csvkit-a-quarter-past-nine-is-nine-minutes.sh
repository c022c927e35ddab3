#!/usr/bin/env bash
# csvkit: sorting a tick file makes 0:09:15 of 09:15, True of AT&T, False of Ford, 0001-01-07 of SUN, 5 of 0005 and nothing of NA; a column of ones is True, and nanoseconds are cut.
#
# Expected: csvsort, csvjoin, csvstack and csvjson write the values that they read, in another order or form.
# Seen: csvkit 2.2.0 guesses a type for each column, reads all values as that type and writes that: T, F, Y, N are truth values, as are 1 and 0, NA and none are empty, 1m, 5m and 1d are durations, and so is 09:15, of minutes
#   and seconds; SUN, MON, MAY and DEC are days of the year 1, 0005 is 5, the CUSIP 037833E10 is 3.7833E+14, nanoseconds become microseconds. One value in the column that is something else, and all are texts.
# Why it matters: it depends on what is in the file. A file of many symbols is right; that of one symbol, or the one of a test with T and F, is not. Sorting bars by their opening turns all times into minutes; a
#   volume that happens to be 1 all day is True, and the next tool adds it or stops. The exit code is 0.
# Way to live with it: -I (no inference) in each call; then sorting is by text. In tests files of one symbol: T, SUN, 0005, and a column of ones.
# Versions: csvkit 2.2.0, Python 3.11. -I, --no-inference is documented; issue 822 of the project says why it is not the default. What it does to symbols and times was found nowhere.
#
# Output seen (csvsort of a column with two values):
#   T, F                             True, False
#   SUN, MON                         0001-01-07, 0001-01-08
#   NA, NA                           ,
#   0005, 0700                       5, 700
#   1m, 1d                           0:01:00, 1 day, 0:00:00
#   09:15, 16:00                     0:09:15, 0:16:00
#   1, 1                             True, True
#   037833E10, 037833E10             3.7833E+14, 3.7833E+14
#   2026-01-05T09:15:00.123456789Z   2026-01-05T09:15:00.123456+00:00
#   AAPL, T                          AAPL, T
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check csvkit==2.2.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

row() {  # row <value> [<value>]
  local values="$1${2:+, $2}"
  printf 'number,value\n1,%s\n2,%s\n' "$1" "${2:-$1}" >ticks.csv
  printf '%-32s %s\n' "$values" "$(venv/bin/csvsort -c number ticks.csv | tail -n +2 | cut -d, -f2- | tr -d '"' | head -n "$(($# > 1 ? 2 : 1))" | paste -sd, | sed 's/,\([^ ]\)/, \1/')"
}
{
  row T F
  row SUN MON
  row NA NA
  row 0005 0700
  row 1m 1d
  row 09:15 16:00
  row 1 1
  row 037833E10 037833E10
  row 2026-01-05T09:15:00.123456789Z
  row AAPL T
} | tee seen
cat >expected <<'SEEN'
T, F                             True, False
SUN, MON                         0001-01-07, 0001-01-08
NA, NA                           ,
0005, 0700                       5, 700
1m, 1d                           0:01:00, 1 day, 0:00:00
09:15, 16:00                     0:09:15, 0:16:00
1, 1                             True, True
037833E10, 037833E10             3.7833E+14, 3.7833E+14
2026-01-05T09:15:00.123456789Z   2026-01-05T09:15:00.123456+00:00
AAPL, T                          AAPL, T
SEEN
cmp -s seen expected || { echo "not as described any more" >&2; exit 1; }
