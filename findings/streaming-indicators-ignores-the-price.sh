#!/usr/bin/env bash
# streaming-indicators: a preview that ignores the price, bricks that end where they began, a stop at -4 times the price.
#
# Expected: compute(price) says what update(price) would; a brick is as high as asked for; a stop loss of 20 % lies 20 %
#   below the entry; each exported average can be made.
# Seen: streaming-indicators 0.1.8. EMA.compute() gives the plain mean of the points so far, for any price. Renko rounds
#   to two decimals: with bricks of 0.0025 a move from 84.05 to 84.055 is four bricks that all end at 84.05, so
#   that the same price gives four more at each tick; with bricks of 0.1 a move of 0.3 is two. CWA2Sigma with
#   sl_perc=20 enters at 130 and has its stop at -520. RMA rounds to four decimals, and is 0 for prices in
#   satoshi. SMMA() raises NameError.
# Why it matters: compute() is made for the bar that is still open, once per tick, and a signal on it is a signal on old
#   prices; the ticks of one price become an endless trend; the stop is never reached.
# Way to live with it: use update() on a copy; bricks in whole ticks, that is integers; an indicator library with tests.
# Versions: streaming-indicators 0.1.8, numpy 2.4.6 (PyPI), Python 3.11.7.
#
# Output seen:
#   EMA(3) after 100 101 102 103: compute(103) 101.5, compute(500) 101.5, update(500) 301.0
#   Renko of 0.0025 from 84.05: 84.0525 -> 0 bricks, 84.055 -> 4 bricks, 84.06 -> 4 bricks, 84.06 -> 4 bricks; all end at 84.05
#   Renko of 0.1 from 100.0: 100.3 -> 2 bricks
#   CWA2Sigma, stop loss 20 %: entry 130, stop -520.0
#   RMA(3) of 0.00001 0.00002 0.00003: 0.0
#   SMMA(14): NameError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check streaming-indicators==0.1.8 numpy==2.4.6 2>/dev/null

cat > ask.py <<'ASK'
import sys

import streaming_indicators as si

seen = []


def show(text, *values):
    print(text, flush=True)
    seen.append(values)


ema = si.EMA(3)
for price in (100, 101, 102, 103):
    ema.update(price)
same, other, real = float(ema.compute(103)), float(ema.compute(500)), float(ema.update(500))
show(f"EMA(3) after 100 101 102 103: compute(103) {same}, compute(500) {other}, update(500) {real}", same, other, real)

renko = si.Renko(start_price=84.05)
moves = [(price, renko.update(price, 0.0025) or []) for price in (84.0525, 84.055, 84.06, 84.06)]
ends = {brick["brick_end_price"] for _, bricks in moves for brick in bricks}
counted = ", ".join(f"{price} -> {len(bricks)} bricks" for price, bricks in moves)
show(f"Renko of 0.0025 from 84.05: {counted}; all end at {', '.join(map(str, ends))}", [len(b) for _, b in moves], ends)

bricks = len(si.Renko(start_price=100.0).update(100.3, 0.1))
show(f"Renko of 0.1 from 100.0: 100.3 -> {bricks} bricks", bricks)

strategy = si.CWA2Sigma(bb_period=3, bb_width=1, ema_period=3, atr_period=2, sl_perc=20)
for price in (100, 100, 100, 100, 130):
    strategy.update({"open": price, "high": price + 1, "low": price - 1, "close": price})
show(
    f"CWA2Sigma, stop loss 20 %: entry {strategy.entry_price}, stop {strategy.sl_price}",
    strategy.entry_price,
    strategy.sl_price,
)

rma = si.RMA(3)
for price in (0.00001, 0.00002, 0.00003):
    rma.update(price)
show(f"RMA(3) of 0.00001 0.00002 0.00003: {float(rma.value)}", float(rma.value))

try:
    si.SMMA(14)
    show("SMMA(14): made")
except NameError:
    show("SMMA(14): NameError", "NameError")

if seen != [(101.5, 101.5, 301.0), ([0, 4, 4, 4], {84.05}), (2,), (130, -520.0), (0.0,), ("NameError",)]:
    sys.exit("not as described any more")
ASK
venv/bin/python -W ignore ask.py
