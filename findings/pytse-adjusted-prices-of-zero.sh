#!/usr/bin/env bash
# pytse-client: adjusted prices of the Tehran exchange are whole rials, so that a share that began at 1000 began at 0.
#
# Expected: adjust=True multiplies the prices before a capital increase with its ratio; daily returns are then those that holders had.
# Seen: adjust_price() of pytse-client 0.19.1 rounds each product to a whole number. After three increases, to 1/2000 together, 1000 rials
#   are 0 and 3200 are 2. The ratios themselves are right, and each price is within half a rial.
# Why it matters: Tehran knows increases of many times the capital, out of revalued assets, and a share has several in twenty years. Of a
#   steady 3 % a day nearly half of the days are 0 %, others 100 %, and one divides by zero. Volatility, momentum and stops
#   over the old years are made of that rounding. The last years look right.
# Way to live with it: download with adjust=False, and the ratios from the columns yesterday and adjClose, without rounding. In tests
#   the returns before and after the adjustment side by side.
# Versions: pytse-client 0.19.1 (the newest on PyPI), pandas 2.3.3, Python 3.11.7. Nothing found about it. The script makes the records in the
#   package's columns and hands them to the function that download(adjust=True) calls.
#
# Output seen (4 times 60 days of 3 %, with increases to 1/10, 1/10 and 1/20 between them):
#   first close            1000 -> 0 (right: 0.5)
#   close of day 30        2431 -> 1 (right: 1.2155)
#   days of 2.5 to 3.5 %   239 of 239 -> 80 of 239
#   days of 0 %            0 -> 109
#   largest day            3.4 % -> inf %
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check pytse-client==0.19.1 pandas==2.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys
from datetime import date, timedelta

import pandas
from pytse_client.download import adjust_price

RATIOS = {60: 0.1, 120: 0.1, 180: 0.05}
PRICES = ["open", "high", "low", "close", "adjClose"]
rows, close = [], 1000
for day in range(240):
    yesterday = float(round(close * RATIOS.get(day, 1)))
    close = float(round(yesterday * 1.03)) if day else 1000.0
    rows.append([date(2005, 1, 1) + timedelta(day), yesterday, *[close] * len(PRICES), 1000])
plain = pandas.DataFrame(rows, columns=["date", "yesterday", *PRICES, "volume"])
adjusted = adjust_price(plain)

true_returns = (plain.adjClose / plain.yesterday - 1)[1:]
returns = adjusted.adjClose.pct_change()[1:]


def near(values):
    return int(values.between(0.025, 0.035).sum())


first, later = adjusted.close[0], adjusted.close[30]
zeros = int((returns.fillna(0) == 0).sum())
print(f"first close            {plain.close[0]:.0f} -> {first:.0f} (right: {plain.close[0] / 2000:g})")
print(f"close of day 30        {plain.close[30]:.0f} -> {later:.0f} (right: {plain.close[30] / 2000:g})")
print(f"days of 2.5 to 3.5 %   {near(true_returns)} of {len(returns)} -> {near(returns)} of {len(returns)}")
print(f"days of 0 %            {int((true_returns == 0).sum())} -> {zeros}")
print(f"largest day            {true_returns.max():.1%} -> {returns.max():.0%}".replace("%", " %"))
if first != 0 or later != 1 or near(returns) > 100 or zeros < 100 or returns.max() < 1:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
