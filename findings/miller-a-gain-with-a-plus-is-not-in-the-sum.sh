#!/usr/bin/env bash
# Miller of Debian 12: of +5, -3, +2.5 and -1 the sum is -4, the count is 4 and the maximum is +5.
#
# One would expect: "+5" in a column of price changes is the number 5, as it is for sort, awk, datamash, Python and JavaScript; a quantity
#   above 2^63 is a float, as Miller's manual says of numbers that are too big; what is no number for sum is none for max and count either.
# What happens: Miller 6.6.0 reads a number with a leading plus, an integer above 2^63 and an integer with leading zeros (007) as text. stats1 leaves
#   text out of sum, mean and var without a word, but count, min, max and the percentiles take it: figures of one line that do not belong
#   together. filter compares letter by letter then: $change > 0 finds no gain, $change < 0 has all four. sort -nr knows the plus. step
#   and arithmetic in put give (error).
# Why it matters: exports of brokers and "change" columns write the plus. A day's profit and loss is the sum of its losses only, and looks
#   like a bad day. With quantities in wei, one order of more than 9.2 ether is left out of the volume and is the maximum at the same time.
# Live with it: a newer Miller; here sub($change, "^\+", "") or float($change) in a put before stats1. In tests one value with a plus, and
#   mean * count = sum.
# Versions: miller 6.6.0-2+b3 (Debian 12), awk and Python 3.11 for comparison.
# Documented: the plus is issue 1267 of johnkerl/miller, repaired after 6.6.0; the manual speaks of leading zeros. Nothing found about
#   sum and max disagreeing about the integers above 2^63.
# Seen (right sum in brackets):
#   +5 -3 +2.5 -1                 count 4  sum -4 (3.5)  mean -2  max +5
#   5 -3 2.5 -1                   count 4  sum 3.5 (3.5)  mean 0.875  max 5
#   100 12345678901234567890 5    count 3  sum 105 (1.2345678901234567e+19)  mean 52.5  max 12345678901234567890
#   change > 0:
#   change < 0:   +5 -3 +2.5 -1
set -euo pipefail
command -v dpkg-deb >/dev/null || { echo "needs Debian 12, for miller 6.6.0" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq miller=6.6.0-2+b3 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x miller_*.deb .

cat > probe.py <<'PROBE'
import json
import subprocess
import sys


def mlr(values, *verb):
    column = "\n".join(["change", *values, ""])
    run = subprocess.run(["usr/bin/mlr", "--icsv", "--ojsonl", *verb], input=column, capture_output=True, text=True, check=True, timeout=20)
    return [json.loads(line) for line in run.stdout.splitlines()]


signed = ["+5", "-3", "+2.5", "-1"]
seen = []
for values in (signed, [value.lstrip("+") for value in signed], ["100", "12345678901234567890", "5"]):
    row = mlr(values, "stats1", "-a", "count,sum,mean,max", "-f", "change")[0]
    count, total, mean, highest = (row[f"change_{what}"] for what in ("count", "sum", "mean", "max"))
    seen.append((count, total, mean, str(highest)))
    print(f"{' '.join(values):29} count {count}  sum {total} ({sum(map(float, values))})  mean {mean}  max {highest}")
sides = []
for side in "><":
    sides.append([str(row["change"]) for row in mlr(signed, "filter", f"$change {side} 0")])
    print(f"change {side} 0:  ", *sides[-1])
if seen != [(4, -4, -2, "+5"), (4, 3.5, 0.875, "5"), (3, 105, 52.5, "12345678901234567890")] or sides != [[], signed]:
    sys.exit("not as described any more")
PROBE
timeout 60 python3 probe.py
