#!/usr/bin/env bash
# continuous-futures: the newest price is the one of the contract that was listed last, with two lots traded, and all before it with it.
#
# Expected: a roll where the volume goes, and ratios backwards from there: the newest days are those of the contract with the most
#   volume, as they were; older contracts are multiplied until they meet it.
# Seen: continuous_futures 0.0.2 begins with the contract that comes last in the data, whatever its volume, and rolls from there to
#   the one with the most volume on the newest day. That is a roll too, and its ratio goes into each price: ESM26 closes at 5107,
#   and the series, which says ESM26 in the same row, at 5161, where ESU26 is. All ratios between days stay as they are. Without the
#   two bars of ESU26 the last price is 5107, the first 5049.9.
# Why it matters: there is always a contract that is listed and not traded yet. Levels, stops and sizes in money that are taken from
#   the series are off by the whole calendar spread, here 1.06 %; an order at the series' price is 54 points away from the market. On
#   the day a contract is listed each stored price changes, and a test that compares today's series with yesterday's is red.
# Way to live with it: leave out contracts behind the one with the most volume on the newest day; a test that the last row is
#   the quote of the contract that it names.
# Versions: continuous_futures 0.0.2 (the newest on PyPI), pandas 2.3.3, Python 3.11.7. The README's example has two contracts and
#   ends in the second. Nothing found about it.
#
# Output seen:
#                              ESH26 and ESM26       ESU26 too, two lots a day
#   2026-03-11 ESH26 5002.0    5049.9                5103.3
#   2026-03-12 ESH26 5012.0    5060.0                5113.5
#   2026-03-13 ESM26 5098.0    5098.0                5151.9
#   2026-03-16 ESM26 5107.0    5107.0                5161.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check continuous_futures==0.0.2 pandas==2.3.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import pandas as pd
from continuous_futures import create_continuous_contract

DAYS = ["2026-03-11", "2026-03-12", "2026-03-13", "2026-03-16"]
H26 = [(5002.0, 1_900_000), (5012.0, 1_500_000), (5049.0, 600_000), (5058.0, 200_000)]
M26 = [(5050.0, 300_000), (5060.0, 800_000), (5098.0, 1_700_000), (5107.0, 2_000_000)]
U26 = [None, None, (5152.0, 2), (5161.0, 2)]


def bars(contract, quotes):
    rows = [(day, quote[0], quote[1], contract) for day, quote in zip(DAYS, quotes, strict=True) if quote]
    return pd.DataFrame(rows, columns=["Date", "Close", "Volume", "Contract"])


def continuous(*contracts):
    data = pd.concat([bars(*contract) for contract in contracts])
    made = create_continuous_contract(data, "Date", "Volume", "Contract", ["Close"], ["Close"])
    return [(row.Contract, round(row.Close, 1)) for row in made.itertuples()]


quoted = dict(zip(DAYS, zip(H26, M26), strict=True))
two = continuous(("ESH26", H26), ("ESM26", M26))
three = continuous(("ESH26", H26), ("ESM26", M26), ("ESU26", U26))
print(f"{'':<27}{'ESH26 and ESM26':<22}ESU26 too, two lots a day")
for day, one, other in zip(DAYS, two, three, strict=True):
    own = quoted[day][one[0] == "ESM26"][0]
    print(f"{day} {one[0]} {own:<9} {one[1]:<21} {other[1]}")
held = ["ESH26", "ESH26", "ESM26", "ESM26"]
right = (
    two == list(zip(held, [5049.9, 5060.0, 5098.0, 5107.0], strict=True))
    and three == list(zip(held, [5103.3, 5113.5, 5151.9, 5161.0], strict=True))
)
if not right:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
