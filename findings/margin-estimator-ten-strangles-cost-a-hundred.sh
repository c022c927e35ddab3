#!/usr/bin/env bash
# margin-estimator: ten short strangles need the margin of almost a hundred; in cash ten short puts need as much as one; and a far call bought for protection raises the margin.
#
# Expected: the requirement of ten equal positions is ten times that of one. A spread needs "the lesser of the amount required for the short option(s), or the spread's maximum potential loss".
# Seen: margin-estimator 0.4.1 multiplies the margin of a naked option by its quantity, and that of a strangle, made of two such margins, once more: the quantity is squared but for the smaller
#   premium. The same contracts as legs of one each, with strikes a little apart, are right. The cash requirement of naked options and strangles is that of one contract, whatever the quantity. Of a
#   spread it takes the maximum loss alone, as if it were the lesser.
# Why it matters: a check before the trade refuses ten strangles that are allowed, and in a cash account lets ten puts through for which the money of one is there. Examples and tests have one
#   contract each, where all is right. Who buys a far call against a gap gets less buying power.
# Way to live with it: calculate_margin() for one contract of each leg, times the quantity; the requirement with and without the far leg, and the lesser one. In tests each position once and ten
#   times.
# Versions: margin-estimator 0.4.1 (PyPI, the newest), Python 3.11.7. Source: _calculate_margin_short_strangle, _calculate_margin_short_option and _calculate_margin_spread in margin.py. Nothing
#   found about it. README says that box spreads and complex positions may be too conservative.
#
# Output seen (index at 587, call 600 at 3.00, put 570 at 2.50, call 700 at 0.10):
#   1 strangle(s)                  margin 8055, cash 116450       (right: 8055, 116450)
#   2 strangle(s)                  margin 31720, cash 116450      (right: 16110, 232900)
#   10 strangle(s)                 margin 783000, cash 116450     (right: 80550, 1164500)
#   1 put(s)                       margin 7355, cash 56750        (right: 7355, 56750)
#   10 put(s)                      margin 73550, cash 56750       (right: 73550, 567500)
#   1 call                         margin 7805, cash 59700        (right: 7805)
#   1 call, and a call 700 bought  margin 9710, cash 9710         (right: 7805 or less)
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check margin-estimator==0.4.1 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
from datetime import date
from decimal import Decimal

from margin_estimator import ETFType, Option, OptionType, Underlying, calculate_margin

INDEX = Underlying(price=Decimal(587), etf_type=ETFType.BROAD)


def option(kind, strike, price, quantity):
    return Option(expiration=date(2030, 1, 18), type=OptionType(kind), strike=Decimal(strike), price=Decimal(price), quantity=quantity)


def required(*legs):
    seen = calculate_margin([option(*leg) for leg in legs], INDEX)
    return f"margin {seen.margin_requirement:.0f}, cash {seen.cash_requirement:.0f}"


rows = []
for number in (1, 2, 10):
    right = f"{8055 * number}, {116450 * number}"
    rows.append((f"{number} strangle(s)", required(("C", "600", "3.00", -number), ("P", "570", "2.50", -number)), right))
for number in (1, 10):
    rows.append((f"{number} put(s)", required(("P", "570", "2.50", -number)), f"{7355 * number}, {56750 * number}"))
rows.append(("1 call", required(("C", "600", "3.00", -1)), "7805"))
rows.append(("1 call, and a call 700 bought", required(("C", "600", "3.00", -1), ("C", "700", "0.10", 1)), "7805 or less"))
for name, seen, right in rows:
    print(f"{name:<30} {seen:<30} (right: {right})")
if [seen for _, seen, _ in rows] != [
    "margin 8055, cash 116450",
    "margin 31720, cash 116450",
    "margin 783000, cash 116450",
    "margin 7355, cash 56750",
    "margin 73550, cash 56750",
    "margin 7805, cash 59700",
    "margin 9710, cash 9710",
]:
    raise SystemExit("not as described any more")
PROBE
timeout 60 venv/bin/python probe.py
