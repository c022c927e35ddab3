#!/usr/bin/env bash
# gfil-calculators: the margin of a lot of USDJPY is 154,200 "in account currency" and that of EURGBP is in pounds; free_margin() adds them up; and a pip of USDJPY is 6.50 whatever rate is given.
#
# Expected: "margin: required margin in account currency" (margin_required): a lot of 100,000 US dollars with leverage 100 needs 1000 dollars, one of 100,000 euros those euros in dollars.
#   exchange_rate is the "rate from the quote currency to account currency", and the pip value follows it.
# Seen: margin_required() of gfil-calculators 1.1.1 multiplies lots, contract and price and divides by leverage: that is money of the quote currency, yen for USDJPY, pounds for EURGBP. It has no
#   parameter for the account. free_margin() adds these numbers and calls for margin. pip_value() and position_size() take a number from a table (6.50, which is a dollar at 153.85 yen) when the
#   account is in dollars, and exchange_rate is not looked at; with any other account it is used.
# Why it matters: one position in yen is a margin call for an account that has 90 percent free; one in pounds is a fifth too cheap. Sizes for pairs with yen, francs or Canadian dollars are wrong by
#   what the currency moved since the table was written. EURUSD, gold and bitcoin, the examples, are right.
# Way to live with it: margin times the rate of the quote currency (1 / price where the dollar comes first); pip_value_cross() with a rate, for each pair that does not end in USD. In tests USDJPY.
# Versions: gfil-calculators 1.1.1 (PyPI, the newest), Python 3.11.7. Source: margin_required and free_margin in margin.py, pip_value_per_lot in instruments.py. Nothing found about it.
#
# Output seen (one lot, leverage 100, an account of 10,000 dollars):
#   EURUSD at 1.085                     margin 1085, margin call: False      (right: 1085, False)
#   USDJPY at 154.20                    margin 154200, margin call: True     (right: 1000, False)
#   USDCAD at 1.37                      margin 1370, margin call: False      (right: 1000, False)
#   EURGBP at 0.859, the pound at 1.27  margin 859, margin call: False       (right: 1091, False)
#   USDJPY, a yen is 1/154              a pip 6.50, size 0.77                (right: 6.49, 0.77)
#   USDJPY, a yen is 1/100              a pip 6.50, size 0.77                (right: 10.00, 0.50)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check gfil-calculators==1.1.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
from gfil_calculators import free_margin, margin_required, pip_value, position_size


def margin(symbol, price):
    need = margin_required(symbol, 1.0, price, 100)
    account = free_margin(10_000, [need])
    return f"margin {need['margin']:.0f}, margin call: {account['margin_call']}"


def pip(symbol, rate):
    size = position_size(10_000, 1.0, 20, symbol, exchange_rate=rate)
    return f"a pip {pip_value(symbol, 1.0, 'USD', rate)['one_pip']:.2f}, size {size['lots']:.2f}"


rows = [
    ("EURUSD at 1.085", margin("EURUSD", 1.085), "1085, False"),
    ("USDJPY at 154.20", margin("USDJPY", 154.2), "1000, False"),
    ("USDCAD at 1.37", margin("USDCAD", 1.37), "1000, False"),
    ("EURGBP at 0.859, the pound at 1.27", margin("EURGBP", 0.859), "1091, False"),
    ("USDJPY, a yen is 1/154", pip("USDJPY", 1 / 154), "6.49, 0.77"),
    ("USDJPY, a yen is 1/100", pip("USDJPY", 1 / 100), "10.00, 0.50"),
]
for name, seen, right in rows:
    print(f"{name:<35} {seen:<36} (right: {right})")
if [seen for _, seen, _ in rows] != [
    "margin 1085, margin call: False",
    "margin 154200, margin call: True",
    "margin 1370, margin call: False",
    "margin 859, margin call: False",
    "a pip 6.50, size 0.77",
    "a pip 6.50, size 0.77",
]:
    raise SystemExit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
