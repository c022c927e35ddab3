#!/usr/bin/env bash
# cryptils: a factor is rounded to the cents of the currency before it multiplies: a fee of 0.25% is nothing, one of 0.5% is 1%, and 1000 yen times 1.5 are 2000.
#
# One would expect: USDAmount(1000) * Decimal("0.0025") is 2.50: the amount has two places, the factor has those that it has, and the product is rounded at the end. "Create
#   amounts with exact decimal precision", says the README.
# What happens: each other operand is made to an amount of the same currency first, rounded half up, and only then used: a factor or divisor has two decimal places with
#   dollars and none with yen. Half a yen per yen is one, four tenths are nothing. With / the divisor is rounded in the same way (by 0.125 is by 0.13; by
#   0.4 yen raises DivisionByZero), and a comparison too: 155 yen are equal to 155.49. Sums and differences are right, as the amounts of the README are.
# Why it matters: fees, taxes, exchange rates and weights are factors. With bitcoin (8 places) and tether (6) the usual rates come out right, with dollars, euros and yen the same
#   line is wrong by up to all of it; whole factors, which tests like to use, are right in each.
# Live with it: multiply amount.to_decimal() and make a new amount of the product; compare to_decimal() as well. In tests a factor with more places than the currency.
# Versions: cryptils 0.1.0b2 (the newest on PyPI, "4 - Beta"), Python 3.11.7. Source: __mul__, __truediv__ and _compare in cryptils/_core.py, by _to_decimal.
# Documented: the README has "Arithmetic with built-in types (int, float, Decimal)" with whole factors only; nothing found about the rounding.
#
# Seen ("amount, factor: what cryptils says, and the product of the two Decimals"):
#   BTC 1.00000000 * 0.0025        0.00250000        0.002500000000
#   USDT 1000.000000 * 0.0025      2.500000          2.5000000000
#   USD 1000.00 * 0.0025           0.00              2.500000
#   USD 1000.00 * 0.005            10.00             5.00000
#   EUR 1000.00 * 1.0845           1080.00           1084.500000
#   JPY 1000 * 1.5                 2000              1500.0
#   JPY 15000 * 0.0065             0                 97.5000
#   USD 64123.45 / 0.125           493257.31         512987.6
#   JPY 155 == 155.49              True              False
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile cryptils==0.1.0b2 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import operator
from decimal import Decimal

from cryptils import BTCAmount, EURAmount, JPYAmount, USDAmount, USDTAmount

signs = {"*": operator.mul, "/": operator.truediv, "==": operator.eq}
for amount, sign, other in (
    (BTCAmount(1), "*", "0.0025"),
    (USDTAmount(1000), "*", "0.0025"),
    (USDAmount(1000), "*", "0.0025"),
    (USDAmount(1000), "*", "0.005"),
    (EURAmount(1000), "*", "1.0845"),
    (JPYAmount(1000), "*", "1.5"),
    (JPYAmount(15000), "*", "0.0065"),
    (USDAmount("64123.45"), "/", "0.125"),
    (JPYAmount(155), "==", "155.49"),
):
    number = Decimal(other)
    seen = signs[sign](amount, number)
    right = signs[sign](amount.to_decimal(), number)
    print(f"{f'{amount.to_string()} {sign} {other}':<30} {str(seen):<17} {right}")
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
BTC 1.00000000 * 0.0025        0.00250000        0.002500000000
USDT 1000.000000 * 0.0025      2.500000          2.5000000000
USD 1000.00 * 0.0025           0.00              2.500000
USD 1000.00 * 0.005            10.00             5.00000
EUR 1000.00 * 1.0845           1080.00           1084.500000
JPY 1000 * 1.5                 2000              1500.0
JPY 15000 * 0.0065             0                 97.5000
USD 64123.45 / 0.125           493257.31         512987.6
JPY 155 == 155.49              True              False
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
