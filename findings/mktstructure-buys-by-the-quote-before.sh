#!/usr/bin/env bash
# mktstructure: who buys at the ask just after the quote fell has sold, and a spread of two basis points is measured as negative.
#
# Expected: Lee and Ready: a trade above the midpoint of the quote that stood is a purchase, one below a sale.
# Seen: mktstructure 0.2.11 computes the midpoint when a quote comes in, but from the bid and the ask it had till then. Trades
#   are signed by the quote before the last; the columns beside them, and the spread, have the right one. A purchase at 99.92 against
#   99.90/99.92 is a sale, because 100.00/100.02 stood before; a sale after a rise is a purchase. The first trades of a day, with
#   one quote before them, are 0. "clean" takes two fills of one size in one nanosecond for a duplicate.
# Why it matters: with a quote that moves more than its spread between two trades, which is each liquid stock, the sign is the one
#   of the last move of the price: order flow follows the market by construction. The effective spread, 2.0 bp here as all trades
#   are at the bid or the ask, comes out at -0.3: who measures what trading costs is told that one earns by it.
# Way to live with it: sign them oneself with pandas.merge_asof, or check that no trade at the ask has Direction -1.
# Versions: mktstructure 0.2.11 (the newest on PyPI), pandas 2.3.3, numba 0.62.1, Python 3.11.7. With pandas 3 classify raises. Its C
#   parser of downloads is left out here, the Python is run from the package's archive. Nothing found about it.
#
# Output seen (6 trades, one of them twice in a nanosecond):
#   trade at      quote           is        Direction
#   100.02        100.00 100.02   bought    0
#   99.92         99.90 99.92     bought    -1
#   99.90         99.90 99.92     sold      -1
#   100.00        100.00 100.02   sold      1
#   100.12        100.10 100.12   bought    1
#   100.10        100.10 100.12   sold      1
#   kept by clean: 6 of 7
#   effective spread: -0.3 bp, with the right signs 2.0
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
{
  venv/bin/pip install -qq --disable-pip-version-check pandas==2.3.3 numpy==2.3.5 numba==0.62.1 tqdm==4.67.1 setuptools==80.9.0
  venv/bin/pip download -qq --disable-pip-version-check --no-deps --no-binary :all: --no-build-isolation mktstructure==0.2.11
  tar xzf mktstructure-0.2.11.tar.gz
} >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import csv
import gzip
import os
import subprocess
import sys

TRADES = [  # price, bid, ask; 1 is a purchase
    (100.02, 100.00, 100.02, 1), (99.92, 99.90, 99.92, 1), (99.90, 99.90, 99.92, -1),
    (100.00, 100.00, 100.02, -1), (100.12, 100.10, 100.12, 1), (100.10, 100.10, 100.12, -1),
]
NAMES = ["#RIC", "Date-Time", "GMT Offset", "Type", "Price", "Volume", "Bid Price", "Bid Size", "Ask Price", "Ask Size"]
rows = []
standing = None
for number, (price, bid, ask, _) in enumerate(TRADES):
    if (bid, ask) != standing:
        standing = (bid, ask)
        rows.append(["AAPL.OQ", f"2026-01-05T15:00:{number:02}.000000001Z", -5, "Quote", "", "", bid, 100, ask, 100])
    rows.append(["AAPL.OQ", f"2026-01-05T15:00:{number:02}.500000001Z", -5, "Trade", price, 100, "", "", "", ""])
rows.append(rows[-1])
folder = "data/AAPL.OQ"
os.makedirs(folder)
with gzip.open(f"{folder}/2026-01-05.csv.gz", "wt") as file:
    csv.writer(file).writerows([NAMES, *rows])


def mktstructure(*arguments):
    command = [sys.executable, "-W", "ignore", "-m", "mktstructure.main", *arguments, "--all", "--data_dir", "data"]
    environment = os.environ | {"PYTHONPATH": "mktstructure-0.2.11", "NUMBA_CACHE_DIR": "cache"}
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=100)


mktstructure("clean")
mktstructure("classify")
mktstructure("compute", "--effective_spread", "--out", "spread.csv")
with gzip.open(f"{folder}/2026-01-05.sorted.signed.csv.gz", "rt") as file:
    signed = list(csv.DictReader(file))
seen = [int(row["Direction"]) for row in signed]
print(f"{'trade at':<13} {'quote':<15} {'is':<9} Direction")
for (price, bid, ask, sign), direction in zip(TRADES, seen, strict=True):
    print(f"{price:<13.2f} {f'{bid:.2f} {ask:.2f}':<15} {'bought' if sign > 0 else 'sold':<9} {direction}")
print(f"kept by clean: {len(signed)} of {len(TRADES) + 1}")
with open("spread.csv") as file:
    measured = float(file.read().split(",")[-1]) * 1e4
costs = [2 * sign * (price / ((bid + ask) / 2) - 1) for price, bid, ask, sign in TRADES]
weights = [price * 100 for price, *_ in TRADES]
right = sum(cost * weight for cost, weight in zip(costs, weights, strict=True)) / sum(weights) * 1e4
print(f"effective spread: {measured:.1f} bp, with the right signs {right:.1f}")
if seen != [0, -1, -1, 1, 1, 1] or not measured < 0 < 1.9 < right:
    sys.exit("not as described any more")
PROBE
timeout 110 venv/bin/python -W ignore probe.py
