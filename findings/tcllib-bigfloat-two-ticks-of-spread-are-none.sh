#!/usr/bin/env bash
# Tcllib's math::bigfloat: a bid of 100.10 and an ask of 100.12 are equal, their spread is zero, and 64123.45 is written as "64123."
#
# One would expect: "big floats", numbers of any precision, for prices that a double cannot hold: what is read comes out again, 100.10 is less than 100.11.
# What happens: math::bigfloat 2.0.3 (Tcllib 1.21) reads each text as an interval of one unit of its last digit on either side. equal is "the intervals
#   touch": prices one or two ticks apart are equal, compare says 0, and iszero is true of their difference. tostr leaves out each digit that is not
#   certain: 4.35 is "4.", 64123.45 is "64123.", 64123.44 is "64123.4". Sums and products are less certain still: 64123.45 * 0.5 is
#   "0.e+5". Integers (100) are another type and cannot be compared with 100.10 at all.
# Why it matters: it is the package that a search for exact decimals in Tcl finds next to math::decimal. A check that the book is not crossed, that a price
#   has moved, or that two fills add up to the order cannot fail by a tick. With prices of more digits than the tick all is right, as in
#   the manual's examples of pi.
# Live with it: math::decimal; or fromstr with zeros appended (fromstr 100.10 8), which sets the uncertainty to one unit of the eighth further digit. In tests
#   two prices a tick apart, and one that is read and written.
# Versions: tcllib 1.21+dfsg-1 (Debian 12), Tcl 8.6.13.
# Documented: the manual explains the intervals and warns of reading what tostr wrote. About equal it says "Returns 1 if x and y are equal".
# Seen:
#   bid       ask       equal  compare  spread is zero  bid is written as
#   100.10    100.11    1      0        1               100.1
#   100.10    100.12    1      0        1               100.1
#   100.10    100.13    0      -1       0               100.1
#   64123.45  64123.47  1      0        1               64123.
#   4.35      4.36      1      0        1               4.
#   100 times 0.10: 1.e+1; 100.10 * 3.0: 3.e+2; 64123.45 * 0.5: 0.e+5
#   with 8 zeros: 100.10 and 100.11 equal 0, written as 100.100000000
set -euo pipefail
command -v tclsh >/dev/null && command -v dpkg-deb >/dev/null || { echo "needs Debian 12 with tclsh, for tcllib 1.21" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
apt-get download -qq tcllib=1.21+dfsg-1 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb -x tcllib_*.deb .

cat > probe.tcl <<'PROBE'
lappend auto_path [glob usr/share/tcltk/tcllib1.21]
package require -exact math::bigfloat 2.0.3
namespace import ::math::bigfloat::*
puts [format "%-9s %-9s %-6s %-8s %-15s %s" bid ask equal compare "spread is zero" "bid is written as"]
foreach {bid ask} {100.10 100.11 100.10 100.12 100.10 100.13 64123.45 64123.47 4.35 4.36} {
    set low [fromstr $bid]
    set high [fromstr $ask]
    puts [format "%-9s %-9s %-6s %-8s %-15s %s" $bid $ask [equal $low $high] [compare $low $high] [iszero [sub $high $low]] [tostr $low]]
}
set sum [fromstr 0.10]
for {set i 1} {$i < 100} {incr i} { set sum [add $sum [fromstr 0.10]] }
puts "100 times 0.10: [tostr $sum]; 100.10 * 3.0: [tostr [mul [fromstr 100.10] [fromstr 3.0]]]; 64123.45 * 0.5: [tostr [mul [fromstr 64123.45] [fromstr 0.5]]]"
set low [fromstr 100.10 8]
puts "with 8 zeros: 100.10 and 100.11 equal [equal $low [fromstr 100.11 8]], written as [tostr $low]"
PROBE
timeout 30 tclsh probe.tcl | tee seen
cat > expected <<'EXPECTED'
bid       ask       equal  compare  spread is zero  bid is written as
100.10    100.11    1      0        1               100.1
100.10    100.12    1      0        1               100.1
100.10    100.13    0      -1       0               100.1
64123.45  64123.47  1      0        1               64123.
4.35      4.36      1      0        1               4.
100 times 0.10: 1.e+1; 100.10 * 3.0: 3.e+2; 64123.45 * 0.5: 0.e+5
with 8 zeros: 100.10 and 100.11 equal 0, written as 100.100000000
EXPECTED
diff -q expected seen >/dev/null || { echo "not as described any more"; exit 1; }
