#!/usr/bin/env bash
# finmlkit: prices in steps of 0.25 get a tick of 0.3 or 0.1, and the footprint has trades at 5000.4 and 5000.7, which never traded.
#
# Expected: the tick size that is found from the prices is 0.25, and a footprint has the levels at which there were trades, with all of
#   their volume.
# Seen: comp_price_tick_size() of finmlkit 0.1.11 scales the prices by a power of ten so that the smallest difference has one digit
#   before the point, rounds to whole numbers and takes their greatest common divisor: 5000.25, .50 and .75 become 50002, 50005,
#   50008, which is 3, so 0.3. A tick of 0.01, 0.05 or 0.5 is right, one of 0.25, 1/8, 1/32 or 0.025 can't be. Which wrong one it is depends
#   on which prices are in the first 10,000 trades. build_footprints() rounds each price to a multiple of it, without a word: two
#   real levels fall together, and the others are moved. The first trade isn't in the footprint at all, as it has no side.
# Why it matters: E-mini futures, treasury futures and many others have such ticks. Imbalance, point of control and levels are at prices
#   that no book has, and two days of one contract have different grids.
# Way to live with it: give the tick by yourself: build_footprints(price_tick_size=0.25). In tests compare the levels of a footprint with
#   the prices of the trades.
# Versions: finmlkit 0.1.11, numba 0.61.2, numpy 2.2.6, pandas 2.2.3, Python 3.11. Nothing found about it.
#
# Output seen:
#   tick found: 0.3 from 5000.25 5000.5 5000.75
#   tick found: 0.1 from 5000.25 5000.5 5000.75 5001.0
#   tick found: 0.03 from 110.03125 110.0625 110.09375
#   tick found: 0.05 from 0.05 0.1 0.15 0.2
#   levels traded              5000.25: 6, 5000.5: 6, 5000.75: 9
#   levels of the footprint    5000.4: 11, 5000.7: 9
#   levels with 0.25 given     5000.25: 5, 5000.5: 6, 5000.75: 9
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile finmlkit==0.1.11 numba==0.61.2 numpy==2.2.6 pandas==2.2.3 \
  >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import numpy as np
import pandas as pd
from finmlkit.bar.data_model import TradesData
from finmlkit.bar.kit import TimeBarKit
from finmlkit.bar.utils import comp_price_tick_size

GRIDS = [
    (0.3, [5000.25, 5000.5, 5000.75]),
    (0.1, [5000.25, 5000.5, 5000.75, 5001.0]),
    (0.03, [110.03125, 110.0625, 110.09375]),
    (0.05, [0.05, 0.1, 0.15, 0.2]),
]
ticks = [round(float(comp_price_tick_size(np.array(prices))), 6) for _, prices in GRIDS]
for tick, (_, prices) in zip(ticks, GRIDS):
    print(f"tick found: {tick} from", *prices)

open_time = pd.Timestamp("2025-06-11 13:30:00").value
seconds = np.array([5, 10, 20, 70, 80, 130], dtype=np.int64)
prices = np.array([5000.25, 5000.5, 5000.75, 5000.5, 5000.25, 5000.75])
sizes = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
trades = TradesData(open_time + seconds * 1_000_000_000, prices, sizes, id=np.arange(6), timestamp_unit="ns", preprocess=True)


def levels(table, price, size):
    volumes = table.groupby(table[price].astype(float).round(6))[size].sum()
    return {float(level): float(volume) for level, volume in volumes.items()}


def footprint(**more):
    table = TimeBarKit(trades, pd.Timedelta(minutes=1)).build_footprints(**more).get_df()
    table["volume"] = table["buy_volume"] + table["sell_volume"]
    return levels(table[table["volume"] > 0], "price_level", "volume")


seen = {
    "levels traded": levels(pd.DataFrame({"price": prices, "size": sizes}), "price", "size"),
    "levels of the footprint": footprint(),
    "levels with 0.25 given": footprint(price_tick_size=0.25),
}
for name, volumes in seen.items():
    print(f"{name:<26}", ", ".join(f"{level}: {volume:g}" for level, volume in volumes.items()))

expected = [{5000.25: 6, 5000.5: 6, 5000.75: 9}, {5000.4: 11, 5000.7: 9}, {5000.25: 5, 5000.5: 6, 5000.75: 9}]
if ticks != [tick for tick, _ in GRIDS] or list(seen.values()) != expected:
    sys.exit("not as described any more")
PROBE
FMK_CONSOLE_LOGGER_LEVEL=ERROR timeout 80 venv/bin/python -W ignore probe.py 2>probe.log || { tail -n 20 probe.log; exit 1; }
