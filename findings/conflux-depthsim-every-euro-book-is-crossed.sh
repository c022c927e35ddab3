#!/usr/bin/env bash
# conflux-depthsim: every simulated book of the euro is crossed, and one of bitcoin has 1,000 coins on each level.
#
# Expected: "realistic bid-ask spreads, order book depth" out of OHLCV data of any market; README's examples are BTCUSDT. The best bid is below
#   the best ask by the spread that the model gave, and sizes are "a ratio of the volume".
# Seen: conflux-depthsim 0.1.0 rounds prices to cents (generate_depth_ladder) or tenths of a cent (generate_l2_depth_snapshots), whatever the price; for
#   the second it moves three levels in ten towards the other side by up to 0.9 cents, "sub-penny pricing". At 1.0851 and a spread of 2
#   basis points (0.0002) all 200 books are crossed, by 1.2 cents on average; at 0.1234 as well. The ladder has one price for ten bids. No size
#   is below 1,000 (500 in the second), so that bitcoin with a volume of 3.2 in the minute has 1,000 on each level. spread and
#   mid_price of the book are the model's, not those of its levels. With a share of 187.50 all of it looks right.
# Why it matters: a feed handler or a test of one that is fed with these books drops them, or counts arbitrage in each minute; a fill
#   simulation finds three hundred times the market's volume at the best price and no impact.
# Way to live with it: scale prices to some hundreds and volumes to hundreds of thousands before, and back after. In tests assert
#   bid < ask and size < volume on what a generator makes, before it is used as an input.
# Versions: conflux-depthsim 0.1.0, pandas 3.1.1, numpy 2.4.6 (PyPI), Python 3.11.7. Source: depthsim/core.py. Nothing found about it.
#
# Output seen:
#   market    mid      spread    l2: crossed   best bid - ask   smallest size   ladder: prices of 10 bids
#   share        187.5    0.0375      0 of 200      -0.0379           500             7.9, smallest size 1000
#   EURUSD      1.0851    0.0002    200 of 200       0.0116           500             1.0, smallest size 1000
#   DOGE        0.1234    0.0000    200 of 200       0.0122           500             1.0, smallest size 1000
#   BTC        95000.0   19.0000      0 of 200     -19.0000           500            10.0, smallest size 1000
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check conflux-depthsim==0.1.0 pandas==3.1.1 numpy==2.4.6 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import sys

import pandas
from depthsim import DepthSimulator

seen = {}
print("market    mid      spread    l2: crossed   best bid - ask   smallest size   ladder: prices of 10 bids")
for market, price, volume in (("share", 187.5, 500_000.0), ("EURUSD", 1.0851, 1_000_000.0), ("DOGE", 0.1234, 1_000_000.0), ("BTC", 95_000.0, 3.2)):
    minutes = pandas.date_range("2026-01-05 10:00", periods=200, freq="min")
    bars = pandas.DataFrame({"close": price, "volume": volume}, index=minutes)
    simulator = DepthSimulator(spread_model="constant", base_spread_bps=2.0, seed=1)
    books = list(simulator.generate_l2_depth_snapshots(bars, levels=10).values())
    gaps = [book.bids[0].price - book.asks[0].price for book in books]
    crossed = sum(gap > 0 for gap in gaps)
    smallest = min(level.size for book in books for level in book.bids + book.asks)
    ladder = list(simulator.generate_depth_ladder(bars, levels=10).values())
    prices = sum(len({level.price for level in book.bids}) for book in ladder) / len(ladder)
    least = min(level.size for book in ladder for level in book.bids)
    seen[market] = crossed, float(smallest), float(least)
    print(f"{market:8} {price:9} {books[0].spread:9.4f}    {crossed:3} of 200    {sum(gaps) / 200:9.4f}     "
          f"{smallest:9.0f}            {prices:4.1f}, smallest size {least:.0f}")
if (seen["EURUSD"][0], seen["DOGE"][0], seen["BTC"][1:], seen["share"][0]) != (200, 200, (500.0, 1000.0), 0):
    sys.exit("not as described any more")
PROBE
timeout 60 venv/bin/python -W ignore probe.py
