#!/usr/bin/env bash
# dezimal: 10 // 2.5 is 5, truncate makes a loss larger, and no number differs from None: the operators drop the decimals before they work, or forget the sign.
#
# One would expect: "Arbitrary precision decimal numbers" do // with the numbers that they are, as Decimal and float do, truncate and int() go towards zero, as their names and
#   Python's int() say, and a number is different from everything that is no number.
# What happens: a // b is int(a) // int(b): both lose their decimals first. The divisor 2.5 is 2, one below 1 raises ZeroDivisionError. int() and truncate(n) go down, not
#   towards zero: -1.25 cut to one place is -1.3. And x != None is False for each x, as a TypeError in the comparison is answered with that; x == None is False
#   too. + - * / and the comparisons of numbers are exact, as far as tried.
# Why it matters: quantity // lot and amount // price are how orders are sized: a quarter too many lots, and an order above the money that is there. Losses get a tick larger where
#   they are cut and gains smaller. A filter "if price != None" drops every price.
# Live with it: (a / b).truncate(0) for positive numbers, -(-x).truncate(n) for negative ones; "is not None". Decimal has none of this. In tests a divisor with
#   decimals, and a negative number wherever something is cut.
# Versions: dezimal 0.4.0 (the newest on PyPI), Python 3.11.7. Source: __floordiv__, truncate, __int__ and __ne__ in dezimal/core.py.
# Documented: the README lists // and != among the supported operations and says nothing of this; nothing found elsewhere.
#
# Seen ("the same with dezimal and with Python's Decimal, where truncate is quantize with ROUND_DOWN"):
#   10 // 2.5                5                    4
#   227.5 // 2.5             113                  91
#   1000 // 64.99            15                   15
#   1000 // 1.99             1000                 502
#   1 // 0.25                ZeroDivisionError    4
#   truncate(1.25, 1)        1.2                  1.2
#   truncate(-1.25, 1)       -1.3                 -1.2
#   int(1.5)                 1                    1
#   int(-1.5)                -2                   -1
#   1.5 == None              False                False
#   1.5 != None              False                True
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile dezimal==0.4.0 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
from decimal import ROUND_DOWN, Decimal

from dezimal import Dezimal


def truncate(number, places):
    if isinstance(number, Dezimal):
        return number.truncate(places)
    return number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)


def by(divisor):
    return lambda kind, text: kind(text) // kind(divisor)


for title, text, work in (
    ("10 // 2.5", "10", by("2.5")),
    ("227.5 // 2.5", "227.5", by("2.5")),
    ("1000 // 64.99", "1000", by("64.99")),
    ("1000 // 1.99", "1000", by("1.99")),
    ("1 // 0.25", "1", by("0.25")),
    ("truncate(1.25, 1)", "1.25", lambda kind, text: truncate(kind(text), 1)),
    ("truncate(-1.25, 1)", "-1.25", lambda kind, text: truncate(kind(text), 1)),
    ("int(1.5)", "1.5", lambda kind, text: int(kind(text))),
    ("int(-1.5)", "-1.5", lambda kind, text: int(kind(text))),
    ("1.5 == None", "1.5", lambda kind, text: kind(text) == None),  # noqa: E711
    ("1.5 != None", "1.5", lambda kind, text: kind(text) != None),  # noqa: E711
):
    seen = []
    for kind in (Dezimal, Decimal):
        try:
            seen.append(str(work(kind, text)))
        except ZeroDivisionError as error:
            seen.append(type(error).__name__)
    print(f"{title:<24} {seen[0]:<20} {seen[1]}")
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
10 // 2.5                5                    4
227.5 // 2.5             113                  91
1000 // 64.99            15                   15
1000 // 1.99             1000                 502
1 // 0.25                ZeroDivisionError    4
truncate(1.25, 1)        1.2                  1.2
truncate(-1.25, 1)       -1.3                 -1.2
int(1.5)                 1                    1
int(-1.5)                -2                   -1
1.5 == None              False                False
1.5 != None              False                True
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
