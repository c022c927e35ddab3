#!/usr/bin/env bash
# hoadleyYaPu: what costs less than 0.05 has a volatility of its own: each option of a currency pair, each wing of a chain.
#
# Expected: implied_volatility() of a price that blackScholes() of the same package made with 20 % is 20 %; if the search does not
#   get there, an error or NaN. A European put in the money may cost less than its strike less the spot when rates are above zero.
# Seen: hoadleyYaPu 0.2 raises its guess by 10 points (a put: 1 point) in each of its 100 rounds until the price of the guess is at
#   least 0.05, then takes one Newton step towards the real price; below 0.05 the two undo each other, and the guess of the
#   last round is returned as the answer. 0.05 is a number without a currency: with a spot of 1.10 nearly every option is below it.
#   A price at or under the intrinsic value, not discounted, is 0, with rates too; above 400 % it is 400 %. No message in any case.
# Why it matters: smiles turn up at the wings where the market is flat, by a number that depends on the unit of the spot: the same
#   option is right in US cents and wrong in dollars. Greeks made of it, and alarms on a jump of volatility, follow.
# Way to live with it: price again with the answer and compare with the quote (the difference is far above its tol of 0.0001);
#   scale spot, strike and price up by 100 or 10,000. In tests one option of a currency pair and one put in the money with a rate.
# Versions: hoadleyYaPu 0.2 (PyPI), numpy 2.4.6, scipy 1.17.1, Python 3.11.7. Nothing found about it.
#
# Output seen:
#   option                      made with   price     implied   price of that
#   call 100 at 100, 30 days      20.0 %    2.2872     20.0 %    2.2872
#   call 118 at 100, 30 days      20.0 %    0.0035     27.3 %    0.0522
#   put   85 at 100, 30 days      20.0 %    0.0036     23.8 %    0.0183
#   call 1.12 at 1.10, 30 days     8.0 %    0.0031      9.6 %    0.0047
#   the same times 100             8.0 %    0.3138      8.0 %    0.3138
#   put  110 at 100, 1 y at 5 %   10.0 %    6.8092      0.0 %       nan
#   call 100 at 100, 30 days     600.0 %   61.0251    400.0 %   43.3614
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check hoadleyYaPu==0.2 numpy==2.4.6 scipy==1.17.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import contextlib
import io
import sys

from hoadleyYaPu.hoadleyYaPu import blackScholes, implied_volatility

print("option                      made with   price     implied   price of that")
seen = []
for name, kind, strike, spot, days, sigma, rate in (
    ("call 100 at 100, 30 days", "c", 100, 100, 30, 0.20, 0),
    ("call 118 at 100, 30 days", "c", 118, 100, 30, 0.20, 0),
    ("put   85 at 100, 30 days", "p", 85, 100, 30, 0.20, 0),
    ("call 1.12 at 1.10, 30 days", "c", 1.12, 1.10, 30, 0.08, 0),
    ("the same times 100", "c", 112, 110, 30, 0.08, 0),
    ("put  110 at 100, 1 y at 5 %", "p", 110, 100, 365, 0.10, 0.05),
    ("call 100 at 100, 30 days", "c", 100, 100, 30, 6.00, 0),
):
    with contextlib.redirect_stdout(io.StringIO()):
        price = blackScholes("p", kind, strike, spot, days, sigma, rate)
        implied = implied_volatility(kind, strike, spot, days, price, rate)
        again = blackScholes("p", kind, strike, spot, days, implied, rate)
    seen.append(round(float(implied) * 100, 1))
    print(f"{name:27} {sigma * 100:6.1f} % {price:9.4f} {seen[-1]:8.1f} % {float(again):9.4f}")
if seen != [20.0, 27.3, 23.8, 9.6, 8.0, 0.0, 400.0]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
