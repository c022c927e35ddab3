#!/usr/bin/env bash
# Implied volatility at the intrinsic value: 0, 31.25 %, or whatever one passes in; on the day of expiry inf, 1.3e29, or none.
#
# Expected: a call that costs what it is worth today has no volatility to imply: 0, or an error; on its last day, an error.
# Seen: py_vollib 1.0.12 says 0, and raises below. mibian 0.1.3 says 31.25 % for the price at the intrinsic value
#   and 0.00001 % for five cents less. implied-volatility 1.0.0 (npm) compares cents: at the intrinsic value, and at
#   a price of 0, it returns its own starting value, 10 %, or the one that the caller passed. At expiry, py_vollib
#   says inf at the money and raises ZeroDivisionError in the money, mibian raises that in both, and the one for
#   JavaScript says 1.3e29 at the money and again its starting value in the money.
# Why it matters: deep in the money, and in the last hours before an expiry, most ticks are at or a tick from the
#   intrinsic value. The numbers look like volatilities; a smile drawn of them, and greeks made of them, are noise, and
#   two services that use different packages do not agree.
# Way to live with it: compare with the intrinsic value before asking, and send none; in tests one tick at it, one
#   below, one at expiry.
# Versions: py_vollib 1.0.12, mibian 0.1.3 (PyPI), Python 3.11.7; implied-volatility 1.0.0 (npm), Node.js 20.20.2.
#   py_vollib documents its exceptions.
#
# Output seen (spot, strike, days, price of the call; volatility in %; the last column starts at 50 % in place of 10 %):
#   110 100 7 10.00   py_vollib 0.00               mibian 31.25              npm 10.00     from 50: 25.00
#   110 100 7 9.95    py_vollib BelowIntrinsic     mibian 0.00               npm 0.00      from 50: 0.00
#   100 120 7 0.00    py_vollib 0.00               mibian None               npm 10.00     from 50: 50.00
#   100 110 7 0.05    py_vollib 35.33              mibian 35.16              npm 36.25     from 50: 35.94
#   100 100 0 3.00    py_vollib inf                mibian ZeroDivisionError  npm 1.27e+31  from 50: 6.34e+31
#   100 97 0 3.00     py_vollib ZeroDivisionError  mibian ZeroDivisionError  npm 10.00     from 50: 50.00
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check py_vollib==1.0.12 mibian==0.1.3 setuptools==80.9.0 2>/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts implied-volatility@1.0.0

cat > ask.js <<'ASK'
const { getImpliedVolatility } = require("implied-volatility");
const ask = ([s, k, days, c], start) => getImpliedVolatility(c, s, k, days / 365, 0, "call", start);
const cases = JSON.parse(process.argv[2]);
console.log(JSON.stringify(cases.map((option) => [ask(option), ask(option, 0.5)])));
ASK
cat > ask.py <<'ASK'
import json
import subprocess
import sys
import warnings

warnings.simplefilter("ignore")
import mibian
from py_vollib.black_scholes.implied_volatility import implied_volatility

CASES = [
    (110, 100, 7, 10.0), (110, 100, 7, 9.95), (100, 120, 7, 0.0),
    (100, 110, 7, 0.05), (100, 100, 0, 3.0), (100, 97, 0, 3.0),
]  # fmt: skip


def percent(value):
    return f"{value:.2f}" if value < 1e6 or value == float("inf") else f"{value:.2e}"


def asked(function):
    try:
        value = function()
        return "None" if value is None else percent(value)
    except Exception as error:
        return type(error).__name__.removesuffix("Exception")


javascript = json.loads(subprocess.check_output(["node", "ask.js", json.dumps(CASES)]))
table = []
for (spot, strike, days, price), (start, other) in zip(CASES, javascript, strict=True):
    row = (
        asked(lambda: 100 * implied_volatility(price, spot, strike, days / 365, 0, "c")),
        asked(lambda: mibian.BS([spot, strike, 0, days], callPrice=price).impliedVolatility),
        percent(100 * start),
        percent(100 * other),
    )
    option = f"{spot} {strike} {days} {price:.2f}"
    print(f"{option:<17} py_vollib {row[0]:<18} mibian {row[1]:<18} npm {row[2]:<9} from 50: {row[3]}")
    table.append(row)
if table != [
    ("0.00", "31.25", "10.00", "25.00"),
    ("BelowIntrinsic", "0.00", "0.00", "0.00"),
    ("0.00", "None", "10.00", "50.00"),
    ("35.33", "35.16", "36.25", "35.94"),
    ("inf", "ZeroDivisionError", "1.27e+31", "6.34e+31"),
    ("ZeroDivisionError", "ZeroDivisionError", "10.00", "50.00"),
]:
    sys.exit("not as described any more")
ASK
venv/bin/python ask.py
