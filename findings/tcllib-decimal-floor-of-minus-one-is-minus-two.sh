#!/usr/bin/env bash
# Tcllib's math::decimal: round_floor of -1.00 to whole numbers is -2, and a loss of exactly 5 cents, written with three decimals, is one of 6.
#
# Expected: "Round towards -Infinity" (General Decimal Arithmetic, on which the package is based): what is exact already stays as it is, as round_ceiling leaves it. Python's decimal: -1.00 is -1.
# Seen: math::decimal 1.0.4 (Tcllib 1.21) cuts the digits of a negative number and adds one, without a look at whether what it cut was zero. Numbers with as many decimals as are asked for
#   go another way and are right. All products and sums keep their zeros, so that each negative result with more decimals than wanted that happens to be exact is one step too low. The six other
#   ways of rounding and the four operations are right (3000 random cases against Python's decimal).
# Why it matters: floor is how a price is put on the grid of an exchange, and profit and loss are rounded to the disadvantage. It is a step, only for negative numbers (spreads, power
#   prices, losses), and only for those in no need of rounding: the ones that nobody writes a test for.
# Way to live with it: round_down for 0 and above, round_up below; tests with exact negative values that have more decimals than asked for.
# Versions: tcllib 1.21+dfsg-1 (Debian 12), Tcl 8.6.13, Python 3.11. Source: round_floor in decimal.tcl, next to round_ceiling, which asks. Nothing found about it.
#
# Output seen:
#   number      decimals  Python   round_floor  round_ceiling
#   1.00        0         1        1            1
#   -1          0         -1       -1           -1
#   -1.00       0         -1       -2           -1
#   -0.050      2         -0.05    -0.06        -0.05
#   -101.10     1         -101.1   -101.2       -101.1
#   -0.051      2         -0.06    -0.06        -0.05
#   -0.25 * 8   0         -2       -3           -2
set -euo pipefail
command -v tclsh >/dev/null && command -v dpkg-deb >/dev/null || { echo "needs Debian 12 with tclsh, for tcllib 1.21" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -qq tcllib=1.21+dfsg-1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x tcllib_*.deb .

cat > probe.tcl <<'PROBE'
lappend auto_path [glob usr/share/tcltk/tcllib1.21]
package require -exact math::decimal 1.0.4
namespace import ::math::decimal::*
while {[gets stdin line] >= 0} {
    lassign $line number decimals factor
    set number [fromstr $number]
    if {$factor ne ""} { set number [* $number [fromstr $factor]] }
    puts "[tostr [round_floor $number $decimals]] [tostr [round_ceiling $number $decimals]]"
}
PROBE
cat > probe.py <<'PROBE'
import subprocess
import sys
from decimal import ROUND_FLOOR, Decimal

CASES = [("1.00", 0), ("-1", 0), ("-1.00", 0), ("-0.050", 2), ("-101.10", 1), ("-0.051", 2), ("-0.25", 0, "8")]
run = subprocess.run(["tclsh", "probe.tcl"], input="".join(" ".join(map(str, case)) + "\n" for case in CASES), capture_output=True, text=True)
print(run.stderr, end="", file=sys.stderr)
print("number      decimals  Python   round_floor  round_ceiling")
seen = []
for case, line in zip(CASES, run.stdout.splitlines()):
    number = Decimal(case[0]) * Decimal(*case[2:] or ("1",))
    right = number.quantize(Decimal(1).scaleb(-case[1]), rounding=ROUND_FLOOR)
    floor, ceiling = line.split()
    seen.append(floor)
    print(f"{' * '.join([case[0], *case[2:]]):11} {case[1]:<9} {right!s:8} {floor:12} {ceiling}")
if seen != ["1", "-1", "-2", "-0.06", "-101.2", "-0.06", "-3"]:
    sys.exit("not as described any more")
PROBE
timeout 30 python3 probe.py
