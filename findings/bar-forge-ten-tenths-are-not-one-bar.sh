#!/usr/bin/env bash
# bar-forge: volume bars of 1.0 hold eleven trades of 0.1, and time bars of 0.1 s put the ticks of 0.2 and 0.3 into one bar.
#
# Expected: forty trades of 0.1 are four bars of 1.0, as four trades of 1.0 are; the docs say "volume bars are invariant to how a given quantity is sliced
#   into prints", and of time bars, that they break on the grid floor(timestamp / interval).
# Seen: bar-forge 1.0.1 adds sizes as floats from 0.0 and closes at sum >= threshold. Ten times 0.1 is 0.9999999999999999, so each bar takes an eleventh
#   trade, 1.1 in all, and forty trades are three bars and a rest that's dropped by default. Sizes of 0.01, 0.05, 0.2 and 0.7 come out right by luck,
#   0.3 doesn't (bars of 3.0). The grid is timestamp // interval: 0.3 // 0.1 is 2.0, so the tick at 0.3 is in the bar of 0.2, and the bar of 0.3 is
#   missing. With a time in whole milliseconds and an interval of 100 both are right.
# Why it matters: coins trade in 0.1 and 0.001. The number of bars, so each indicator over them, depends on how an order was cut into prints, which is the
#   one thing volume bars are taken for; a bar ten per cent too big is taken for the documented overshoot. Tests with sizes of 1.0 see nothing.
# Way to live with it: whole numbers: sizes in lots or satoshi, prices in ticks, times in milliseconds or nanoseconds, thresholds likewise. In tests
#   use trades of 0.1 that fill a bar exactly.
# Versions: bar-forge 1.0.1 (the newest), numpy 2.3.5, Python 3.11.7. Source: bar_forge/bars.py. Nothing found about it.
#
# Output seen (trades in each bar):
#   40 trades of 0.1, bars of 1.0     11 11 11
#   4 trades of 1.0, bars of 1.0      1 1 1 1
#   40 trades of 1, bars of 10        10 10 10 10
#   400 trades of 0.01, bars of 1.0   100 100 100 100
#   40 trades of 100 x 0.1, dollar bars of 100    10 10 10 10
#   a tick each 0.1 s, bars of 0.1    0.0 0.1 0.2+0.3 0.4+0.5 0.6 0.7 0.8+0.9 1.0 1.1
#   a tick each 100 ms, bars of 100   0 100 200 300 400 500 600 700 800 900 1000 1100
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check --no-compile bar-forge==1.0.1 numpy==2.3.5 >pip.log 2>&1 || { cat pip.log; exit 1; }

cat > probe.py <<'PROBE'
from bar_forge import Trade, dollar_bars, time_bars, volume_bars


def counts(title, bars):
    print(f"{title:<33}", *(bar.trade_count for bar in bars))


def trades(number, size):
    return [Trade(second, 100.0, size) for second in range(number)]


counts("40 trades of 0.1, bars of 1.0", volume_bars(trades(40, 0.1), 1.0))
counts("4 trades of 1.0, bars of 1.0", volume_bars(trades(4, 1.0), 1.0))
counts("40 trades of 1, bars of 10", volume_bars(trades(40, 1), 10))
counts("400 trades of 0.01, bars of 1.0", volume_bars(trades(400, 0.01), 1.0))
counts("40 trades of 100 x 0.1, dollar bars of 100   ", dollar_bars(trades(40, 0.1), 100.0))


def times(title, stamps, interval):
    bars = time_bars([Trade(stamp, 100.0, 1.0) for stamp in stamps], interval, include_partial=True)
    held = ["+".join(str(stamp) for stamp in stamps if bar.start_time <= stamp <= bar.end_time) for bar in bars]
    print(f"{title:<33}", *held)


times("a tick each 0.1 s, bars of 0.1", [number / 10 for number in range(12)], 0.1)
times("a tick each 100 ms, bars of 100", [number * 100 for number in range(12)], 100)
PROBE
venv/bin/python probe.py | tee seen
cat > want <<'WANT'
40 trades of 0.1, bars of 1.0     11 11 11
4 trades of 1.0, bars of 1.0      1 1 1 1
40 trades of 1, bars of 10        10 10 10 10
400 trades of 0.01, bars of 1.0   100 100 100 100
40 trades of 100 x 0.1, dollar bars of 100    10 10 10 10
a tick each 0.1 s, bars of 0.1    0.0 0.1 0.2+0.3 0.4+0.5 0.6 0.7 0.8+0.9 1.0 1.1
a tick each 100 ms, bars of 100   0 100 200 300 400 500 600 700 800 900 1000 1100
WANT
diff want seen && echo "as described" || { echo "something has changed"; exit 1; }
