#!/usr/bin/env bash
# flowrisk: the same trades have a VPIN of 0.1 in thousandths of a coin, of 0.8 in coins and of 1.0 in units of ten: less than one is never bought.
#
# Expected: VPIN is a share, imbalance over volume: with volumes and bucket size in another unit it is the same.
# Seen: the buckets of flowrisk 0.3.0 round the bought volume of each bar down to a whole number and call the rest sold. Of a
#   bar of 0.9 coins nothing is bought, whichever way the price went, of 1.4 coins one or none. With volumes below one
#   all is sold and VPIN is 1.0 for ever; with volumes of a few units it is several times too high.
# Why it matters: prices of coins come with volumes below one, futures with ten contracts a bar. "Toxicity" of 1.0 stops a market maker, or it
#   is taken for the nature of the market; tried with shares, as in the package's example, it is right.
# Way to live with it: volumes and BUCKET_MAX_VOLUME times a million; in tests the same bars in two units.
# Versions: flowrisk 0.3.0 (the newest on PyPI), numpy 1.26.4 (it needs np.math), pandas 2.3.3, scipy 1.15.3, Python 3.11.7. Nothing found about it.
#
# Output seen (400 bars of a fixed seed, of 0.5 to 1.5 units each, buckets of 20 units; the mean of VPIN behind the first hundred):
#   in units of 0.001   VPIN 0.096
#   in units of 0.1     VPIN 0.168
#   in units of 1       VPIN 0.826
#   in units of 10      VPIN 1.000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-deps flowrisk==0.3.0 >pip.log 2>&1 || { cat pip.log; exit 1; }
venv/bin/pip install -qq --disable-pip-version-check --no-compile numpy==1.26.4 pandas==2.3.3 scipy==1.15.3 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import numpy as np
import pandas as pd
from flowrisk import RecursiveVPIN, RecursiveVPINConfig

BARS = 400
random = np.random.default_rng(1)
prices = 100 + np.cumsum(random.normal(0, 0.1, BARS))
volumes = random.uniform(0.5, 1.5, BARS)


def mean_vpin(unit):
    config = RecursiveVPINConfig()
    config.BUCKET_MAX_VOLUME = 20.0 / unit
    config.N_BUCKET_OR_BUCKET_DECAY = 10
    vpin = RecursiveVPIN(config)
    vpin.initialize_vol_estimator(prices[:2])
    vpin.initialize_buckets(float(prices[1]))
    bars = zip(range(2, BARS), prices[2:], volumes[2:] / unit)
    seen = [vpin.update(pd.Series({"time": at, "price": float(price), "volume": float(size)})) for at, price, size in bars]
    return float(np.mean(seen[100:]))


seen = []
for unit in (0.001, 0.1, 1, 10):
    seen.append(f"{mean_vpin(unit):.3f}")
    print(f"in units of {unit:<8}VPIN {seen[-1]}")
if seen != ["0.096", "0.168", "0.826", "1.000"]:
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
