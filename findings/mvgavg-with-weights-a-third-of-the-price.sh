#!/usr/bin/env bash
# mvgavg: with weights a moving average over three prices is a third of the price, over five a fifth; without weights one missing price leaves nothing for the rest of the day.
#
# One would expect: weights that are all the same give the plain moving average, and any weights one that lies between the lowest and the highest price of the window. A missing
#   price (NaN) is missing in the windows that it is in.
# What happens: each price is multiplied by its weight and divided by the sum of the weights, and then the mean of these is taken and not their sum, which divides by the number of
#   prices once more. Without weights the averages are differences of a running total from the first price on: after a NaN the total is NaN, and so is every average behind
#   it. With binning=True the weights are not used at all.
# Why it matters: a weighted average beside the price can't be overlooked on a chart, but it can in a signal (the price is always above), in a ratio of two such averages,
#   which is right, and in a slope. The NaN of one auction or halt ends the series of the day.
# Live with it: times n, or numpy.average(window, weights=...) over sliding_window_view of numpy; fill or drop missing prices first. In tests equal weights against none.
# Versions: mvgavg 0.1.0 (the newest on PyPI), numpy 2.4.6, Python 3.11.7. Source: fnjn_mvgavg and cumsum_mvgavg in mvgavg/mvgavg.py.
# Documented: "weights to multiply the moving average by", a list or one of three names ("pascal", "triangle", "quadratic"); the names raise. Nothing found about the rest.
#
# Seen ("prices 300 303 306 309 312 315 318"):
#   n=3                      303 306 309 312 315
#   n=3, weights 1 1 1       101 102 103 104 105
#   n=3, weights 1 2 3       101.333 102.333 103.333 104.333 105.333
#   n=5, weights 1 1 1 1 1   61.2 61.8 62.4
#   n=3, binning, 1 2 3      303 312
#   n=3, 306 is missing      nan nan nan nan nan
#   numpy, 306 is missing    nan nan nan 312 315
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile mvgavg==0.1.0 numpy==2.4.6 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
import numpy as np
from mvgavg import mvgavg

prices = np.arange(300.0, 319.0, 3.0)
halt = np.where(prices == 306, np.nan, prices)


def show(title, averages):
    print(f"{title:<24}", " ".join(f"{average:.6g}" for average in averages))


show("n=3", mvgavg(prices, 3))
show("n=3, weights 1 1 1", mvgavg(prices, 3, weights=[1, 1, 1]))
show("n=3, weights 1 2 3", mvgavg(prices, 3, weights=[1, 2, 3]))
show("n=5, weights 1 1 1 1 1", mvgavg(prices, 5, weights=[1, 1, 1, 1, 1]))
show("n=3, binning, 1 2 3", mvgavg(prices, 3, weights=[1, 2, 3], binning=True))
show("n=3, 306 is missing", mvgavg(halt, 3))
show("numpy, 306 is missing", np.lib.stride_tricks.sliding_window_view(halt, 3).mean(axis=1))
PROBE
venv/bin/python -W ignore probe.py | tee seen
cat > want <<'WANT'
n=3                      303 306 309 312 315
n=3, weights 1 1 1       101 102 103 104 105
n=3, weights 1 2 3       101.333 102.333 103.333 104.333 105.333
n=5, weights 1 1 1 1 1   61.2 61.8 62.4
n=3, binning, 1 2 3      303 312
n=3, 306 is missing      nan nan nan nan nan
numpy, 306 is missing    nan nan nan 312 315
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
